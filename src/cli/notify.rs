//! Tells systemd whether the service is starting, ready or stopping, by the protocol of `sd_notify(3)`: lines of text in one datagram.

use std::ffi::OsString;
use std::future::Future;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

/// The time between two requests for more time. A connection to a database that is away fails sooner.
const WORK_INTERVAL: Duration = Duration::from_secs(30);
/// How much time is asked for, from then on.
const MORE_TIME: Duration = Duration::from_secs(90);

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

    /// Does a part of the start, and asks for more time as long as that goes on: systemd would end a service that takes longer to
    /// start than its unit allows.
    pub async fn while_working<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            match timeout(WORK_INTERVAL, &mut work).await {
                Ok(done) => return done,
                Err(_elapsed) => self.send(&format!("EXTEND_TIMEOUT_USEC={}", MORE_TIME.as_micros())),
            }
        }
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

#[cfg(test)]
mod tests {
    use tokio::time::{advance, sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn more_time_is_asked_for_while_work_goes_on() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_nonblocking(true).unwrap();
        let notifier = Notifier::new(Some(path.into_os_string()));
        let received = || {
            let mut buffer = [0; 64];
            let texts = std::iter::from_fn(|| {
                let length = socket.recv(&mut buffer).ok()?;
                Some(String::from_utf8(buffer[..length].to_vec()).unwrap())
            });
            texts.collect::<Vec<_>>()
        };
        assert_eq!(notifier.while_working(async { 1 }).await, 1);
        notifier.while_working(sleep(Duration::from_secs(29))).await;
        assert!(received().is_empty());
        notifier.while_working(sleep(Duration::from_secs(70))).await;
        assert_eq!(received(), ["EXTEND_TIMEOUT_USEC=90000000"; 2]);
        advance(MORE_TIME).await;
        assert!(received().is_empty());
    }
}
