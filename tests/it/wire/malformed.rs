//! What is no request is answered as every request is: in the dialect of its path, with a request id, a log line and a place
//! in the metrics.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use test_support::{TestApp, log};

/// A response, read to the end of its connection.
struct Response {
    status: u16,
    head: String,
    body: String,
}

impl Response {
    fn of(text: &str) -> Self {
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no head: {text}"));
        Self {
            status: head[9..12].parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    fn field(&self, name: &str) -> &str {
        let field = self
            .head
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        field.unwrap_or_else(|| panic!("no {name}: {}", self.head))
    }
}

/// Sends bytes, and reads all that is answered.
fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

/// Asserts that a response is whole, and that the log has one line for it with this reason.
fn assert_told(what: &str, response: &Response, expected: (u16, &str)) {
    let (status, reason) = expected;
    assert_eq!(response.status, status, "{what}: {}", response.body);
    assert_eq!(
        response.field("content-length"),
        response.body.len().to_string(),
        "{what}"
    );
    assert_eq!(response.field("connection"), "close", "{what}");
    assert_eq!(response.field("x-content-type-options"), "nosniff", "{what}");
    assert!(response.field("date").ends_with(" GMT"), "{what}");
    let lines = log::lines_with(response.field("x-request-id"));
    assert_eq!(lines.len(), 1, "{what}: {lines:?}");
    assert_eq!(lines[0]["reason"], reason, "{what}");
    assert_eq!(lines[0]["status"], status, "{what}");
    assert_eq!(lines[0]["address"], "127.0.0.1", "{what}");
}

#[tokio::test]
async fn what_the_parser_refuses_is_answered_in_the_dialect_of_its_path() {
    let app = TestApp::start().await;
    let large = format!(
        "GET /campaign HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n",
        "y".repeat(200_000)
    );
    let many = format!("POST /token HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: y\r\n".repeat(97));
    let long = format!(
        "GET /campaign?keyword={} HTTP/1.1\r\nhost: x\r\n\r\n",
        "y".repeat(70_000)
    );
    let longer = format!(
        "GET /campaign?keyword={} HTTP/1.1\r\nhost: x\r\n\r\n",
        "y".repeat(200_000)
    );
    let cases: &[(&[u8], (u16, &str), &str)] = &[
        (b"nonsense\r\n\r\n", (400, "malformed_request"), "problem"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", (400, "tls_not_expected"), "problem"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, "http_version"), "problem"),
        (b"G{T /campaign HTTP/1.1\r\nhost: x\r\n\r\n", (400, "malformed_method"), "problem"),
        (
            "GET /café HTTP/1.1\r\nhost: x\r\n\r\n".as_bytes(),
            (400, "target_not_ascii"),
            "problem",
        ),
        (b"GET /campaign?keyword=caf\xe9 HTTP/1.1\r\nhost: x\r\n\r\n", (400, "target_not_ascii"), "problem"),
        (b"GET /campaign?keyword=a b HTTP/1.1\r\nhost: x\r\n\r\n", (400, "malformed_target"), "problem"),
        (b"GET /campaign HTTP/1.1\r\n\r\n", (400, "host"), "problem"),
        (b"POST /token HTTP/1.1\r\nhost: x\r\nHost: y\r\n\r\n", (400, "host"), "oauth"),
        (b"POST /connect/token HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n", (400, "malformed_request"), "oauth"),
        (
            b"POST /revoke HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
            (400, "malformed_request"),
            "oauth",
        ),
        (
            b"POST /token HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\nabcde",
            (400, "malformed_request"),
            "oauth",
        ),
        (b"POST /token HTTP/1.0\r\n\r\n", (400, "malformed_request"), "oauth"),
        (large.as_bytes(), (431, "head_too_large"), "problem"),
        (many.as_bytes(), (431, "head_too_large"), "oauth"),
        (long.as_bytes(), (414, "uri_too_long"), "problem"),
        (longer.as_bytes(), (414, "uri_too_long"), "problem"),
    ];
    for (request, expected, dialect) in cases {
        let what = request.get(..60).unwrap_or(request).escape_ascii().to_string();
        let response = Response::of(&exchange(app.address, request));
        assert_told(&what, &response, *expected);
        let body: serde_json::Value = serde_json::from_str(&response.body).unwrap();
        if *dialect == "oauth" {
            assert_eq!(response.field("content-type"), "application/json", "{what}");
            assert_eq!(body["error"], "invalid_request", "{what}");
        } else {
            assert_eq!(
                response.field("content-type"),
                "application/problem+json",
                "{what}"
            );
            assert_eq!(body["status"], expected.0, "{what}");
        }
        assert!(
            !log::lines_with(response.field("x-request-id"))[0]["path"]
                .as_str()
                .unwrap()
                .contains("keyword")
        );
    }
    let ops = Response::of(&exchange(app.ops_address, b"nonsense\r\n\r\n"));
    assert_told("the ops port", &ops, (400, "malformed_request"));
    let metrics = app.get_ops("/metrics").await.body;
    for (status, least) in [("400", 10.0), ("414", 2.0), ("431", 2.0)] {
        let series = format!("partner_requests_total{{route=\"malformed\",status=\"{status}\"}} ");
        let line = metrics.lines().find_map(|line| line.strip_prefix(&series));
        let counted: f64 = line.unwrap_or_else(|| panic!("no {series}")).parse().unwrap();
        assert!(counted >= least, "{series}{counted}");
    }
}

/// What is odd and still a request is answered by the router.
#[tokio::test]
async fn odd_requests_are_answered_like_all_others() {
    let app = TestApp::start().await;
    for (request, status) in [
        (
            "GET http://partner.example/auth/check HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
            401,
        ),
        ("GET /auth/check HTTP/1.0\r\n\r\n", 401),
        ("OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 404),
        (
            "GET /%zz/%ff/% HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
            404,
        ),
        (
            "GET /campaign?keyword=%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
            401,
        ),
        (
            "BREW /campaign HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
            405,
        ),
        (
            "CONNECT partner.example:443 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
            404,
        ),
    ] {
        let mut stream = TcpStream::connect(app.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let response = Response::of(&answer);
        assert_eq!(response.status, status, "{request}: {answer}");
        assert_eq!(
            response.field("content-type"),
            "application/problem+json",
            "{request}"
        );
        assert_eq!(
            log::lines_with(response.field("x-request-id")).len(),
            1,
            "{request}"
        );
    }
}

#[tokio::test]
async fn requests_before_what_is_none_get_their_answers() {
    let app = TestApp::start().await;
    let good = "GET /openapi.yaml HTTP/1.1\r\nhost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n";
    let answers = exchange(app.address, format!("{good}nonsense\r\n\r\n").as_bytes());
    let statuses: Vec<&str> = answers
        .match_indices("HTTP/1.1 ")
        .map(|(at, _)| &answers[at + 9..at + 12])
        .filter(|status| status.parse::<u16>().is_ok())
        .collect();
    assert_eq!(statuses, ["200", "404", "400"], "{answers}");
    let last = Response::of(&answers[answers.rfind("HTTP/1.1 400").unwrap()..]);
    assert_told("after two requests", &last, (400, "malformed_request"));
}

/// A body that cannot be parsed is its request's error, and is answered once.
#[tokio::test]
async fn a_body_that_is_broken_is_answered_once() {
    let app = TestApp::start().await;
    let head = "POST /token HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\
                content-type: application/x-www-form-urlencoded\r\n\r\nzz\r\n";
    let answers = exchange(app.address, head.as_bytes());
    assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{answers}");
    let response = Response::of(&answers);
    assert_eq!(response.status, 400);
    assert!(response.body.contains("could not be read"), "{}", response.body);
}

#[tokio::test]
async fn a_path_that_is_misspelt_says_how_paths_are_written() {
    let app = TestApp::start().await;
    for path in [
        "/token/",
        "//token",
        "/connect/token/",
        "/connect//token",
        "/Token",
        "/REVOKE",
        "/introspect//",
    ] {
        let answer = app.post_form(path, &[("grant_type", "client_credentials")]).await;
        assert_eq!(
            answer.oauth_error(),
            (404, "invalid_request".to_owned()),
            "{path}"
        );
        assert!(
            answer.body.contains("no slash at their end"),
            "{path}: {}",
            answer.body
        );
    }
    for path in [
        "/videos/campaigns/",
        "//campaign",
        "/Videos/Campaigns",
        "/platform/v1//customers",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.problem(), (404, "not-found".to_owned()), "{path}");
        assert!(
            answer.body.contains("no slash at their end"),
            "{path}: {}",
            answer.body
        );
    }
    let nowhere = app.get("/nowhere").await;
    assert!(
        !nowhere.body.contains("no slash at their end"),
        "{}",
        nowhere.body
    );
}
