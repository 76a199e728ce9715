//! The base URL of a partner's API.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use url::{Host, Url};

/// The base URL of an API: http or https, without credentials, query and fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    url: Url,
}

/// The text is not a [`BaseUrl`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the base URL of an API must be http or https, without credentials, query and fragment")]
pub struct InvalidBaseUrl;

impl FromStr for BaseUrl {
    type Err = InvalidBaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidBaseUrl> {
        // The parser would drop line breaks and spaces and take `\` for `/`, and the text is used as it is.
        if text.trim() != text || text.contains(|c: char| c.is_control() || c == '\\') {
            return Err(InvalidBaseUrl);
        }
        let url = Url::parse(text).map_err(|_| InvalidBaseUrl)?;
        let is_plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if is_plain && ["http", "https"].contains(&url.scheme()) && url.has_host() {
            Ok(Self {
                text: text.trim_end_matches('/').to_owned(),
                url,
            })
        } else {
            Err(InvalidBaseUrl)
        }
    }
}

impl BaseUrl {
    /// The URL as it was given, without slashes at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port, such as `https://api.example:8443`; a default port is left out.
    #[must_use]
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// The path without a slash at the end, such as `/v1`; empty if there is none.
    #[must_use]
    pub fn path(&self) -> &str {
        self.url.path().trim_end_matches('/')
    }

    /// Whether the scheme is https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether the host is this machine: `localhost`, a name below it, or a loopback address. Names are not looked up.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
            Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
            None => false,
        }
    }

    /// The path at this origin under which an endpoint of the partner's metadata can be called.
    ///
    /// The endpoint is at this origin, or below one of `public_urls`, which the partner uses for the API that this URL
    /// leads to (the two differ if the checks call it behind its proxy). None if it is neither, because credentials must
    /// not be sent to another origin.
    #[must_use]
    pub fn path_of(&self, endpoint: &str, public_urls: &[&str]) -> Option<String> {
        let below = |public_url: &&str| {
            let rest = endpoint.strip_prefix(public_url.trim_end_matches('/'))?;
            rest.starts_with('/').then(|| format!("{}{rest}", self.path()))
        };
        if let Some(path) = public_urls.iter().find_map(below) {
            return Some(path);
        }
        let url = Url::parse(endpoint).ok()?;
        (url.origin() == self.url.origin()).then(|| url.path().to_owned())
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> BaseUrl {
        text.parse().unwrap()
    }

    #[test]
    fn a_base_url_has_no_credentials_query_or_fragment() {
        assert_eq!(url("https://api.example/v1/").as_str(), "https://api.example/v1");
        assert_eq!(url("https://api.example/v1/").path(), "/v1");
        assert_eq!(url("https://api.example").path(), "");
        assert_eq!(
            url("https://api.example:8443/v1").origin(),
            "https://api.example:8443"
        );
        for bad in [
            "api.example",
            "ftp://api.example",
            "https://me@api.example",
            "https://me:x@api.example",
            "https://api.example?a=b",
            "https://api.example#a",
            "file:///etc",
            "https://api.example/\n",
            "https://api.exa\tmple",
            " https://api.example",
            "https://api.example\\v1",
        ] {
            assert_eq!(bad.parse::<BaseUrl>(), Err(InvalidBaseUrl), "{bad}");
        }
    }

    #[test]
    fn a_loopback_host_is_recognised_by_name_or_address() {
        for loopback in ["http://localhost:1", "http://127.0.0.9", "http://[::1]:1"] {
            assert!(url(loopback).is_loopback(), "{loopback}");
        }
        for other in ["http://localhost.example", "http://0.0.0.0", "http://10.0.0.1"] {
            assert!(!url(other).is_loopback(), "{other}");
        }
    }

    #[test]
    fn an_endpoint_at_another_origin_has_no_path() {
        let base_url = url("http://127.0.0.1:8080/api");
        let public_urls = ["https://api.example/"];
        for (endpoint, path) in [
            ("https://api.example/revoke", Some("/api/revoke")),
            ("http://127.0.0.1:8080/other", Some("/other")),
            ("https://api.example.evil.example/revoke", None),
            ("http://127.0.0.1:8081/revoke", None),
            ("https://elsewhere.example/revoke", None),
            ("revoke", None),
        ] {
            assert_eq!(
                base_url.path_of(endpoint, &public_urls).as_deref(),
                path,
                "{endpoint}"
            );
        }
    }
}
