//! X-Current-User, by the rules of contract s3.

use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::json;

use test_support::{Answer, TestApp, assertion, send};

async fn ask(app: &TestApp, path: &str, token: &str, users: &[&[u8]]) -> Answer {
    let mut request = app.request(Method::GET, path).bearer_auth(token);
    for user in users {
        request = request.header("X-Current-User", HeaderValue::from_bytes(user).unwrap());
    }
    send(request).await
}

#[tokio::test]
async fn a_user_token_names_its_user_and_agrees_with_the_header_only() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.user_token(&client).await;
    let agreeing: &[&[&[u8]]] = &[&[], &[b"jean.dupont@site"], &[b"Jean.DUPONT@Site"]];
    for users in agreeing {
        let answer = ask(&app, "/auth/check", &token, users).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("x-user-email")),
            (204, "jean.dupont@site")
        );
        assert_eq!(ask(&app, "/videos/campaigns", &token, users).await.status, 200);
    }
    for path in ["/auth/check", "/videos/campaigns"] {
        let answer = ask(&app, path, &token, &[b"someone.else@site"]).await;
        assert_eq!(answer.problem(), (403, "current-user-other".to_owned()));
        assert!(answer.header("www-authenticate").starts_with("Bearer realm="));
    }
}

#[tokio::test]
async fn an_application_token_acts_for_whom_it_names_or_for_itself() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    let named = ask(&app, "/auth/check", &token, &[b"jean.dupont@site"]).await;
    assert_eq!(
        (named.status.as_u16(), named.header("x-user-email")),
        (204, "jean.dupont@site")
    );
    let itself = ask(&app, "/auth/check", &token, &[]).await;
    assert!(itself.status == 204 && !itself.headers.contains_key("x-user-email"));
}

#[tokio::test]
async fn a_header_that_is_no_address_is_refused() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let long = [&[b'x'; 253][..], b"@b"].concat();
    for token in [
        app.application_token(&client).await,
        app.user_token(&client).await,
    ] {
        let bad: &[&[&[u8]]] = &[
            &[b""],
            &[b"nobody"],
            &[b"a@b", b"a@b"],
            &[b"jean.dupont@site", b"someone.else@site"],
            &[b"a\t@b"],
            &[b"\x85@b"],
            &[&long],
            &[b"a@b,c@d"],
        ];
        for users in bad {
            let answer = ask(&app, "/videos/campaigns", &token, users).await;
            assert_eq!(
                answer.problem(),
                (400, "current-user-invalid".to_owned()),
                "{users:?}"
            );
            let check = ask(&app, "/auth/check", &token, users).await;
            // A reverse proxy understands 401 and 403 only.
            assert_eq!(check.problem(), (403, "current-user-invalid".to_owned()));
            assert!(
                check
                    .header("www-authenticate")
                    .contains("error=\"invalid_request\"")
            );
        }
    }
}

#[tokio::test]
async fn an_address_that_the_token_endpoint_takes_is_one_that_the_header_takes() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let application = app.application_token(&client).await;
    for (email, is_address) in [
        ("jean.dupont@site", true),
        ("a@b@c", true),
        ("o'neill+x@site", true),
        ("\"dupont,jean\"@site", true),
        ("élodie@exemple.fr", true),
        ("李@例子.测试", true),
        ("a@b,c@d", false),
        ("a,b@c", false),
        ("a b@c", false),
        ("a\u{a0}b@c", false),
        ("a\u{200b}@b", false),
        ("a\u{200d}@b", false),
        ("\u{202e}a@b", false),
        ("a@b\u{2028}", false),
        ("@b", false),
    ] {
        let signed = assertion::good(&app, &client).claim("email", json!(email));
        let issued = app.jwt_bearer(&signed.sign(&client.secret)).await;
        assert_eq!(issued.status == 200, is_address, "{email}");
        let by_application = ask(&app, "/auth/check", &application, &[email.as_bytes()]).await;
        assert_eq!(by_application.status == 204, is_address, "{email}");
        if is_address {
            let body = issued.json();
            let token = body["access_token"].as_str().unwrap();
            let by_user = ask(&app, "/auth/check", token, &[email.as_bytes()]).await;
            assert_eq!(by_user.status, 204, "{email}");
        }
    }
}

/// .NET, axios and requests send what is in Latin-1 in that encoding; others send UTF-8.
#[tokio::test]
async fn an_address_beyond_ascii_is_read_in_latin_1_and_in_utf_8() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    for user in [&b"\xe9lodie@exempl\xe9.fr"[..], "élodie@exemplé.fr".as_bytes()] {
        let answer = ask(&app, "/auth/check", &token, &[user]).await;
        assert_eq!(answer.status, 204, "{user:?}");
        let passed_on = answer.headers["x-user-email"].as_bytes();
        assert_eq!(passed_on, "élodie@exemplé.fr".as_bytes());
        assert_eq!(
            answer.header("x-user-email-encoded"),
            "%C3%A9lodie%40exempl%C3%A9%2Efr"
        );
    }
    let plain = ask(&app, "/auth/check", &token, &[b"jean.dupont@site"]).await;
    assert!(!plain.headers.contains_key("x-user-email-encoded"));
}
