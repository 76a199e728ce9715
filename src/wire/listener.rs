//! The public socket before and after it takes connections.
//!
//! A proxy that is refused a connection goes to the next replica, and nothing is lost. One whose connection was taken and is
//! then closed has lost a request, which it may not send again where that could do something twice. So a socket that is bound
//! does not listen before requests can be answered, and one that is about to be closed takes no new connection while those
//! it has taken are still being handed on: the kernel resets the connections that nobody has accepted when a socket closes.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{SockFilter, SockRef};
use tokio::net::TcpSocket;

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// A filter of packets (classic BPF) that drops those with the flag SYN, by which a connection begins. Offsets count from the
/// TCP header.
const DROP_NEW_CONNECTIONS: [SockFilter; 4] = [
    // Load the byte of the flags.
    SockFilter::new(0x30, 0, 0, 13),
    // Is SYN among them?
    SockFilter::new(0x45, 0, 1, 0x02),
    // Yes: keep nothing of the packet.
    SockFilter::new(0x06, 0, 0, 0),
    // No: keep all of it.
    SockFilter::new(0x06, 0, 0, u32::MAX),
];

/// A socket whose address is taken, and that takes no connections yet.
#[derive(Debug)]
pub struct BoundSocket(TcpSocket);

impl BoundSocket {
    /// Takes an address.
    ///
    /// # Errors
    /// When somebody listens at it.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        // A restart must not wait for the connections of the process before.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(Self(socket))
    }

    /// The address, with the port that the system chose for port 0.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Takes connections from now on, with a queue that a flood of them does not fill at once.
    ///
    /// # Errors
    /// Also when another socket that was bound to the same address was faster.
    pub fn listen(self) -> io::Result<TcpListener> {
        self.0.listen(BACKLOG)?.into_std()
    }
}

/// Lets no new connection begin, while those that wait to be accepted stay. Who connects now is not refused, but tries again
/// a second later, when the socket is closed or another process has it.
///
/// # Errors
/// Where the system has no such filters.
pub fn take_no_more(listener: &TcpListener) -> io::Result<()> {
    SockRef::from(listener).attach_filter(&DROP_NEW_CONNECTIONS)
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read, Write};
    use std::net::{Ipv4Addr, TcpStream};
    use std::time::Duration;

    use super::*;

    fn bind(address: SocketAddr) -> io::Result<BoundSocket> {
        BoundSocket::bind(address)
    }

    fn any() -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
    }

    #[tokio::test]
    async fn a_bound_socket_refuses_connections_until_it_listens() {
        let socket = bind(any()).unwrap();
        let address = socket.local_addr().unwrap();
        let refused = TcpStream::connect(address).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        let listener = socket.listen().unwrap();
        TcpStream::connect(address).unwrap();
        let taken = bind(address).unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::AddrInUse);
        drop(listener);
    }

    #[tokio::test]
    async fn a_socket_that_takes_no_more_keeps_those_who_wait() {
        let listener = bind(any()).unwrap().listen().unwrap();
        let address = listener.local_addr().unwrap();
        let mut waiting = TcpStream::connect(address).unwrap();
        take_no_more(&listener).unwrap();
        let late = TcpStream::connect_timeout(&address, Duration::from_millis(300));
        assert_eq!(late.unwrap_err().kind(), ErrorKind::TimedOut);
        waiting.write_all(b"hello").unwrap();
        listener.set_nonblocking(false).unwrap();
        let (mut accepted, _) = listener.accept().unwrap();
        let mut read = [0; 5];
        accepted.read_exact(&mut read).unwrap();
        assert_eq!(&read, b"hello");
    }
}
