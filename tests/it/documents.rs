//! What the service says about itself: metadata, the API document, the page.

use serde_json::json;
use talentsoft_partner::app::Settings;

use test_support::{ISSUER, Setup, TestApp};

#[tokio::test]
async fn the_metadata_is_that_of_a_token_only_server() {
    let app = TestApp::start().await;
    let answer = app.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (200, "application/json")
    );
    let methods = json!(["client_secret_basic", "client_secret_post"]);
    assert_eq!(
        answer.json(),
        json!({
            "issuer": ISSUER,
            "token_endpoint": format!("{ISSUER}/connect/token"),
            "revocation_endpoint": format!("{ISSUER}/revoke"),
            "introspection_endpoint": format!("{ISSUER}/introspect"),
            "response_types_supported": [],
            "grant_types_supported": ["client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
            "scopes_supported": [
                "videos", "assessments", "profiles", "occupation-benchmark", "lightcast_open_free", "emsi_open", "platform",
                "admin", "introspect",
            ],
            "token_endpoint_auth_methods_supported": methods,
            "revocation_endpoint_auth_methods_supported": methods,
            "introspection_endpoint_auth_methods_supported": methods,
            "service_documentation": format!("{ISSUER}/docs/"),
        })
    );
    assert_eq!(
        app.get("/.well-known/oauth-authorization-server/other")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn an_issuer_with_a_path_has_its_metadata_there_only() {
    let mut setup = Setup::default();
    let issuer = format!("{ISSUER}/eu/partner");
    setup.settings = Settings::at(&issuer);
    let app = TestApp::start_with(setup).await;
    let answer = app
        .get("/.well-known/oauth-authorization-server/eu/partner")
        .await;
    assert_eq!(answer.json()["issuer"], json!(issuer));
    assert_eq!(
        answer.json()["token_endpoint"],
        json!(format!("{issuer}/connect/token"))
    );
    let document: serde_json::Value = serde_norway::from_str(&app.get("/openapi.yaml").await.body).unwrap();
    assert_eq!(document["servers"][0]["url"], json!(issuer));
    for path in ["", "/", "/eu", "/eu/partner/", "x/eu/partner"] {
        assert_eq!(
            app.get(&format!("/.well-known/oauth-authorization-server{path}"))
                .await
                .status,
            404,
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_page_and_all_its_parts_come_from_here() {
    let app = TestApp::start().await;
    let page = app.get("/docs").await;
    assert_eq!(page.status, 200, "the client followed the redirect to /docs/");
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    let parts: Vec<&str> = page
        .body
        .split(['"', '\''])
        .filter(|text| {
            std::path::Path::new(text)
                .extension()
                .is_some_and(|ext| ["js", "css", "png"].iter().any(|known| ext == *known))
        })
        .collect();
    assert!(parts.len() >= 4, "{parts:?}");
    for part in parts {
        assert!(!part.contains("//"), "{part} is not ours");
        let answer = app.get(&format!("/docs/{}", part.trim_start_matches("./"))).await;
        assert_eq!(answer.status, 200, "{part}");
    }
    let initializer = app.get("/docs/swagger-initializer.js").await;
    assert!(
        initializer.body.contains("../openapi.yaml"),
        "{}",
        initializer.body
    );
    assert_eq!(app.get("/docs/nope.js").await.status, 404);
    let document = app.get("/openapi.yaml").await;
    assert_eq!(document.header("content-type"), "application/yaml");
    assert!(document.body.starts_with("openapi: 3.1"));
}
