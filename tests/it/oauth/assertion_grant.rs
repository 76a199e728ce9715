//! The assertion grant (RFC 7521, RFC 7523, RFC 8725, contract s2.2): good ones, and one flaw at a time.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use talentsoft_partner::clients::{ClientSettings, Enabled, Grant, Grants, ReplayPolicy};

use test_support::assertion::{self, Assertion, GOLDEN, GRANT_TYPE, sign_parts};
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
async fn each_flaw_alone_is_invalid_grant() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let good = assertion::good(&app, &client);
    let flaws = [
        flawed_claims(&good, app.now().timestamp()),
        flawed_headers(&good),
        flawed_forms(&good),
    ]
    .concat();
    for (what, assertion) in flaws {
        let answer = app.jwt_bearer(&assertion).await;
        assert_eq!(answer.oauth_error(), (400, "invalid_grant".to_owned()), "{what}");
        assert_eq!(
            answer.json()["error_description"],
            "The assertion is not valid. The partner can explain it.",
            "{what}: the wire does not say why"
        );
    }
    assert_eq!(
        app.jwt_bearer(&good.sign(SECRET)).await.status,
        200,
        "and the one without a flaw still works"
    );
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

#[tokio::test]
async fn replay_follows_the_clients_policy() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let good = assertion::good(&app, &client);
    let with_jti = |jti: &str| good.clone().claim("jti", json!(jti)).sign(SECRET);
    let status = async |assertion: &str| app.jwt_bearer(assertion).await.status.as_u16();

    assert_eq!(
        (status(&with_jti("a")).await, status(&with_jti("a")).await),
        (200, 400)
    );
    // The jti is what counts, not the text around it.
    let same_jti = good
        .clone()
        .claim("jti", json!("a"))
        .claim("x", json!(1))
        .sign(SECRET);
    assert_eq!(status(&same_jti).await, 400);
    assert_eq!(status(&with_jti("b")).await, 200);

    let set = async |policy| {
        app.update_client(&client, |settings| settings.replay_policy = policy)
            .await;
    };
    set(ReplayPolicy::Always).await;
    let without_jti = good.clone().claim("x", json!("always")).sign(SECRET);
    eventually("the policy `always` is known", async || {
        app.jwt_bearer(&without_jti).await.status == 400
    })
    .await;
    set(ReplayPolicy::Off).await;
    eventually("the policy `off` is known", async || {
        app.jwt_bearer(&with_jti("a")).await.status == 200
    })
    .await;
}

#[tokio::test]
async fn a_refused_request_does_not_use_the_assertion_up() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let signed = assertion::good(&app, &client)
        .claim("jti", json!("once"))
        .sign(SECRET);
    let form = [
        ("grant_type", GRANT_TYPE),
        ("assertion", &signed),
        ("scope", "admin"),
    ];
    assert_eq!(
        app.post_form("/token", &form).await.oauth_error(),
        (400, "invalid_scope".to_owned())
    );
    assert_eq!(app.jwt_bearer(&signed).await.status, 200);
}

#[tokio::test]
async fn a_hundred_parallel_copies_yield_one_token() {
    let app = TestApp::start().await;
    let other = app.beside().await;
    let client = app.add_marketplace_client("acme").await;
    let signed = assertion::good(&app, &client)
        .claim("jti", json!("once"))
        .sign(SECRET);
    let copies: Vec<_> = (0..100)
        .map(|index| {
            let instance = if index % 2 == 0 { &app } else { &other };
            let form = [("grant_type", GRANT_TYPE), ("assertion", signed.as_str())];
            let request = instance.request(reqwest::Method::POST, "/token").form(&form);
            tokio::spawn(test_support::send(request))
        })
        .collect();
    let mut statuses = Vec::new();
    for copy in copies {
        statuses.push(copy.await.unwrap().status.as_u16());
    }
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (200, &[400; 99][..]));
}

type Flawed = Vec<(&'static str, String)>;

/// One claim wrong at a time, the MAC right.
fn flawed_claims(good: &Assertion, now: i64) -> Flawed {
    let claim = |name: &str, value: Value| good.clone().claim(name, value).sign(SECRET);
    vec![
        ("expired", claim("exp", json!(now - 60))),
        ("exp too far", claim("exp", json!(now + 3661))),
        (
            "exp further from iat than allowed",
            claim("exp", json!(now + 3601)),
        ),
        ("exp missing", claim("exp", Value::Null)),
        ("exp a string", claim("exp", json!((now + 100).to_string()))),
        ("exp absurd", claim("exp", json!(1e300))),
        ("exp negative", claim("exp", json!(-1))),
        ("nbf ahead", claim("nbf", json!(now + 61))),
        ("nbf a string", claim("nbf", json!("0"))),
        ("iat ahead", claim("iat", json!(now + 61))),
        ("iat too old", claim("iat", json!(now - 3661))),
        ("iat a string", claim("iat", json!("0"))),
        ("wrong aud", claim("aud", json!("https://api.site.com"))),
        ("aud with a slash more", claim("aud", json!(format!("{ISSUER}/")))),
        ("aud in capitals", claim("aud", json!(ISSUER.to_uppercase()))),
        ("aud missing", claim("aud", Value::Null)),
        ("aud empty", claim("aud", json!([]))),
        ("aud an object", claim("aud", json!({ "0": ISSUER }))),
        ("aud with a number", claim("aud", json!([ISSUER, 1]))),
        ("iss unknown", claim("iss", json!("nobody"))),
        (
            "iss with a space",
            claim("iss", json!(format!("{} ", good.claims["iss"].as_str().unwrap()))),
        ),
        (
            "iss in capitals",
            claim("iss", json!(good.claims["iss"].as_str().unwrap().to_uppercase())),
        ),
        ("iss missing", claim("iss", Value::Null)),
        ("iss a number", claim("iss", json!(1))),
        ("sub missing", claim("sub", Value::Null)),
        ("sub empty", claim("sub", json!(""))),
        ("sub a number", claim("sub", json!(1))),
        ("email missing", claim("email", Value::Null)),
        ("email without @", claim("email", json!("jean.dupont"))),
        ("email with a line break", claim("email", json!("a@b\r\nX: y"))),
        (
            "email too long",
            claim("email", json!(format!("{}@b", "x".repeat(253)))),
        ),
        ("name a number", claim("name", json!(1))),
        ("name too long", claim("name", json!("x".repeat(257)))),
        ("jti empty", claim("jti", json!(""))),
        ("jti a number", claim("jti", json!(7))),
        (
            "a claim nested deeply",
            claim("x", (0..20).fold(json!(1), |inner, _| json!([inner]))),
        ),
        ("over 8 KiB", claim("x", json!("x".repeat(8 * 1024)))),
    ]
}

/// One header parameter wrong at a time, the MAC right; and `none` in all spellings, with and without a MAC.
fn flawed_headers(good: &Assertion) -> Flawed {
    let header = |name: &str, value: Value| good.clone().header(name, value).sign(SECRET);
    let mut flaws = vec![
        ("alg HS512", header("alg", json!("HS512"))),
        ("alg RS256", header("alg", json!("RS256"))),
        ("alg in lower case", header("alg", json!("hs256"))),
        ("alg missing", header("alg", Value::Null)),
        ("alg a list", header("alg", json!(["HS256"]))),
        ("typ at+jwt", header("typ", json!("at+jwt"))),
        (
            "typ client-authentication+jwt",
            header("typ", json!("client-authentication+jwt")),
        ),
        ("typ dpop+jwt", header("typ", json!("dpop+jwt"))),
        ("crit", header("crit", json!(["exp"]))),
        ("crit empty", header("crit", json!([]))),
        ("b64 false", header("b64", json!(false))),
    ];
    for spelling in ["none", "None", "NONE", "nOnE", ""] {
        let signed = header("alg", json!(spelling));
        flaws.push((
            "alg none, no MAC",
            format!("{}.", signed.rsplit_once('.').unwrap().0),
        ));
        flaws.push(("alg none, signed", signed));
    }
    flaws
}

/// The MAC or the form wrong.
fn flawed_forms(good: &Assertion) -> Flawed {
    let signed = good.sign(SECRET);
    let [head, body, mac] = signed.split('.').collect::<Vec<_>>().try_into().unwrap();
    let claims = good.claims.to_string();
    // The last character of a MAC has two bits to spare: another one there decodes to the same bytes.
    let last = mac.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let next = alphabet
        .chars()
        .nth(alphabet.find(last).unwrap() + 1)
        .unwrap_or('B');
    vec![
        ("spare bits", format!("{}{next}", &signed[..signed.len() - 1])),
        ("another secret", good.sign(OTHER_SECRET)),
        ("a secret decoded from hex", good.sign("\x26")),
        ("no MAC", format!("{head}.{body}.")),
        ("two parts", format!("{head}.{body}")),
        ("four parts", format!("{signed}.x")),
        ("five parts", format!("{signed}.x.y")),
        ("padding", format!("{signed}=")),
        ("white space", format!("{head}.{body}.{mac} ")),
        ("a line break", format!("{head}.\n{body}.{mac}")),
        ("truncated", signed[..signed.len() - 1].to_owned()),
        (
            "claims of another",
            format!(
                "{head}.{}.{mac}",
                URL_SAFE_NO_PAD.encode(claims.replace("jean", "paul"))
            ),
        ),
        (
            "header twice alg",
            sign_parts(r#"{"alg":"HS256","alg":"HS256"}"#, &claims, SECRET),
        ),
        (
            "claim twice exp",
            sign_parts(
                r#"{"alg":"HS256"}"#,
                &claims.replace("\"exp\"", "\"exp\":1,\"exp\""),
                SECRET,
            ),
        ),
        ("claims a list", sign_parts(r#"{"alg":"HS256"}"#, "[]", SECRET)),
        (
            "claims not JSON",
            sign_parts(r#"{"alg":"HS256"}"#, "hello", SECRET),
        ),
        ("header not JSON", sign_parts("hello", &claims, SECRET)),
        ("not a JWT", "assertion".to_owned()),
        ("dots only", "..".to_owned()),
    ]
}
