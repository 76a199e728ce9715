//! Which addresses belong to the public internet, by IANA's special-purpose registries (RFC 6890). Callbacks go to these
//! alone. An address that is not known to be public counts as private.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether this is the address of a single host on the public internet.
#[must_use]
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// IPv4 networks that are not public: the first address and the length of the prefix in bits.
const SPECIAL_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::UNSPECIFIED, 8),
    // Private.
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    // Shared address space of carrier-grade NAT.
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    // Loopback, link-local.
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    // IETF protocol assignments.
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    // Documentation.
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // The former relays of 6to4.
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    // Benchmarking.
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    // Multicast; reserved, and broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Global unicast (RFC 4291 s2.4). Addresses outside of it are unspecified, loopback, IPv4-compatible, local, multicast or
/// unassigned.
const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// IPv6 networks within global unicast that are not public.
const SPECIAL_V6: &[(Ipv6Addr, u32)] = &[
    // IETF protocol assignments, among them Teredo, benchmarking and ORCHID.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    // Documentation.
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    // 6to4, through which any IPv4 address can be reached.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_in =
        |(network, bits): &(Ipv4Addr, u32)| (address.to_bits() ^ network.to_bits()).leading_zeros() >= *bits;
    !SPECIAL_V4.iter().any(is_in)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let is_in =
        |(network, bits): &(Ipv6Addr, u32)| (address.to_bits() ^ network.to_bits()).leading_zeros() >= *bits;
    carried_v4(address).map_or_else(
        || is_in(&GLOBAL_V6) && !SPECIAL_V6.iter().any(is_in),
        is_public_v4,
    )
}

/// The IPv4 address that a packet to this address reaches: of an IPv4-mapped address (RFC 4291 s2.5.5.2), or of an address
/// with the well-known prefix of NAT64 (RFC 6052), by which networks without IPv4 reach IPv4 hosts.
fn carried_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_of_the_public_internet_are_public() {
        let table = [
            (
                true,
                "1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.0 172.15.255.255 172.32.0.0 192.0.1.0 11.0.0.1",
            ),
            (
                true,
                "223.255.255.255 169.253.0.1 198.17.255.255 198.20.0.0 126.0.0.1 128.0.0.1",
            ),
            (
                false,
                "0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 127.0.0.1 127.255.255.254",
            ),
            (
                false,
                "172.16.0.1 172.31.255.255 192.168.0.1 169.254.169.254 100.64.0.1 100.127.255.255",
            ),
            (
                false,
                "192.0.0.1 192.0.2.1 198.51.100.7 203.0.113.9 192.88.99.1 198.18.0.1 198.19.255.255",
            ),
            (false, "224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255"),
            (
                true,
                "2606:4700:4700::1111 2a00:1450:4007::1 2001:4860:4860::8888 2400::1 3ffe::1",
            ),
            (
                false,
                ":: ::1 fe80::1 febf::1 fec0::1 fc00::1 fd12:3456::1 ff02::1 100::1 5f00::1 4000::1",
            ),
            (
                false,
                "2001:db8::1 3fff::1 2001::1 2001:0:53aa:64c:0:fbff:ad40:a3a3 2001:2::1 2001:10::1 2001:20::1",
            ),
            (
                false,
                "2002:0a00:0001::1 2002:0101:0101::1 ::10.0.0.1 ::1.1.1.1 ::ffff:0:1.1.1.1",
            ),
            (true, "::ffff:1.1.1.1 64:ff9b::1.1.1.1"),
            (
                false,
                "::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 64:ff9b::10.0.0.1 64:ff9b::127.0.0.1",
            ),
            (false, "64:ff9b:1::1.1.1.1 64:ff9b:1::10.0.0.1"),
        ];
        for (expected, addresses) in table {
            for address in addresses.split(' ') {
                assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
            }
        }
    }
}
