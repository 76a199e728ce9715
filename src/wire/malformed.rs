//! Answers what is no request, as every request is answered: with a body in the dialect of the path, a request id, a line in
//! the access log, and its place in the metrics.

use std::borrow::Cow;
use std::io::Write;

use actix_web::HttpResponse;
use actix_web::body::MessageBody;
use actix_web::http::StatusCode;

use super::connection::RefusedHead;
use super::front::{FrontSettings, Unanswered};
use super::peer::Peer;
use super::refused::Refused;
use super::request_context::{AccessLogLine, RequestContext};
use super::response_headers::write_headers;

/// Longest request target that is parsed, in bytes.
const MAX_TARGET_BYTES: usize = 65_534;

/// The bytes of the response to what the dispatcher has refused.
#[must_use]
pub fn respond(settings: &FrontSettings, head: &RefusedHead<'_>) -> Vec<u8> {
    let line = RequestLine::of(head.beginning);
    let found = Malformation::of(head, &line);
    let address = head.peer.map(|peer| peer.ip().to_canonical());
    let context = RequestContext::fresh(address.map_or(Peer::UNKNOWN, Peer::proxy));
    let path = line.path();
    let mut response = (settings.unrouted)(&Unanswered {
        context: &context,
        path: &path,
        headers: None,
        status: found.status,
        words: Some(found.words),
    });
    let refused = Refused::because(found.reason);
    write_headers(&mut response, &settings.headers, &context, Some(&refused));
    let status = response.status().as_u16();
    settings
        .metrics
        .request_series("malformed", status)
        .observe(head.elapsed, None);
    context.write_line(&AccessLogLine {
        method: line.method(),
        path: (settings.logged)(&path),
        status,
        elapsed: head.elapsed,
        refused: Some(&refused),
    });
    serialise(response, line.method == b"HEAD", head.date)
}

/// A request line as it came.
struct RequestLine<'a> {
    method: &'a [u8],
    /// All between the method and the version.
    target: &'a [u8],
    version: &'a [u8],
}

impl<'a> RequestLine<'a> {
    /// The parts of the first line, as far as they are there.
    fn of(beginning: &'a [u8]) -> Self {
        let beginning = beginning.trim_ascii_start();
        let line = beginning.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut parts = line.splitn(2, |byte| *byte == b' ');
        let method = parts.next().unwrap_or_default();
        let rest = parts.next().unwrap_or_default().trim_ascii_end();
        let version_at = rest.windows(6).rposition(|window| window == b" HTTP/");
        let (target, version) = version_at
            .and_then(|at| rest.split_at_checked(at))
            .unwrap_or((rest, b""));
        Self {
            method,
            target,
            version: version.trim_ascii_start(),
        }
    }

    /// The method for the log; `-` where it is none.
    fn method(&self) -> &'a str {
        const MOST_BYTES: usize = 20;
        std::str::from_utf8(self.method)
            .ok()
            .filter(|method| is_token(method.as_bytes()) && method.len() <= MOST_BYTES)
            .unwrap_or("-")
    }

    /// The path without the query, for the log and for the choice of the dialect; `-` where there is none.
    fn path(&self) -> Cow<'a, str> {
        let path = self.target.split(|byte| *byte == b'?').next().unwrap_or_default();
        if path.is_empty() {
            return Cow::Borrowed("-");
        }
        let path = String::from_utf8_lossy(path);
        if path.chars().any(char::is_control) {
            return Cow::Owned(
                path.chars()
                    .map(|c| if c.is_control() { '.' } else { c })
                    .collect(),
            );
        }
        path
    }
}

fn is_token(text: &[u8]) -> bool {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !text.is_empty() && text.iter().all(is_token)
}

/// What is wrong with a head, as far as its beginning shows.
#[derive(Debug, PartialEq, Eq)]
struct Malformation {
    status: StatusCode,
    /// For log and metrics.
    reason: &'static str,
    /// For the caller, in characters that every dialect takes.
    words: &'static str,
}

impl Malformation {
    const fn new(status: StatusCode, reason: &'static str, words: &'static str) -> Self {
        Self {
            status,
            reason,
            words,
        }
    }

    const fn malformed(reason: &'static str, words: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, reason, words)
    }

    fn of(head: &RefusedHead<'_>, line: &RequestLine<'_>) -> Self {
        if head
            .line_bytes
            .saturating_sub(line.method.len() + line.version.len() + 2)
            > MAX_TARGET_BYTES
        {
            return Self::new(
                StatusCode::URI_TOO_LONG,
                "uri_too_long",
                "The URL must have at most 65534 bytes; ask for less at a time.",
            );
        }
        match head.status {
            408 => Self::new(
                StatusCode::REQUEST_TIMEOUT,
                "head_too_slow",
                "The head of the request did not arrive in time.",
            ),
            431 => Self::new(
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "head_too_large",
                "A request must have at most 96 header fields, and 128 KiB of them.",
            ),
            status if status >= 500 => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "The service failed. The log of this request, by the id in X-Request-Id, says why.",
            ),
            _ => Self::of_line(line).unwrap_or_else(|| Self::of_fields(head.beginning, line)),
        }
    }

    /// What is wrong with the request line, if anything is.
    fn of_line(line: &RequestLine<'_>) -> Option<Self> {
        if line.method.starts_with(b"\x16\x03") {
            return Some(Self::malformed(
                "tls_not_expected",
                "This port speaks HTTP without TLS.",
            ));
        }
        if !line.method.is_empty() && !is_token(line.method) {
            return Some(Self::malformed(
                "malformed_method",
                "The request must begin with a method of HTTP.",
            ));
        }
        if !line.target.is_ascii() {
            return Some(Self::malformed(
                "target_not_ascii",
                "The URL must be ASCII: percent-encode every other character as UTF-8.",
            ));
        }
        if !line.version.is_empty() && ![&b"HTTP/1.0"[..], b"HTTP/1.1"].contains(&line.version) {
            return Some(Self::malformed("http_version", "This service speaks HTTP/1.1."));
        }
        let is_printable = |byte: &u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(byte);
        (!line.target.iter().all(is_printable)).then(|| {
            Self::malformed(
                "malformed_target",
                "The URL must be percent-encoded: it has spaces or other characters that no URL has.",
            )
        })
    }

    /// What is wrong with the header fields.
    fn of_fields(beginning: &[u8], line: &RequestLine<'_>) -> Self {
        let is_whole = beginning.windows(4).any(|window| window == b"\r\n\r\n");
        let host = |field: &&[u8]| {
            field
                .get(..5)
                .is_some_and(|name| name.eq_ignore_ascii_case(b"host:"))
        };
        let hosts = beginning.split(|byte| *byte == b'\n').filter(host).count();
        if hosts > 1 || is_whole && hosts == 0 && line.version == b"HTTP/1.1" {
            return Self::malformed("host", "A request of HTTP/1.1 must have one Host header field.");
        }
        Self::malformed(
            "malformed_request",
            "The request is malformed: it must be HTTP/1.1, with header fields of the form name: value, and one of \
             Content-Length and Transfer-Encoding: chunked at most.",
        )
    }
}

/// The response as it goes over the wire, the last one of its connection.
fn serialise(response: HttpResponse, is_head: bool, date: &[u8]) -> Vec<u8> {
    let (response, body) = response.into_parts();
    let body = body.try_into_bytes().unwrap_or_default();
    let mut bytes = Vec::with_capacity(1024);
    // Writing to memory cannot fail.
    let _ = write!(
        bytes,
        "HTTP/1.1 {}\r\ncontent-length: {}\r\n",
        response.status(),
        body.len()
    );
    bytes.extend_from_slice(b"connection: close\r\n");
    for (name, value) in response.headers() {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"date: ");
    bytes.extend_from_slice(date);
    bytes.extend_from_slice(b"\r\n\r\n");
    if !is_head {
        bytes.extend_from_slice(&body);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn found(status: u16, beginning: &[u8]) -> (u16, &'static str) {
        let line = beginning.split(|byte| *byte == b'\n').next().unwrap();
        let head = RefusedHead {
            status,
            beginning: &beginning[..beginning.len().min(512)],
            line_bytes: line.len(),
            elapsed: Duration::ZERO,
            peer: None,
            date: b"",
        };
        let found = Malformation::of(&head, &RequestLine::of(head.beginning));
        (found.status.as_u16(), found.reason)
    }

    #[test]
    fn what_is_wrong_is_told_from_the_beginning() {
        let long = [b"GET /", &vec![b'x'; 70_000][..], b" HTTP/1.1\r\n"].concat();
        for (beginning, expected) in [
            (&b"nonsense\r\n\r\n"[..], "malformed_request"),
            (b"", "malformed_request"),
            (b"\x16\x03\x01\x02\0", "tls_not_expected"),
            (b"G(T / HTTP/1.1\r\nhost: x\r\n\r\n", "malformed_method"),
            (
                b"GET /caf\xc3\xa9 HTTP/1.1\r\nhost: x\r\n\r\n",
                "target_not_ascii",
            ),
            (b"GET /?q=caf\xe9 HTTP/1.1\r\nhost: x\r\n\r\n", "target_not_ascii"),
            (b"GET /a b HTTP/1.1\r\nhost: x\r\n\r\n", "malformed_target"),
            (b"GET /<a> HTTP/1.1\r\nhost: x\r\n\r\n", "malformed_target"),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http_version"),
            (b"GET / HTTP/1.2\r\nhost: x\r\n\r\n", "http_version"),
            (b"GET / HTTP/1.1\r\n\r\n", "host"),
            (b"GET / HTTP/1.1\r\nHost: x\r\nhOST: y\r\n\r\n", "host"),
            (
                b"GET / HTTP/1.1\r\nhost: x\r\nbad field: y\r\n\r\n",
                "malformed_request",
            ),
            (b"POST / HTTP/1.0\r\n\r\n", "malformed_request"),
        ] {
            assert_eq!(
                found(400, beginning),
                (400, expected),
                "{}",
                beginning.escape_ascii()
            );
        }
        assert_eq!(found(400, &long), (414, "uri_too_long"));
        assert_eq!(found(431, &long), (414, "uri_too_long"));
        assert_eq!(
            found(431, b"GET / HTTP/1.1\r\nhost: x\r\n"),
            (431, "head_too_large")
        );
        assert_eq!(found(408, b"GET /"), (408, "head_too_slow"));
    }

    #[test]
    fn the_log_is_told_a_method_and_a_path_or_that_there_are_none() {
        for (beginning, method, path) in [
            (&b"GET /caf\xc3\xa9?secret=x HTTP/1.1\r\n"[..], "GET", "/café"),
            (b"GET /caf\xe9\x1b HTTP/1.1\r\n", "GET", "/caf\u{fffd}."),
            (b"\r\nPOST /token", "POST", "/token"),
            (b"nonsense\r\n", "nonsense", "-"),
            (b"\x16\x03\x01", "-", "-"),
            (b"", "-", "-"),
        ] {
            let line = RequestLine::of(beginning);
            assert_eq!(
                (line.method(), &*line.path()),
                (method, path),
                "{}",
                beginning.escape_ascii()
            );
        }
    }
}
