//! The assertion grant (RFC 7521, RFC 7523, RFC 8725, contract s2.2): valid ones, and who may use them.

use serde_json::{Value, json};
use talentsoft_partner::clients::{ClientSettings, Enabled, Grant, Grants};

use test_support::assertion::{self, GOLDEN, GRANT_TYPE};
use test_support::eventually;
use test_support::{ISSUER, OTHER_SECRET, SECRET, TestApp, TestClient};

async fn golden_client(app: &TestApp) -> TestClient {
    let customer_id = app.add_customer("golden").await;
    let settings = ClientSettings {
        audiences: vec!["https://api.site.com".to_owned()].try_into().unwrap(),
        ..ClientSettings::marketplace(customer_id)
    };
    // Six bytes, which is what the contract's example is signed with; too short to be looked for in the log.
    let client = app
        .add_client("client_id", "secret-that-is-replaced-below", settings)
        .await;
    app.add_short_secret(&client, "secret", None).await;
    TestClient {
        secret: "secret".to_owned(),
        ..client
    }
}

#[tokio::test]
async fn the_contracts_golden_assertion_yields_a_token_inside_its_window() {
    let app = TestApp::start().await;
    golden_client(&app).await;
    let answer = app.jwt_bearer(GOLDEN).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json();
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(
        body,
        json!({ "access_token": token, "token_type": "bearer", "expires_in": "3600" })
    );
    let check = app.get_with("/auth/check", token).await;
    assert_eq!(
        (check.status.as_u16(), check.header("x-user-email")),
        (204, "jean.dupont@site")
    );
    // It has no jti, so it may be sent again until it expires.
    assert_eq!(app.jwt_bearer(GOLDEN).await.status, 200);
    // exp is 1130 s ahead of the clock, and 60 s of skew are tolerated.
    app.advance(1130 + 59);
    assert_eq!(app.jwt_bearer(GOLDEN).await.status, 200);
    app.advance(1);
    assert_eq!(
        app.jwt_bearer(GOLDEN).await.oauth_error(),
        (400, "invalid_grant".to_owned())
    );
}

#[tokio::test]
async fn before_its_window_the_golden_assertion_is_refused() {
    let app = TestApp::start().await;
    golden_client(&app).await;
    // iat is 70 s behind the clock.
    app.advance(-131);
    assert_eq!(
        app.jwt_bearer(GOLDEN).await.oauth_error(),
        (400, "invalid_grant".to_owned())
    );
    app.advance(1);
    assert_eq!(app.jwt_bearer(GOLDEN).await.status, 200);
}

#[tokio::test]
async fn good_variants_are_accepted() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let now = app.now().timestamp();
    let good = assertion::good(&app, &client);
    for (what, assertion) in [
        ("as Talentsoft sends it", good.clone()),
        ("no typ", good.clone().header("typ", Value::Null)),
        ("typ in lower case", good.clone().header("typ", json!("jwt"))),
        (
            "a kid of somebody else",
            good.clone().header("kid", json!("../../etc/passwd")),
        ),
        (
            "jku, x5u and jwk are not looked at",
            good.clone()
                .header("jku", json!("http://evil"))
                .header("jwk", json!({})),
        ),
        (
            "aud the token endpoint",
            good.clone().claim("aud", json!(format!("{ISSUER}/token"))),
        ),
        (
            "aud a list",
            good.clone().claim("aud", json!(["https://other", ISSUER])),
        ),
        (
            "fractions of seconds",
            good.clone()
                .claim("exp", serde_json::from_str(&format!("{}.5", now + 10)).unwrap()),
        ),
        ("no iat", good.clone().claim("iat", Value::Null)),
        ("nbf now", good.clone().claim("nbf", json!(now))),
        ("nbf within the skew", good.clone().claim("nbf", json!(now + 60))),
        ("iat within the skew", good.clone().claim("iat", json!(now + 60))),
        ("exp within the skew", good.clone().claim("exp", json!(now - 59))),
        ("the longest life", good.clone().claim("exp", json!(now + 3600))),
        ("no name", good.clone().claim("name", Value::Null)),
        (
            "unknown claims",
            good.clone().claim("x", json!({ "deep": [1, 2] })),
        ),
        ("a new jti", good.clone().claim("jti", json!("first"))),
    ] {
        let answer = app.jwt_bearer(&assertion.sign(SECRET)).await;
        assert_eq!(answer.status, 200, "{what}: {answer:?}");
    }
}

#[tokio::test]
async fn the_assertion_itself_must_be_there() {
    let app = TestApp::start().await;
    let answer = app.post_form("/token", &[("grant_type", GRANT_TYPE)]).await;
    assert_eq!(answer.oauth_error(), (400, "invalid_request".to_owned()));
    let answer = app
        .post_form("/token", &[("grant_type", GRANT_TYPE), ("assertion", "")])
        .await;
    assert_eq!(answer.oauth_error(), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn an_assertion_of_a_disabled_client_or_retired_secret_is_refused() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let signed = assertion::good(&app, &client).sign(SECRET);
    let secret_id = client.secret_info.secret_id;
    app.retire_secret(&client, secret_id).await;
    assert_eq!(
        app.jwt_bearer(&signed).await.oauth_error(),
        (400, "invalid_grant".to_owned())
    );
    app.add_secret(&client, OTHER_SECRET, None).await;
    let resigned = assertion::good(&app, &client).sign(OTHER_SECRET);
    eventually("the new secret's MAC is good", async || {
        app.jwt_bearer(&resigned).await.status == 200
    })
    .await;
    app.set_enabled(&client, Enabled::No).await;
    eventually("the disabled client is refused", async || {
        app.jwt_bearer(&resigned).await.status == 400
    })
    .await;
}

#[tokio::test]
async fn any_live_secret_may_make_the_mac() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    app.add_secret(&client, OTHER_SECRET, None).await;
    for secret in [SECRET, OTHER_SECRET] {
        assert_eq!(
            app.jwt_bearer(&assertion::good(&app, &client).sign(secret))
                .await
                .status,
            200
        );
    }
}

#[tokio::test]
async fn a_client_without_the_grant_cannot_use_it() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let signed = assertion::good(&app, &client).sign(SECRET);
    app.update_client(&client, |settings| {
        settings.grants = Grants::only(Grant::ClientCredentials);
    })
    .await;
    // Its secret is kept as a hash only from now on, so the MAC cannot even be checked.
    assert_eq!(
        app.jwt_bearer(&signed).await.oauth_error(),
        (400, "invalid_grant".to_owned())
    );
    // Once it proved itself, it is told what is wrong.
    let form = [
        ("grant_type", GRANT_TYPE),
        ("assertion", &signed),
        ("client_id", client.client_id.as_str()),
        ("client_secret", SECRET),
    ];
    assert_eq!(
        app.post_form("/token", &form).await.oauth_error(),
        (400, "unauthorized_client".to_owned())
    );
    let sealed: i64 =
        sqlx::query_scalar("select count(*) from client_secret where sealed_secret is not null")
            .fetch_one(&app.sql)
            .await
            .unwrap();
    assert_eq!(sealed, 0);
}

#[tokio::test]
async fn credentials_beside_the_assertion_are_validated_and_must_be_of_its_client() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let other = app.add_marketplace_client("other").await;
    let signed = assertion::good(&app, &client).sign(SECRET);
    let ask = async |client_id: &str, secret: &str| {
        let form = [
            ("grant_type", GRANT_TYPE),
            ("assertion", &signed),
            ("client_id", client_id),
            ("client_secret", secret),
        ];
        app.post_form("/token", &form).await
    };
    let id = client.client_id.as_str();
    assert_eq!(ask(id, SECRET).await.status, 200);
    assert_eq!(ask(id, "").await.status, 200, "client_id alone identifies");
    assert_eq!(
        ask(id, OTHER_SECRET).await.oauth_error(),
        (401, "invalid_client".to_owned())
    );
    let other_id = other.client_id.as_str();
    assert_eq!(
        ask(other_id, SECRET).await.oauth_error(),
        (400, "invalid_grant".to_owned())
    );
    assert_eq!(
        ask(other_id, "").await.oauth_error(),
        (400, "invalid_grant".to_owned())
    );
}
