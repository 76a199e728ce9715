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

/// What a query may hold that no link of ours does.
const HOSTILE: [&str; 9] = [
    "%00",
    "a%00b",
    "%ff",
    "%F0%9F%99%82",
    "'%22%3E%3Cx%3E",
    "-1",
    "99999999999999999999",
    "..%2F..",
    "2026-02-30",
];
/// Every parameter that a page of the console knows.
const KEYS: [&str; 20] = [
    "search",
    "state",
    "cursor",
    "customer",
    "client",
    "request",
    "reason",
    "address",
    "hours",
    "actor",
    "action",
    "kind",
    "subject",
    "since",
    "until",
    "invitation",
    "application",
    "library",
    "title",
    "form",
];
const LISTS: [&str; 15] = [
    "/",
    "/market",
    "/customers",
    "/clients",
    "/clients/new",
    "/refusals",
    "/refusals/groups",
    "/assertions/explain",
    "/callbacks",
    "/callbacks/retry",
    "/invitations",
    "/market/try",
    "/audit",
    "/audit.csv",
    "/confirm",
];

#[tokio::test]
async fn no_query_makes_a_page_fail() {
    let app = console().await;
    app.add_staff("lena", Role::Admin).await;
    let browser = Browser::signed_in(&app, "lena").await;
    for path in LISTS {
        for key in KEYS {
            for value in HOSTILE {
                let query = format!("{path}?{key}={value}");
                let answer = browser.get(&query).await;
                let status = answer.status.as_u16();
                assert!([200, 303, 400, 404].contains(&status), "{query}: {status}");
                assert!(!answer.body.contains('⟦'), "{query}: {}", answer.body);
            }
            let twice = format!("{path}?{key}=a&{key}=b");
            assert_eq!(browser.get(&twice).await.status, 400, "{twice}");
        }
    }
}
