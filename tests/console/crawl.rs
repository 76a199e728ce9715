//! Every page that links lead to, as each role: none fails, and none changes anything.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::AssertSqlSafe;
use talentsoft_partner::staff::Role;
use test_support::TestApp;
use test_support::browser::Browser;

use crate::console;
use crate::headers::assert_safe;

/// Tables that change by themselves: the session was used, and the replica is there.
const LIVELY: [&str; 2] = ["staff_session", "replica"];
/// Links that lead out of the console or to what is not a page, and the export of the audit trail, which is recorded.
const OTHERS: [&str; 5] = [
    "/static/",
    "/sign-in/company",
    "/confirm",
    "/account/company",
    "/audit.csv",
];

/// A digest of the rows of each table.
async fn tables(app: &TestApp) -> BTreeMap<String, i64> {
    let names: Vec<String> =
        sqlx::query_scalar("select tablename::text from pg_tables where schemaname = 'public'")
            .fetch_all(&app.sql)
            .await
            .unwrap();
    let mut digests = BTreeMap::new();
    for name in names.into_iter().filter(|name| !LIVELY.contains(&name.as_str())) {
        let digest =
            format!("select coalesce(sum(hashtext(t.xmin::text || t::text)), 0)::bigint from {name} t");
        let digest = sqlx::query_scalar(AssertSqlSafe(digest))
            .fetch_one(&app.sql)
            .await
            .unwrap();
        digests.insert(name, digest);
    }
    digests
}

/// The paths that a page links to.
fn links(html: &str) -> Vec<String> {
    let hrefs = html.split(" href=\"/").skip(1);
    hrefs
        .map(|rest| format!("/{}", rest.split('"').next().unwrap()))
        .map(|path| path.replace("&#38;", "&").replace("&amp;", "&"))
        .filter(|path| !OTHERS.iter().any(|other| path.starts_with(other)))
        .collect()
}

#[tokio::test]
async fn no_link_leads_to_a_failure_or_changes_anything() {
    let app = console().await;
    app.add_marketplace_client("Acme").await;
    for (name, role) in [("v", Role::Viewer), ("o", Role::Operator), ("a", Role::Admin)] {
        app.add_staff(name, role).await;
        let browser = Browser::signed_in(&app, name).await;
        let before = tables(&app).await;
        let mut open = vec!["/".to_owned(), "/account".to_owned(), "/staff".to_owned()];
        let mut seen = BTreeSet::new();
        while let Some(path) = open.pop() {
            if seen.len() > 200 || !seen.insert(path.clone()) {
                continue;
            }
            let answer = browser.get(&path).await;
            let status = answer.status.as_u16();
            // Not every screen that the navigation names is there in every version.
            assert!([200, 303, 404].contains(&status), "{name} {path}: {answer:?}");
            assert_safe(&answer, &path);
            open.extend(links(&answer.body));
        }
        assert!(seen.len() >= 5, "{seen:?}");
        assert_eq!(tables(&app).await, before, "as {name}");
    }
}
