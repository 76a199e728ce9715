//! The address that a request comes from. `X-Forwarded-For` counts only from a trusted proxy (R69).

use std::net::{IpAddr, Ipv4Addr};

use actix_web::dev::RequestHead;
use actix_web::http::header::HeaderMap;
use ipnet::IpNet;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The client's address: the peer's, or, where that is a trusted proxy, the last address in `X-Forwarded-For` that is not.
#[must_use]
pub fn client_address(request: &RequestHead, trusted_proxies: &[IpNet]) -> IpAddr {
    let peer = request
        .peer_addr
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
    resolve(peer, &request.headers, trusted_proxies)
}

fn resolve(peer: IpAddr, headers: &HeaderMap, trusted_proxies: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted_proxies.iter().any(|network| network.contains(address));
    if !is_trusted(&peer) {
        return peer;
    }
    let lines: Vec<&str> = headers
        .get_all(FORWARDED_FOR)
        .filter_map(|value| value.to_str().ok())
        .collect();
    let mut nearest = peer;
    for text in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        // An entry that is no address was written before the last trusted proxy, so what precedes it proves nothing.
        let Ok(address) = text.trim().parse::<IpAddr>() else {
            return nearest;
        };
        nearest = address.to_canonical();
        if !is_trusted(&nearest) {
            return nearest;
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    fn resolved(peer: &str, forwarded: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(
                HeaderName::from_static(FORWARDED_FOR),
                HeaderValue::from_static(line),
            );
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "192.0.2.7/32".parse().unwrap()];
        resolve(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn the_header_is_believed_from_trusted_proxies_only_and_from_the_right() {
        assert_eq!(resolved("198.51.100.1", &["203.0.113.9"]), "198.51.100.1");
        assert_eq!(resolved("10.1.1.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(
            resolved("10.1.1.1", &["1.2.3.4, 203.0.113.9, 192.0.2.7"]),
            "203.0.113.9"
        );
        assert_eq!(
            resolved("10.1.1.1", &["1.2.3.4", "203.0.113.9, 10.2.2.2"]),
            "203.0.113.9"
        );
        assert_eq!(resolved("10.1.1.1", &["1.2.3.4, garbage, 10.2.2.2"]), "10.2.2.2");
        assert_eq!(resolved("10.1.1.1", &[]), "10.1.1.1");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn no_header_makes_an_address_up(
            lines in prop::collection::vec(
                prop_oneof![
                    prop::collection::vec(any::<u8>(), 0..40),
                    "([0-9]{1,3}\\.){3}[0-9]{1,3}(, ?10.0.0.[0-9])?".prop_map(String::into_bytes),
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
                    headers.append(HeaderName::from_static(FORWARDED_FOR), value);
                }
            }
            let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
            let peer: IpAddr = if is_proxy { "10.1.1.1" } else { "198.51.100.1" }.parse().unwrap();
            let resolved = resolve(peer, &headers, &trusted);
            let text: Vec<String> = lines.iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect();
            let named: Vec<IpAddr> = text.iter().flat_map(|line| line.split(',')).filter_map(|part| part.trim().parse().ok()).collect();
            prop_assert!(resolved == peer || is_proxy && named.iter().any(|address| address.to_canonical() == resolved));
            // Whatever stands in front, the last address decides when it is no proxy.
            let last = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
            headers.append(HeaderName::from_static(FORWARDED_FOR), HeaderValue::from_static("203.0.113.9"));
            prop_assert_eq!(resolve(peer, &headers, &trusted), if is_proxy { last } else { peer });
        }
    }
}
