//! Text that comes from outside, and within which bounds.

pub mod csv;
mod email;
mod file;
mod fold;
mod hidden;
mod host;
mod name;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

pub use email::{EmailAddress, InvalidEmailAddress};
pub use file::{NotText, document_of, text_of};
pub use fold::fold;
pub use hidden::{is_hidden, is_plain};
pub use host::{has_stray_space, is_host_name};
pub use name::{InvalidName, InvalidPersonName, Name, NamePart, PersonName};

/// Longest URL, in bytes.
const MAX_URL_BYTES: usize = 2000;

/// Whether a URL may be one of plain HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainHttp {
    /// Nowhere.
    Refused,
    /// On this machine.
    OnLoopback,
    /// Anywhere: a developer's setting.
    Allowed,
}

/// The text is not a URL that may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a URL must be an https URL of at most 2000 bytes, without user, password, line breaks and `\\`")]
pub struct InvalidUrl;

/// Reads a URL for a browser or an HTTP client: https, or http where `plain_http` allows it, with a host, without user and
/// password, and of at most 2000 bytes in its normal form.
pub fn parse_url(text: &str, plain_http: PlainHttp) -> Result<Url, InvalidUrl> {
    // A parser would drop these, or take `\` for `/`; the next one who reads the same text may not.
    if has_stray_space(text) || text.contains('\\') {
        return Err(InvalidUrl);
    }
    let url = Url::parse(text).map_err(|_| InvalidUrl)?;
    let may_be_plain = match plain_http {
        PlainHttp::Refused => false,
        PlainHttp::OnLoopback => is_loopback(&url),
        PlainHttp::Allowed => true,
    };
    let is_scheme = url.scheme() == "https" || may_be_plain && url.scheme() == "http";
    let has_user = !url.username().is_empty() || url.password().is_some();
    let is_valid = is_scheme && !has_user && has_usable_host(&url) && url.as_str().len() <= MAX_URL_BYTES;
    is_valid.then_some(url).ok_or(InvalidUrl)
}

/// An address, or a name that can be looked up; a dot at its end says that it is complete.
fn has_usable_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_host_name(name.strip_suffix('.').unwrap_or(name)),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}

/// Whether the URL names this machine.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// An https URL by the rules of [`parse_url`], in its normal form, and of RFC 3986's characters alone: whoever receives it
/// may read it more strictly than a browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(try_from = "String")]
#[sqlx(transparent)]
pub struct HttpsUrl(String);

impl HttpsUrl {
    /// The URL as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HttpsUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = parse_url(text, PlainHttp::Refused)?;
        let are_strict = [
            url.path(),
            url.query().unwrap_or_default(),
            url.fragment().unwrap_or_default(),
        ]
        .into_iter()
        .all(is_strict);
        are_strict.then(|| Self(url.into())).ok_or(InvalidUrl)
    }
}

/// For what JSON of ours holds.
impl TryFrom<String> for HttpsUrl {
    type Error = InvalidUrl;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// Whether these are the characters of a query (RFC 3986 s3.4), `%` with two hex digits.
fn is_strict(part: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/?".contains(c);
    let mut pieces = part.split('%');
    let is_escaped = |piece: &str| {
        let digits = piece.get(..2).unwrap_or_default();
        digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    part.chars().all(|c| c == '%' || is_plain(c)) && pieces.next().is_some() && pieces.all(is_escaped)
}

/// The URL at which the service is reached from outside (`PARTNER_PUBLIC_URL`), without a trailing slash; it may have a path.
///
/// Every URL that the service hands out is built here, so that each has the path prefix of a reverse proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(Arc<str>);

impl PublicUrl {
    /// Takes a URL that [`crate::config`] has parsed; a trailing slash is dropped.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self(url.trim_end_matches('/').into())
    }

    /// The URL as text: the issuer identifier of RFC 8414 s2.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL of a path, which begins with a slash.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Its own path: empty, or beginning with a slash and without one at its end.
    #[must_use]
    pub fn path(&self) -> &str {
        let after_scheme = self.0.split_once("://").map_or("", |(_, rest)| rest);
        after_scheme
            .find('/')
            .and_then(|at| after_scheme.get(at..))
            .unwrap_or_default()
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is wrong with JSON, in words for the caller. Those of serde may repeat a value of the body, however long it is.
#[must_use]
pub fn json_error(error: &serde_json::Error) -> String {
    const MOST_BYTES: usize = 200;
    let mut text = error.to_string();
    if text.len() > MOST_BYTES {
        text.truncate(text.floor_char_boundary(MOST_BYTES));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_those_who_allow_it() {
        for (text, refused, on_loopback, allowed) in [
            ("https://a.example/x", true, true, true),
            ("http://127.0.0.1:8080/", false, true, true),
            ("http://x.localhost/", false, true, true),
            ("http://a.example/", false, false, true),
            ("https://user@a.example/", false, false, false),
            ("https://a.example:x/", false, false, false),
            ("ftp://a.example/", false, false, false),
            ("javascript:alert(1)", false, false, false),
            (
                &format!("https://a.example/{}", "x".repeat(2000)),
                false,
                false,
                false,
            ),
        ] {
            let is_url = |plain_http| parse_url(text, plain_http).is_ok();
            assert_eq!(
                (
                    is_url(PlainHttp::Refused),
                    is_url(PlainHttp::OnLoopback),
                    is_url(PlainHttp::Allowed)
                ),
                (refused, on_loopback, allowed),
                "{text}"
            );
        }
    }

    #[test]
    fn what_a_parser_would_tolerate_is_refused() {
        for plain_http in [PlainHttp::Refused, PlainHttp::OnLoopback, PlainHttp::Allowed] {
            for bad in [
                "https://a.example/\n",
                "https://a.exa\nmple/",
                "https://a.example/x\r\ny",
                "https://a.example/\tx",
                "\thttps://a.example/",
                " https://a.example/",
                "https://a.example/ ",
                "https://a.example/\u{85}",
                "https://a.example/\u{a0}",
                "https://a.example/\0",
                "https:\\\\a.example\\x",
                "https://a.example/x\\y",
                "https://a.example/?x=\\y",
                "https://*.example/",
                "https://a..example/",
                "https://.example/",
                "https://a.example../",
                "https://a,b.example/",
                &format!("https://{}.example/", "x".repeat(64)),
            ] {
                assert_eq!(parse_url(bad, plain_http), Err(InvalidUrl), "{bad:?}");
            }
            for good in [
                "https://a.example",
                "https://a.example./",
                "https://a_b.example/",
                "https://b\u{fc}cher.example/",
                "https://127.0.0.1/",
                "https://[::1]:8443/",
                "https://a.example/x y",
            ] {
                assert!(parse_url(good, plain_http).is_ok(), "{good:?}");
            }
        }
    }

    #[test]
    fn https_urls_are_of_the_characters_of_rfc_3986() {
        let url: HttpsUrl = "https://A.example/v/%C3%A9 é?x=1%20y&z#t=1".parse().unwrap();
        assert_eq!(url.as_str(), "https://a.example/v/%C3%A9%20%C3%A9?x=1%20y&z#t=1");
        for bad in [
            "https://a.example/?x={y}",
            "https://a.example/100%",
            "https://a.example/#a#b",
        ] {
            assert_eq!(bad.parse::<HttpsUrl>(), Err(InvalidUrl), "{bad}");
        }
    }

    #[test]
    fn every_url_begins_with_the_public_one_and_its_path() {
        for (url, path, joined) in [
            ("https://a.example", "", "https://a.example/token"),
            (
                "https://a.example/partner/",
                "/partner",
                "https://a.example/partner/token",
            ),
            ("http://[::1]:1/a/b", "/a/b", "http://[::1]:1/a/b/token"),
        ] {
            let public_url = PublicUrl::new(url);
            assert_eq!(
                (public_url.path(), public_url.join("/token").as_str()),
                (path, joined)
            );
        }
    }
}
