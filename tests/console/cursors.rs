//! Cursors of lists: they name nobody, and none is taken that the list did not give.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sqlx::AssertSqlSafe;
use talentsoft_partner::clients::Scope;
use talentsoft_partner::hours::hour_of;
use talentsoft_partner::ids::RefusalId;
use talentsoft_partner::staff::Role;
use test_support::browser::Browser;
use test_support::{Answer, TestApp};

use crate::console;

/// The lists whose rows [`fill`] adds.
const FILLED: [&str; 5] = [
    "/customers",
    "/clients",
    "/refusals",
    "/refusals/groups",
    "/audit",
];
/// Every list that has pages.
const LISTS: [&str; 7] = [
    "/customers",
    "/clients",
    "/refusals",
    "/refusals/groups",
    "/audit",
    "/callbacks",
    "/market",
];

/// Adds more rows than a page has to most lists.
async fn fill(app: &TestApp) {
    app.add_own_client("confidential", &[Scope::Platform]).await;
    let now = app.now();
    let refusals: Vec<_> = (0..60).map(|_| RefusalId::generate(now).0).collect();
    let hour = hour_of(now).to_rfc3339();
    let rows = [
        "insert into customer (customer_id, name, created_at)
             select gen_random_uuid(), 'Confidential ' || lpad(n::text, 3, '0'), now() from generate_series(1, 60) n"
            .to_owned(),
        "insert into client select (jsonb_populate_record(client, jsonb_build_object('client_id', 'confidential-' || lpad(n::text, 3, '0')))).*
             from client, generate_series(1, 60) n"
            .to_owned(),
        "insert into audit_event (at, actor_kind, actor, action, subject_kind, subject, detail)
             select now(), 'os_user', 'root', 'added', 'customer', 'x', '{}' from generate_series(1, 60)"
            .to_owned(),
        format!(
            "insert into refusal_count (hour, client_id, network, reason, refused, kept, kept_unproved, first_at, last_at)
                 select '{hour}', 'confidential-' || lpad(n::text, 3, '0'), '', 'client_wrong_secret', 1, 1, 1, '{hour}', '{hour}'
                 from generate_series(1, 60) n"
        ),
    ];
    for row in rows {
        sqlx::raw_sql(AssertSqlSafe(row)).execute(&app.sql).await.unwrap();
    }
    sqlx::query(
        "insert into refusal (refusal_id, at, request_id, network, address, method, route, status, reason)
         select id, $2, 'r', '192.0.2.1', '192.0.2.1', 'POST', '/token', 401, 'client_unknown' from unnest($1::uuid[]) id",
    )
    .bind(refusals)
    .bind(now)
    .execute(&app.sql)
    .await
    .unwrap();
}

/// The path of the next page.
fn older(page: &Answer) -> Option<String> {
    let link = page.body.split("rel=\"next\" href=\"").nth(1)?;
    Some(link.split('"').next()?.replace("&#38;", "&"))
}

fn cursor(path: &str) -> String {
    path.split("cursor=").nth(1).unwrap().to_owned()
}

async fn status(browser: &Browser, list: &str, cursor: &str) -> u16 {
    let page = browser.get(&format!("{list}?cursor={cursor}")).await;
    page.status.as_u16()
}

#[tokio::test]
async fn a_list_goes_on_without_naming_anybody_in_a_url() {
    let app = console().await;
    fill(&app).await;
    app.add_staff("lena", Role::Viewer).await;
    app.add_staff("omar", Role::Viewer).await;
    let browser = Browser::signed_in(&app, "lena").await;
    let other = Browser::signed_in(&app, "omar").await;
    for list in FILLED {
        let first = browser.get(list).await;
        let path = older(&first).unwrap_or_else(|| panic!("{list}: {}", first.body));
        let bytes = URL_SAFE_NO_PAD.decode(cursor(&path)).unwrap();
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        assert!(
            !text.contains("confidential") && !path.to_lowercase().contains("confidential"),
            "{path}"
        );
        let second = browser.get(&path).await;
        assert_eq!(second.status, 200, "{list}");
        assert!(second.body.contains("rel=\"prev\""), "{list}");
        assert_ne!(first.body, second.body, "{list}");
        // Whoever is given the link sees the same page, also after signing in again.
        assert_eq!(other.get(&path).await.status, 200, "{list}");
    }
    let second = browser
        .get(&older(&browser.get("/customers").await).unwrap())
        .await;
    assert!(second.body.contains("Confidential 051") && !second.body.contains("Confidential 050"));
}

#[tokio::test]
async fn a_cursor_that_the_list_did_not_give_is_refused() {
    let app = console().await;
    fill(&app).await;
    app.add_staff("lena", Role::Viewer).await;
    let browser = Browser::signed_in(&app, "lena").await;
    let given = cursor(&older(&browser.get("/customers").await).unwrap());
    assert_eq!(status(&browser, "/customers", &given).await, 200);
    let mut bytes = URL_SAFE_NO_PAD.decode(&given).unwrap();
    for index in [0, 3, 4, 16, bytes.len() - 1] {
        bytes[index] ^= 1;
        let forged = URL_SAFE_NO_PAD.encode(&bytes);
        assert_eq!(status(&browser, "/customers", &forged).await, 400, "byte {index}");
        bytes[index] ^= 1;
    }
    let id = RefusalId::generate(app.now()).to_string();
    let group = URL_SAFE_NO_PAD.encode("1520181000000000\nconfidential\n\nover_limit");
    let plain = [
        "0.Confidential%20050",
        "0.confidential",
        &id,
        &group,
        "1",
        "AAAA",
        &given[..40],
    ];
    for list in LISTS {
        for forged in plain {
            assert_eq!(status(&browser, list, forged).await, 400, "{list} {forged}");
        }
        let is_own = list == "/customers";
        let expected = if is_own { 200 } else { 400 };
        assert_eq!(
            status(&browser, list, &given).await,
            expected,
            "{list}: that of another"
        );
    }
}
