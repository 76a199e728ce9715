//! Clients and their secrets: registered, used by the snippet as it is shown, rotated, refused.

use std::process::Command;

use console_browser::Browser;
use talentsoft_partner::clients::Scope;
use talentsoft_partner::staff::Role;
use test_support::{TestApp, TestClient, eventually, log};

use crate::{confirm, console, signed_in, url};

/// What runs the program of a tab; nothing where Debian has no package of it.
fn interpreter(tab: &str) -> Option<[&'static str; 2]> {
    match tab {
        "curl" => Some(["sh", "-c"]),
        "Python" => Some(["python3", "-c"]),
        "Node.js" => Some(["node", "-e"]),
        ".NET" => None,
        tab => panic!("nothing runs {tab}"),
    }
}

/// Runs a program as it was copied from a page; only the origin is that of the service under test.
fn run(app: &TestApp, [program, option]: [&str; 2], snippet: &str) -> String {
    let (before, address) = snippet.split_once("https://").unwrap();
    let (_, path) = address.split_once('/').unwrap();
    let snippet = format!("{before}http://{}/{path}", app.address);
    let output = Command::new(program).args([option, &snippet]).output().unwrap();
    assert!(output.status.success(), "{program} failed");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_registered_client_gets_a_token_by_each_snippet_as_it_is_shown() {
    let app = console(Role::Admin).await;
    let browser = signed_in(&app, "/clients").await;
    browser.press("Register a client").await;
    confirm(&browser).await;
    browser.fill("client_id", "reporting").await;
    browser.tick("grants", "client_credentials").await;
    browser.tick("scopes", "platform").await;
    browser.press("Register a client").await;
    confirm(&browser).await;
    assert_eq!(browser.heading().await, "Client registered");
    let secret = browser.value("shown-secret").await;
    log::never(&secret);
    let snippets = browser.snippets().await;
    assert_eq!(snippets.len(), 4);
    for (tab, snippet) in snippets {
        assert!(snippet.contains(&secret), "{tab} has the secret filled in");
        let Some(interpreter) = interpreter(&tab) else {
            continue;
        };
        let answer = run(&app, interpreter, &snippet);
        assert!(answer.contains("tsp_"), "{tab} was issued a token");
    }
    browser.press("Done").await;
    assert!(!browser.source().await.contains(&secret), "it is shown once");
    browser.quit().await;
}

/// Adds a secret at the console, and returns it.
async fn add_secret(browser: &Browser) -> String {
    browser.press("Add a secret").await;
    confirm(browser).await;
    browser.press("Add a secret").await;
    confirm(browser).await;
    let secret = browser.value("shown-secret").await;
    log::never(&secret);
    browser.press("Done").await;
    secret
}

async fn gets_a_token(app: &TestApp, client: &TestClient) -> bool {
    app.client_credentials(client).await.status == 200
}

#[tokio::test]
async fn a_rotation_is_seen_until_the_old_secret_is_quiet_and_retired() {
    let app = console(Role::Operator).await;
    let old = app.add_own_client("platform", &[Scope::Platform]).await;
    assert!(gets_a_token(&app, &old).await);
    app.advance(60);
    let page = "/clients/platform/secrets";
    let browser = signed_in(&app, page).await;
    let mut new = old.clone();
    new.secret = add_secret(&browser).await;
    assert!(
        browser
            .text()
            .await
            .contains("The new secret has not been used yet.")
    );
    eventually("the new secret is accepted", async || {
        gets_a_token(&app, &new).await
    })
    .await;
    eventually("the page says so by itself", async || {
        browser
            .text()
            .await
            .contains("The old secret has not been used for")
            || browser.text().await.contains("still used the old secret")
    })
    .await;
    // Sessions do not last as long as the quiet.
    app.advance(25 * 3_600);
    assert!(gets_a_token(&app, &new).await);
    browser.quit().await;
    let browser = signed_in(&app, page).await;
    let text = browser.text().await;
    assert!(text.contains("You can retire it."), "{text}");
    let retire = format!("{page}/{}/retire", old.secret_info.secret_id);
    browser.open(&url(&app, &retire)).await;
    confirm(&browser).await;
    browser.press("Retire the secret").await;
    confirm(&browser).await;
    eventually("the old secret is refused", async || {
        !gets_a_token(&app, &old).await
    })
    .await;
    assert!(gets_a_token(&app, &new).await);
    browser.quit().await;
}

#[tokio::test]
async fn a_refused_call_is_found_by_its_request_id_and_says_why() {
    let app = console(Role::Viewer).await;
    let client = app.add_own_client("platform", &[Scope::Platform]).await;
    let refused = app.client_credentials(&client.guessing()).await;
    let request_id = refused.header("x-request-id").to_owned();
    let browser = signed_in(&app, "/refusals").await;
    eventually("the refusal is kept", async || {
        browser.open(&url(&app, "/refusals")).await;
        browser.fill("request", &request_id).await;
        browser.press("Show").await;
        browser.text().await.contains("client_wrong_secret")
    })
    .await;
    browser.follow("tbody th a").await;
    let text = browser.text().await;
    assert!(text.contains("What mends it"), "{text}");
    assert!(text.contains(&request_id), "{text}");
    browser.quit().await;
}
