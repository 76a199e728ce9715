//! Request ids and the one log line of each request.

use reqwest::Method;

use super::harness::{TestApp, log, send};

#[tokio::test]
async fn a_sane_request_id_is_kept_and_another_is_replaced() {
    let app = TestApp::start().await;
    let ask = async |id: &str| {
        let answer = send(app.request(Method::GET, "/auth/check").header("x-request-id", id)).await;
        answer.header("x-request-id").to_owned()
    };
    assert_eq!(ask("a-sane_id.42").await, "a-sane_id.42");
    for odd in ["", "with space", "quote\"", &"x".repeat(65), "semi;colon"] {
        let id = ask(odd).await;
        assert!(id != odd && id.len() == 32, "{odd:?} became {id}");
    }
    assert_ne!(ask("").await, ask("").await);
}

#[tokio::test]
async fn each_request_has_one_line_with_who_what_and_why_not() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("traced").await;
    let token = app.application_token(&client).await;
    let id = "one-line-for-this-request";
    let path = "/videos/campaigns?keyword=confidential";
    let request = app
        .request(Method::GET, path)
        .bearer_auth(&token)
        .header("x-request-id", id);
    send(request.header("x-current-user", "nobody")).await;
    let lines = log::lines_with(id);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line = &lines[0];
    assert_eq!(line["method"], "GET");
    assert_eq!(line["path"], "/videos/campaigns", "without its query");
    assert_eq!(line["status"], 400);
    assert_eq!(line["client"], client.client_id.as_str());
    assert_eq!(line["reason"], "current_user_invalid");
    assert_eq!(line["address"], "127.0.0.1");
    assert!(line["micros"].is_u64());
}

#[test]
fn the_eye_on_the_log_sees() {
    log::install();
    ::tracing::info!("a planted needle");
    assert_eq!(log::lines_with("a planted needle").len(), 1);
}
