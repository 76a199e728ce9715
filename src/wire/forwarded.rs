//! One entry of a header in which a proxy says from where it was called: `X-Forwarded-For`, or `Forwarded` (RFC 7239).
//!
//! An entry is read byte by byte and by itself, so nothing that stands left of it in the header matters.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address in an entry of `X-Forwarded-For`: an address alone or with a port, IPv6 with or without brackets and zone,
/// quoted or not. `None`: the entry cannot be read.
pub(super) fn x_forwarded_for(entry: &[u8]) -> Option<IpAddr> {
    let entry = entry.trim_ascii();
    match entry.strip_prefix(b"\"") {
        Some(quoted) => node(quoted.strip_suffix(b"\"")?),
        None => node(entry),
    }
}

/// The address in an element of `Forwarded` (RFC 7239 s4). `None`: the element cannot be read, or does not tell an address:
/// it has no `for`, or `unknown`, or an identifier of the proxy's own.
///
/// Commas in quoted strings are taken as ends of elements, because only what stands to the right of a comma is known to be
/// the proxy's. What is cut off so has an open quote, and cannot be read.
pub(super) fn forwarded(element: &[u8]) -> Option<IpAddr> {
    let mut rest = element.trim_ascii();
    let mut address = None;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(b";") {
            rest = after.trim_ascii_start();
            continue;
        }
        let (name, after) = split_at(rest, |byte| byte == b'=')?;
        let (value, after) = value(after.strip_prefix(b"=")?)?;
        if name.eq_ignore_ascii_case(b"for") && address.replace(node(value)?).is_some() {
            return None;
        }
        rest = after.trim_ascii_start();
        if !rest.is_empty() && !rest.starts_with(b";") {
            return None;
        }
    }
    address
}

/// A value and what follows it. One that is not quoted may have the characters of addresses with ports too, which RFC 7239
/// wants quoted and many proxies do not quote.
fn value(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let Some(quoted) = text.strip_prefix(b"\"") else {
        let (value, rest) = split_at(text, |byte| byte == b';' || byte.is_ascii_whitespace())?;
        let is_plain = value
            .iter()
            .all(|byte| byte.is_ascii_graphic() && !b"\"\\,=".contains(byte));
        return is_plain.then_some((value, rest));
    };
    let mut is_escaped = false;
    let end = quoted.iter().position(|byte| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    })?;
    let (value, rest) = quoted.split_at_checked(end)?;
    Some((value, rest.strip_prefix(b"\"")?))
}

/// What stands before the first byte of this kind, or before the end, and the rest. `None`: nothing stands before it.
fn split_at(text: &[u8], is_end: impl Fn(u8) -> bool) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| is_end(*byte)).unwrap_or(text.len());
    text.split_at_checked(end)
        .filter(|(before, _)| !before.is_empty())
}

/// The address of a node (RFC 7239 s6), with or without a port.
fn node(text: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(text).ok()?;
    if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let is_ended = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return is_ended.then(|| ipv6(address))?;
    }
    match text.split_once(':') {
        None => Some(text.parse::<Ipv4Addr>().ok()?.into()),
        // IPv6 without brackets has more than one colon, so there is no port.
        Some((_, rest)) if rest.contains(':') => ipv6(text),
        Some((address, port)) => is_port(port).then_some(address.parse::<Ipv4Addr>().ok()?.into()),
    }
}

/// IPv6, with a zone (RFC 4007 s11) or without; IPv4 where it is mapped (RFC 4291 s2.5.5.2).
fn ipv6(text: &str) -> Option<IpAddr> {
    let address = match text.split_once('%') {
        Some((_, "")) => return None,
        Some((address, _)) => address,
        None => text,
    };
    Some(IpAddr::V6(address.parse::<Ipv6Addr>().ok()?).to_canonical())
}

/// A port, or an identifier for one (RFC 7239 s6.2).
fn is_port(text: &str) -> bool {
    let is_of = |text: &str, is_allowed: fn(u8) -> bool| !text.is_empty() && text.bytes().all(is_allowed);
    match text.strip_prefix('_') {
        Some(name) => is_of(name, |byte| {
            byte.is_ascii_alphanumeric() || b"._-".contains(&byte)
        }),
        None => text.len() <= 5 && is_of(text, |byte| byte.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(address: Option<IpAddr>) -> String {
        address.map_or_else(|| "none".to_owned(), |address| address.to_string())
    }

    #[test]
    fn an_entry_of_x_forwarded_for_is_an_address_in_any_of_its_forms() {
        for (entry, expected) in [
            ("203.0.113.9", "203.0.113.9"),
            (" \t203.0.113.9 \t", "203.0.113.9"),
            ("203.0.113.9:51234", "203.0.113.9"),
            ("\"203.0.113.9:51234\"", "203.0.113.9"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("\"[2001:db8::1]:443\"", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%25eth0]:443", "fe80::1"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("[::ffff:203.0.113.9]:443", "203.0.113.9"),
        ] {
            assert_eq!(text(x_forwarded_for(entry.as_bytes())), expected, "{entry}");
        }
    }

    #[test]
    fn an_entry_that_is_no_address_is_not_read() {
        for entry in [
            "",
            " ",
            "unknown",
            "unix:",
            "_hidden",
            "gateway.example",
            "203.0.113.9:",
            "203.0.113.9:port",
            "203.0.113.9:123456",
            "203.0.113.9 203.0.113.8",
            "203.0.113.009",
            "\"203.0.113.9",
            "203.0.113.9\"",
            "\"",
            "[203.0.113.9]",
            "[2001:db8::1",
            "[2001:db8::1]443",
            "[2001:db8::1%]",
            "fe80::1%",
            "::1\u{e9}",
        ] {
            assert_eq!(text(x_forwarded_for(entry.as_bytes())), "none", "{entry}");
        }
        assert_eq!(text(x_forwarded_for(b"203.0.113.9\xe9")), "none");
    }

    #[test]
    fn an_element_of_forwarded_tells_the_address_of_its_for() {
        for (element, expected) in [
            ("for=192.0.2.43", "192.0.2.43"),
            (" For=\"192.0.2.43:47011\" ", "192.0.2.43"),
            ("for=192.0.2.43:47011", "192.0.2.43"),
            ("for=\"192.0.2.43:_port\"", "192.0.2.43"),
            ("for=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=[2001:db8:cafe::17]", "2001:db8:cafe::17"),
            ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
            (
                "proto=https; host=\"a\\\"b;for=1.1.1.1\" ;FOR=192.0.2.60;",
                "192.0.2.60",
            ),
            ("for=\"::ffff:192.0.2.1\"", "192.0.2.1"),
        ] {
            assert_eq!(text(forwarded(element.as_bytes())), expected, "{element}");
        }
    }

    #[test]
    fn an_element_of_forwarded_without_an_address_is_not_read() {
        for element in [
            "",
            "for=unknown",
            "for=\"_gazonk\"",
            "for=_hidden;by=203.0.113.43",
            "proto=https",
            "for=",
            "for",
            "=192.0.2.1",
            "for=192.0.2.1;for=192.0.2.2",
            "for=192.0.2.1 for=192.0.2.2",
            "for=\"192.0.2.1",
            // What is left of a host in quotes with a comma in it, which the caller may have chosen.
            " for=192.0.2.1;a=\"",
            " for=192.0.2.1\"",
            "for=192.0.2.1;a=\\\"\"",
            "for=\"192.0.2.1\"x",
            "203.0.113.9",
        ] {
            assert_eq!(text(forwarded(element.as_bytes())), "none", "{element}");
        }
    }
}
