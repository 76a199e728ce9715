//! Where requests come from, by trusted proxies and others.

use actix_web::http::header::HeaderValue;
use proptest::prelude::*;

use super::*;

/// Proxies in 10.0.0.0/8, at 192.0.2.7 and at 198.51.100.7, which is written as IPv6.
fn proxies(header: ProxyHeader) -> TrustedProxies {
    let networks = ["10.0.0.0/8", "192.0.2.7/32", "::ffff:198.51.100.7/128"];
    TrustedProxies::new(&networks.map(|network| network.parse().unwrap()), header)
}

fn headers(name: &HeaderName, lines: &[&[u8]]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(name.clone(), HeaderValue::from_bytes(line).unwrap());
    }
    headers
}

/// The nearest address, after `behind` where that is not the caller's.
fn shown(peer: Peer) -> String {
    let prefix = if peer.caller().is_some() { "" } else { "behind " };
    format!("{prefix}{}", peer.nearest())
}

fn resolved(peer: &str, lines: &[&[u8]]) -> String {
    let headers = headers(&X_FORWARDED_FOR, lines);
    let proxies = proxies(ProxyHeader::XForwardedFor);
    shown(proxies.resolve(peer.parse().unwrap(), &headers).0)
}

#[test]
fn the_header_is_believed_from_trusted_proxies_only_and_from_the_right() {
    assert_eq!(resolved("198.51.100.1", &[b"203.0.113.9"]), "198.51.100.1");
    for (lines, expected) in [
        (&[&b"203.0.113.9"[..]][..], "203.0.113.9"),
        (&[b"1.2.3.4, 203.0.113.9, 192.0.2.7"], "203.0.113.9"),
        (&[b"1.2.3.4", b"203.0.113.9, 10.2.2.2"], "203.0.113.9"),
        (&[b"203.0.113.9:51234, [::ffff:10.2.2.2]:443"], "203.0.113.9"),
        (&[b"10.3.3.3, 10.2.2.2"], "10.3.3.3"),
    ] {
        assert_eq!(resolved("10.1.1.1", lines), expected, "{lines:?}");
    }
}

#[test]
fn an_entry_that_cannot_be_read_ends_what_is_known() {
    for (lines, expected) in [
        (&[][..], "behind 10.1.1.1"),
        (&[&b""[..]][..], "behind 10.1.1.1"),
        (&[b"1.2.3.4, garbage, 10.2.2.2"], "behind 10.2.2.2"),
        (&[b"1.2.3.4, "], "behind 10.1.1.1"),
        (&[b"1.2.3.4", b"unix:"], "behind 10.1.1.1"),
    ] {
        assert_eq!(resolved("10.1.1.1", lines), expected, "{lines:?}");
    }
}

#[test]
fn what_the_caller_wrote_before_the_proxys_entry_does_not_matter() {
    for before in [
        &b"\xff\xfe"[..],
        b"\"",
        b"garbage",
        b"",
        b"for=1.2.3.4",
        b"caf\xc3\xa9",
    ] {
        let line = [before, b", 203.0.113.9:51234"].concat();
        assert_eq!(resolved("10.1.1.1", &[&line]), "203.0.113.9", "{before:?}");
        assert_eq!(
            resolved("10.1.1.1", &[before, b"203.0.113.9"]),
            "203.0.113.9",
            "{before:?}"
        );
        let line = [before, b", for=\"[2001:db8::1]:443\";proto=https"].concat();
        let headers = headers(&FORWARDED, &[&line]);
        let proxies = proxies(ProxyHeader::Forwarded);
        let (peer, _) = proxies.resolve("10.1.1.1".parse().unwrap(), &headers);
        assert_eq!(shown(peer), "2001:db8::1", "{before:?}");
    }
}

#[test]
fn only_the_header_that_the_proxies_write_is_read() {
    let mut both = headers(&X_FORWARDED_FOR, &[b"203.0.113.9"]);
    both.append(FORWARDED, HeaderValue::from_static("for=192.0.2.1, for=10.2.2.2"));
    for (header, expected) in [
        (ProxyHeader::XForwardedFor, "203.0.113.9"),
        (ProxyHeader::Forwarded, "192.0.2.1"),
    ] {
        let (peer, _) = proxies(header).resolve("10.1.1.1".parse().unwrap(), &both);
        assert_eq!(shown(peer), expected);
    }
}

#[test]
fn a_proxy_whose_setting_is_ipv4_in_ipv6_is_the_same_proxy() {
    assert_eq!(resolved("198.51.100.7", &[b"203.0.113.9"]), "203.0.113.9");
    let network = |text: &str| canonical(text.parse().unwrap()).to_string();
    assert_eq!(network("::ffff:10.0.0.0/104"), "10.0.0.0/8");
    assert_eq!(network("::ffff:0:0/96"), "0.0.0.0/0");
    assert_eq!(network("2001:db8::/104"), "2001:db8::/104");
    assert_eq!(network("::/0"), "::/0");
}

#[test]
fn each_proxy_is_reported_once_and_no_more_than_a_few_are() {
    let proxies = proxies(ProxyHeader::XForwardedFor);
    for _ in 0..2 {
        for number in 0..100 {
            proxies.report(Ipv4Addr::new(10, 0, 0, number).into(), b"unix:");
        }
        assert_eq!(proxies.reported.lock().len(), MAX_REPORTED);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_header_makes_an_address_up(
        lines in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..40),
                "([0-9]{1,3}\\.){3}[0-9]{1,3}(:[0-9]{1,5})?(, ?10.0.0.[0-9])?".prop_map(String::into_bytes),
                "[0-9a-f:.,\\[\\] ]{0,40}".prop_map(String::into_bytes),
                any::<[u8; 4]>().prop_map(|octets| IpAddr::from(octets).to_string().into_bytes()),
                any::<[u8; 16]>().prop_map(|octets| IpAddr::from(octets).to_string().into_bytes()),
            ],
            0..3,
        ),
        is_proxy in any::<bool>(),
    ) {
        let mut headers = HeaderMap::new();
        for line in &lines {
            if let Ok(value) = HeaderValue::from_bytes(line) {
                headers.append(X_FORWARDED_FOR, value);
            }
        }
        let proxies = proxies(ProxyHeader::XForwardedFor);
        let peer: IpAddr = if is_proxy { "10.1.1.1" } else { "198.51.100.1" }.parse().unwrap();
        let (resolved, _) = proxies.resolve(peer, &headers);
        let named: Vec<IpAddr> = lines
            .iter()
            .flat_map(|line| line.split(|byte| *byte == b','))
            .filter_map(forwarded::x_forwarded_for)
            .collect();
        prop_assert!(resolved.nearest() == peer || is_proxy && named.contains(&resolved.nearest()));
        prop_assert!(is_proxy || resolved.caller() == Some(peer));
        // Whatever stands in front, the last address decides when it is no proxy.
        let last = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
        headers.append(X_FORWARDED_FOR, HeaderValue::from_static("203.0.113.9"));
        let (resolved, _) = proxies.resolve(peer, &headers);
        prop_assert_eq!(resolved.caller(), Some(if is_proxy { last } else { peer }));
    }
}
