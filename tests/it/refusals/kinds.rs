//! Each kind of refusal is found by the id of its answer, with its reason in words.

use reqwest::Method;
use serde_json::{Value, json};
use talentsoft_partner::clients::{ClientSettings, Enabled, Grant, Grants, Scope};
use test_support::assertion::{self, GRANT_TYPE};
use test_support::{Answer, ISSUER, OTHER_SECRET, SECRET, TestApp, send};

use super::{record_of, until_counted};

async fn ask_token(app: &TestApp, form: &[(&str, &str)]) -> Answer {
    app.post_form("/token", form).await
}

fn credentials<'a>(client_id: &'a str, secret: &'a str) -> [(&'a str, &'a str); 3] {
    [
        ("grant_type", "client_credentials"),
        ("client_id", client_id),
        ("client_secret", secret),
    ]
}

/// What a call is to be recorded with: reason, client, what it claimed to be, route and status.
type Expected<'a> = (&'static str, Option<&'a str>, Option<&'a str>, &'static str, i32);

async fn assert_recorded(app: &TestApp, answers: &[(Answer, Expected<'_>)]) {
    for (answer, (reason, client, claimed, route, status)) in answers {
        let record = record_of(app, answer).await;
        let client_id = record.client_id.as_ref().map(ToString::to_string);
        let seen = (
            record.reason.as_str(),
            client_id.as_deref(),
            record.claimed_client_id.as_deref(),
        );
        assert_eq!(seen, (*reason, *client, *claimed));
        assert_eq!(
            (record.route.as_str(), record.status),
            (*route, *status),
            "{reason}"
        );
        assert_eq!(i32::from(answer.status.as_u16()), *status, "{reason}");
        assert_eq!((record.address.as_str(), record.at), ("127.0.0.1", app.now()));
        assert!(!record.meaning.meaning.contains("does not know"), "{reason}");
        assert!(!record.meaning.remedy.is_empty());
    }
}

#[tokio::test]
async fn what_the_oauth_endpoints_refuse_is_found_with_its_words() {
    let app = TestApp::start().await;
    let acme = app.add_marketplace_client("acme").await;
    let id = acme.client_id.as_str();
    let settings = ClientSettings {
        grants: Grants::only(Grant::JwtBearer),
        ..ClientSettings::marketplace(acme.customer_id.unwrap())
    };
    app.add_client("user-only", SECRET, settings).await;
    let off = app.add_own_client("off", &[Scope::Platform]).await;
    app.set_enabled(&off, Enabled::No).await;
    let scope = [&credentials(id, SECRET)[..], &[("scope", "admin")]].concat();
    let json = app.request(Method::POST, "/connect/token").body("{}");
    let foreign = [("client_id", id), ("client_secret", OTHER_SECRET), ("token", "x")];
    let answers = [
        (
            ask_token(&app, &credentials("428a51ae-0387-43ab-8c64", SECRET)).await,
            ("client_unknown", None, Some("428a51ae…"), "/token", 401),
        ),
        (
            ask_token(&app, &credentials(id, OTHER_SECRET)).await,
            ("client_wrong_secret", Some(id), None, "/token", 401),
        ),
        (
            ask_token(&app, &credentials("off", SECRET)).await,
            ("client_disabled", Some("off"), None, "/token", 401),
        ),
        (
            ask_token(&app, &credentials("user-only", SECRET)).await,
            ("unauthorized_client", Some("user-only"), None, "/token", 400),
        ),
        (
            ask_token(&app, &scope).await,
            ("invalid_scope", Some(id), None, "/token", 400),
        ),
        (
            ask_token(&app, &[("grant_type", "client_credentials")]).await,
            ("client_no_credentials", None, None, "/token", 401),
        ),
        (
            ask_token(&app, &[("grant_type", "password")]).await,
            ("unsupported_grant_type", None, None, "/token", 400),
        ),
        (
            send(json).await,
            ("media_type", None, None, "/connect/token", 415),
        ),
        (
            app.post_form("/revoke", &foreign).await,
            ("client_wrong_secret", Some(id), None, "/revoke", 401),
        ),
    ];
    assert_recorded(&app, &answers).await;
}

#[tokio::test]
async fn what_the_guard_and_the_limits_refuse_is_found_with_its_words() {
    let app = TestApp::start().await;
    let acme = app.add_marketplace_client("acme").await;
    let (id, path) = (acme.client_id.as_str(), "/videos/campaigns");
    let own = app.add_own_client("own", &[Scope::Platform]).await;
    let settings = ClientSettings {
        requests_per_second: Some(1.try_into().unwrap()),
        ..ClientSettings::marketplace(acme.customer_id.unwrap())
    };
    let limited = app.add_client("limited", SECRET, settings).await;
    let (token, own_token) = (
        app.application_token(&acme).await,
        app.application_token(&own).await,
    );
    let limited_token = app.application_token(&limited).await;
    assert_eq!(app.get_with(path, &limited_token).await.status, 200);
    let user = app.user_token(&acme).await;
    let other_user = app.request(Method::GET, path).bearer_auth(&user);
    let odd_user = app.request(Method::GET, path).bearer_auth(&token);
    let appended = "/auth/check;scope=videos/secret/path?secret=query";

    let answers = [
        (app.get(path).await, ("token_missing", None, None, path, 401)),
        (
            app.get_with(path, "tsp_x").await,
            ("token_malformed", None, None, path, 401),
        ),
        (
            app.get_with(path, &own_token).await,
            ("insufficient_scope", Some("own"), None, path, 403),
        ),
        (
            app.get_with(path, &limited_token).await,
            ("over_limit", Some("limited"), None, path, 429),
        ),
        (
            send(other_user.header("x-current-user", "paul@site")).await,
            ("current_user_other", Some(id), None, path, 403),
        ),
        (
            send(odd_user.header("x-current-user", "nobody")).await,
            ("current_user_invalid", Some(id), None, path, 400),
        ),
        (
            app.get_with("/auth/check?scope=platform", &token).await,
            ("insufficient_scope", Some(id), None, "/auth/check", 403),
        ),
        (
            app.get_with("/auth/check?scope=nonsense", &token).await,
            ("unknown-scope", None, None, "/auth/check", 400),
        ),
        (
            app.get(appended).await,
            ("token_missing", None, None, "/auth/check{original:[;/].*}", 401),
        ),
    ];
    assert_recorded(&app, &answers).await;
    // What a handler refuses says all in its answer, and what no route answers was nobody's call.
    assert_eq!(
        app.get_with("/videos/campaigns?limit=0", &token).await.status,
        400
    );
    assert_eq!(app.get("/nothing").await.status, 404);
    until_counted(&app, i64::try_from(answers.len()).unwrap()).await;
}

/// The verdict and words of one check.
fn check<'a>(checks: &'a Value, name: &str) -> (&'a str, &'a str) {
    let all = checks.as_array().unwrap();
    let check = all.iter().find(|check| check["check"] == name).unwrap();
    (
        check["verdict"].as_str().unwrap(),
        check["seen"].as_str().unwrap(),
    )
}

#[tokio::test]
async fn of_a_refused_assertion_every_check_is_kept_as_of_the_refusal() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let now = app.now().timestamp();
    let late = assertion::good(&app, &client)
        .claim("exp", json!(now - 300))
        .claim("aud", json!(format!("{ISSUER}/TOKEN/")))
        .claim("email", json!("nobody"))
        .sign(SECRET);
    let answer = app.jwt_bearer(&late).await;
    let record = record_of(&app, &answer).await;
    app.advance(1000);
    assert_eq!(record.reason, "assertion_aud", "the first check that failed");
    assert_eq!(record.client_id.as_ref(), Some(&client.client_id));
    let checks = record.checks.unwrap();
    assert_eq!(checks.as_array().unwrap().len(), 15);
    for (name, expected) in [
        ("form", ("pass", "bytes, 3 parts, both JSON objects")),
        (
            "iss",
            ("pass", "client client-of-acme: enabled, may use jwt_bearer"),
        ),
        ("mac", ("pass", "made with secret ")),
        (
            "aud",
            (
                "fail",
                "an accepted one but for case, spaces, or slashes at the end",
            ),
        ),
        ("exp", ("fail", "expired: exp 300 s ago; iat 0 s ago; skew 60 s")),
        (
            "email",
            (
                "fail",
                "email is missing or not an email address: email a string of 6 bytes",
            ),
        ),
        ("name", ("pass", "name a string of 11 bytes")),
        ("replay", ("not_reached", "")),
    ] {
        let (verdict, seen) = check(&checks, name);
        assert!(
            verdict == expected.0 && seen.contains(expected.1),
            "{name}: {verdict} {seen}"
        );
    }
}

/// The checks that fail of a refused assertion, as they are recorded.
async fn failed(app: &TestApp, answer: &Answer) -> (String, Vec<String>) {
    let record = record_of(app, answer).await;
    let checks = record.checks.unwrap();
    let failed = checks
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["verdict"] == "fail");
    let names = failed.map(|check| check["check"].as_str().unwrap().to_owned());
    (record.reason, names.collect())
}

#[tokio::test]
async fn an_assertion_that_cannot_be_checked_says_how_far_it_got() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let good = assertion::good(&app, &client);
    let single_use = good.clone().claim("jti", json!("once")).sign(SECRET);
    assert_eq!(app.jwt_bearer(&single_use).await.status, 200);
    let long = format!("a.b.{}", "x".repeat(9000));
    for (text, reason, failing) in [
        (single_use.as_str(), "assertion_replayed", "replay"),
        ("not an assertion", "assertion_parts", "form"),
        (&long, "assertion_too_long", "form"),
        (
            &good.clone().claim("iss", json!("nobody")).sign(SECRET),
            "assertion_iss",
            "iss",
        ),
        (
            &good.clone().claim("iss", json!(1)).sign(SECRET),
            "assertion_iss",
            "iss",
        ),
        (&good.sign(OTHER_SECRET), "assertion_mac", "mac"),
    ] {
        let answer = app.jwt_bearer(text).await;
        assert_eq!(
            failed(&app, &answer).await,
            (reason.to_owned(), vec![failing.to_owned()])
        );
    }
    // Its client is another's: nothing is wrong with the assertion itself.
    let form = [
        ("grant_type", GRANT_TYPE),
        ("client_id", "another"),
        ("assertion", &good.sign(SECRET)),
    ];
    let answer = ask_token(&app, &form).await;
    let expected = ("assertion_other_client".to_owned(), Vec::new());
    assert_eq!(failed(&app, &answer).await, expected);
}
