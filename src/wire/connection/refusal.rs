//! Responses of the dispatcher's own: it refuses what it cannot parse, with a status and nothing else. They are recognised on
//! their way to the socket, and exchanged there for ones of the service's.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// What the dispatcher has refused, in place of a request.
#[derive(Clone, Copy, Debug)]
pub struct RefusedHead<'a> {
    /// The status that the dispatcher has chosen: 400, 408 or 431.
    pub status: u16,
    /// The beginning of what the client sent; empty where it came together with the request before.
    pub beginning: &'a [u8],
    /// The length in bytes of its first line.
    pub line_bytes: usize,
    /// How long the client has been sending it; zero where it came at once.
    pub elapsed: Duration,
    /// The other side of the connection.
    pub peer: Option<SocketAddr>,
    /// The value of the `Date` header field.
    pub date: &'a [u8],
}

/// Makes the bytes of the response that the client gets instead. The connection ends after it.
pub type RefuseHead = Arc<dyn Fn(&RefusedHead<'_>) -> Vec<u8> + Send + Sync>;

/// A response of the dispatcher's own at the end of what is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BareResponse<'a> {
    /// Where it begins.
    pub(super) at: usize,
    pub(super) status: u16,
    pub(super) date: &'a [u8],
}

const DATE: &[u8] = b"date: Thu, 01 Jan 1970 00:00:00 GMT";

/// Finds a response that has no field but those that the dispatcher adds itself. A response of the service's has more: its
/// request id at least.
pub(super) fn find_bare_response(bytes: &[u8]) -> Option<BareResponse<'_>> {
    // Nearly all that is written fails at one of these two.
    let head = bytes.strip_suffix(b"\r\n\r\n")?;
    let (head, date) = head.split_at_checked(head.len().checked_sub(DATE.len())?)?;
    let date = date.strip_prefix(b"date: ")?;
    let connections = [
        &b"connection: close\r\n"[..],
        b"connection: keep-alive\r\n",
        b"connection: upgrade\r\n",
    ];
    let head = connections
        .iter()
        .find_map(|connection| head.strip_suffix(*connection))
        .unwrap_or(head);
    let head = head.strip_suffix(b"\r\ncontent-length: 0\r\n")?;
    let at = head.windows(7).rposition(|window| window == b"HTTP/1.")?;
    let status_line = std::str::from_utf8(head.get(at..)?).ok()?;
    let status: u16 = status_line.split(' ').nth(1)?.parse().ok()?;
    let is_line = !status_line.contains('\n') && status >= 400;
    is_line.then_some(BareResponse { at, status, date })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\
                        date: Thu, 26 Nov 2026 01:10:33 GMT\r\n\r\n";

    #[test]
    fn a_response_of_the_dispatchers_own_is_found_after_one_of_the_services() {
        let own = "HTTP/1.1 204 No Content\r\nx-request-id: 1\r\ndate: Thu, 26 Nov 2026 01:10:33 GMT\r\n\r\n";
        for before in ["", own, "the rest of a body"] {
            let written = format!("{before}{BARE}");
            let expected = BareResponse {
                at: before.len(),
                status: 400,
                date: b"Thu, 26 Nov 2026 01:10:33 GMT",
            };
            assert_eq!(find_bare_response(written.as_bytes()), Some(expected));
        }
        let without = BARE.replace("connection: close\r\n", "");
        assert!(find_bare_response(without.as_bytes()).is_some());
    }

    #[test]
    fn nothing_else_is_taken_for_one() {
        for other in [
            "",
            "\r\n\r\n",
            &BARE[1..],
            &BARE[..BARE.len() - 1],
            &BARE.replace("content-length: 0", "content-length: 1"),
            &BARE.replace("date", "x-request-id: 1\r\ndate"),
            &BARE.replace("400 Bad Request", "204 No Content"),
            &BARE.replace(
                "HTTP/1.1 400 Bad Request\r\n",
                "HTTP/1.1 400 Bad Request\r\nx-request-id: 1\r\n",
            ),
        ] {
            assert_eq!(find_bare_response(other.as_bytes()), None, "{other}");
        }
    }
}
