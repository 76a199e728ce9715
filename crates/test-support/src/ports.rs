//! Addresses for servers that must know their port before they start, and keep it when they are started again.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};

/// The first port that is given out.
const FIRST: u16 = 10_000;

/// How many ports there are below those that the kernel gives to outgoing connections, of which one could take the port
/// of a server that is stopped; at least some thousands, wherever those begin.
static COUNT: LazyLock<u16> = LazyLock::new(|| {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap();
    let end: u16 = range.split_whitespace().next().unwrap().parse().unwrap();
    end.saturating_sub(FIRST).max(5_000)
});

/// How many ports were tried. Programs of tests that run at the same time begin at different ones.
static TRIED: LazyLock<AtomicU16> = LazyLock::new(|| {
    let spread = std::process::id().wrapping_mul(397) % u32::from(*COUNT);
    AtomicU16::new(u16::try_from(spread).unwrap())
});

/// An address of this machine where nobody listens, given to nobody else in this process.
pub fn free_address() -> SocketAddr {
    for _ in 0..*COUNT {
        let port = FIRST + TRIED.fetch_add(1, Ordering::Relaxed) % *COUNT;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no port is free");
}
