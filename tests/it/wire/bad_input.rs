//! Bad input at the OAuth endpoints: the right error of the dialect, and nothing changed.

use std::io::{Read, Write};
use std::net::TcpStream;

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;

use test_support::{Answer, SECRET, TestApp, send};

const FORM: &str = "application/x-www-form-urlencoded";
const ENDPOINTS: &[&str] = &["/token", "/connect/token", "/revoke", "/introspect"];

async fn post(app: &TestApp, path: &str, media_type: &str, body: impl Into<reqwest::Body>) -> Answer {
    send(
        app.request(Method::POST, path)
            .header(CONTENT_TYPE, media_type)
            .body(body),
    )
    .await
}

#[tokio::test]
async fn another_media_type_is_415() {
    let app = TestApp::start().await;
    for path in ENDPOINTS {
        for media_type in [
            "application/json",
            "text/plain",
            "multipart/form-data; boundary=x",
            "nonsense",
            "application/x-www-form-urlencoded; charset=latin1",
        ] {
            let answer = post(&app, path, media_type, "grant_type=client_credentials").await;
            assert_eq!(
                answer.oauth_error(),
                (415, "invalid_request".to_owned()),
                "{path} {media_type}"
            );
        }
        assert_eq!(
            send(app.request(Method::POST, path)).await.oauth_error().0,
            415,
            "{path} without one"
        );
        for media_type in [FORM, "Application/X-WWW-Form-Urlencoded; charset=UTF-8"] {
            assert_ne!(
                post(&app, path, media_type, "a=b").await.oauth_error().0,
                415,
                "{path} {media_type}"
            );
        }
    }
}

#[tokio::test]
async fn a_body_over_64_kib_is_413_and_one_of_64_kib_is_read() {
    let app = TestApp::start().await;
    for path in ENDPOINTS {
        let body = |length: usize| format!("x={}", "y".repeat(length - 2));
        assert_eq!(
            post(&app, path, FORM, body(64 * 1024 + 1)).await.oauth_error(),
            (413, "invalid_request".to_owned())
        );
        assert_ne!(post(&app, path, FORM, body(64 * 1024)).await.oauth_error().0, 413);
    }
}

#[tokio::test]
async fn forms_that_are_not_well_formed_are_refused() {
    let app = TestApp::start().await;
    let many = (0..65)
        .map(|index| format!("p{index}=1"))
        .collect::<Vec<_>>()
        .join("&");
    for body in [
        "a=%",
        "a=%zz",
        "a=%ff",
        "grant_type=client_credentials&grant_type=client_credentials",
        "x=1&x=2",
        &many,
    ] {
        for path in ENDPOINTS {
            assert_eq!(
                post(&app, path, FORM, body.to_owned()).await.oauth_error(),
                (400, "invalid_request".to_owned()),
                "{body}"
            );
        }
    }
    assert_eq!(
        post(&app, "/token", FORM, vec![0xff, b'=', 0xfe])
            .await
            .oauth_error()
            .0,
        400
    );
}

#[tokio::test]
async fn the_grant_type_is_asked_for_and_must_be_one_of_two() {
    let app = TestApp::start().await;
    for path in ["/token", "/connect/token"] {
        assert_eq!(
            post(&app, path, FORM, "").await.oauth_error(),
            (400, "invalid_request".to_owned())
        );
        assert_eq!(
            post(&app, path, FORM, "grant_type=").await.oauth_error(),
            (400, "invalid_request".to_owned())
        );
        for grant in [
            "password",
            "authorization_code",
            "refresh_token",
            "Client_Credentials",
            "jwt-bearer",
            "urn:ietf:params:oauth:grant-type:saml2-bearer",
        ] {
            let form = [
                ("grant_type", grant),
                ("client_id", "x"),
                ("client_secret", SECRET),
            ];
            assert_eq!(
                app.post_form(path, &form).await.oauth_error(),
                (400, "unsupported_grant_type".to_owned()),
                "{grant}"
            );
        }
    }
}

#[tokio::test]
async fn unknown_parameters_are_ignored() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let body = format!(
        "grant_type=client_credentials&client_id={}&client_secret={SECRET}&resource=x&audience=&state=é",
        client.client_id
    );
    assert_eq!(post(&app, "/token", FORM, body).await.status, 200);
}

/// What no HTTP library would send.
#[tokio::test]
async fn broken_http_is_answered_or_cut_and_the_next_request_is_served() {
    let app = TestApp::start().await;
    let huge = format!(
        "GET /auth/check HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n",
        "y".repeat(200_000)
    );
    for raw in [
        "nonsense\r\n\r\n",
        "POST /token HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
        "POST /token HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        "POST /token HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-type: application/x-www-form-urlencoded\r\n\r\nzz\r\n",
        "GET /%ff%00%0a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        &huge,
    ] {
        let mut stream = TcpStream::connect(app.address).unwrap();
        let _ = stream.write_all(raw.as_bytes());
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
            "{raw:.60}: {answer}"
        );
    }
    assert_eq!(app.get("/auth/check").await.status, 401);
}

#[tokio::test]
async fn a_path_with_escaped_letters_is_the_same_path() {
    let app = TestApp::start().await;
    // As usual, with a letter escaped, and with a slash escaped, which belongs to its segment then.
    for (path, same, other) in [
        ("/titles/meta", "/%74itles/meta", "/titles%2Fmeta"),
        (
            "/titles/versions/latest",
            "/titles/%76ersions/latest",
            "/titles/versions%2Flatest",
        ),
        ("/profiles/acme", "/%70rofiles/acme", "/profiles%2Facme"),
        (
            "/platform/v1/invitations",
            "/platform/v1/%69nvitations",
            "/platform/v1%2Finvitations",
        ),
        ("/admin/v1/clients", "/%61dmin/v1/clients", "/admin%2Fv1/clients"),
    ] {
        for path in [path, same] {
            assert_eq!(app.get(path).await.status, 401, "{path}");
        }
        assert_eq!(app.get(other).await.status, 404, "{other}");
    }
}

#[tokio::test]
async fn unknown_paths_and_wrong_methods_are_problems() {
    let app = TestApp::start().await;
    for path in [
        "/",
        "/nope",
        "/videos",
        "/videos/campaigns/",
        "/../etc/passwd",
        "/.well-known/openid-configuration",
    ] {
        assert_eq!(
            app.get(path).await.problem(),
            (404, "not-found".to_owned()),
            "{path}"
        );
    }
    for path in [
        "/videos/campaigns",
        "/campaign",
        "/auth/check",
        "/openapi.yaml",
        "/docs",
        "/.well-known/oauth-authorization-server",
    ] {
        let answer = send(app.request(Method::POST, path)).await;
        assert_eq!(answer.problem(), (405, "method-not-allowed".to_owned()), "{path}");
        assert_eq!(answer.header("allow"), "GET, HEAD", "{path}");
    }
}
