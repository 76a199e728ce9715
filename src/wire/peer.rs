//! The address that a request comes from. What a header says of it counts only from a trusted proxy (R69).

use std::net::{IpAddr, Ipv4Addr};

use actix_web::dev::RequestHead;
use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName, X_FORWARDED_FOR};
use ipnet::{IpNet, Ipv4Net};
use parking_lot::Mutex;

use super::forwarded;

/// Proxies of which it is logged that their entries cannot be read; of more nothing is logged.
const MAX_REPORTED: usize = 64;
/// Bytes of an unreadable entry that are logged.
const MAX_REPORTED_BYTES: usize = 64;

/// The header in which proxies say from where they were called. There is one for all of them: a proxy passes on what its
/// caller wrote into the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyHeader {
    /// `X-Forwarded-For`.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl ProxyHeader {
    const fn name(self) -> HeaderName {
        match self {
            Self::XForwardedFor => X_FORWARDED_FOR,
            Self::Forwarded => FORWARDED,
        }
    }

    fn address(self, entry: &[u8]) -> Option<IpAddr> {
        match self {
            Self::XForwardedFor => forwarded::x_forwarded_for(entry),
            Self::Forwarded => forwarded::forwarded(entry),
        }
    }
}

/// Where a request comes from, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    address: IpAddr,
    is_caller: bool,
}

impl Peer {
    /// Nothing is known of where a request comes from.
    pub(super) const UNKNOWN: Self = Self {
        address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        is_caller: false,
    };

    /// The other end of a connection, behind which anybody may be: no header of it was read.
    pub(super) const fn proxy(address: IpAddr) -> Self {
        Self {
            address,
            is_caller: false,
        }
    }

    /// The nearest address that is known: the caller's, or that of the proxy behind which it is.
    #[must_use]
    pub fn nearest(self) -> IpAddr {
        self.address
    }

    /// The caller's address; `None` where a proxy does not tell it, so that many callers may be behind it.
    #[must_use]
    pub fn caller(self) -> Option<IpAddr> {
        self.is_caller.then_some(self.address)
    }
}

/// Whose word is taken for where a request comes from.
#[derive(Debug)]
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    header: ProxyHeader,
    reported: Mutex<Vec<IpAddr>>,
}

impl TrustedProxies {
    /// Proxies in these networks, which write this header.
    #[must_use]
    pub fn new(networks: &[IpNet], header: ProxyHeader) -> Self {
        Self {
            networks: networks.iter().copied().map(canonical).collect(),
            header,
            reported: Mutex::default(),
        }
    }

    /// Where the request comes from: the peer, or, where that is a trusted proxy, the last address in the header that is
    /// none. An entry that cannot be read is logged, once for each proxy.
    #[must_use]
    pub fn peer(&self, request: &RequestHead) -> Peer {
        let address = request
            .peer_addr
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
        let (peer, unreadable) = self.resolve(address, &request.headers);
        if let Some(entry) = unreadable {
            self.report(peer.address, entry);
        }
        peer
    }

    /// The same, and the entry that could not be read, if there is one.
    fn resolve<'a>(&self, peer: IpAddr, headers: &'a HeaderMap) -> (Peer, Option<&'a [u8]>) {
        let at = |address, is_caller| Peer { address, is_caller };
        if !self.trusts(peer) {
            return (at(peer, true), None);
        }
        let mut nearest = peer;
        let mut has_entry = false;
        let lines = headers.get_all(self.header.name()).rev();
        for entry in lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')) {
            has_entry = true;
            match self.header.address(entry) {
                Some(address) if self.trusts(address) => nearest = address,
                Some(address) => return (at(address, true), None),
                // The last trusted proxy wrote this entry, so what precedes it proves nothing.
                None => return (at(nearest, false), Some(entry)),
            }
        }
        (at(nearest, has_entry), None)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }

    fn report(&self, proxy: IpAddr, entry: &[u8]) {
        let mut reported = self.reported.lock();
        if reported.len() == MAX_REPORTED || reported.contains(&proxy) {
            return;
        }
        reported.push(proxy);
        drop(reported);
        let shown = entry.get(..MAX_REPORTED_BYTES).unwrap_or(entry);
        tracing::warn!(
            proxy = %proxy,
            header = self.header.name().as_str(),
            entry = %shown.trim_ascii().escape_ascii(),
            "a trusted proxy does not tell the address of its caller; wrong secrets from behind it are not limited by address"
        );
    }
}

/// The network, as IPv4 where its addresses are mapped (RFC 4291 s2.5.5.2), as those of callers are.
fn canonical(network: IpNet) -> IpNet {
    const MAPPED_BITS: u8 = 96;
    let mapped = match network {
        IpNet::V4(_) => None,
        IpNet::V6(v6) => v6
            .addr()
            .to_ipv4_mapped()
            .zip(v6.prefix_len().checked_sub(MAPPED_BITS)),
    };
    mapped
        .and_then(|(address, prefix)| Ipv4Net::new(address, prefix).ok())
        .map_or(network, IpNet::V4)
}

#[cfg(test)]
#[path = "peer_tests.rs"]
mod tests;
