//! Connections that are drawn out: cut where the other side makes no progress, and only there. The seconds themselves are
//! held in `src/wire/connection/tests.rs`, on a clock that jumps.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use talentsoft_partner::recruiting::CampaignKind;
use talentsoft_partner::wire::connection::Timeouts;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

use super::tls::with_certificate;
use test_support::platform::Stage;
use test_support::{Setup, TestApp};

/// As good as none.
const NONE: Duration = Duration::from_hours(1);
/// One that is soon over, but not before the first request of a connection is there.
const SHORT: Duration = Duration::from_secs(5);
/// How long a test waits for a connection to end: no promise, only patience for a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// Only the one for heads ever ends anything.
const HEADS_ONLY: Timeouts = Timeouts {
    idle: NONE,
    head: SHORT,
    send: NONE,
};

trait Connection: AsyncRead + AsyncWrite + Unpin {}

impl<C: AsyncRead + AsyncWrite + Unpin> Connection for C {}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Plain,
    Ops,
    Tls,
}

const KINDS: [Kind; 3] = [Kind::Plain, Kind::Ops, Kind::Tls];

/// A plain service and one with TLS, with the same timeouts.
struct Services {
    plain: TestApp,
    tls: TestApp,
    certificate: CertificateDer<'static>,
}

impl Services {
    async fn start(timeouts: Timeouts) -> Self {
        let (tls, certificate) = with_certificate();
        Self {
            plain: start(timeouts, None).await,
            tls: start(timeouts, Some(tls)).await,
            certificate,
        }
    }

    async fn connect(&self, kind: Kind) -> Box<dyn Connection> {
        match kind {
            Kind::Plain => Box::new(connect(self.plain.address).await),
            Kind::Ops => Box::new(connect(self.plain.ops_address).await),
            Kind::Tls => Box::new(connect_tls(self.tls.address, &self.certificate).await),
        }
    }
}

async fn start(timeouts: Timeouts, tls: Option<rustls::ServerConfig>) -> TestApp {
    TestApp::start_with(Setup {
        tls,
        timeouts,
        ..Setup::default()
    })
    .await
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

async fn connect_tls(address: SocketAddr, certificate: &CertificateDer<'static>) -> impl Connection + use<> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connecting = TlsConnector::from(Arc::new(config)).connect(name, connect(address).await);
    timeout(PATIENCE, connecting)
        .await
        .expect("it is kept out")
        .unwrap()
}

/// Sends a byte now and then until the service has ended the connection.
async fn dribble(what: &str, connection: &mut (impl Connection + ?Sized)) {
    let mut answer = [0; 4096];
    let dribbling = async {
        loop {
            let read = timeout(Duration::from_millis(100), connection.read(&mut answer)).await;
            if matches!(read, Ok(Ok(0) | Err(_))) || connection.write_all(b"a").await.is_err() {
                break;
            }
            // What is in a buffer of TLS is not sent yet.
            let _ = connection.flush().await;
        }
    };
    timeout(PATIENCE, dribbling)
        .await
        .unwrap_or_else(|_| panic!("{what}: never ended"));
}

/// Reads the head of an answer.
async fn head(connection: &mut (impl Connection + ?Sized)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

async fn read(connection: &mut TcpStream, bytes: usize) -> Vec<u8> {
    let mut read = vec![0; bytes];
    connection.read_exact(&mut read).await.unwrap();
    read
}

#[tokio::test]
async fn what_dribbles_after_an_answer_is_cut() {
    let services = Services::start(HEADS_ONLY).await;
    for (what, after) in [
        ("a later head", "\r\nGET / HTTP/1.1\r\nx: "),
        (
            "the rest of a body that nobody needs",
            "transfer-encoding: chunked\r\n\r\nffff\r\n",
        ),
    ] {
        for kind in KINDS {
            let mut connection = services.connect(kind).await;
            let request = format!("GET /nowhere HTTP/1.1\r\nhost: x\r\n{after}");
            connection.write_all(request.as_bytes()).await.unwrap();
            let answer = head(&mut connection).await;
            assert!(answer.starts_with("HTTP/1.1 404 "), "{kind:?}: {answer}");
            dribble(&format!("{what}, {kind:?}"), &mut connection).await;
        }
    }
}

#[tokio::test]
async fn a_tls_handshake_that_dribbles_is_cut() {
    let (tls, _) = with_certificate();
    let app = start(HEADS_ONLY, Some(tls)).await;
    let mut connection = connect(app.address).await;
    // The beginning of a ClientHello that would be half a KiB long.
    connection
        .write_all(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc])
        .await
        .unwrap();
    dribble("a handshake", &mut connection).await;
}

#[tokio::test]
async fn handshakes_that_never_end_keep_nobody_out() {
    let (tls, certificate) = with_certificate();
    let timeouts = Timeouts {
        head: NONE,
        ..Timeouts::default()
    };
    let app = start(timeouts, Some(tls)).await;
    let mut silent = Vec::new();
    for _ in 0..300 {
        silent.push(connect(app.address).await);
    }
    connect_tls(app.address, &certificate).await;
}

#[tokio::test]
async fn an_idle_connection_is_ended() {
    let timeouts = Timeouts {
        idle: SHORT,
        head: NONE,
        send: NONE,
    };
    let services = Services::start(timeouts).await;
    for kind in KINDS {
        let mut connection = services.connect(kind).await;
        connection
            .write_all(b"GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        let mut answer = Vec::new();
        let reading = connection.read_to_end(&mut answer);
        let ended = timeout(PATIENCE, reading).await;
        // With TLS this includes its own good-bye, without which it is an error.
        ended
            .unwrap_or_else(|_| panic!("{kind:?}: never ended"))
            .unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        assert!(answer.starts_with(b"HTTP/1.1 404 "), "{kind:?}");
    }
}

#[tokio::test]
async fn somebody_who_does_not_take_answers_is_cut() {
    let timeouts = Timeouts {
        idle: NONE,
        head: NONE,
        send: Duration::from_secs(1),
    };
    let services = Services::start(timeouts).await;
    for kind in KINDS {
        let mut connection = services.connect(kind).await;
        let asking = async {
            let request = b"GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n";
            while connection.write_all(request).await.is_ok() && connection.flush().await.is_ok() {}
        };
        timeout(PATIENCE, asking)
            .await
            .unwrap_or_else(|_| panic!("{kind:?}: never ended"));
    }
}

#[tokio::test]
async fn who_is_slow_but_goes_on_is_not_cut() {
    const PIECES: usize = 32;
    /// More than the buffers of a connection take.
    const BYTES: usize = 20 * 1024 * 1024;
    /// Longer than a head may take.
    const PAUSE: Duration = Duration::from_secs(6);

    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let invitee = stage.invite(&campaign).await;
    stage.set_status(&invitee, "started").await;
    let mut connection = connect(stage.app.address).await;

    let path = format!("/platform/v1/invitations/{}/reports", invitee.invitation_id);
    let asked = format!(
        "{} {path}?name=x HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/pdf\r\n\
         content-length: {BYTES}\r\nexpect: 100-continue\r\n\r\n",
        Method::POST,
        stage.token
    );
    connection.write_all(asked.as_bytes()).await.unwrap();
    assert_eq!(head(&mut connection).await, "HTTP/1.1 100 Continue\r\n\r\n");
    let mut piece = b"%PDF-1.7".to_vec();
    piece.resize(BYTES / PIECES, b'x');
    for _ in 0..PIECES {
        // The slowness is what is tested.
        sleep(PAUSE / u32::try_from(PIECES).unwrap()).await;
        connection.write_all(&piece).await.unwrap();
    }
    let added = head(&mut connection).await;
    assert!(added.starts_with("HTTP/1.1 201 "), "{added}");
    let field = |head: &str, name: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.to_owned()
    };
    read(
        &mut connection,
        field(&added, "content-length: ").parse().unwrap(),
    )
    .await;

    // Half of the next request waits while the answer before it is taken.
    let fetch = format!(
        "GET {} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\nGET /nowhere HTTP/1.1\r\n",
        field(&added, "location: "),
        stage.marketplace_token
    );
    connection.write_all(fetch.as_bytes()).await.unwrap();
    let fetched = head(&mut connection).await;
    assert!(fetched.starts_with("HTTP/1.1 200 "), "{fetched}");
    // As above.
    sleep(PAUSE).await;
    let report = read(&mut connection, BYTES).await;
    assert!(report.starts_with(&piece), "the bytes are others");
    connection.write_all(b"host: x\r\n\r\n").await.unwrap();
    let last = head(&mut connection).await;
    assert!(last.starts_with("HTTP/1.1 404 "), "{last}");
}
