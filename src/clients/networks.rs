//! Networks that a client may call from.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Serialize, Serializer};

use super::error::InvalidSetting;
use super::values::without_repeated;

/// Most networks of a client.
const MAX_NETWORKS: usize = 20;

/// At most 20 networks, IPv4 or IPv6, each once; empty: every address is within them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

/// Reads networks in CIDR notation (RFC 4632 s3.1) such as `203.0.113.0/24`, and addresses, each a network of its own.
impl TryFrom<Vec<String>> for Networks {
    type Error = InvalidSetting;

    fn try_from(texts: Vec<String>) -> Result<Self, Self::Error> {
        let network = |text: &String| {
            let network = text.parse::<IpNet>().ok();
            network
                .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
                .map(|network| network.trunc())
        };
        let networks: Option<Vec<IpNet>> = texts.iter().map(network).collect();
        networks
            .filter(|networks| networks.len() <= MAX_NETWORKS)
            .map(|networks| Self(without_repeated(networks)))
            .ok_or(InvalidSetting::Networks)
    }
}

impl Networks {
    /// Whether a call from this address is within them. A caller whose address no proxy tells is within none.
    #[must_use]
    pub fn contain(&self, caller: Option<IpAddr>) -> bool {
        self.0.is_empty()
            || caller.is_some_and(|caller| self.0.iter().any(|network| network.contains(&caller)))
    }

    /// The networks in CIDR notation, as the database holds them.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

impl Serialize for Networks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(texts: &[&str]) -> Result<Networks, InvalidSetting> {
        Networks::try_from(texts.iter().copied().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn an_address_is_within_listed_networks_only() {
        let listed = networks(&["203.0.113.9/24", "2001:db8::/32", "198.51.100.7"]).unwrap();
        assert_eq!(
            listed.names(),
            ["203.0.113.0/24", "2001:db8::/32", "198.51.100.7/32"]
        );
        let is_within = |address: &str| listed.contain(Some(address.parse().unwrap()));
        assert!(is_within("203.0.113.255") && is_within("2001:db8:1::1") && is_within("198.51.100.7"));
        assert!(!is_within("203.0.114.1") && !is_within("198.51.100.8") && !is_within("2001:db9::1"));
        assert!(!listed.contain(None));
        assert!(Networks::default().contain(None));
    }

    #[test]
    fn a_network_is_kept_once_however_it_is_written() {
        let listed = networks(&[
            "203.0.113.9/24",
            "198.51.100.7",
            "203.0.113.0/24",
            "198.51.100.7/32",
        ]);
        assert_eq!(listed.unwrap().names(), ["203.0.113.0/24", "198.51.100.7/32"]);
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for bad in [
            "",
            "localhost",
            "203.0.113.0/33",
            "203.0.113",
            "203.0.113.0/",
            " 203.0.113.7",
        ] {
            assert!(networks(&[bad]).is_err(), "{bad:?}");
        }
        assert!(networks(&["203.0.113.7"; 20]).is_ok());
        assert!(networks(&["203.0.113.7"; 21]).is_err());
    }
}
