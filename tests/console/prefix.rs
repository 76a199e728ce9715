//! The console below a path that a proxy serves it at, whether the proxy takes the path off or not.

use reqwest::Method;
use talentsoft_partner::staff::Role;
use test_support::browser::{Browser, PASSWORD};
use test_support::{Console, Setup, TestApp};

#[tokio::test]
async fn no_link_form_cookie_or_redirect_leaves_the_prefix() {
    let app = TestApp::start_with(Setup {
        console: Console::Behind("https://partner.example/x/y".to_owned()),
        ..Setup::default()
    })
    .await;
    app.add_staff("lena", Role::Admin).await;
    let browser = Browser::behind(&app, "https://partner.example", "/x/y");
    let led = browser.get("/staff").await;
    assert!(
        led.header("location").starts_with("/x/y/sign-in?next="),
        "{led:?}"
    );
    let page = browser.follow(led).await;
    let fields = [("sign_in_name", "lena"), ("password", PASSWORD)];
    let answer = browser.submit(&page, "sign-in", &fields).await;
    assert_eq!(answer.header("location"), "/x/y/staff");
    let cookie = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .find(|cookie| cookie.to_str().unwrap().starts_with("__Host-partner_console="));
    let cookie = cookie.unwrap().to_str().unwrap();
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"),
        "{cookie}"
    );
    let staff = browser.follow(answer).await;
    assert_eq!(staff.status, 200);
    for attribute in ["href", "src", "action"] {
        for value in staff.body.split(&format!(" {attribute}=\"")).skip(1) {
            let value = value.split('"').next().unwrap();
            assert!(
                value.starts_with("/x/y/") || value.starts_with('#'),
                "{attribute}={value}"
            );
        }
    }
    // A proxy that takes the prefix off.
    let stripped = browser.request(Method::GET, "/staff");
    assert_eq!(browser.send(stripped).await.status, 200);
    let bare = browser.request(Method::GET, "/x/y");
    assert_eq!(browser.send(bare).await.header("location"), "/x/y/");
}

#[tokio::test]
async fn a_prefix_is_no_beginning_of_a_word() {
    let app = TestApp::start_with(Setup {
        console: Console::Behind("https://partner.example/c".to_owned()),
        ..Setup::default()
    })
    .await;
    let browser = Browser::behind(&app, "https://partner.example", "/c");
    for (path, next) in [
        ("/clients?search=x", "%2Fclients%3Fsearch%3Dx"),
        ("/c/staff", "%2Fstaff"),
    ] {
        let asked = browser.request(Method::GET, path);
        let location = browser.send(asked).await.header("location").to_owned();
        assert!(
            location.starts_with("/c/sign-in?next=") && location.ends_with(&format!(".{next}")),
            "{path}: {location}"
        );
    }
}
