//! Servers that hardly answer: the report says what is wrong with them, and the run goes on.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use contract_check::{CheckStatus, Report};

use crate::harness::{block_on, check, failed, plan, result_of};
use crate::partner::Partner;

/// A server that sends the same bytes whatever the request.
pub struct RawServer {
    pub url: String,
    /// The requests, head and body.
    pub requests: Arc<Mutex<Vec<String>>>,
}

impl RawServer {
    /// A server that calls `write` for each connection and then closes it.
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

    /// A server that sends a text.
    pub fn sending(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::writing(move |stream| {
            let _ = stream.write_all(text.as_bytes());
        })
    }

    /// A server that sends an HTTP response; `headers` are complete lines.
    pub fn responding(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        Self::sending(format!(
            "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        ))
    }
}

/// The report on a server that issues no token.
async fn report_on(url: &str) -> Report {
    let mut plan = plan(url);
    plan.timeout = Duration::from_secs(5);
    let report = check(plan).await;
    assert!(
        failed(&report).contains(&"token.form.issued"),
        "{}",
        report.to_text()
    );
    report
}

/// Why a server issues no token.
async fn token_failure_of(url: &str) -> String {
    result_of(&report_on(url).await, "token.form.issued").1.to_owned()
}

#[test]
fn a_response_that_is_not_json_fails_the_check() {
    block_on(async {
        let page = RawServer::responding("200 OK", "content-type: text/html\r\n", "<html>Welcome</html>");
        let report = report_on(&page.url).await;
        let (_, detail) = result_of(&report, "token.form.issued");
        assert!(
            detail.contains("not JSON") && detail.contains("text/html"),
            "{detail}"
        );
        assert!(report.to_text().contains("<html>Welcome</html>"));
        // A 200 does not count as a refusal either.
        assert_eq!(
            result_of(&report, "token.error.wrong-secret").0,
            CheckStatus::Failed
        );
    });
}

#[test]
fn a_redirect_fails_the_check_and_is_not_followed() {
    block_on(async {
        for status in ["301 Moved Permanently", "307 Temporary Redirect"] {
            let target = Partner::correct();
            let location = format!("location: {}/token\r\n", target.url);
            let raw = RawServer::responding(status, &location, "");
            let detail = token_failure_of(&raw.url).await;
            assert!(detail.contains("redirect to http://127.0.0.1"), "{detail}");
            assert_eq!(target.calls().len(), 0, "the redirect was followed");
        }
    });
}

#[test]
fn a_refused_connection_fails_the_check_and_stops_the_run_after_three() {
    block_on(async {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let report = report_on(&format!("http://127.0.0.1:{port}")).await;
        let (_, detail) = result_of(&report, "token.form.issued");
        assert!(detail.contains("no connection could be made"), "{detail}");
        assert!(failed(&report).len() <= 3, "{}", report.to_text());
        let (status, detail) = result_of(&report, "metadata.offered");
        assert_eq!(status, CheckStatus::Skipped, "{detail}");
        assert_eq!(
            report.cut_short.as_deref(),
            Some("3 requests in a row had no response")
        );
    });
}

#[test]
fn a_timeout_fails_the_check() {
    block_on(async {
        // The system accepts connections, but nothing reads from them.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut plan = plan(&format!("http://{}", listener.local_addr().unwrap()));
        plan.timeout = Duration::from_millis(50);
        let report = check(plan).await;
        let (status, detail) = result_of(&report, "token.form.issued");
        assert_eq!(status, CheckStatus::Failed);
        assert!(detail.contains("no response within 0.05 s"), "{detail}");
    });
}

#[test]
fn a_response_that_is_not_complete_http_fails_the_check() {
    block_on(async {
        for noise in [
            "SSH-2.0-OpenSSH_9.2\r\n",
            "",
            "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",
        ] {
            let detail = token_failure_of(&RawServer::sending(noise).url).await;
            assert!(
                detail.contains("not HTTP or is incomplete"),
                "{noise:?}: {detail}"
            );
        }
    });
}

#[test]
fn a_failed_tls_handshake_fails_the_check() {
    block_on(async {
        let plain = Partner::correct();
        let detail = token_failure_of(&plain.url.replace("http:", "https:")).await;
        assert!(detail.contains("no connection could be made"), "{detail}");

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
        let detail = token_failure_of(&format!("https://localhost:{port}")).await;
        assert!(detail.contains("certificate"), "{detail}");
        handle.stop(false).await;
    });
}

#[test]
fn an_endless_body_fails_the_check() {
    block_on(async {
        let endless = RawServer::writing(|stream| {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n[";
            let mut is_open = stream.write_all(head.as_bytes()).is_ok();
            while is_open {
                is_open = stream.write_all(&[b' '; 8 * 1024]).is_ok();
            }
        });
        let mut plan = plan(&endless.url);
        plan.groups = vec![contract_check::Group::Metadata];
        let report = check(plan).await;
        let (status, detail) = result_of(&report, "metadata.offered");
        assert_eq!(status, CheckStatus::Failed);
        assert!(detail.contains("too long"), "{detail}");
    });
}

#[test]
fn a_5xx_does_not_count_as_a_refusal() {
    block_on(async {
        let broken =
            RawServer::responding("500 Internal Server Error", "content-type: text/html\r\n", "oops");
        let report = report_on(&broken.url).await;
        let (_, detail) = result_of(&report, "token.error.no-grant-type");
        assert!(
            detail.contains("500") && detail.contains("error of the server"),
            "{detail}"
        );
    });
}
