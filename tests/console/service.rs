//! What the service runs on: keys, market data and the audit trail.

use reqwest::Method;
use talentsoft_partner::staff::Role;
use test_support::TestApp;
use test_support::browser::{Browser, PASSWORD};

use crate::console;

/// What a form has beside its own fields where it asks for the password again.
const PASSWORD_AGAIN: (&str, &str) = ("confirm_password", PASSWORD);

async fn browser(app: &TestApp, role: Role) -> Browser {
    let name = role.to_string();
    app.add_staff(&name, role).await;
    Browser::signed_in(app, &name).await
}

async fn count(app: &TestApp, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&app.sql).await.unwrap()
}

#[tokio::test]
async fn an_admin_adds_a_key_and_removes_one_that_only_opens() {
    let app = console().await;
    let admin = browser(&app, Role::Admin).await;
    sqlx::query("insert into staff_totp (staff_id, sealed_key, sealing_key_id, last_step, created_at) select staff_id, 'x', sealing_key_id, 0, now() from staff, sealing_key where purpose = 'secret'")
        .execute(&app.sql)
        .await
        .unwrap();
    let listed = admin.get("/keys").await;
    assert!(listed.body.contains("one thing"), "{}", listed.body);
    assert!(
        listed.body.contains("nothing any more"),
        "no link was made: {}",
        listed.body
    );
    sqlx::query("delete from staff_totp")
        .execute(&app.sql)
        .await
        .unwrap();
    let page = admin.get("/keys/new").await;
    let wrong = admin
        .submit(&page, "key-new", &[("purpose", "door"), PASSWORD_AGAIN])
        .await;
    assert!(wrong.body.contains("Choose one."), "{}", wrong.body);
    let before: i32 = sqlx::query_scalar("select sealing_key_id from sealing_key where purpose = 'token'")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    let added = admin
        .submit(&page, "key-new", &[("purpose", "token"), PASSWORD_AGAIN])
        .await;
    assert_eq!(added.header("location"), "/keys");
    let tokens = "select count(*) from sealing_key where purpose = 'token'";
    assert_eq!(count(&app, tokens).await, 2);
    // The earlier one seals until the new one has reached every replica.
    let path = format!("/keys/{before}/remove");
    let page = admin.get(&path).await;
    let reference = before.to_string();
    for (entered, says) in [
        ("0", "Type the reference"),
        (reference.as_str(), "The key is still needed"),
    ] {
        let refused = admin
            .submit(&page, "key-remove", &[("reference", entered), PASSWORD_AGAIN])
            .await;
        assert!(refused.body.contains(says), "{entered} {}", refused.body);
    }
    app.advance(120);
    let removed = admin
        .submit(&page, "key-remove", &[("reference", &reference), PASSWORD_AGAIN])
        .await;
    assert_eq!(removed.header("location"), "/keys");
    assert_eq!(count(&app, tokens).await, 1);
    assert_eq!(admin.get(&path).await.status, 404);
}

#[tokio::test]
async fn the_audit_trail_is_narrowed_and_taken_out_as_a_file_without_formulas() {
    let app = console().await;
    let admin = browser(&app, Role::Admin).await;
    sqlx::query(
        "insert into audit_event (at, actor_kind, actor, action, subject_kind, subject, detail)
         values ('2010-02-03T23:59:59Z', 'os_user', '=1+1', 'added', 'customer', 'a,\"b\"', '{\"name\": \"x\"}')",
    )
    .execute(&app.sql)
    .await
    .unwrap();
    let rows = |page: &test_support::Answer| page.body.matches("<th scope=\"row\">").count();
    for (query, expected) in [
        ("actor=%3D1%2B1", 1),
        ("since=2010-02-03&until=2010-02-03", 1),
        ("until=2010-02-02", 0),
        ("since=2010-02-04&actor=%3D1%2B1", 0),
        ("kind=customer&action=added&subject=a%2C%22b%22", 1),
    ] {
        let page = admin.get(&format!("/audit?{query}")).await;
        assert_eq!((page.status.as_u16(), rows(&page)), (200, expected), "{query}");
    }
    for query in [
        "since=x",
        "since=-262143-01-01",
        "until=-262143-01-01",
        "cursor=x",
        "who=x",
        "actor=a&actor=b",
    ] {
        assert_eq!(admin.get(&format!("/audit?{query}")).await.status, 400, "{query}");
    }
    let head = admin.request(Method::HEAD, "/audit.csv?kind=customer");
    assert_eq!(admin.send(head).await.status, 200, "which takes nothing out");
    let file = admin.get("/audit.csv?kind=customer").await;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"audit.csv\""
    );
    let expected = "\u{feff}at,actor_kind,actor,action,subject_kind,subject,address,detail\r\n\
        2010-02-03T23:59:59.000000Z,os_user,'=1+1,added,customer,\"a,\"\"b\"\"\",,\"{\"\"name\"\":\"\"x\"\"}\"\r\n";
    assert!(
        file.body.ends_with(expected) || file.body == expected,
        "{}",
        file.body
    );
    let exported = "select count(*) from audit_event where action = 'exported' and actor_kind = 'staff'";
    assert_eq!(count(&app, exported).await, 1);
}

#[tokio::test]
async fn a_title_is_tried_and_the_only_version_cannot_be_retired() {
    let app = console().await;
    let admin = browser(&app, Role::Admin).await;
    let found = admin.get("/market/try?title=registered%20nurse").await;
    assert!(found.body.contains("29-1141"), "{}", found.body);
    assert_eq!(admin.get("/market/try?library=x").await.status, 404);
    let page = admin.get("/market").await;
    let action = page.body.split("href=\"/market/shared/").nth(1).unwrap();
    let path = format!("/market/shared/{}", action.split('"').next().unwrap());
    assert!(path.ends_with("/retire"), "{path}");
    let version = path.split('/').nth(3).unwrap().to_owned();
    let page = admin.get(&path).await;
    for (entered, says) in [("1", "Type the reference"), (version.as_str(), "is the only one")] {
        let refused = admin
            .submit(&page, "market-version", &[("reference", entered)])
            .await;
        assert!(refused.body.contains(says), "{entered} {}", refused.body);
    }
    let published = "select count(*) from market_version where status = 'published'";
    assert_eq!(count(&app, published).await, 1);
    assert_eq!(admin.get(&path.replace("retire", "publish")).await.status, 404);
}
