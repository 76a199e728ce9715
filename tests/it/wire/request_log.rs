//! Request ids and the one log line of each request.

use reqwest::Method;

use test_support::{SECRET, TestApp, assertion, log, send};

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

#[tokio::test]
async fn a_refused_assertion_is_logged_with_its_client_and_reason() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("explained").await;
    let late = assertion::good(&app, &client)
        .claim("exp", 1.into())
        .sign(&client.secret);
    app.jwt_bearer(&late).await;
    let lines = log::lines_with("client-of-explained");
    assert!(
        lines
            .iter()
            .any(|line| line["reason"] == "assertion_exp" && line["client"] == "client-of-explained"),
        "{lines:?}"
    );
}

#[tokio::test]
async fn an_identifier_that_nobody_has_is_not_logged_whole() {
    let app = TestApp::start().await;
    let mixed_up = "a-secret-that-was-sent-as-client_id";
    log::never(mixed_up);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", mixed_up),
        ("client_secret", "x"),
    ];
    assert_eq!(app.post_form("/token", &form).await.status, 401);
    assert_eq!(log::lines_with("\"client\":\"a-secret…\"").len(), 1);
}

#[tokio::test]
async fn an_identifier_that_nobody_has_is_not_logged_whole_whatever_else_is_wrong() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("mixed-up").await;
    let mixed_up = "another-secret-that-was-sent-as-client_id";
    log::never(mixed_up);
    let ask = async |form: &[(&str, &str)]| {
        let form = [&[("client_id", mixed_up)], form].concat();
        app.post_form("/token", &form).await.oauth_error()
    };
    let as_application = ("grant_type", "client_credentials");
    let as_user = ("grant_type", assertion::GRANT_TYPE);
    let of_another = assertion::good(&app, &client).sign(SECRET);
    ask(&[as_application, ("client_secret", "not\na\nsecret")]).await;
    ask(&[as_user, ("client_secret", "x"), ("assertion", "x")]).await;
    ask(&[as_user, ("assertion", &of_another)]).await;
    // Bounded: more come in than are let through.
    let mut status = 0;
    for _ in 0..100 {
        status = ask(&[as_application, ("client_secret", "x")]).await.0;
        if status == 429 {
            break;
        }
    }
    assert_eq!(status, 429);
    // Of a client that is in memory, the whole identifier helps whoever looks for the cause.
    app.application_token(&client).await;
    let guess = [("client_id", client.client_id.as_str()), ("client_secret", "x")];
    app.post_form("/revoke", &guess).await;
    let lines = log::lines_with("\"client\":\"client-of-mixed-up\"");
    assert!(
        lines.iter().any(|line| line["reason"] == "client_wrong_secret"),
        "{lines:?}"
    );
}

#[test]
fn the_eye_on_the_log_sees() {
    log::install();
    ::tracing::info!("a planted needle");
    assert_eq!(log::lines_with("a planted needle").len(), 1);
}
