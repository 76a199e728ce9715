//! The URL of the endpoint, and what is at its origin.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use url::{Host, Url};

/// The URL of an API: http or https, without credentials, query and fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    url: Url,
}

/// The text is no such URL.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the URL of an API is http or https, without credentials, query and fragment")]
pub struct InvalidUrl;

impl FromStr for BaseUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        let url = Url::parse(text).map_err(|_| InvalidUrl)?;
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
            Err(InvalidUrl)
        }
    }
}

impl BaseUrl {
    /// As it was given, without slashes at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Its path without a slash at the end; empty where there is none.
    #[must_use]
    pub fn path(&self) -> &str {
        self.url.path().trim_end_matches('/')
    }

    /// Whether TLS is spoken.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether it is on this machine, as far as its name tells.
    #[must_use]
    pub fn is_on_this_machine(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
            Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
            None => false,
        }
    }

    /// The path at this origin of an endpoint that the partner's metadata names: at this origin, or below the partner's
    /// own name for this API. None where it is elsewhere, where no credentials may go.
    #[must_use]
    pub fn path_of(&self, endpoint: &str, names: &[&str]) -> Option<String> {
        let below = |name: &&str| {
            let rest = endpoint.strip_prefix(name.trim_end_matches('/'))?;
            rest.starts_with('/').then(|| format!("{}{rest}", self.path()))
        };
        if let Some(path) = names.iter().find_map(below) {
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
    fn a_base_url_holds_nothing_but_where_the_api_is() {
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
        ] {
            assert_eq!(bad.parse::<BaseUrl>(), Err(InvalidUrl), "{bad}");
        }
    }

    #[test]
    fn this_machine_is_told_by_its_names() {
        for here in ["http://localhost:1", "http://127.0.0.9", "http://[::1]:1"] {
            assert!(url(here).is_on_this_machine(), "{here}");
        }
        for there in ["http://localhost.example", "http://0.0.0.0", "http://10.0.0.1"] {
            assert!(!url(there).is_on_this_machine(), "{there}");
        }
    }

    #[test]
    fn an_endpoint_elsewhere_has_no_path_here() {
        let here = url("http://127.0.0.1:8080/api");
        let names = ["https://api.example/"];
        for (endpoint, path) in [
            ("https://api.example/revoke", Some("/api/revoke")),
            ("http://127.0.0.1:8080/other", Some("/other")),
            ("https://api.example.evil.example/revoke", None),
            ("http://127.0.0.1:8081/revoke", None),
            ("https://elsewhere.example/revoke", None),
            ("revoke", None),
        ] {
            assert_eq!(here.path_of(endpoint, &names).as_deref(), path, "{endpoint}");
        }
    }
}
