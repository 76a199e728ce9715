//! `/auth/check` as Envoy and Traefik ask it, by the shapes of their requests.

use std::io::{Read, Write};
use std::net::TcpStream;

use reqwest::Method;
use talentsoft_partner::clients::{ClientSettings, Grant, Grants, Scope};
use test_support::{Answer, SECRET, TestApp, send};

/// Sends a request as it is written, and returns the whole response.
fn exchange(app: &TestApp, request: &str) -> String {
    let mut stream = TcpStream::connect(app.address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

/// What Envoy's `ext_authz` sends for a call: the path appended to the prefix, the call's method, no body, and of its headers
/// those that are allowed.
fn envoy(app: &TestApp, prefix: &str, call: (&str, &str), headers: &str) -> String {
    let (method, path) = call;
    let length = if method == "GET" {
        ""
    } else {
        "content-length: 0\r\n"
    };
    exchange(
        app,
        &format!(
            "{method} {prefix}{path} HTTP/1.1\r\nhost: api.partner.example\r\n{length}{headers}\
             x-envoy-internal: true\r\nx-forwarded-for: 203.0.113.9\r\nx-envoy-expected-rq-timeout-ms: 250\r\n\
             connection: close\r\n\r\n"
        ),
    )
}

#[tokio::test]
async fn envoy_is_answered_for_every_method_and_path_of_a_call() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    let authorization = format!("authorization: Bearer {token}\r\n");
    for call in [
        ("GET", "/"),
        ("GET", "/videos?scope=platform&scope=nonsense&x=%zz"),
        ("POST", "/orders"),
        ("PUT", "/orders/1;v=2"),
        ("PATCH", "//double//slash/"),
        ("DELETE", "/%C3%A9/%2e%2e/x"),
        ("OPTIONS", "/"),
        ("PROPFIND", "/dav/"),
    ] {
        for prefix in ["/auth/check", "/auth/check/", "/auth/check;scope=videos"] {
            let response = envoy(&app, prefix, call, &authorization);
            assert!(
                response.starts_with("HTTP/1.1 200 OK\r\n"),
                "{prefix} {call:?}: {response}"
            );
            assert!(
                response.contains(&format!("x-client-id: {}\r\n", client.client_id)),
                "{response}"
            );
            assert!(response.ends_with("\r\n\r\n"), "no body: {response}");
        }
        let refused = envoy(&app, "/auth/check;scope=platform", call, &authorization);
        assert!(refused.starts_with("HTTP/1.1 403 "), "{call:?}: {refused}");
        assert!(refused.contains("insufficient_scope"), "{refused}");
        let nobody = envoy(&app, "/auth/check", call, "");
        assert!(nobody.starts_with("HTTP/1.1 401 "), "{call:?}: {nobody}");
        assert!(nobody.contains("www-authenticate: Bearer"), "{nobody}");
    }
    let as_user = format!("{authorization}x-current-user: jean.dupont@site\r\n");
    let response = envoy(&app, "/auth/check;scope=videos", ("POST", "/x"), &as_user);
    assert!(
        response.contains("x-user-email: jean.dupont@site\r\n"),
        "{response}"
    );
}

/// What a caller writes stands behind the first slash, where it chooses nothing.
#[tokio::test]
async fn a_scope_is_demanded_by_the_prefix_alone() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    for (path, expected) in [
        ("/auth/check;scope=videos", 200),
        ("/auth/check;scope=platform", 403),
        ("/auth/check;scope=platform/;scope=videos", 403),
        ("/auth/check;scope=platform/x?scope=videos", 403),
        ("/auth/check/;scope=platform", 200),
        ("/auth/check/x?scope=platform", 200),
        ("/auth/check;", 200),
        ("/auth/check;/x", 200),
        ("/auth/check;scope=/x", 400),
        ("/auth/check;scope=nonsense/x", 400),
        ("/auth/check;scope=videos*", 400),
        ("/auth/check;scopes=platform/x", 400),
        ("/auth/check;scope=videos&scope=videos/x", 400),
        ("/auth/check?scope=", 400),
        ("/auth/check?scopes=platform", 400),
        ("/auth/check?scope=videos&scope=videos", 400),
        ("/auth/check?scope[]=videos", 204),
        ("/auth/check?scope[0]=platform", 403),
        ("/auth/check?", 204),
        ("/auth/checkx", 404),
        ("/auth/check.scope=platform/x", 404),
        ("/auth/%63heck;scope=platform/x", 403),
        ("/auth/%63heck%3Bscope=videos/x", 200),
    ] {
        let answer = app.get_with(path, &token).await;
        assert_eq!(answer.status, expected, "{path}: {}", answer.body);
    }
    // A token in the URL of the call is refused, as at every route.
    let leaked = app
        .get_with(&format!("/auth/check/x?access_token={token}"), &token)
        .await;
    assert_eq!(leaked.problem(), (400, "invalid-request".to_owned()));
}

/// Envoy and Traefik pass a refusal on to the caller as it is, so it is the one that a resource answers.
#[tokio::test]
async fn a_refusal_that_is_passed_on_says_its_own_status() {
    let app = TestApp::start().await;
    let customer_id = app.add_customer("busy").await;
    let scopes = [Scope::Videos].into_iter().collect();
    let settings = ClientSettings {
        requests_per_second: Some(1.try_into().unwrap()),
        ..ClientSettings::new(Some(customer_id), Grants::only(Grant::ClientCredentials), scopes)
    };
    let busy = app.add_client("busy", SECRET, settings).await;
    let token = app.application_token(&busy).await;
    let ask = async |user: &str| -> Answer {
        let request = app
            .request(Method::POST, "/auth/check;scope=videos/x")
            .bearer_auth(&token);
        send(request.header("x-current-user", user)).await
    };
    assert_eq!(ask("jean.dupont@site").await.status, 200);
    let limited = ask("jean.dupont@site").await;
    assert_eq!(limited.problem(), (429, "over-limit".to_owned()));
    assert!(limited.headers.contains_key("retry-after"));
    app.advance(2);
    assert_eq!(
        ask("nobody").await.problem(),
        (400, "current-user-invalid".to_owned())
    );
}

#[tokio::test]
async fn traefik_is_answered_at_the_path_itself() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    let ask = |authorization: &str| {
        exchange(
            &app,
            &format!(
                "GET /auth/check?scope=videos HTTP/1.1\r\nhost: partner:8080\r\nuser-agent: Go-http-client/1.1\r\n\
                 {authorization}x-forwarded-for: 203.0.113.9\r\nx-forwarded-host: api.partner.example\r\n\
                 x-forwarded-method: POST\r\nx-forwarded-port: 443\r\nx-forwarded-proto: https\r\n\
                 x-forwarded-uri: /orders?scope=platform\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n"
            ),
        )
    };
    let passed = ask(&format!("authorization: Bearer {token}\r\n"));
    assert!(passed.starts_with("HTTP/1.1 204 "), "{passed}");
    assert!(
        passed.contains(&format!("x-client-id: {}\r\n", client.client_id)),
        "{passed}"
    );
    assert!(ask("").starts_with("HTTP/1.1 401 "));
}
