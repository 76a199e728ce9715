//! Forms of other sites, and forms of another session.

use reqwest::Method;
use reqwest::header::ORIGIN;
use talentsoft_partner::staff::Role;
use test_support::browser::{Browser, PASSWORD, token_of};
use test_support::{Answer, TestApp};

use crate::console;

/// Signs out with these header fields and this token.
async fn sign_out(browser: &Browser, headers: &[(&str, &str)], token: &str) -> Answer {
    let mut request = browser.request(Method::POST, "/sign-out");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let form = [("form", "sign-out"), ("token", token)];
    browser.send(request.form(&form)).await
}

async fn sessions(app: &TestApp) -> i64 {
    sqlx::query_scalar("select count(*) from staff_session")
        .fetch_one(&app.sql)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_form_that_another_site_sends_changes_nothing() {
    let app = console().await;
    app.add_staff("lena", Role::Admin).await;
    let browser = Browser::signed_in(&app, "lena").await;
    let token = token_of(&browser.get("/staff").await, "sign-out");
    let own = browser.origin.clone();
    for headers in [
        &[("sec-fetch-site", "cross-site"), (ORIGIN.as_str(), own.as_str())][..],
        &[("sec-fetch-site", "same-site"), (ORIGIN.as_str(), own.as_str())],
        &[("sec-fetch-site", "none")],
        &[(ORIGIN.as_str(), "https://evil.example")],
        &[(ORIGIN.as_str(), "null")],
        &[],
    ] {
        let answer = sign_out(&browser, headers, &token).await;
        assert_eq!(answer.status, 403, "{headers:?}");
        assert_eq!(sessions(&app).await, 1);
    }
    let answer = sign_out(&browser, &[(ORIGIN.as_str(), &own)], &token).await;
    assert_eq!(answer.status, 303, "an older browser says nothing but the origin");
    assert_eq!(sessions(&app).await, 0);
}

#[tokio::test]
async fn a_token_is_good_for_one_form_of_one_session() {
    let app = console().await;
    app.add_staff("lena", Role::Admin).await;
    let [browser, other] = [
        Browser::signed_in(&app, "lena").await,
        Browser::signed_in(&app, "lena").await,
    ];
    let page = browser.get("/staff").await;
    let foreign = token_of(&other.get("/staff").await, "sign-out");
    let visitor = Browser::of(&app);
    let of_another_form = token_of(&visitor.get("/sign-in").await, "sign-in");
    let own = [("sec-fetch-site", "same-origin")];
    for token in ["", "x", &foreign, &of_another_form] {
        assert_eq!(sign_out(&browser, &own, token).await.status, 403, "{token}");
    }
    assert_eq!(sessions(&app).await, 2);
    assert_eq!(browser.submit(&page, "sign-out", &[]).await.status, 303);
    assert_eq!(sessions(&app).await, 1);
}

#[tokio::test]
async fn nobody_is_signed_in_as_somebody_else_by_another_page() {
    let app = console().await;
    app.add_staff("eve", Role::Viewer).await;
    let [victim, attacker] = [Browser::of(&app), Browser::of(&app)];
    victim.get("/sign-in").await;
    let page = attacker.get("/sign-in").await;
    // The form of the attacker's browser, sent by the victim's.
    let fields = [("sign_in_name", "eve"), ("password", PASSWORD)];
    assert_eq!(victim.submit(&page, "sign-in", &fields).await.status, 403);
    assert_eq!(sessions(&app).await, 0);
}

#[tokio::test]
async fn fields_that_no_page_has_are_refused() {
    let app = console().await;
    app.add_staff("lena", Role::Viewer).await;
    let browser = Browser::signed_in(&app, "lena").await;
    let page = browser.get("/staff").await;
    for field in ["staff_id", "role", "actor"] {
        let answer = browser.submit(&page, "sign-out", &[(field, "admin")]).await;
        assert_eq!(answer.status, 400, "{field}");
    }
    assert_eq!(sessions(&app).await, 1);
}

#[tokio::test]
async fn a_form_is_small_and_a_form() {
    let app = console().await;
    let browser = Browser::of(&app);
    browser.get("/sign-in").await;
    let large = "x".repeat(1024 * 1024 + 1);
    let answer = browser.post("/sign-in", &[("password", &large)]).await;
    assert_eq!(answer.status, 413);
    let request = browser.request(Method::POST, "/sign-in");
    let request = request.header("sec-fetch-site", "same-origin").body("{}");
    let answer = browser
        .send(request.header("content-type", "application/json"))
        .await;
    assert_eq!(answer.status, 415);
}
