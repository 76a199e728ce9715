//! Tells systemd whether the service is starting, ready or stopping, by the protocol of `sd_notify(3)`: lines of text in one datagram.

use std::ffi::OsString;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// The socket of systemd; none if the service was started by something else.
pub struct Notifier(Option<(UnixDatagram, SocketAddr)>);

impl Notifier {
    /// Connects to `socket`: a path, or a name in the abstract namespace after an `@`.
    pub fn new(socket: Option<OsString>) -> Self {
        let connect = |name: OsString| {
            let address = match name.as_bytes() {
                [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
                _ => SocketAddr::from_pathname(name)?,
            };
            Ok::<_, io::Error>((UnixDatagram::unbound()?, address))
        };
        Self(socket.and_then(|name| report(connect(name))))
    }

    /// Says that requests are answered.
    pub fn ready(&self) {
        self.send("READY=1\nSTATUS=serving");
    }

    /// Says that the service is starting, and what it is waiting for.
    pub fn waiting(&self, what: &str) {
        self.send(&format!("STATUS=waiting for {what}"));
    }

    /// Says that the service is stopping.
    pub fn stopping(&self) {
        self.send("STOPPING=1\nSTATUS=stopping");
    }

    fn send(&self, text: &str) {
        if let Some((socket, address)) = &self.0 {
            report(socket.send_to_addr(text.as_bytes(), address));
        }
    }
}

/// Logs a failure, which does not keep the service from working.
fn report<T>(result: io::Result<T>) -> Option<T> {
    result
        .inspect_err(|error| tracing::warn!(%error, "cannot tell the socket of NOTIFY_SOCKET"))
        .ok()
}
