//! Text that comes from outside, and within which bounds.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use url::Url;

/// Longest name, in characters.
const MAX_NAME_CHARS: usize = 200;
/// Longest URL, in bytes.
const MAX_URL_BYTES: usize = 2000;

/// A name of 1 to 200 characters without control characters, trimmed. (No text of PostgreSQL's holds a NUL.)
#[must_use]
pub fn name(text: &str) -> Option<String> {
    let name = text.trim();
    let is_good = (1..=MAX_NAME_CHARS).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    is_good.then(|| name.to_owned())
}

/// An https URL without a user, of at most 2000 bytes, as it is written normally, and of RFC 3986's characters alone: who is
/// told it may read it more strictly than a browser.
#[must_use]
pub fn https_url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let has_user = !url.username().is_empty() || url.password().is_some();
    let is_good = url.scheme() == "https"
        && !has_user
        && url.as_str().len() <= MAX_URL_BYTES
        && is_strict(url.path())
        && is_strict(url.query().unwrap_or_default())
        && is_strict(url.fragment().unwrap_or_default());
    is_good.then(|| url.into())
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

/// An email address: 3 to 254 bytes, an `@` with something on both sides, no control characters or spaces.
///
/// Deliberately no stricter: the contract's own example, `jean.dupont@site`, has no dot in its domain. Compared without
/// regard to ASCII case. Its `Debug` shows the domain only, so that no log holds an address.
#[derive(Clone)]
pub struct EmailAddress(Box<str>);

/// The text is not an email address.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("an email address has 3 to 254 bytes, an `@` inside, and no spaces or control characters")]
pub struct InvalidEmailAddress;

impl EmailAddress {
    /// The address as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EmailAddress {
    type Err = InvalidEmailAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let has_parts = text
            .rsplit_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
        let is_clean = !text.chars().any(|c| c.is_control() || c.is_whitespace());
        if text.len() <= 254 && has_parts && is_clean {
            Ok(Self(text.into()))
        } else {
            Err(InvalidEmailAddress)
        }
    }
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for EmailAddress {}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "EmailAddress(..@{})",
            self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
        )
    }
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
    fn addresses_are_taken_as_talentsoft_sends_them() {
        for good in [
            "jean.dupont@site",
            "a@b",
            "\"odd\"@x.example",
            "élodie@exemple.fr",
            "a@b@c",
        ] {
            assert_eq!(good.parse::<EmailAddress>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "@",
            "a@",
            "@b",
            "no-at",
            "a b@c",
            "a@b\n",
            "a\0@b",
            &format!("{}@b", "x".repeat(253)),
        ] {
            assert_eq!(bad.parse::<EmailAddress>(), Err(InvalidEmailAddress), "{bad:?}");
        }
    }

    #[test]
    fn addresses_compare_without_ascii_case_and_print_without_their_local_part() {
        let one: EmailAddress = "Jean.Dupont@Site".parse().unwrap();
        assert_eq!(one, "jean.dupont@site".parse().unwrap());
        assert_ne!(one, "jean.dupond@site".parse().unwrap());
        assert_eq!(format!("{one:?}"), "EmailAddress(..@Site)");
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
