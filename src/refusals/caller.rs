//! Under whom a refusal is counted.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::{IpNet, Ipv6Net};

use crate::ids::ClientId;

/// Bits of an IPv6 network that counts as one caller: it is as many as a customer of a provider gets.
const IPV6_BITS: u8 = 64;

/// Under whom a refusal is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Caller {
    /// A registered client: the call named it, whether or not that was proved.
    Client(ClientId),
    /// Whoever calls from this network, an IPv4 address or an IPv6 /64, and names no registered client.
    Network(IpNet),
    /// The same from anywhere, in an hour in which there were too many networks.
    Anywhere,
}

impl Caller {
    /// The caller of a request that names `client_id`, where that is registered, and comes from `address`.
    #[must_use]
    pub fn of(client_id: Option<&ClientId>, address: IpAddr) -> Self {
        match (client_id, address) {
            (Some(client_id), _) => Self::Client(client_id.clone()),
            (None, IpAddr::V4(_)) => Self::Network(IpNet::from(address)),
            (None, IpAddr::V6(address)) => {
                let network = Ipv6Net::new(address, IPV6_BITS).map(|network| network.trunc());
                Self::Network(network.map_or_else(|_| IpNet::from(IpAddr::V6(address)), IpNet::V6))
            }
        }
    }

    /// As the columns `client_id` and `network` have it.
    pub(super) fn columns(&self) -> (String, String) {
        match self {
            Self::Client(client_id) => (client_id.to_string(), String::new()),
            Self::Network(network) => (String::new(), network_text(*network)),
            Self::Anywhere => (String::new(), String::new()),
        }
    }

    /// The caller with these columns.
    pub(super) fn of_columns(client_id: &str, network: &str) -> Self {
        if let Ok(client_id) = client_id.parse() {
            return Self::Client(client_id);
        }
        let address = network.parse::<IpAddr>().map(IpNet::from);
        address
            .or_else(|_| network.parse::<IpNet>())
            .map_or(Self::Anywhere, Self::Network)
    }
}

/// An IPv4 address without the length of its prefix.
fn network_text(network: IpNet) -> String {
    match network {
        IpNet::V4(network) => network.addr().to_string(),
        IpNet::V6(network) => network.to_string(),
    }
}

/// Where refused calls come from: an address, or all that count as one caller with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerAddress {
    /// One address.
    Address(IpAddr),
    /// An IPv6 /64.
    Network(Ipv6Net),
}

/// The text is neither an address nor an IPv6 /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("address must be an address of IPv4 or IPv6, or a /64 of IPv6")]
pub struct InvalidCallerAddress;

impl FromStr for CallerAddress {
    type Err = InvalidCallerAddress;

    fn from_str(text: &str) -> Result<Self, InvalidCallerAddress> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Address(address.to_canonical()));
        }
        let network = text.parse().ok();
        let network = network.filter(|network: &Ipv6Net| network.prefix_len() == IPV6_BITS);
        network
            .map(|network| Self::Network(network.trunc()))
            .ok_or(InvalidCallerAddress)
    }
}

impl CallerAddress {
    /// The one address, as the column has it.
    pub(super) fn address(self) -> Option<String> {
        match self {
            Self::Address(address) => Some(address.to_string()),
            Self::Network(_) => None,
        }
    }

    /// The network that callers who named no client are counted by, as the column has it.
    pub(super) fn network(self) -> String {
        match self {
            Self::Address(address) => Caller::of(None, address).columns().1,
            Self::Network(network) => network_text(IpNet::V6(network)),
        }
    }
}

/// What is noted of every refusal, kept or not.
#[derive(Clone, Copy, Debug)]
pub struct Noted<'a> {
    /// The registered client that the call names.
    pub client_id: Option<&'a ClientId>,
    /// Where the call comes from.
    pub address: IpAddr,
    /// Whether the caller had proved to be the client.
    pub is_proved: bool,
    /// Why it was refused, as the metrics name it.
    pub reason: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_names_no_client_is_counted_by_network() {
        let client: ClientId = "client".parse().unwrap();
        for (client_id, address, columns) in [
            (Some(&client), "192.0.2.1", ("client", "")),
            (None, "192.0.2.1", ("", "192.0.2.1")),
            (None, "2001:db8:1:2:3:4:5:6", ("", "2001:db8:1:2::/64")),
        ] {
            let caller = Caller::of(client_id, address.parse().unwrap());
            assert_eq!(caller.columns(), (columns.0.to_owned(), columns.1.to_owned()));
            assert_eq!(Caller::of_columns(columns.0, columns.1), caller);
        }
        assert_eq!(Caller::of_columns("", ""), Caller::Anywhere);
        assert_eq!(Caller::Anywhere.columns(), (String::new(), String::new()));
    }
}
