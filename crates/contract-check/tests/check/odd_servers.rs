//! What hardly answers is a finding, not a crash.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use contract_check::{Outcome, Report};

use crate::harness::{block_on, check, failed, outcome, plan};
use crate::partner::Partner;

/// A server that says what it is told to, whatever it is asked.
pub struct Raw {
    pub url: String,
    /// What was asked.
    pub requests: Arc<Mutex<Vec<String>>>,
}

impl Raw {
    /// Writes to each connection, which is closed afterwards.
    pub fn writing(write: impl Fn(&mut TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = vec![0; 64 * 1024];
                let length = stream.read(&mut request).unwrap_or(0);
                let text = String::from_utf8_lossy(&request[..length]).into_owned();
                seen.lock().unwrap().push(text);
                write(&mut stream);
            }
        });
        Self { url, requests }
    }

    pub fn saying(answer: impl Into<String>) -> Self {
        let answer = answer.into();
        Self::writing(move |stream| {
            let _ = stream.write_all(answer.as_bytes());
        })
    }

    pub fn answering(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        Self::saying(format!(
            "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        ))
    }
}

/// The report on a server, of which nothing is expected but that it fails.
async fn report_on(url: &str) -> Report {
    let mut plan = plan(url);
    plan.timeout = Duration::from_secs(5);
    let report = check(plan).await;
    assert!(
        failed(&report).contains(&"token.form.issued"),
        "{}",
        report.describe()
    );
    report
}

/// Why there is no token.
async fn trouble_with(url: &str) -> String {
    outcome(&report_on(url).await, "token.form.issued").1.to_owned()
}

#[test]
fn what_is_not_json_is_a_finding() {
    block_on(async {
        let page = Raw::answering("200 OK", "content-type: text/html\r\n", "<html>Welcome</html>");
        let report = report_on(&page.url).await;
        let (_, why) = outcome(&report, "token.form.issued");
        assert!(why.contains("not JSON") && why.contains("text/html"), "{why}");
        assert!(report.describe().contains("<html>Welcome</html>"));
        // An OK for everybody is no refusal either.
        assert_eq!(outcome(&report, "token.error.wrong-secret").0, Outcome::Failed);
    });
}

#[test]
fn a_redirect_is_a_finding_and_is_not_followed() {
    block_on(async {
        for status in ["301 Moved Permanently", "307 Temporary Redirect"] {
            let target = Partner::good();
            let location = format!("location: {}/token\r\n", target.url);
            let raw = Raw::answering(status, &location, "");
            let why = trouble_with(&raw.url).await;
            assert!(why.contains("redirect to http://127.0.0.1"), "{why}");
            assert_eq!(target.calls().len(), 0, "it was followed");
        }
    });
}

#[test]
fn nobody_there_is_a_finding_and_is_not_asked_again_and_again() {
    block_on(async {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let report = report_on(&format!("http://127.0.0.1:{port}")).await;
        let (_, why) = outcome(&report, "token.form.issued");
        assert!(why.contains("no connection could be made"), "{why}");
        assert!(failed(&report).len() <= 3, "{}", report.describe());
        let (end, why) = outcome(&report, "metadata.offered");
        assert_eq!(end, Outcome::Skipped, "{why}");
        assert_eq!(
            report.cut_short.as_deref(),
            Some("3 requests in a row had no answer")
        );
    });
}

#[test]
fn silence_is_a_finding() {
    block_on(async {
        // The system takes the connection, and nobody ever answers.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut plan = plan(&format!("http://{}", listener.local_addr().unwrap()));
        plan.timeout = Duration::from_millis(50);
        let report = check(plan).await;
        let (end, why) = outcome(&report, "token.form.issued");
        assert_eq!(end, Outcome::Failed);
        assert!(why.contains("no answer came within 0.05 s"), "{why}");
    });
}

#[test]
fn what_is_no_http_is_a_finding() {
    block_on(async {
        for noise in [
            "SSH-2.0-OpenSSH_9.2\r\n",
            "",
            "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",
        ] {
            let why = trouble_with(&Raw::saying(noise).url).await;
            assert!(why.contains("no HTTP, or broke off"), "{noise:?}: {why}");
        }
    });
}

#[test]
fn tls_that_fails_is_a_finding() {
    block_on(async {
        let plain = Partner::good();
        let why = trouble_with(&plain.url.replace("http:", "https:")).await;
        assert!(why.contains("no connection could be made"), "{why}");

        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
        let config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = actix_web::HttpServer::new(actix_web::App::new)
            .workers(1)
            .disable_signals()
            .listen_rustls_0_23(listener, config)
            .unwrap()
            .run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let why = trouble_with(&format!("https://localhost:{port}")).await;
        assert!(why.contains("certificate"), "{why}");
        handle.stop(false).await;
    });
}

#[test]
fn an_endless_body_is_a_finding() {
    block_on(async {
        let endless = Raw::writing(|stream| {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n[";
            let mut is_open = stream.write_all(head.as_bytes()).is_ok();
            while is_open {
                is_open = stream.write_all(&[b' '; 8 * 1024]).is_ok();
            }
        });
        let mut plan = plan(&endless.url);
        plan.groups = vec![contract_check::Group::Metadata];
        let report = check(plan).await;
        let (end, why) = outcome(&report, "metadata.offered");
        assert_eq!(end, Outcome::Failed);
        assert!(why.contains("too long to read"), "{why}");
    });
}

#[test]
fn faults_of_the_partner_are_findings() {
    block_on(async {
        let broken = Raw::answering("500 Internal Server Error", "content-type: text/html\r\n", "oops");
        let report = report_on(&broken.url).await;
        let (_, why) = outcome(&report, "token.error.no-grant-type");
        assert!(
            why.contains("500") && why.contains("fault of the service"),
            "{why}"
        );
    });
}
