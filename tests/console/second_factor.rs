//! Codes of an authenticator app, and recovery codes.

use reqwest::Method;
use talentsoft_partner::staff::Role;
use test_support::browser::{AuthenticatorApp, Browser, PASSWORD, recovery_codes};
use test_support::{Answer, TestApp};

use crate::console;

/// Adds an app to the account of a signed-in browser; returns it and the page with the recovery codes.
pub async fn add_app(app: &TestApp, browser: &Browser) -> (AuthenticatorApp, Answer) {
    let account = browser.get("/account").await;
    let page = browser
        .submit(&account, "second-factor", &[("action", "begin")])
        .await;
    assert!(page.body.contains("<svg "), "{}", page.body);
    assert_eq!(page.header("cache-control"), "no-store");
    let authenticator = AuthenticatorApp::of(&page);
    let code = authenticator.code(app.now());
    let codes = browser
        .submit(&page, "second-factor-confirm", &[("code", &code)])
        .await;
    assert_eq!(codes.status, 200, "{codes:?}");
    (authenticator, codes)
}

/// Sends name and password, and returns the page that asks for the code.
async fn ask_code(browser: &Browser) -> Answer {
    let answer = browser.sign_in("lena", PASSWORD).await;
    assert!(
        answer.header("location").starts_with("/sign-in/code"),
        "{answer:?}"
    );
    browser.follow(answer).await
}

#[tokio::test]
async fn the_code_is_asked_for_and_is_good_once() {
    let app = console().await;
    app.add_staff("lena", Role::Admin).await;
    let other = Browser::signed_in(&app, "lena").await;
    let browser = Browser::signed_in(&app, "lena").await;
    let (authenticator, _) = add_app(&app, &browser).await;
    assert_eq!(
        other.get("/staff").await.status,
        303,
        "it had signed in with less"
    );

    app.add_staff("omar", Role::Viewer).await;
    let browser = Browser::signed_in(&app, "omar").await;
    let replaced = browser.cookie("partner_console").unwrap();
    let page = ask_code(&browser).await;
    let before = Browser::of(&app);
    before.plant("partner_console", &replaced);
    assert_eq!(
        before.get("/staff").await.status,
        303,
        "the session that the browser had is over"
    );
    let half = browser.cookie("partner_console").unwrap();
    assert_eq!(
        browser.get("/staff").await.status,
        303,
        "the password alone is not enough"
    );
    let used = authenticator.code(app.now());
    let answer = browser.submit(&page, "sign-in-code", &[("code", &used)]).await;
    assert_eq!(answer.status, 200, "the code that confirmed the app is used");
    app.advance(30);
    let code = authenticator.code(app.now());
    let answer = browser.submit(&page, "sign-in-code", &[("code", &code)]).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/"));
    assert_ne!(browser.cookie("partner_console").unwrap(), half);
    let before = Browser::of(&app);
    before.plant("partner_console", &half);
    assert_eq!(before.get("/staff").await.status, 303);

    let again = Browser::of(&app);
    let page = ask_code(&again).await;
    let answer = again.submit(&page, "sign-in-code", &[("code", &code)]).await;
    assert_eq!(answer.status, 200, "the same code a second time");
    let trail: String =
        sqlx::query_scalar("select detail->>'with' from audit_event where action = 'signed_in' order by 1")
            .fetch_one(&app.sql)
            .await
            .unwrap();
    assert_eq!(trail, "code");
}

#[tokio::test]
async fn of_two_that_send_one_code_at_once_one_gets_in() {
    let app = console().await;
    app.add_staff("lena", Role::Admin).await;
    let browser = Browser::signed_in(&app, "lena").await;
    let (authenticator, codes) = add_app(&app, &browser).await;
    app.advance(30);
    for code in [authenticator.code(app.now()), recovery_codes(&codes)[0].clone()] {
        let [one, two] = [Browser::of(&app), Browser::of(&app)];
        let (page_one, page_two) = (ask_code(&one).await, ask_code(&two).await);
        let fields = [("code", code.as_str())];
        let (first, second) = tokio::join!(
            one.submit(&page_one, "sign-in-code", &fields),
            two.submit(&page_two, "sign-in-code", &fields),
        );
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 303], "{code}");
    }
}

#[tokio::test]
async fn wrong_codes_pause_sign_in() {
    let app = console().await;
    app.add_staff("lena", Role::Admin).await;
    let browser = Browser::signed_in(&app, "lena").await;
    let (authenticator, _) = add_app(&app, &browser).await;
    app.advance(30);
    let browser = Browser::of(&app);
    let page = ask_code(&browser).await;
    for _ in 0..5 {
        browser.submit(&page, "sign-in-code", &[("code", "000000")]).await;
    }
    let code = authenticator.code(app.now());
    let answer = browser.submit(&page, "sign-in-code", &[("code", &code)]).await;
    assert_eq!(answer.status, 200, "paused");
    app.advance(61);
    let code = authenticator.code(app.now());
    let answer = browser.submit(&page, "sign-in-code", &[("code", &code)]).await;
    assert_eq!(answer.status, 303);
}

#[tokio::test]
async fn a_recovery_code_signs_in_once_and_new_ones_replace_the_old() {
    let app = console().await;
    app.add_staff("lena", Role::Admin).await;
    let browser = Browser::signed_in(&app, "lena").await;
    let (_, codes) = add_app(&app, &browser).await;
    let codes = recovery_codes(&codes);
    assert_eq!(codes.len(), 10);
    for (code, status) in [(&codes[0], 303), (&codes[0], 200)] {
        let browser = Browser::of(&app);
        let page = ask_code(&browser).await;
        let answer = browser
            .submit(&page, "sign-in-code", &[("code", &code.to_uppercase())])
            .await;
        assert_eq!(answer.status, status);
    }
    let account = browser.get("/account").await;
    assert!(
        account.body.contains("9 recovery codes are left"),
        "{}",
        account.body
    );
    for code in &codes {
        assert!(!account.body.contains(code.as_str()));
    }
    let fresh = browser.submit(&account, "recovery-codes", &[]).await;
    assert_eq!(recovery_codes(&fresh).len(), 10);
    let browser = Browser::of(&app);
    let page = ask_code(&browser).await;
    let answer = browser
        .submit(&page, "sign-in-code", &[("code", &codes[1])])
        .await;
    assert_eq!(answer.status, 200, "an old one");
}

#[tokio::test]
async fn a_wrong_code_confirms_no_app_and_the_key_is_shown_until_one_does() {
    let app = console().await;
    app.add_staff("lena", Role::Admin).await;
    let browser = Browser::signed_in(&app, "lena").await;
    let account = browser.get("/account").await;
    let other_tab = browser.get("/account").await;
    let page = browser
        .submit(&account, "second-factor", &[("action", "begin")])
        .await;
    let wrong = browser
        .submit(&page, "second-factor-confirm", &[("code", "000000")])
        .await;
    assert!(
        wrong.body.contains("This is not the code of the app"),
        "{}",
        wrong.body
    );
    assert_eq!(
        Browser::of(&app)
            .sign_in("lena", PASSWORD)
            .await
            .header("location"),
        "/"
    );
    let code = AuthenticatorApp::of(&wrong).code(app.now());
    browser
        .submit(&wrong, "second-factor-confirm", &[("code", &code)])
        .await;
    let request = browser.request(Method::GET, "/account");
    assert!(
        browser
            .send(request)
            .await
            .body
            .contains("10 recovery codes are left")
    );
    let again = browser
        .submit(&other_tab, "second-factor", &[("action", "begin")])
        .await;
    assert_eq!(again.status, 400, "one is removed before another one is added");
    let removed = browser
        .submit(&account, "second-factor", &[("action", "remove")])
        .await;
    assert_eq!(removed.status, 303);
    assert_eq!(
        Browser::of(&app)
            .sign_in("lena", PASSWORD)
            .await
            .header("location"),
        "/"
    );
}

#[tokio::test]
async fn a_new_key_for_secrets_seals_the_keys_of_apps_anew() {
    let app = console().await;
    app.add_staff("lena", Role::Admin).await;
    let browser = Browser::signed_in(&app, "lena").await;
    let (authenticator, _) = add_app(&app, &browser).await;
    app.rotate_keys(talentsoft_partner::keys::Purpose::Secret).await;
    app.advance(30);
    test_support::eventually("the replica has the new key", async || {
        let browser = Browser::of(&app);
        let page = ask_code(&browser).await;
        let code = authenticator.code(app.now());
        browser
            .submit(&page, "sign-in-code", &[("code", &code)])
            .await
            .status
            == 303
    })
    .await;
}
