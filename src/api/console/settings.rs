//! Where the console is reached, and what follows from that: names and flags of its cookies, and its security headers.
//!
//! Nothing of it comes from a request: `Host` is compared with it, and `X-Forwarded-*` is not read.

use std::fmt;
use std::str::FromStr;

use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_FRAME_OPTIONS,
};

use crate::staff::provider::ProviderSettings;
use crate::text::{PlainHttp, parse_url};

/// What the console is told from outside.
#[derive(Clone, Debug)]
pub struct ConsoleSettings {
    /// `PARTNER_ADMIN_URL`: where people open it.
    pub url: ConsoleUrl,
    /// `PARTNER_ADMIN_ENVIRONMENT`: the badge on every page.
    pub environment: Option<String>,
    /// The company's identity provider, if there is one.
    pub company: Option<ProviderSettings>,
}

impl ConsoleSettings {
    /// A console that people open at this URL.
    #[must_use]
    pub fn at(url: ConsoleUrl) -> Self {
        Self {
            url,
            environment: None,
            company: None,
        }
    }

    /// Whether a mistake here would reach customers.
    #[must_use]
    pub fn is_production(&self) -> bool {
        let is_production = |name: &str| name.eq_ignore_ascii_case("production");
        self.environment.as_deref().is_some_and(is_production)
    }
}

/// The URL of the console: https, or http on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleUrl {
    /// Scheme and host; where the host is this machine, all its names. The first is the one that was given.
    origins: Vec<String>,
    /// The path without a slash at its end.
    base: String,
    is_https: bool,
}

/// The text is no URL of a console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it should be an https URL without query and fragment (http only for localhost), such as https://console.partner.example, \
     and its path should not begin as one of the console's own, such as /clients"
)]
pub struct InvalidConsoleUrl;

impl FromStr for ConsoleUrl {
    type Err = InvalidConsoleUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = parse_url(text, PlainHttp::OnLoopback).map_err(|_| InvalidConsoleUrl)?;
        let base = url.path().trim_end_matches('/');
        // A path that is spelt in another way, or that a pattern of the router or a header would read differently.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
        let is_good = url.query().is_none()
            && url.fragment().is_none()
            && base.bytes().all(is_plain)
            && !base.contains("//")
            // A proxy may take the path off: what is left would be taken for it.
            && !is_of_a_page(base);
        if !is_good {
            return Err(InvalidConsoleUrl);
        }
        let given = url.origin().ascii_serialization();
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        let is_https = url.scheme() == "https";
        let mut origins = vec![given];
        if !is_https {
            for host in ["localhost", "127.0.0.1"] {
                let other = format!("http://{host}{port}");
                if !origins.contains(&other) {
                    origins.push(other);
                }
            }
        }
        Ok(Self {
            origins,
            base: base.to_owned(),
            is_https,
        })
    }
}

/// Whether a path begins with the first segment of a page's.
fn is_of_a_page(base: &str) -> bool {
    let first = |path: &str| path.split('/').nth(1).unwrap_or_default().to_owned();
    let segment = first(base);
    !segment.is_empty()
        && console_pages::paths::ALL
            .iter()
            .any(|path| first(path) == segment)
}

impl fmt::Display for ConsoleUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin(), self.base)
    }
}

impl ConsoleUrl {
    /// Scheme and host, as they were given.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.origins.first().map_or("", String::as_str)
    }

    /// The path without a slash at its end: empty, or such as `/x/y`.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Where the identity provider sends browsers back to.
    #[must_use]
    pub fn callback(&self) -> String {
        format!("{self}{}", console_pages::paths::SIGN_IN_COMPANY_CALLBACK)
    }

    /// Whether browsers reach it by https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// Whether this is its origin.
    #[must_use]
    pub fn is_origin(&self, origin: &str) -> bool {
        self.origins.iter().any(|own| own == origin)
    }

    /// Whether this is its `Host`.
    #[must_use]
    pub fn is_host(&self, host: &str) -> bool {
        let is_host = |own: &String| {
            own.split("://")
                .nth(1)
                .is_some_and(|own| own.eq_ignore_ascii_case(host))
        };
        self.origins.iter().any(is_host)
    }

    /// The headers of every response.
    #[must_use]
    pub fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        // Neighbours may share the origin, so 'self' would be too much for scripts.
        let files: Vec<String> = self
            .origins
            .iter()
            .map(|origin| format!("{origin}{}/static/", self.base))
            .collect();
        let files = files.join(" ");
        let policy = format!(
            "default-src 'none'; style-src {files}; script-src {files}; img-src 'self'; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
        );
        let mut headers = vec![
            (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
            // With no-referrer, browsers would send `Origin: null` with our own forms.
            (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                HeaderValue::from_static("same-origin"),
            ),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                HeaderValue::from_static("same-origin"),
            ),
            (
                HeaderName::from_static("permissions-policy"),
                HeaderValue::from_static(PERMISSIONS),
            ),
        ];
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.push((CONTENT_SECURITY_POLICY, policy));
        }
        if self.is_https {
            let value = HeaderValue::from_static("max-age=31536000");
            headers.push((STRICT_TRANSPORT_SECURITY, value));
        }
        headers
    }
}

/// Nothing of the browser is needed but writing to the clipboard.
const PERMISSIONS: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), clipboard-read=()";

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> ConsoleUrl {
        text.parse().unwrap()
    }

    #[test]
    fn the_url_is_https_but_on_this_machine() {
        let below = url("https://console.partner.example/x/y/");
        assert_eq!((below.base(), below.is_https()), ("/x/y", true));
        assert_eq!(below.to_string(), "https://console.partner.example/x/y");
        assert!(below.is_host("Console.partner.example") && !below.is_host("console.partner.example:444"));
        let local = url("http://localhost:8082");
        assert!(local.is_host("127.0.0.1:8082") && local.is_origin("http://127.0.0.1:8082"));
        assert!(!local.is_host("evil.example") && !local.is_origin("http://localhost"));
        for bad in [
            "http://console.partner.example",
            "https://a.example/?x",
            "https://a.example/#x",
            "https://a.example/{x}",
            "https://a.example/x y",
            "https://a.example//x//y",
            "https://a.example/clients",
            "https://a.example/static/x",
            "console.partner.example",
            "",
        ] {
            assert!(bad.parse::<ConsoleUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn only_https_asks_browsers_for_https() {
        let has = |text: &str| {
            url(text)
                .headers()
                .iter()
                .any(|(name, _)| name == STRICT_TRANSPORT_SECURITY)
        };
        assert!(has("https://a.example") && !has("http://localhost:1"));
    }

    #[test]
    fn the_environment_named_production_is_one() {
        let settings = |name: &str| ConsoleSettings {
            environment: Some(name.to_owned()),
            ..ConsoleSettings::at(url("https://a.example"))
        };
        assert!(settings("Production").is_production() && !settings("staging").is_production());
    }
}
