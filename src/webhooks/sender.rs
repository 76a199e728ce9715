//! One attempt to deliver an event. The receiver is not trusted: redirects are not followed, there are no proxy and no
//! cookies, the time is short, and hardly anything of the response is read.
//!
//! A callback goes by https to a host that is among its client's callback hosts now, and only if all addresses of that host
//! are public. The URL of the platform's webhook is the operator's own, so its address may be private.

use std::error::Error as StdError;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response, StatusCode};
use rustls::CertificateError;
use tokio::sync::OnceCell;
use url::{Host, Url};

use super::address::is_public;
use super::resolve::{NotPublic, PublicResolver};
use super::traced::RequestSpan;

/// The time limit for connecting, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The time limit for the whole attempt.
pub(super) const TOTAL_TIMEOUT: Duration = Duration::from_secs(15);
/// How much of a response's body is read, so that its connection can be used again, and the time limit for that.
const MAX_DRAINED_BYTES: usize = 4096;
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);
/// How long an idle connection is kept for a next event.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// The maximum length of a stored reason, in characters.
const MAX_REASON_CHARS: usize = 200;

/// The three headers of Standard Webhooks, and the signed body.
pub(super) struct Message {
    pub id: String,
    /// Unix seconds of this attempt.
    pub timestamp: i64,
    pub signature: String,
    pub body: Vec<u8>,
}

/// How far an attempt came that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureKind {
    /// The receiver was not asked.
    NotAsked,
    /// There was no connection, or no answer.
    Unanswered,
    /// The receiver answered with a status other than 200 to 299.
    Refused,
    /// It answered 410: it does not want this event, now or later.
    Gone,
}

/// Why an attempt failed.
#[derive(Debug)]
pub(super) struct DeliveryFailure {
    /// How far it came.
    pub kind: FailureKind,
    /// The reason, for operators. It contains nothing that the receiver sent, and no URL.
    pub reason: String,
    /// The time before which the receiver asked not to be tried again.
    pub retry_at: Option<DateTime<Utc>>,
}

impl DeliveryFailure {
    /// The event was not sent.
    pub(super) fn because(reason: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::NotAsked,
            reason: reason.into(),
            retry_at: None,
        }
    }

    /// The receiver did not answer.
    pub(super) fn unanswered(reason: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::Unanswered,
            ..Self::because(reason)
        }
    }
}

/// Which addresses a sender connects to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AddressPolicy {
    /// Only public addresses, by https.
    PublicOnly,
    /// Any address, for a URL that the operator set.
    Any,
}

/// Sends messages, and keeps its connections for the next ones.
pub(super) struct Sender {
    policy: AddressPolicy,
    /// Made at its first use, because it reads the system's trusted certificates.
    client: OnceCell<Client>,
}

impl Sender {
    pub(super) fn new(policy: AddressPolicy) -> Self {
        Self {
            policy,
            client: OnceCell::new(),
        }
    }

    /// Posts the message. A status from 200 to 299 means that the receiver accepted it.
    pub(super) async fn post(
        &self,
        url: Url,
        message: Message,
        now: DateTime<Utc>,
    ) -> Result<(), DeliveryFailure> {
        self.check(&url)?;
        let client = self
            .client
            .get_or_try_init(async || self.builder().build())
            .await
            .map_err(|error| {
                DeliveryFailure::because(format!("cannot send at all: {}", innermost(&error)))
            })?;
        let span = RequestSpan::begin(&url);
        let request = client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", message.id)
            .header("webhook-timestamp", message.timestamp)
            .header("webhook-signature", message.signature)
            .body(message.body);
        let sent = span.write(request).send().await;
        span.end(&sent);
        match sent {
            Ok(response) if response.status().is_success() => {
                drain(response).await;
                Ok(())
            }
            Ok(response) => {
                let failure = refusal(&response, now);
                drain(response).await;
                Err(failure)
            }
            Err(error) => Err(DeliveryFailure::unanswered(reason(&error))),
        }
    }

    /// Checks what the resolver does not see: the scheme, and an address in the URL itself.
    fn check(&self, url: &Url) -> Result<(), DeliveryFailure> {
        if self.policy == AddressPolicy::Any {
            return Ok(());
        }
        if url.scheme() != "https" {
            return Err(DeliveryFailure::because("the callback URL is not https"));
        }
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(DeliveryFailure::because("the callback URL has no host")),
        };
        if address.is_none_or(is_public) {
            Ok(())
        } else {
            Err(DeliveryFailure::because(NotPublic.to_string()))
        }
    }

    fn builder(&self) -> ClientBuilder {
        let builder = Client::builder()
            .tls_backend_rustls()
            .redirect(Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .user_agent(concat!("talentsoft-partner/", env!("CARGO_PKG_VERSION")));
        match self.policy {
            AddressPolicy::PublicOnly => builder.https_only(true).dns_resolver(PublicResolver),
            AddressPolicy::Any => builder,
        }
    }
}

/// Reads a small body of a response. The connection is closed if the body is larger.
async fn drain(mut response: Response) {
    let mut left = MAX_DRAINED_BYTES;
    let draining = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(DRAIN_TIMEOUT, draining).await;
}

fn refusal(response: &Response, now: DateTime<Utc>) -> DeliveryFailure {
    let status = response.status();
    let more = if status.is_redirection() {
        "; redirects are not followed"
    } else {
        ""
    };
    let retry_after = response.headers().get(RETRY_AFTER);
    DeliveryFailure {
        kind: if status == StatusCode::GONE {
            FailureKind::Gone
        } else {
            FailureKind::Refused
        },
        reason: format!("the receiver answered {}{more}", status.as_u16()),
        retry_at: retry_after
            .and_then(|value| value.to_str().ok())
            .and_then(|text| retry_at(text, now)),
    }
}

/// The time of a `Retry-After` (RFC 9110 s10.2.3): seconds, or a date.
fn retry_at(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match text.parse() {
        Ok(seconds) => now.checked_add_signed(TimeDelta::try_seconds(seconds)?),
        Err(_) => DateTime::parse_from_rfc2822(text).ok().map(|at| at.to_utc()),
    }
}

/// Why there is no response.
fn reason(error: &reqwest::Error) -> String {
    if causes(error).any(<dyn StdError>::is::<NotPublic>) {
        NotPublic.to_string()
    } else if error.is_timeout() && error.is_connect() {
        format!("no connection within {} s", CONNECT_TIMEOUT.as_secs())
    } else if error.is_timeout() {
        format!("no answer within {} s", TOTAL_TIMEOUT.as_secs())
    } else if error.is_connect() {
        format!("no connection: {}", kind_of(error))
    } else {
        format!("no answer: {}", kind_of(error))
    }
}

/// The kind of an error in words of ours or of the operating system. The libraries' own words may hold what the receiver sent:
/// the names in its certificate, or the text by which it ends an HTTP/2 connection.
fn kind_of(error: &reqwest::Error) -> String {
    let io = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>());
    kind_of_io(io.last())
}

fn kind_of_io(io: Option<&io::Error>) -> String {
    let io = io.map(unwrapped);
    let tls = io.and_then(|io| io.get_ref()?.downcast_ref::<rustls::Error>());
    match (tls, io) {
        (Some(rustls::Error::InvalidCertificate(invalid)), _) => {
            format!("invalid peer certificate: {}", certificate_error(invalid))
        }
        (Some(rustls::Error::AlertReceived(alert)), _) => format!("the receiver ended TLS with {alert:?}"),
        (Some(_), _) => "TLS failed".to_owned(),
        // The operating system's.
        (None, Some(io)) if io.raw_os_error().is_some() => io.to_string(),
        (None, Some(io)) if io.to_string().starts_with(LOOKUP_FAILED) => io.to_string(),
        (None, Some(io)) if io.kind() != io::ErrorKind::Other => io.kind().to_string(),
        (None, _) => "it broke, or what came is not HTTP".to_owned(),
    }
}

/// The error that others of its type are wrapped around.
fn unwrapped(mut io: &io::Error) -> &io::Error {
    while let Some(inner) = io.get_ref().and_then(|error| error.downcast_ref::<io::Error>()) {
        io = inner;
    }
    io
}

/// How the standard library begins the words of the resolver.
const LOOKUP_FAILED: &str = "failed to lookup address information";

fn certificate_error(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is of another host"
        }
        CertificateError::UnknownIssuer => "it is of an authority that this host does not trust",
        CertificateError::Revoked => "it was revoked",
        CertificateError::BadSignature => "its signature is wrong",
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it is not one of a server"
        }
        CertificateError::BadEncoding => "it cannot be read",
        _ => "it was not accepted",
    }
}

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The innermost cause of an error of this machine. The outer ones repeat the URL.
fn innermost(error: &reqwest::Error) -> String {
    let text = causes(error)
        .skip(1)
        .last()
        .map_or_else(|| "the client was not made".to_owned(), ToString::to_string);
    text.chars().take(MAX_REASON_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_520_181_000, 0).unwrap()
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let at = |text| retry_at(text, now()).map(|at| (at - now()).num_seconds());
        assert_eq!(at("120"), Some(120));
        assert_eq!(at("Sun, 04 Mar 2018 16:31:00 GMT"), Some(60));
        assert_eq!(at("soon"), None);
        assert_eq!(at("9223372036854775807"), None);
    }

    async fn refused(url: &str) -> String {
        let message = Message {
            id: "1".to_owned(),
            timestamp: 1,
            signature: "v1,x".to_owned(),
            body: Vec::new(),
        };
        let sender = Sender::new(AddressPolicy::PublicOnly);
        let posted = sender.post(url.parse().unwrap(), message, now()).await;
        posted.unwrap_err().reason
    }

    /// A server listens at all these addresses, so it is the sender that refuses.
    #[tokio::test]
    async fn nothing_private_is_reached() {
        let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        for host in [
            "127.0.0.1",
            "127.1",
            "0x7f000001",
            "2130706433",
            "0.0.0.0",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[fe80::1]",
            "10.0.0.1",
            "169.254.169.254",
            "localhost",
            "LOCALHOST",
        ] {
            let url = format!("https://{host}:{port}/hook");
            assert_eq!(refused(&url).await, NotPublic.to_string(), "{url}");
        }
        let url = format!("http://1.1.1.1:{port}/");
        assert_eq!(refused(&url).await, "the callback URL is not https");
        let connected = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
        assert!(connected.is_err(), "a connection was made");
    }

    #[test]
    fn a_reason_holds_no_word_of_the_receiver() {
        // Each library on the way wraps it once more.
        let invalid = |error| io::Error::other(io::Error::other(rustls::Error::InvalidCertificate(error)));
        let of_another_host = CertificateError::NotValidForNameContext {
            expected: "asked.example".try_into().unwrap(),
            presented: vec!["DnsName(\"internal.example\")".to_owned()],
        };
        for (error, words) in [
            (
                invalid(of_another_host),
                "invalid peer certificate: it is of another host",
            ),
            (
                invalid(CertificateError::Expired),
                "invalid peer certificate: it has expired",
            ),
            (
                invalid(CertificateError::ApplicationVerificationFailure),
                "invalid peer certificate: it was not accepted",
            ),
            (
                io::Error::other(rustls::Error::AlertReceived(
                    rustls::AlertDescription::HandshakeFailure,
                )),
                "the receiver ended TLS with HandshakeFailure",
            ),
            (
                io::Error::other(rustls::Error::General("internal.example".to_owned())),
                "TLS failed",
            ),
            (
                io::Error::from_raw_os_error(111),
                "Connection refused (os error 111)",
            ),
            (io::ErrorKind::UnexpectedEof.into(), "unexpected end of file"),
            (
                io::Error::other("failed to lookup address information: Name or service not known"),
                "failed to lookup address information: Name or service not known",
            ),
            (
                io::Error::other("GOAWAY: internal.example"),
                "it broke, or what came is not HTTP",
            ),
        ] {
            assert_eq!(kind_of_io(Some(&error)), words);
        }
        assert_eq!(kind_of_io(None), "it broke, or what came is not HTTP");
    }

    #[tokio::test]
    async fn the_reason_for_an_unknown_name_does_not_contain_the_url() {
        let reason = refused("https://nobody.invalid/secret-path").await;
        assert!(reason.starts_with("no connection: "), "{reason}");
        assert!(!reason.contains("secret-path"), "{reason}");
    }
}
