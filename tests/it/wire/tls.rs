//! TLS by the service itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Datelike, Utc};
use reqwest::Certificate;
use rustls::pki_types::CertificateDer;
use talentsoft_partner::wire::certificate::{CertificateFiles, PemFile, ServedCertificate};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use test_support::{Setup, TestApp};

/// A certificate for `localhost` as a service shows it, and in bytes.
pub fn with_certificate() -> (Arc<ServedCertificate>, CertificateDer<'static>) {
    let folder = Folder::new();
    let certificate = folder.write(2040);
    (folder.served(), certificate)
}

/// The folder that certificates are renewed in.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a new certificate for `localhost` that expires at the beginning of `year`, and its key.
    fn write(&self, year: i32) -> CertificateDer<'static> {
        let mut parameters = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        parameters.not_after = rcgen::date_time_ymd(year, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        replace(&self.file("cert.pem"), &certificate.pem());
        replace(&self.file("key.pem"), &key.serialize_pem());
        certificate.der().clone()
    }

    fn served(&self) -> Arc<ServedCertificate> {
        let file = |setting, name| PemFile {
            setting,
            path: self.file(name),
        };
        let files = CertificateFiles {
            chain: file("PARTNER_TLS_CERT", "cert.pem"),
            key: file("PARTNER_TLS_KEY", "key.pem"),
        };
        ServedCertificate::read(files).unwrap()
    }
}

/// Replaces a file as programs that renew certificates do.
fn replace(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(&new, path).unwrap();
}

async fn start(folder: &Folder) -> TestApp {
    TestApp::start_with(Setup {
        certificate: Some(folder.served()),
        ..Setup::default()
    })
    .await
}

/// A client that trusts this certificate alone, and connects anew for each request.
fn trusting(certificate: &CertificateDer<'_>) -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .tls_certs_only([Certificate::from_der(certificate).unwrap()])
        .build()
        .unwrap()
}

/// Whether a client that trusts this certificate alone gets through.
async fn is_shown(app: &TestApp, certificate: &CertificateDer<'_>) -> bool {
    let url = format!("https://localhost:{}/auth/check", app.address.port());
    trusting(certificate).get(&url).send().await.is_ok()
}

async fn becomes_shown(app: &TestApp, certificate: &CertificateDer<'_>) {
    let shown = async {
        while !is_shown(app, certificate).await {
            sleep(Duration::from_millis(50)).await;
        }
    };
    let shown = timeout(Duration::from_mins(1), shown).await;
    assert!(shown.is_ok(), "the new certificate is not shown");
}

/// The year in which the metrics say that the certificate expires.
async fn expiry_year(app: &TestApp) -> i32 {
    let metrics = app.get_ops("/metrics").await.body;
    let value = metrics
        .lines()
        .find_map(|line| line.strip_prefix("partner_certificate_expiry_timestamp_seconds "))
        .expect("no expiry among the metrics");
    let seconds: f64 = value.parse().unwrap();
    #[expect(clippy::cast_possible_truncation, reason = "whole seconds of this century")]
    let expires_at: DateTime<Utc> = DateTime::from_timestamp(seconds as i64, 0).unwrap();
    expires_at.year()
}

#[tokio::test]
async fn the_service_speaks_tls_and_no_plain_http_beside_it() {
    let (served, certificate) = with_certificate();
    let app = TestApp::start_with(Setup {
        certificate: Some(served),
        ..Setup::default()
    })
    .await;
    let url = format!("https://localhost:{}/auth/check", app.address.port());
    let answer = trusting(&certificate).get(&url).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let plain = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(
        plain.get(url.replace("https", "http")).send().await.is_err(),
        "plain HTTP is not spoken there"
    );
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_and_open_connections_stay() {
    let folder = Folder::new();
    let old = folder.write(2040);
    let app = start(&folder).await;
    let url = format!("https://localhost:{}/auth/check", app.address.port());
    // It keeps its connection, and would not trust the new certificate.
    let connected = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([Certificate::from_der(&old).unwrap()])
        .build()
        .unwrap();
    let ask = async || connected.get(&url).send().await.unwrap().text().await.unwrap();
    ask().await;
    assert_eq!(expiry_year(&app).await, 2040);

    let new = folder.write(2041);
    becomes_shown(&app, &new).await;
    assert!(!is_shown(&app, &old).await, "the old certificate is shown still");
    ask().await;
    while expiry_year(&app).await != 2041 {
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn files_that_do_not_belong_together_leave_the_certificate_of_before() {
    let folder = Folder::new();
    let old = folder.write(2040);
    let served = folder.served();
    let key = fs::read_to_string(folder.file("key.pem")).unwrap();
    folder.write(2041);
    replace(&folder.file("key.pem"), &key);
    let error = served.reload().unwrap_err();
    assert_eq!(
        error.to_string(),
        "PARTNER_TLS_KEY should be the key of the certificate in PARTNER_TLS_CERT"
    );
    fs::remove_file(folder.file("cert.pem")).unwrap();
    let error = served.reload().unwrap_err().to_string();
    assert!(error.ends_with("cert.pem, which should be a PEM file"), "{error}");
    assert_eq!(served.expires_at().unwrap().year(), 2040);

    let app = TestApp::start_with(Setup {
        certificate: Some(served),
        ..Setup::default()
    })
    .await;
    assert!(is_shown(&app, &old).await);
}

#[tokio::test]
async fn without_a_certificate_the_metrics_have_no_expiry() {
    let app = TestApp::start().await;
    let metrics = app.get_ops("/metrics").await.body;
    assert!(!metrics.contains("partner_certificate_expiry"));
}
