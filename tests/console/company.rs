//! Company sign-in, with a provider that does what it should, and with one that does not.

use std::collections::HashMap;

use reqwest::Method;
use serde_json::json;
use talentsoft_partner::staff::accounts::{self, Identity};
use talentsoft_partner::staff::{Account, Role};
use test_support::browser::Browser;
use test_support::identity_provider::IdentityProvider;
use test_support::{Answer, Console, Setup, TestApp};

/// A console with a provider at which `lena-there` is linked to lena.
async fn console() -> (TestApp, IdentityProvider, Account) {
    let mut setup = Setup::default();
    let provider = IdentityProvider::start(setup.clock.clone());
    setup.console = Console::Company(provider.issuer.clone());
    let app = TestApp::start_with(setup).await;
    let lena = app.add_staff("lena", Role::Admin).await;
    link(&app, &provider, &lena, "lena-there").await;
    (app, provider, lena)
}

async fn link(app: &TestApp, provider: &IdentityProvider, account: &Account, subject: &str) {
    let (act, identity) = (
        app.act(),
        Identity {
            issuer: provider.issuer.clone(),
            subject: subject.to_owned(),
        },
    );
    let linked = app
        .db
        .transaction(async |db| accounts::link(db, &act, account.staff_id, &identity).await);
    linked.await.unwrap();
}

/// Where a link sends the browser, and what somebody's signing in there brings back.
async fn visit(
    browser: &Browser,
    provider: &IdentityProvider,
    path: &str,
    subject: &str,
) -> HashMap<String, String> {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    provider.authorize(answer.header("location"), subject)
}

/// Comes back from the provider: another site, so the browser sends no `Strict` cookie.
async fn come_back(browser: &Browser, query: &HashMap<String, String>) -> Answer {
    let request = browser.request_from_elsewhere(Method::GET, "/sign-in/company/callback");
    browser
        .send(request.query(query).header("sec-fetch-site", "cross-site"))
        .await
}

async fn sign_in(browser: &Browser, provider: &IdentityProvider, subject: &str) -> Answer {
    let query = visit(browser, provider, "/sign-in/company", subject).await;
    come_back(browser, &query).await
}

#[tokio::test]
async fn who_is_linked_signs_in_by_a_page_that_goes_on_by_itself() {
    let (app, provider, _) = console().await;
    let browser = Browser::of(&app);
    assert!(browser.get("/sign-in").await.body.contains("/sign-in/company"));
    let answer = sign_in(&browser, &provider, "lena-there").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.body.contains("http-equiv=\"refresh\""), "{}", answer.body);
    assert_eq!(browser.get("/staff").await.status, 200);
    let with: String =
        sqlx::query_scalar("select detail->>'with' from audit_event where action = 'signed_in'")
            .fetch_one(&app.sql)
            .await
            .unwrap();
    assert_eq!(with, "company");
    provider.promises_issuer(false);
    app.advance(601);
    let browser = Browser::of(&app);
    let mut query = visit(&browser, &provider, "/sign-in/company", "lena-there").await;
    query.remove("iss");
    assert_eq!(
        come_back(&browser, &query).await.status,
        200,
        "a provider that does not promise iss"
    );
}

#[tokio::test]
async fn what_does_not_belong_to_this_visit_of_this_browser_is_refused() {
    let (app, provider, _) = console().await;
    let browser = Browser::of(&app);
    let stranger = Browser::of(&app);
    for change in [
        "no state",
        "foreign state",
        "no code",
        "foreign code",
        "issuer",
        "no issuer",
        "late",
        "other browser",
    ] {
        let mut query = visit(&browser, &provider, "/sign-in/company", "lena-there").await;
        let foreign = visit(&stranger, &provider, "/sign-in/company", "lena-there").await;
        match change {
            "no state" => _ = query.remove("state"),
            "foreign state" => _ = query.insert("state".to_owned(), foreign["state"].clone()),
            "no code" => _ = query.remove("code"),
            "foreign code" => _ = query.insert("code".to_owned(), foreign["code"].clone()),
            "issuer" => _ = query.insert("iss".to_owned(), "https://evil.example".to_owned()),
            "no issuer" => _ = query.remove("iss"),
            "late" => app.advance(601),
            _ => {}
        }
        let comes = if change == "other browser" {
            &stranger
        } else {
            &browser
        };
        let answer = come_back(comes, &query).await;
        assert_eq!(answer.status, 403, "{change}: {answer:?}");
        assert!(answer.body.contains("These details do not match"), "{change}");
    }
    let query = visit(&browser, &provider, "/sign-in/company", "lena-there").await;
    let visit_cookie = browser.cookie("partner_console_company").unwrap();
    assert_eq!(come_back(&browser, &query).await.status, 200);
    let again = Browser::of(&app);
    again.plant("partner_console_company", &visit_cookie);
    assert_eq!(come_back(&again, &query).await.status, 403, "a second time");
    let sessions: i64 = sqlx::query_scalar("select count(*) from staff_session")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    assert_eq!(sessions, 1);
}

#[tokio::test]
async fn an_id_token_that_is_not_for_us_now_from_this_provider_is_refused() {
    let (app, provider, _) = console().await;
    let now = app.now().timestamp();
    for claims in [
        json!({ "nonce": "another" }),
        json!({ "nonce": null }),
        json!({ "iss": "https://evil.example" }),
        json!({ "aud": "another" }),
        json!({ "aud": ["console", "stranger"] }),
        json!({ "aud": ["console"], "azp": "stranger" }),
        json!({ "exp": now - 120 }),
        json!({ "iat": now - 3600 }),
        json!({ "iat": now + 3600 }),
        json!({ "sub": null }),
    ] {
        provider.says(claims.clone());
        let answer = sign_in(&Browser::of(&app), &provider, "lena-there").await;
        assert_eq!(answer.status, 403, "{claims}");
    }
    provider.says(json!({}));
    for algorithm in ["none", "HS256", "RS256"] {
        provider.signs(algorithm);
        let answer = sign_in(&Browser::of(&app), &provider, "lena-there").await;
        assert_eq!(answer.status, 403, "{algorithm}");
    }
    provider.signs("ES256");
    assert_eq!(
        sign_in(&Browser::of(&app), &provider, "lena-there").await.status,
        200
    );
    provider.rotate_key();
    app.advance(11);
    assert_eq!(
        sign_in(&Browser::of(&app), &provider, "lena-there").await.status,
        200,
        "a new key"
    );
}

#[tokio::test]
async fn nobody_is_known_by_an_address_and_nobody_disabled_gets_in() {
    let (app, provider, _) = console().await;
    provider.says(
        json!({ "email": "lena@company.example", "email_verified": true, "preferred_username": "lena" }),
    );
    let answer = sign_in(&Browser::of(&app), &provider, "somebody-else").await;
    assert_eq!(answer.status, 403);
    let omar = app.add_staff("omar", Role::Viewer).await;
    link(&app, &provider, &omar, "omar-there").await;
    let act = app.act();
    let disabled = app
        .db
        .transaction(async |db| accounts::disable(db, &act, omar.staff_id).await);
    disabled.await.unwrap();
    assert_eq!(
        sign_in(&Browser::of(&app), &provider, "omar-there").await.status,
        403
    );
    let linked: i64 = sqlx::query_scalar("select count(*) from staff_identity")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    assert_eq!(linked, 2);
}

#[tokio::test]
async fn being_asked_again_needs_a_fresh_sign_in_of_the_same_person() {
    let (app, provider, _) = console().await;
    let browser = Browser::of(&app);
    sign_in(&browser, &provider, "lena-there").await;
    let page = browser.get("/staff/new").await;
    let fields = [("name", "Omar"), ("sign_in_name", "omar"), ("role", "viewer")];
    let asked = browser.submit(&page, "staff-new", &fields).await;
    assert!(
        asked.body.contains("Confirm that it is you"),
        "company sign-in alone is no fresh proof"
    );
    let before = browser.cookie("partner_console").unwrap();
    for claims in [
        json!({ "auth_time": app.now().timestamp() - 3600 }),
        json!({ "auth_time": null }),
    ] {
        provider.says(claims.clone());
        let query = visit(&browser, &provider, "/confirm", "lena-there").await;
        assert_eq!(come_back(&browser, &query).await.status, 403, "{claims}");
    }
    provider.says(json!({}));
    let location = browser.get("/confirm").await.header("location").to_owned();
    assert!(
        location.contains("prompt=login") && location.contains("max_age=0"),
        "{location}"
    );
    let query = provider.authorize(&location, "lena-there");
    assert_eq!(come_back(&browser, &query).await.status, 200);
    assert_ne!(
        browser.cookie("partner_console").unwrap(),
        before,
        "another cookie"
    );
    let page = browser.get("/staff/new").await;
    assert_eq!(browser.submit(&page, "staff-new", &fields).await.status, 303);

    let query = visit(&browser, &provider, "/confirm", "somebody-else").await;
    assert_eq!(come_back(&browser, &query).await.status, 403);
    assert_eq!(
        browser.get("/staff").await.status,
        303,
        "somebody else ends the session"
    );
}

#[tokio::test]
async fn an_account_is_linked_from_inside_its_session_only() {
    let (app, provider, _) = console().await;
    app.add_staff("omar", Role::Viewer).await;
    let browser = Browser::signed_in(&app, "omar").await;
    let query = visit(&browser, &provider, "/account/company", "omar-there").await;
    assert_eq!(come_back(&browser, &query).await.status, 200);
    assert_eq!(
        sign_in(&Browser::of(&app), &provider, "omar-there").await.status,
        200
    );
    let query = visit(&browser, &provider, "/account/company", "lena-there").await;
    assert_eq!(come_back(&browser, &query).await.status, 403, "that is lena");
    app.advance(601);
    let old = browser.get("/account/company").await;
    assert_eq!(
        old.header("location"),
        "/account",
        "it needs a session that has just begun"
    );
}
