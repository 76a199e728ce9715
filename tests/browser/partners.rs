//! Clients and their secrets: registered, used by the snippet as it is shown, rotated, refused.

use std::process::Command;

use console_browser::Browser;
use talentsoft_partner::clients::Scope;
use talentsoft_partner::staff::Role;
use test_support::{TestApp, TestClient, eventually, log};

use crate::{confirm, console, signed_in, url};

/// Runs the program of a tab as it was copied from the page; only the origin is that of the service under test.
fn run(app: &TestApp, tab: &str, snippet: &str) -> String {
    let (before, address) = snippet.split_once("https://").unwrap();
    let (_, path) = address.split_once('/').unwrap();
    let snippet = format!("{before}http://{}/{path}", app.address);
    match tab {
        "curl" => output_of(Command::new("sh").args(["-c", &snippet])),
        "Python" => output_of(Command::new("python3").args(["-c", &snippet])),
        "Node.js" => output_of(Command::new("node").args(["-e", &snippet])),
        ".NET" => run_dotnet(&snippet),
        tab => panic!("nothing runs {tab}"),
    }
}

fn output_of(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{:?} failed: {error}",
        command.get_program()
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Runs statements of C# by Mono. The compilers of .NET put the same around them: a class, and the namespaces of new projects.
fn run_dotnet(statements: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let [source, program] = ["program.cs", "program.exe"].map(|name| folder.path().join(name));
    let text = format!(
        "using System; using System.Collections.Generic; using System.Net.Http; using System.Threading.Tasks;\n\
         static class Program {{\n\
         static void Main() {{ Run().GetAwaiter().GetResult(); }}\n\
         static async Task Run() {{\n{statements}\n}}\n}}\n"
    );
    std::fs::write(&source, text).unwrap();
    let mut compiler = Command::new("mcs");
    compiler.args(["-langversion:latest", "-r:System.Net.Http.dll"]);
    output_of(compiler.arg(format!("-out:{}", program.display())).arg(&source));
    output_of(Command::new("mono").arg(&program))
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
        let answer = run(&app, &tab, &snippet);
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
