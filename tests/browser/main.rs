//! What people do with the console, in a real browser (Debian's Chromium) and on a real service.
//!
//! `make browser` runs it. What every page looks like is in `crates/console-browser/tests/pages`.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that cannot go on should say so at once"
)]

mod access;
mod candidates;
mod everywhere;
mod partners;
mod prefix;

use console_browser::Browser;
use talentsoft_partner::staff::Role;
use test_support::browser::PASSWORD;
use test_support::{Console, Setup, TestApp};

/// A service with a console, and somebody who may sign in to it.
async fn console(role: Role) -> TestApp {
    let app = TestApp::start_with(setup()).await;
    app.add_staff("lena", role).await;
    app
}

/// How a service with a console is started.
fn setup() -> Setup {
    Setup {
        console: Console::Local,
        ..Setup::default()
    }
}

/// The address of a page.
fn url(app: &TestApp, path: &str) -> String {
    format!("http://localhost:{}{path}", app.console_address.port())
}

/// Fills in the form for signing in.
async fn sign_in(browser: &Browser, button: &str) {
    browser.fill("sign_in_name", "lena").await;
    browser.fill("password", PASSWORD).await;
    browser.press(button).await;
}

/// A browser in which somebody has signed in, on the way to a page.
async fn signed_in(app: &TestApp, path: &str) -> Browser {
    let browser = Browser::start().await;
    browser.open(&url(app, path)).await;
    sign_in(&browser, "Sign in").await;
    browser
}

/// Gives the password again where the console asks for it.
async fn confirm(browser: &Browser) {
    if browser.heading().await == "Confirm that it is you" {
        browser.fill("confirm_password", PASSWORD).await;
        browser.press("Continue").await;
    }
}
