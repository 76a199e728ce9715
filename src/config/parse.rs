//! Parses the values of variables. An error names the variable and says what is valid.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use tracing_subscriber::EnvFilter;
use url::Url;

use super::process::Migrate;
use crate::app::ForwardedHeader;
use crate::text::{PlainHttp, parse_url};

/// The networks of trusted proxies.
#[derive(Clone)]
pub(super) struct Networks(pub(super) Vec<IpNet>);

/// The public URL, which is also the issuer.
pub(super) fn public_url(text: &str) -> Result<String, String> {
    base_url(text, "PARTNER_PUBLIC_URL")
}

/// A URL to which paths are appended: https, or http on this machine, without query, fragment and credentials. Slashes at
/// its end are removed.
pub(super) fn base_url(text: &str, variable: &str) -> Result<String, String> {
    let expected = || {
        format!(
            "{variable} should be an https URL without query and fragment (http only for localhost), such as \
             https://api.partner.example"
        )
    };
    let url = parse_url(text, PlainHttp::OnLoopback).map_err(|_| expected())?;
    // It is handed out as it is written here.
    let is_plain =
        url.query().is_none() && url.fragment().is_none() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err(expected())
    }
}

/// The issuer of an identity provider: it is compared byte for byte, so it stays as it is written.
pub(super) fn issuer(text: &str) -> Result<String, String> {
    base_url(text, "PARTNER_OIDC_ISSUER").map(|_| text.to_owned())
}

/// The URL of the partner's platform. It may be http, because the platform may be in the same private network.
pub(super) fn webhook_url(text: &str) -> Result<Url, String> {
    parse_url(text, PlainHttp::Allowed)
        .ok()
        .filter(|url| url.fragment().is_none())
        .ok_or_else(|| {
            "PARTNER_PLATFORM_WEBHOOK_URL should be an http or https URL without credentials, such as \
             https://platform.partner.example/hooks"
                .to_owned()
        })
}

pub(super) fn token_ttl(text: &str) -> Result<u32, String> {
    number(text, "PARTNER_TOKEN_TTL", 60, 3600).map_err(|error| format!("{error} seconds"))
}

pub(super) fn connections(text: &str) -> Result<u32, String> {
    number(text, "PARTNER_DATABASE_CONNECTIONS", 2, 1000)
}

pub(super) fn number(text: &str, variable: &str, least: u32, most: u32) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("{variable} should be a number from {least} to {most}"))
}

pub(super) fn boolean_of_otel(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("OTEL_SDK_DISABLED should be true or false".to_owned()),
    }
}

pub(super) fn migrate(text: &str) -> Result<Migrate, String> {
    match text {
        "on" => Ok(Migrate::On),
        "off" => Ok(Migrate::Off),
        _ => Err("PARTNER_MIGRATE should be on or off".to_owned()),
    }
}

pub(super) fn address(text: &str, variable: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| format!("{variable} should be an address and a port, such as 0.0.0.0:8080"))
}

pub(super) fn networks(text: &str) -> Result<Networks, String> {
    let parse = |part: &str| {
        part.parse::<IpNet>()
            .or_else(|_| part.parse::<IpAddr>().map(IpNet::from))
    };
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            parse(part).map_err(|_| {
                format!("PARTNER_TRUSTED_PROXIES should be addresses or networks with commas between, and `{part}` is none")
            })
        })
        .collect::<Result<_, _>>()
        .map(Networks)
}

pub(super) fn forwarded_header(text: &str) -> Result<ForwardedHeader, String> {
    if text.eq_ignore_ascii_case("x-forwarded-for") {
        Ok(ForwardedHeader::XForwardedFor)
    } else if text.eq_ignore_ascii_case("forwarded") {
        Ok(ForwardedHeader::Forwarded)
    } else {
        Err("PARTNER_FORWARDED_HEADER should be x-forwarded-for or forwarded".to_owned())
    }
}

pub(super) fn filter(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text)
        .map_err(|_| "PARTNER_LOG should be a level such as info, or filters such as info,sqlx=debug")?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_url_is_https_except_on_this_machine() {
        for (good, issuer) in [
            ("https://api.site.com", "https://api.site.com"),
            ("https://api.site.com/partner/", "https://api.site.com/partner"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://[::1]:1", "http://[::1]:1"),
        ] {
            assert_eq!(public_url(good).unwrap(), issuer);
        }
        for bad in [
            "api.site.com",
            "http://api.site.com",
            "https://a?b",
            "https://a#b",
            "https://u:p@a",
            "ftp://a",
            "",
            "https://a.example/\n",
            " https://a.example",
            "https://a.example/x y",
            "https://a.example/\u{e9}",
            "https://a.example\\x",
            "https://*.example",
        ] {
            assert!(
                public_url(bad).unwrap_err().contains("PARTNER_PUBLIC_URL"),
                "{bad}"
            );
        }
    }

    #[test]
    fn the_webhook_of_the_platform_may_be_plain_http() {
        for (text, is_url) in [
            ("http://platform.internal:8080/hooks?x=1", true),
            ("https://platform.example/hooks", true),
            ("https://platform.example/hooks#x", false),
            ("https://me@platform.example/hooks", false),
            ("https://platform.example/hooks\n", false),
            ("https://platform.example/ho\toks", false),
            (" https://platform.example/hooks", false),
            ("ftp://platform.example/hooks", false),
        ] {
            assert_eq!(webhook_url(text).is_ok(), is_url, "{text:?}");
        }
    }

    #[test]
    fn networks_are_addresses_or_cidr() {
        assert_eq!(networks("10.0.0.0/8, 127.0.0.1,").unwrap().0.len(), 2);
        assert!(networks("10.0.0.0/8 127.0.0.1").is_err());
    }
}
