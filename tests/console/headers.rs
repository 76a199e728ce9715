//! The headers of every answer, whatever it is.

use std::fmt::Write as _;

use reqwest::Method;
use talentsoft_partner::staff::Role;
use test_support::browser::Browser;
use test_support::{Answer, Console, Setup, TestApp};

use crate::console;

/// What no answer of the console is without.
pub fn assert_safe(answer: &Answer, what: &str) {
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    for (name, value) in [
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{what}: {name}");
    }
    assert!(!answer.headers.contains_key("server"), "{what}");
}

#[tokio::test]
async fn who_meets_an_outage_is_told_when_to_come_again() {
    let app = console().await;
    app.add_staff("lena", Role::Viewer).await;
    let browser = Browser::signed_in(&app, "lena").await;
    let mut other = app.sql.begin().await.unwrap();
    sqlx::query("lock table staff_session in access exclusive mode")
        .execute(&mut *other)
        .await
        .unwrap();
    let answer = browser.get("/staff").await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "2"));
    assert_safe(&answer, "503");
    other.rollback().await.unwrap();
    let answer = browser.get("/no-such-page").await;
    assert!(!answer.headers.contains_key("retry-after"), "{answer:?}");
}

#[tokio::test]
async fn a_cookie_has_no_text_shown_that_is_not_there() {
    let app = console().await;
    app.add_staff("lena", Role::Viewer).await;
    let browser = Browser::signed_in(&app, "lena").await;
    let notice = "<p class=\"notice";
    for (flash, is_shown) in [
        ("flash-saved", true),
        ("flash-nope", false),
        ("flash-", false),
        ("problem-internal", false),
        ("flash-saved.help", false),
    ] {
        browser.plant("partner_console_flash", flash);
        let page = browser.get("/staff").await;
        assert!(!page.body.contains('⟦'), "{flash}: {}", page.body);
        assert_eq!(page.body.contains(notice), is_shown, "{flash}: {}", page.body);
        assert_eq!(browser.cookie("_flash"), None, "it is gone");
    }
}

#[tokio::test]
async fn no_answer_can_be_framed() {
    let app = console().await;
    app.add_staff("lena", Role::Admin).await;
    let browser = Browser::signed_in(&app, "lena").await;
    let page = browser.get("/staff").await;
    assert_safe(&page, "200");
    assert_eq!(page.header("cache-control"), "no-store");
    for (path, status) in [("/no-such-page", 404), ("/sign-out", 405), ("/", 200)] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert_safe(&answer, path);
        assert!(answer.body.starts_with("<!doctype html>"), "{path}");
    }
    let redirect = Browser::of(&app).get("/").await;
    assert_eq!(redirect.status, 303);
    assert_safe(&redirect, "303");
    assert_eq!(browser.get("/sign-out").await.header("allow"), "POST");
    assert_safe(&browser.post("/sign-out", &[]).await, "403");
    assert_safe(
        &browser.post("/sign-in", &[("x", &"x".repeat(1_100_000))]).await,
        "413",
    );
    let css = page.body.split("rel=\"stylesheet\" href=\"").nth(1).unwrap();
    let css = browser.get(css.split('"').next().unwrap()).await;
    assert_safe(&css, "style sheet");
    assert_eq!(css.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(css.header("content-type"), "text/css; charset=utf-8");
    let head = browser.request(Method::HEAD, "/staff");
    assert_safe(&browser.send(head).await, "HEAD");
    app.sql.close().await;
}

#[tokio::test]
async fn the_headers_behind_https_are_these() {
    let app = TestApp::start_with(Setup {
        console: Console::Behind("https://partner.example/x/y".to_owned()),
        ..Setup::default()
    })
    .await;
    let browser = Browser::behind(&app, "https://partner.example", "/x/y");
    let answer = browser.get("/sign-in").await;
    let mut text = String::new();
    let mut headers: Vec<_> = answer.headers.iter().collect();
    headers.sort_by_key(|(name, _)| name.to_string());
    for (name, value) in headers {
        let value = value.to_str().unwrap();
        let value = match name.as_str() {
            "x-request-id" | "date" | "content-length" => "…",
            "set-cookie" => &format!("…{}", value.split_once(';').unwrap().1),
            _ => value,
        };
        writeln!(text, "{name}: {value}").unwrap();
    }
    insta::assert_snapshot!(text, @"
    cache-control: no-store
    content-length: …
    content-security-policy: default-src 'none'; style-src https://partner.example/x/y/static/; script-src https://partner.example/x/y/static/; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'
    content-type: text/html; charset=utf-8
    cross-origin-opener-policy: same-origin
    cross-origin-resource-policy: same-origin
    date: …
    permissions-policy: camera=(), geolocation=(), microphone=(), payment=(), usb=(), clipboard-read=()
    referrer-policy: same-origin
    set-cookie: … Path=/; HttpOnly; SameSite=Strict; Secure
    strict-transport-security: max-age=31536000
    x-content-type-options: nosniff
    x-frame-options: DENY
    x-request-id: …
    ");
}

#[tokio::test]
async fn another_host_is_refused_and_forwarded_names_are_not_read() {
    let app = console().await;
    let browser = Browser::of(&app);
    let elsewhere = Browser::behind(&app, "http://evil.example", "");
    let answer = elsewhere.get("/sign-in").await;
    assert_eq!(answer.status, 421);
    assert_safe(&answer, "421");
    assert!(!answer.body.contains("evil.example"));
    let request = browser
        .request(Method::GET, "/staff")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-prefix", "/evil")
        .header("x-forwarded-proto", "https");
    let answer = browser.send(request).await;
    assert!(answer.header("location").starts_with("/sign-in?next="));
    assert!(!format!("{:?}{}", answer.headers, answer.body).contains("evil"));
}
