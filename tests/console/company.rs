//! Company sign-in, with a provider that does what it should, and with one that does not.

use std::collections::HashMap;

use reqwest::Method;
use serde_json::json;
use talentsoft_partner::housekeeping;
use talentsoft_partner::staff::accounts::{self, Identity};
use talentsoft_partner::staff::{Account, Role};
use test_support::browser::Browser;
use test_support::identity_provider::IdentityProvider;
use test_support::{Answer, Console, Setup, TestApp, application};

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

/// The link to the provider on a page that asks who it is once more.
fn company_link(page: &Answer) -> String {
    let link = page.body.split("href=\"/confirm?").nth(1).unwrap();
    format!("/confirm?{}", link.split('"').next().unwrap())
}

/// Presses the link on such a page, comes back from the provider, and opens where that leads.
async fn confirm_there(browser: &Browser, provider: &IdentityProvider, asked: &Answer) -> Answer {
    let query = visit(browser, provider, &company_link(asked), "lena-there").await;
    let onward = come_back(browser, &query).await;
    let path = onward
        .body
        .split("url=")
        .nth(1)
        .unwrap_or_else(|| panic!("{onward:?}"));
    browser.get(path.split('"').next().unwrap()).await
}

#[tokio::test]
async fn after_the_company_has_asked_the_form_is_there_as_it_was_entered() {
    let (app, provider, _) = console().await;
    let browser = Browser::of(&app);
    sign_in(&browser, &provider, "lena-there").await;
    let page = browser.get("/staff/new").await;
    let fields = [
        ("name", "Omar \"O\" Haddad"),
        ("sign_in_name", "omar"),
        ("role", "viewer"),
    ];
    let asked = browser.submit(&page, "staff-new", &fields).await;
    let confirmed = confirm_there(&browser, &provider, &asked).await;
    assert_eq!(confirmed.status, 200, "{confirmed:?}");
    assert!(
        confirmed.body.contains("Nothing was done yet"),
        "{}",
        confirmed.body
    );
    let members = async || -> i64 {
        let count = sqlx::query_scalar("select count(*) from staff");
        count.fetch_one(&app.sql).await.unwrap()
    };
    assert_eq!(members().await, 1);
    let other = Browser::signed_in(&app, "lena").await;
    let path = confirmed_path(&asked);
    assert_eq!(
        other.get(&path).await.header("location"),
        "/",
        "of another session"
    );
    let done = browser.submit(&confirmed, "staff-new", &[]).await;
    assert_eq!((done.status.as_u16(), members().await), (303, 2), "{done:?}");
    let name: String = sqlx::query_scalar("select name from staff where sign_in_name = 'omar'")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    assert_eq!(name, "Omar \"O\" Haddad");

    // What is secret is not kept, and is asked for again in the form, which is filled in otherwise.
    app.advance(601);
    let page = browser.get("/staff/new").await;
    let secret = "another fine password";
    let fields = [
        ("name", "Ada"),
        ("sign_in_name", "ada"),
        ("role", "viewer"),
        ("new_password", secret),
    ];
    let asked = browser.submit(&page, "staff-new", &fields).await;
    let confirmed = confirm_there(&browser, &provider, &asked).await;
    let kept: i64 = sqlx::query_scalar("select count(*) from staff_kept_form f where f::text like '%fine%'")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    assert_eq!(kept, 0);
    let form = browser.submit(&confirmed, "staff-new", &[]).await;
    assert_eq!((form.status.as_u16(), members().await), (200, 2));
    assert!(form.body.contains("value=\"Ada\""), "{}", form.body);
    app.advance(601);
    let late = browser.get(&confirmed_path(&asked)).await;
    assert_eq!(late.header("location"), "/", "ten minutes later");
    housekeeping::prune(
        &application(Setup::default().settings, &app.clock, &app.db)
            .await
            .unwrap(),
    )
    .await;
    app.advance(301);
    housekeeping::prune(
        &application(Setup::default().settings, &app.clock, &app.db)
            .await
            .unwrap(),
    )
    .await;
    let kept: i64 = sqlx::query_scalar("select count(*) from staff_kept_form")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    assert_eq!(kept, 0);
}

/// Where a form waits, by the page that asked.
fn confirmed_path(asked: &Answer) -> String {
    company_link(asked).replace("?form=", "/")
}

#[tokio::test]
async fn five_forms_of_a_session_wait_and_end_with_it() {
    let (app, provider, _) = console().await;
    let browser = Browser::of(&app);
    sign_in(&browser, &provider, "lena-there").await;
    let page = browser.get("/staff/new").await;
    let mut asked = Vec::new();
    for name in ["a1", "a2", "a3", "a4", "a5", "a6"] {
        let fields = [("name", name), ("sign_in_name", name), ("role", "viewer")];
        asked.push(browser.submit(&page, "staff-new", &fields).await);
        app.advance(1);
    }
    let first = browser.get(&confirmed_path(&asked[0])).await;
    assert_eq!(first.header("location"), "/");
    assert_eq!(browser.get(&confirmed_path(&asked[1])).await.status, 200);
    let page = browser.get("/staff").await;
    browser.submit(&page, "sign-out", &[]).await;
    let kept: i64 = sqlx::query_scalar("select count(*) from staff_kept_form")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    assert_eq!(kept, 0);
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
