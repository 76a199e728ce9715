//! Every page of the running service that links lead to: axe finds nothing, and nothing reaches beyond the page.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use console_browser::Browser;
use talentsoft_partner::clients::Scope;
use talentsoft_partner::recruiting::CampaignKind;
use talentsoft_partner::staff::Role;
use test_support::platform::Stage;

use crate::{setup, sign_in, url};

/// Links to what is no page, or that lead away.
const OTHERS: [&str; 2] = ["/audit.csv", "/static/"];
/// At most so many pages of one kind are looked at: those of clients differ by their state.
const OF_A_KIND: usize = 2;

/// The kind of a path: identifiers, which have digits, and queries aside.
fn kind(path: &str) -> String {
    let path = path.split('?').next().unwrap();
    let part = |part: &str| {
        if part.contains(|c: char| c.is_ascii_digit()) {
            "…".to_owned()
        } else {
            part.to_owned()
        }
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// A service with something on most pages.
async fn stage() -> Stage {
    let stage = Stage::with(setup()).await;
    stage.app.add_staff("lena", Role::Admin).await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    stage.invite(&campaign).await;
    let client = stage.app.add_own_client("0-reporting", &[Scope::Platform]).await;
    stage.app.client_credentials(&client.guessing()).await;
    stage
}

#[tokio::test]
async fn everybody_can_use_every_page_of_the_running_service() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let axe = std::fs::read_to_string(root.join("target/browser/node_modules/axe-core/axe.min.js"))
        .expect("`make browser` installs axe-core");
    let stage = stage().await;
    let browser = Browser::start().await;
    let mut findings = Vec::new();
    let mut look = async |browser: &Browser, path: &str| {
        let wide = browser.overflow().await;
        if !wide.is_empty() {
            findings.push(format!("{path}: wider than the page: {wide}"));
        }
        let found = browser.axe(&axe).await;
        findings.extend(found.iter().map(|rule| format!("{path}: {rule}")));
    };
    browser.open(&url(&stage.app, "/")).await;
    look(&browser, "/sign-in").await;
    sign_in(&browser, "Sign in").await;
    let mut open = vec!["/".to_owned()];
    let mut seen = BTreeSet::new();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    while let Some(path) = open.pop() {
        let kind = kind(&path);
        let looked = kinds.entry(kind).or_default();
        if *looked == OF_A_KIND || !seen.insert(path.clone()) {
            continue;
        }
        *looked += 1;
        // A page of a kind on a telephone, the next one on a desk.
        let width = if *looked == 1 { 360 } else { 1280 };
        browser.show(&url(&stage.app, &path), width).await;
        assert_ne!(browser.heading().await, "Page not found", "{path}");
        look(&browser, &path).await;
        let links = browser.links().await;
        open.extend(
            links
                .into_iter()
                .filter(|link| !OTHERS.iter().any(|other| link.starts_with(other))),
        );
    }
    browser.open(&url(&stage.app, "/nowhere")).await;
    look(&browser, "/nowhere").await;
    browser.quit().await;
    assert!(kinds.len() >= 25, "{kinds:#?}");
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}
