//! The guard in front of somebody's backend: a real nginx with `docs/examples/nginx.conf`.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};

use reqwest::header::HeaderValue;
use serde_json::json;
use talentsoft_partner::recruiting::CampaignKind;
use talentsoft_partner::recruiting::reports::MAX_REPORT_BYTES;

use test_support::candidate::{VIDEOS, application_id, candidates};
use test_support::nginx::Nginx;
use test_support::platform::Stage;
use test_support::ports::free_address;
use test_support::{TestApp, TestClient};

const CONFIGURATION: &str = include_str!("../../../docs/examples/nginx.conf");

/// nginx with the example's configuration, in front of a service and a backend.
async fn start_nginx(service: SocketAddr, backend: SocketAddr) -> Nginx {
    let address = free_address();
    let configuration = CONFIGURATION
        // First, for the port of the service may begin with the same digits.
        .replace("127.0.0.1:3000", &backend.to_string())
        .replace("127.0.0.1:8080", &service.to_string())
        .replace("127.0.0.1:8088", &address.to_string());
    Nginx::start(address, &configuration).await
}

/// A backend that answers with the head of the request it got.
fn echo_backend() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let head: Vec<String> = BufReader::new(stream.try_clone().unwrap())
                .lines()
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
                .map(|line| line.to_lowercase())
                .collect();
            let body = head.join("\n");
            let _ = write!(
                stream,
                "HTTP/1.0 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
        }
    });
    address
}

#[tokio::test]
async fn nginx_lets_the_right_through_with_who_they_are_and_passes_refusals_on() {
    let app = TestApp::start().await;
    let client: TestClient = app.add_marketplace_client("acme").await;
    let (token, user_token) = (
        app.application_token(&client).await,
        app.user_token(&client).await,
    );
    let nginx = start_nginx(app.address, echo_backend()).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{}/anything?x=1", nginx.address);

    let passed = http
        .get(&url)
        .bearer_auth(&user_token)
        .header("x-client-id", "forged")
        .header("x-user-email", "forged@evil")
        .header("x-customer-id", "forged")
        .header("x-token-scope", "admin")
        .send()
        .await
        .unwrap();
    assert_eq!(passed.status(), 200);
    let seen = passed.text().await.unwrap();
    assert!(seen.starts_with("get /anything?x=1"), "{seen}");
    for header in [
        format!("x-client-id: {}", client.client_id),
        format!("x-customer-id: {}", client.customer_id.unwrap()),
        "x-user-email: jean.dupont@site".to_owned(),
        "x-token-scope: videos assessments".to_owned(),
    ] {
        assert!(seen.contains(&header), "{header} in {seen}");
    }
    assert!(!seen.contains("forged") && !seen.contains("admin"), "{seen}");

    let itself = http
        .get(&url)
        .bearer_auth(&token)
        .header("x-user-email", "forged@evil")
        .send()
        .await
        .unwrap();
    let seen = itself.text().await.unwrap();
    assert!(
        seen.contains("x-client-id") && !seen.contains("x-user-email"),
        "{seen}"
    );

    let none = http.get(&url).send().await.unwrap();
    assert_eq!(none.status(), 401);
    assert_eq!(
        none.headers()["www-authenticate"],
        "Bearer realm=\"talentsoft-partner\""
    );
    let bad = http.get(&url).bearer_auth("nonsense").send().await.unwrap();
    assert_eq!(bad.status(), 401);
    assert!(
        bad.headers()["www-authenticate"]
            .to_str()
            .unwrap()
            .contains("invalid_token")
    );
    let other_user = http
        .get(&url)
        .bearer_auth(&user_token)
        .header("x-current-user", "a@b")
        .send()
        .await
        .unwrap();
    assert_eq!(other_user.status(), 403);
    assert!(
        other_user.headers()["www-authenticate"]
            .to_str()
            .unwrap()
            .contains("invalid_request")
    );

    let post = http
        .post(&url)
        .bearer_auth(&token)
        .body("x".repeat(10_000))
        .send()
        .await
        .unwrap();
    assert_eq!(post.status(), 200, "bodies go to the backend, not to the guard");
}

#[tokio::test]
async fn nginx_asks_the_guard_with_the_headers_that_it_reads_and_no_others() {
    let app = TestApp::start().await;
    let client: TestClient = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    let nginx = start_nginx(app.address, echo_backend()).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = http
        .post(format!("http://{}/anything", nginx.address))
        .body("x=1");
    for number in 0..100 {
        request = request.header(format!("x-of-the-backend-{number}"), "y");
    }
    let request = request
        .bearer_auth(&token)
        .header("content-encoding", "gzip")
        .header("x-request-id", "as-the-caller-says")
        .header("x-user-email-encoded", "forged")
        .header(
            "x-current-user",
            HeaderValue::from_bytes(b"\xe9lodie@site").unwrap(),
        );
    let passed = request.send().await.unwrap();
    assert_eq!(passed.status(), 200, "{}", nginx.error_log());
    let seen = passed.text().await.unwrap();
    for header in [
        "x-of-the-backend-99: y",
        "x-user-email: élodie@site",
        "x-user-email-encoded: %c3%a9lodie%40site",
        "x-request-id: as-the-caller-says",
    ] {
        assert!(seen.contains(header), "{header} in {seen}");
    }
    assert!(!seen.contains("forged"), "{seen}");
}

#[tokio::test]
async fn nginx_leaves_paths_like_those_of_tokens_to_the_service() {
    let app = TestApp::start().await;
    let client: TestClient = app.add_marketplace_client("acme").await;
    let nginx = start_nginx(app.address, echo_backend()).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for (path, status) in [
        ("/token", 200),
        ("/connect/token", 200),
        ("/token/", 404),
        ("//token", 404),
        ("/connect/token//", 404),
        ("/Token", 404),
    ] {
        let request = http.post(format!("http://{}{path}", nginx.address));
        let answer = request.form(&client.credentials_form()).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let body = answer.text().await.unwrap();
        assert!(
            status == 200 || body.contains("no slash at their end"),
            "{path}: {body}"
        );
    }
    for path in ["/auth/check", "/auth/check/x", "/auth/check;scope=videos/x"] {
        let answer = http
            .get(format!("http://{}{path}", nginx.address))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn nginx_passes_a_call_for_500_applications_and_its_next_page() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    let campaign = app
        .add_campaign(client.customer_id.unwrap(), "One", "en")
        .await
        .campaign_id;
    let nginx = start_nginx(app.address, echo_backend()).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{}{}", nginx.address, VIDEOS.path);
    let batch = json!(candidates(campaign, 0..500));
    assert!(batch.to_string().len() > 128 * 1024);
    let invited = http
        .post(&url)
        .bearer_auth(&token)
        .json(&batch)
        .send()
        .await
        .unwrap();
    assert_eq!(invited.status(), 200);

    let named: Vec<String> = (0..500).map(application_id).collect();
    let mut query = format!("?limit=300&application_id={}", named.join("&application_id="));
    assert!(query.len() > 25_000);
    for expected in [300, 200] {
        let page = http
            .get(format!("{url}{query}"))
            .bearer_auth(&token)
            .send()
            .await
            .unwrap();
        assert_eq!(page.status(), 200);
        let link = page
            .headers()
            .get("link")
            .map(|link| link.to_str().unwrap().to_owned());
        let rows: serde_json::Value = serde_json::from_str(&page.text().await.unwrap()).unwrap();
        assert_eq!(rows.as_array().unwrap().len(), expected);
        assert_eq!(link.is_some(), expected == 300);
        query = link.map_or(String::new(), |link| link[1..].replace(">; rel=\"next\"", ""));
    }
}

#[tokio::test]
async fn nginx_passes_on_the_largest_report_of_the_platform() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let invitee = stage.invite(&campaign).await;
    stage.set_status(&invitee, "started").await;
    let nginx = start_nginx(stage.app.address, echo_backend()).await;
    let url = format!(
        "http://{}/platform/v1/invitations/{}/reports?name=Large",
        nginx.address, invitee.invitation_id
    );
    let uploaded = reqwest::Client::new()
        .post(url)
        .bearer_auth(&stage.token)
        .header("content-type", "text/html")
        .body("x".repeat(MAX_REPORT_BYTES))
        .send()
        .await
        .unwrap();
    assert_eq!(uploaded.status(), 201);
}
