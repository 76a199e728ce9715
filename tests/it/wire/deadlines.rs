//! Connections of slow clients end where the client makes no progress, and only there. The limits in seconds are tested in
//! `src/wire/connection/tests.rs`, on a paused clock.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use talentsoft_partner::recruiting::CampaignKind;
use talentsoft_partner::wire::certificate::ServedCertificate;
use talentsoft_partner::wire::connection::Timeouts;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

use super::tls::with_certificate;
use test_support::platform::Stage;
use test_support::{PATIENCE, Setup, TestApp};

/// A limit that no test reaches.
const NONE: Duration = Duration::from_hours(1);
const NO_LIMITS: Timeouts = Timeouts {
    idle: NONE,
    head: NONE,
    send: NONE,
};

/// The limit under test ended the connection before its first request was answered.
struct LimitTooShort;

/// Runs a test with a limit of a second, and again with twice the limit until it leaves time for the first request of a
/// connection, which it applies to as well: how long that request takes depends on the machine.
async fn with_growing_limit(test: impl AsyncFn(Duration) -> Result<(), LimitTooShort>) {
    let mut limit = Duration::from_secs(1);
    while test(limit).await.is_err() {
        limit *= 2;
        assert!(limit < PATIENCE, "no limit is long enough for a first request");
    }
}

trait Connection: AsyncRead + AsyncWrite + Unpin {}

impl<C: AsyncRead + AsyncWrite + Unpin> Connection for C {}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Plain,
    Ops,
    Tls,
}

const KINDS: &[Kind] = &[Kind::Plain, Kind::Ops, Kind::Tls];

/// A plain service and one with TLS, with the same timeouts.
struct Services {
    plain: TestApp,
    tls: TestApp,
    certificate: CertificateDer<'static>,
}

impl Services {
    async fn start(timeouts: Timeouts) -> Self {
        let (served, certificate) = with_certificate();
        Self {
            plain: start(timeouts, None).await,
            tls: start(timeouts, Some(served)).await,
            certificate,
        }
    }

    async fn connect(&self, kind: Kind) -> Result<Box<dyn Connection>, LimitTooShort> {
        Ok(match kind {
            Kind::Plain => Box::new(connect(self.plain.address).await),
            Kind::Ops => Box::new(connect(self.plain.ops_address).await),
            Kind::Tls => Box::new(connect_tls(self.tls.address, &self.certificate).await?),
        })
    }
}

async fn start(timeouts: Timeouts, certificate: Option<Arc<ServedCertificate>>) -> TestApp {
    TestApp::start_with(Setup {
        certificate,
        timeouts,
        ..Setup::default()
    })
    .await
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

async fn connect_tls(
    address: SocketAddr,
    certificate: &CertificateDer<'static>,
) -> Result<impl Connection + use<>, LimitTooShort> {
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
        .expect("the handshake never ends")
        .map_err(|_| LimitTooShort)
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

/// Sends the first request of a connection, and reads the head of its answer.
async fn ask_first(
    connection: &mut (impl Connection + ?Sized),
    request: &str,
) -> Result<String, LimitTooShort> {
    // Writing fails, too, when the connection has ended.
    let _ = connection.write_all(request.as_bytes()).await;
    match try_head(connection).await {
        Ok(head) if !head.starts_with("HTTP/1.1 408 ") => Ok(head),
        _ => Err(LimitTooShort),
    }
}

/// Reads the head of an answer.
async fn head(connection: &mut (impl Connection + ?Sized)) -> String {
    try_head(connection).await.unwrap()
}

async fn try_head(connection: &mut (impl Connection + ?Sized)) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await?);
    }
    Ok(String::from_utf8(head).unwrap())
}

async fn read(connection: &mut TcpStream, bytes: usize) -> Vec<u8> {
    let mut read = vec![0; bytes];
    connection.read_exact(&mut read).await.unwrap();
    read
}

#[tokio::test]
async fn what_dribbles_after_an_answer_is_cut() {
    with_growing_limit(async |head| {
        let services = Services::start(Timeouts { head, ..NO_LIMITS }).await;
        for (what, after) in [
            ("a later head", "\r\nGET / HTTP/1.1\r\nx: "),
            (
                "the rest of a body that nobody needs",
                "transfer-encoding: chunked\r\n\r\nffff\r\n",
            ),
        ] {
            for kind in KINDS {
                let mut connection = services.connect(*kind).await?;
                let request = format!("GET /nowhere HTTP/1.1\r\nhost: x\r\n{after}");
                let answer = ask_first(&mut connection, &request).await?;
                assert!(answer.starts_with("HTTP/1.1 404 "), "{kind:?}: {answer}");
                dribble(&format!("{what}, {kind:?}"), &mut connection).await;
            }
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_tls_handshake_that_dribbles_is_cut() {
    let (served, _) = with_certificate();
    let timeouts = Timeouts {
        head: Duration::from_secs(1),
        ..NO_LIMITS
    };
    let app = start(timeouts, Some(served)).await;
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
    let (served, certificate) = with_certificate();
    let app = start(NO_LIMITS, Some(served)).await;
    let mut silent = Vec::new();
    for _ in 0..300 {
        silent.push(connect(app.address).await);
    }
    let connected = connect_tls(app.address, &certificate).await;
    assert!(connected.is_ok(), "the handshake fails");
}

#[tokio::test]
async fn an_idle_connection_is_ended() {
    with_growing_limit(async |idle| {
        let services = Services::start(Timeouts { idle, ..NO_LIMITS }).await;
        for kind in KINDS {
            let mut connection = services.connect(*kind).await?;
            let request = "GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n";
            let answer = ask_first(&mut connection, request).await?;
            assert!(answer.starts_with("HTTP/1.1 404 "), "{kind:?}: {answer}");
            let mut body = Vec::new();
            let ended = timeout(PATIENCE, connection.read_to_end(&mut body)).await;
            // A TLS connection that ends without its closing message is an error.
            ended
                .unwrap_or_else(|_| panic!("{kind:?}: never ended"))
                .unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn somebody_who_does_not_take_answers_is_cut() {
    let timeouts = Timeouts {
        send: Duration::from_secs(1),
        ..NO_LIMITS
    };
    let services = Services::start(timeouts).await;
    for kind in KINDS {
        let connected = services.connect(*kind).await;
        let mut connection = connected.unwrap_or_else(|_| panic!("{kind:?}: no connection"));
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
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let invitee = stage.invite(&campaign).await;
    // Reports are shown once there is a result.
    for status in ["started", "completed"] {
        stage.set_status(&invitee, status).await;
    }
    let reports = format!("/platform/v1/invitations/{}/reports", invitee.invitation_id);
    with_growing_limit(async |head| {
        let setup = Setup {
            clock: stage.app.clock.clone(),
            timeouts: Timeouts { head, ..NO_LIMITS },
            ..Setup::default()
        };
        let service = TestApp::start_on(stage.app.database_url.clone(), setup).await;
        let mut connection = connect(service.address).await;
        upload_and_fetch_slowly(&mut connection, &stage, &reports, head + head / 5).await
    })
    .await;
}

/// Takes `pause` for sending a report, and again before reading it.
async fn upload_and_fetch_slowly(
    connection: &mut TcpStream,
    stage: &Stage,
    reports: &str,
    pause: Duration,
) -> Result<(), LimitTooShort> {
    const PIECES: usize = 32;
    /// More than the buffers of a connection hold.
    const BYTES: usize = 20 * 1024 * 1024;

    let upload = format!(
        "POST {reports}?name=x HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/pdf\r\n\
         content-length: {BYTES}\r\nexpect: 100-continue\r\n\r\n",
        stage.token
    );
    let answer = ask_first(connection, &upload).await?;
    assert_eq!(answer, "HTTP/1.1 100 Continue\r\n\r\n");
    let mut piece = b"%PDF-1.7".to_vec();
    piece.resize(BYTES / PIECES, b'x');
    for _ in 0..PIECES {
        // The slowness is what is tested.
        sleep(pause / u32::try_from(PIECES).unwrap()).await;
        connection.write_all(&piece).await.unwrap();
    }
    let added = head(connection).await;
    assert!(added.starts_with("HTTP/1.1 201 "), "{added}");
    let body_bytes = field(&added, "content-length: ").parse().unwrap();
    read(connection, body_bytes).await;

    // Half of the next request waits while the answer before it is taken.
    let fetch = format!(
        "GET {} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\nGET /nowhere HTTP/1.1\r\n",
        field(&added, "location: "),
        stage.marketplace_token
    );
    connection.write_all(fetch.as_bytes()).await.unwrap();
    let fetched = head(connection).await;
    assert!(fetched.starts_with("HTTP/1.1 200 "), "{fetched}");
    // As above.
    sleep(pause).await;
    let report = read(connection, BYTES).await;
    assert!(report.starts_with(&piece), "the bytes are others");
    connection.write_all(b"host: x\r\n\r\n").await.unwrap();
    let last = head(connection).await;
    assert!(last.starts_with("HTTP/1.1 404 "), "{last}");
    Ok(())
}

fn field<'a>(head: &'a str, name: &str) -> &'a str {
    let line = head.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap()
}
