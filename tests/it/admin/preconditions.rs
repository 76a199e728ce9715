//! `ETag` and `If-Match`: a change is of the state that it names.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use talentsoft_partner::clients::Scope;

use super::stage::AdminStage;
use test_support::{Answer, TestApp, eventually, send};

/// A customer with a campaign and a subdomain, which were added over HTTP; the paths of the three.
async fn add_things(stage: &AdminStage) -> [String; 3] {
    let mut added = Vec::new();
    let mut customer_id = Value::Null;
    for (paths, id, new) in [
        ("/customers", "customer_id", json!({ "name": "Acme" })),
        (
            "/campaigns",
            "campaign_id",
            json!({ "kind": "video", "name": "Sales", "language": "fr" }),
        ),
        ("/subdomains", "name", json!({ "name": "careers" })),
    ] {
        let mut new = new;
        if paths != "/customers" {
            new["customer_id"] = customer_id.clone();
        }
        let answer = stage.post(paths, &new).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let path = format!("{paths}/{}", answer.json()[id].as_str().unwrap());
        assert_eq!(answer.header("etag"), stage.get(&path).await.header("etag"));
        if paths == "/customers" {
            customer_id = answer.json()[id].clone();
        }
        added.push(path);
    }
    added.try_into().unwrap()
}

async fn change(stage: &AdminStage, method: &Method, path: &str, tag: Option<&str>, body: &Value) -> Answer {
    change_at(&stage.app, stage, method, path, tag, body).await
}

/// The same, asked of one of several replicas.
async fn change_at(
    replica: &TestApp,
    stage: &AdminStage,
    method: &Method,
    path: &str,
    tag: Option<&str>,
    body: &Value,
) -> Answer {
    let mut request = replica.request(method.clone(), &format!("/admin/v1{path}"));
    request = request.bearer_auth(&stage.token);
    if let Some(tag) = tag {
        request = request.header("if-match", tag);
    }
    if *body != Value::Null {
        request = request.json(body);
    }
    send(request).await
}

#[tokio::test]
async fn whatever_can_be_changed_has_a_tag_and_is_changed_in_the_state_that_it_names() {
    let stage = AdminStage::new().await;
    let [customer, campaign, subdomain] = add_things(&stage).await;
    let link = format!("{customer}/creation-links/video");
    let new_link = json!({ "url_template": "https://partner.example/new" });
    for (method, path, body) in [
        (Method::PATCH, &customer, json!({ "name": "Acme SA" })),
        (Method::PATCH, &campaign, json!({ "name": "Support" })),
        (Method::PUT, &link, new_link),
        (Method::DELETE, &link, Value::Null),
        (Method::DELETE, &subdomain, Value::Null),
    ] {
        let what = format!("{method} {path}");
        let before = stage.get(path).await;
        let tag = before.header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{what}: {tag}");
        let head = send(stage.request(Method::HEAD, path)).await;
        assert_eq!(head.header("etag"), tag, "{what}");
        let recorded = stage.trail().await.len();
        let refused = change(&stage, &method, path, None, &body).await;
        assert_eq!(
            refused.problem(),
            (428, "precondition-required".to_owned()),
            "{what}"
        );
        let weak = format!("W/{tag}");
        for stale in ["\"x\"", weak.as_str(), "\"x\", \"y\""] {
            let refused = change(&stage, &method, path, Some(stale), &body).await;
            assert_eq!(
                refused.problem(),
                (412, "precondition-failed".to_owned()),
                "{what} {stale}"
            );
        }
        assert_eq!(stage.trail().await.len(), recorded, "{what}");
        assert_eq!(stage.get(path).await.body, before.body, "{what}");
        let changed = change(&stage, &method, path, Some(&format!("\"x\", {tag}")), &body).await;
        assert_eq!(changed.status, 200, "{what}: {changed:?}");
        assert_eq!(stage.trail().await.len(), recorded + 1, "{what}");
        if *path == subdomain {
            assert_eq!(stage.get(path).await.status, 404);
            continue;
        }
        let after = stage.get(path).await;
        assert_eq!(
            (changed.header("etag"), &changed.body),
            (after.header("etag"), &after.body),
            "{what}"
        );
        assert_ne!(after.header("etag"), tag, "{what}");
        let late = change(&stage, &method, path, Some(&tag), &body).await;
        assert_eq!(late.problem().0, 412, "{what}");
        let again = change(&stage, &method, path, Some("*"), &body).await;
        assert_eq!(again.header("etag"), after.header("etag"), "{what}");
        assert_eq!(
            stage.trail().await.len(),
            recorded + 1,
            "{what}: what is so already"
        );
    }
    let gone = change(&stage, &Method::DELETE, &subdomain, Some("*"), &Value::Null).await;
    assert_eq!(gone.problem(), (404, "unknown-subdomain".to_owned()));
}

#[tokio::test]
async fn what_does_the_same_in_every_state_needs_none_and_minds_the_one_that_is_named() {
    let stage = AdminStage::new().await;
    let [_, campaign, _] = add_things(&stage).await;
    stage.app.add_own_client("platform", &[Scope::Platform]).await;
    for (path, action) in [
        (campaign.as_str(), "close"),
        ("/clients/platform", "revoke-tokens"),
    ] {
        let tag = stage.get(path).await.header("etag").to_owned();
        let recorded = stage.trail().await.len();
        let action = format!("{path}/{action}");
        let stale = change(&stage, &Method::POST, &action, Some("\"x\""), &Value::Null).await;
        assert_eq!(
            stale.problem(),
            (412, "precondition-failed".to_owned()),
            "{action}"
        );
        assert_eq!(stage.trail().await.len(), recorded, "{action}");
        let done = change(&stage, &Method::POST, &action, Some(&tag), &Value::Null).await;
        assert_eq!(done.status, 200, "{action}: {done:?}");
        assert_eq!(
            done.header("etag"),
            stage.get(path).await.header("etag"),
            "{action}"
        );
        assert_ne!(done.header("etag"), tag, "{action}");
        assert_eq!(stage.trail().await.len(), recorded + 1, "{action}");
        let again = change(&stage, &Method::POST, &action, None, &Value::Null).await;
        assert_eq!(again.status, 200, "{action}: {again:?}");
    }
    let sql = "select jsonb_build_array(detail->'before', detail->'after') from audit_event where action = 'closed'";
    let closed: Vec<Value> = sqlx::query_scalar(sql).fetch_all(&stage.app.sql).await.unwrap();
    let at = stage.get(&campaign).await.json()["closed_at"].clone();
    assert_eq!(closed, [json!([{ "closed_at": null }, { "closed_at": at }])]);
}

#[tokio::test]
async fn of_two_changes_of_the_same_state_one_is_made() {
    let stage = AdminStage::new().await;
    let other_replica = stage.app.beside().await;
    let [customer, campaign, _] = add_things(&stage).await;
    let link = format!("{customer}/creation-links/assessment");
    let named = |name: &str| json!({ "name": name });
    let linked = |path: &str| json!({ "url_template": format!("https://partner.example/{path}") });
    for (method, path, table, [first, second]) in [
        (Method::PATCH, &customer, "customer", [named("A"), named("B")]),
        (Method::PATCH, &campaign, "campaign", [named("A"), named("B")]),
        (Method::PUT, &link, "customer", [linked("a"), linked("b")]),
    ] {
        let tag = stage.get(path).await.header("etag").to_owned();
        let recorded = stage.trail().await.len();
        // Both find the row locked, so that neither is over before the other has begun.
        let mut other = stage.app.sql.begin().await.unwrap();
        let sql = format!("select 1 from {table} for update");
        sqlx::query(AssertSqlSafe(sql))
            .execute(&mut *other)
            .await
            .unwrap();
        let (first, second, ()) = tokio::join!(
            change(&stage, &method, path, Some(&tag), &first),
            change_at(&other_replica, &stage, &method, path, Some(&tag), &second),
            async {
                eventually("both wait", async || {
                    let waiting: i64 = sqlx::query_scalar(
                        "select count(*) from pg_stat_activity
                         where datname = current_database() and wait_event_type = 'Lock'",
                    )
                    .fetch_one(&stage.app.sql)
                    .await
                    .unwrap();
                    waiting == 2
                })
                .await;
                other.commit().await.unwrap();
            }
        );
        let (made, refused) = if first.status == 200 {
            (first, second)
        } else {
            (second, first)
        };
        assert_eq!(made.status, 200, "{path}: {made:?}");
        assert_eq!(
            refused.problem(),
            (412, "precondition-failed".to_owned()),
            "{path}"
        );
        assert_eq!(stage.get(path).await.body, made.body, "{path}");
        assert_eq!(stage.trail().await.len(), recorded + 1, "{path}");
    }
}
