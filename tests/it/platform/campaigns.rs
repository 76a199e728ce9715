//! `/platform/v1/customers` and `/platform/v1/campaigns`.

use reqwest::Method;
use serde_json::{Value, json};
use talentsoft_partner::clients::Scope;
use talentsoft_partner::clock::rfc3339;
use talentsoft_partner::recruiting::CampaignKind;

use test_support::platform::Stage;
use test_support::{ISSUER, send};

fn column(body: &Value, list: &str, member: &str) -> Vec<String> {
    let rows = body[list].as_array().unwrap();
    rows.iter()
        .map(|row| row[member].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn customers_are_listed_page_by_page() {
    let stage = Stage::new().await;
    for name in ["b", "c", "d"] {
        stage.app.advance(1);
        stage.app.add_customer(name).await;
    }
    let mut names = Vec::new();
    let mut path = "/customers?limit=3".to_owned();
    loop {
        let page = stage.get(&path).await.json();
        names.push(column(&page, "customers", "name"));
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/customers?limit=3&cursor={cursor}");
    }
    assert_eq!(names, [vec!["acme", "b", "c"], vec!["d"]]);
    let head = send(stage.request(Method::HEAD, "/customers")).await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn a_campaign_is_added_changed_and_closed_and_recruiters_see_it_so() {
    let stage = Stage::new().await;
    let body = json!({
        "customer_id": stage.customer_id, "kind": "video", "name": " Ingénieur ", "language": "fr-FR",
    });
    let added = stage.post("/campaigns", &body).await;
    assert_eq!(added.status, 201, "{added:?}");
    assert_eq!(added.header("cache-control"), "no-store");
    let campaign = added.json();
    let id = campaign["campaign_id"].as_str().unwrap();
    assert_eq!(
        added.header("location"),
        format!("{ISSUER}/platform/v1/campaigns/{id}")
    );
    let path = format!("/campaigns/{id}");
    assert_eq!(stage.get(&path).await.json(), campaign);
    assert_eq!(
        campaign,
        json!({
            "campaign_id": id, "customer_id": stage.customer_id, "kind": "video", "name": "Ingénieur",
            "language": "fr-FR", "created_at": rfc3339(stage.app.now()), "closed_at": null,
        })
    );
    let seen = async || {
        let answer = stage
            .app
            .get_with("/videos/campaigns?keyword=reseau", &stage.marketplace_token)
            .await;
        answer.json().as_array().unwrap().len()
    };
    assert_eq!(seen().await, 0);
    let change = json!({ "name": "Réseau", "language": "en" });
    let changed = send(stage.request(Method::PATCH, &path).json(&change)).await;
    assert_eq!(
        (&changed.json()["name"], &changed.json()["language"]),
        (&json!("Réseau"), &json!("en"))
    );
    assert_eq!(seen().await, 1);
    stage.app.advance(5);
    let closed = stage.post(&format!("{path}/close"), &json!({})).await;
    assert_eq!((closed.status.as_u16(), seen().await), (200, 0));
    let closed = closed.json();
    assert!(closed["closed_at"].is_string());
    stage.app.advance(5);
    let again = send(stage.request(Method::POST, &format!("{path}/close"))).await;
    assert_eq!((again.status.as_u16(), again.json()), (200, closed));

    let trail = "select string_agg(action, ' ' order by audit_event_id) = 'added changed closed' and
        bool_and(actor_kind = 'client' and actor = 'platform') from audit_event where subject_kind = 'campaign'";
    let is_right: bool = sqlx::query_scalar(trail).fetch_one(&stage.app.sql).await.unwrap();
    assert!(is_right);
}

#[tokio::test]
async fn campaigns_are_listed_open_and_closed_by_customer_and_kind() {
    let stage = Stage::new().await;
    let other = stage.app.add_customer("other").await;
    let mut ids = Vec::new();
    for (customer_id, kind) in [
        (stage.customer_id, CampaignKind::Video),
        (stage.customer_id, CampaignKind::Assessment),
        (other, CampaignKind::Video),
    ] {
        stage.app.advance(1);
        let campaign = stage.campaign_of(customer_id, kind).await;
        ids.push(campaign.campaign_id.to_string());
    }
    stage
        .post(&format!("/campaigns/{}/close", ids[0]), &json!({}))
        .await;
    let own = stage.customer_id;
    for (query, expected, has_more) in [
        (String::new(), vec![0, 1, 2], false),
        (format!("customer_id={own}"), vec![0, 1], false),
        (format!("customer_id={own}&kind=assessment"), vec![1], false),
        ("kind=video".to_owned(), vec![0, 2], false),
        ("limit=2".to_owned(), vec![0, 1], true),
        (format!("limit=2&cursor={}", ids[1]), vec![2], false),
    ] {
        let page = stage.get(&format!("/campaigns?{query}")).await.json();
        let expected: Vec<String> = expected.into_iter().map(|at: usize| ids[at].clone()).collect();
        assert_eq!(column(&page, "campaigns", "campaign_id"), expected, "{query}");
        assert_eq!(page["next_cursor"].is_string(), has_more, "{query}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_campaign_is_named() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Video).await.campaign_id;
    let good = json!({ "customer_id": stage.customer_id, "kind": "video", "name": "x", "language": "fr" });
    for (member, value, problem) in [
        ("name", json!(""), "invalid-name"),
        ("name", json!("a\u{0}"), "invalid-name"),
        ("name", json!("x".repeat(201)), "invalid-name"),
        ("language", json!("french!"), "invalid-language"),
        ("customer_id", json!("acme"), "invalid-json"),
        ("kind", json!("exam"), "invalid-json"),
        ("naem", json!("typo"), "invalid-json"),
    ] {
        let mut body = good.clone();
        body[member] = value;
        let answer = stage.post("/campaigns", &body).await;
        assert_eq!(answer.problem(), (400, problem.to_owned()), "{body}");
    }
    let mut of_nobody = good.clone();
    of_nobody["customer_id"] = json!(uuid::Uuid::nil());
    let of_nobody = stage.post("/campaigns", &of_nobody).await;
    assert_eq!(of_nobody.problem(), (404, "unknown-customer".to_owned()));
    for (path, problem) in [
        ("/campaigns?limit=0", "invalid-limit"),
        ("/campaigns?cursor=x", "invalid-cursor"),
        ("/campaigns?kind=exam", "invalid-parameter"),
        ("/campaigns?customer_id=x", "invalid-id"),
        ("/campaigns?kind=video&kind=video", "repeated-parameter"),
        ("/customers?limit=501", "invalid-limit"),
        ("/customers?cursor=x", "invalid-cursor"),
    ] {
        assert_eq!(
            stage.get(path).await.problem(),
            (400, problem.to_owned()),
            "{path}"
        );
    }
    let path = format!("/campaigns/{campaign}");
    let patch = async |path: &str, body: Value| send(stage.request(Method::PATCH, path).json(&body)).await;
    assert_eq!(
        patch(&path, json!({ "name": " " })).await.problem().1,
        "invalid-name"
    );
    assert_eq!(
        patch(&path, json!({ "closed_at": null })).await.problem().1,
        "invalid-json"
    );
    assert_eq!(patch(&path, json!({})).await.status, 200);
    let unknown = format!("/campaigns/{}", uuid::Uuid::nil());
    for path in [unknown.as_str(), "/campaigns/x"] {
        let not_found = (404, "unknown-campaign".to_owned());
        assert_eq!(patch(path, json!({})).await.problem(), not_found);
        assert_eq!(stage.get(path).await.problem(), not_found);
        assert_eq!(
            stage.post(&format!("{path}/close"), &json!({})).await.problem(),
            not_found
        );
    }
    let text = stage.request(Method::POST, "/campaigns").body("x");
    assert_eq!(send(text).await.problem(), (415, "media-type".to_owned()));
    let large = "x".repeat(600 * 1024);
    let large = stage.post("/campaigns", &json!({ "name": large })).await;
    assert_eq!(large.problem(), (413, "body-too-large".to_owned()));
}

#[tokio::test]
async fn a_client_of_a_customer_reaches_that_customer_only() {
    let stage = Stage::new().await;
    let other = stage.app.add_customer("other").await;
    let theirs = stage.campaign_of(other, CampaignKind::Video).await.campaign_id;
    let ours = stage.campaign(CampaignKind::Video).await.campaign_id;
    let bound = Stage {
        token: stage.bound_token(stage.customer_id).await,
        ..stage
    };
    let customers = bound.get("/customers").await.json();
    assert_eq!(column(&customers, "customers", "name"), ["acme"]);
    let campaigns = bound.get("/campaigns").await.json();
    assert_eq!(column(&campaigns, "campaigns", "campaign_id"), [ours.to_string()]);
    let none = bound.get(&format!("/campaigns?customer_id={other}")).await.json();
    assert_eq!(none, json!({ "campaigns": [], "next_cursor": null }));
    let unknown = uuid::Uuid::nil();
    let patch = async |id: &dyn std::fmt::Display| {
        let request = bound.request(Method::PATCH, &format!("/campaigns/{id}"));
        send(request.json(&json!({ "name": "Mine" }))).await
    };
    let close =
        async |id: &dyn std::fmt::Display| bound.post(&format!("/campaigns/{id}/close"), &json!({})).await;
    let get = async |id: &dyn std::fmt::Display| bound.get(&format!("/campaigns/{id}")).await;
    assert_eq!(patch(&theirs).await.problem(), patch(&unknown).await.problem());
    assert_eq!(close(&theirs).await.problem(), close(&unknown).await.problem());
    assert_eq!(get(&theirs).await.problem(), get(&unknown).await.problem());
    assert_eq!(patch(&ours).await.status, 200);
    let add = async |customer_id: &dyn std::fmt::Display| {
        let id = customer_id.to_string();
        let body = json!({ "customer_id": id, "kind": "video", "name": "x", "language": "fr" });
        bound.post("/campaigns", &body).await
    };
    assert_eq!(add(&other).await.problem(), add(&unknown).await.problem());
    assert_eq!(add(&bound.customer_id).await.status, 201);
    let changed = "select count(*) from campaign where customer_id <> $1 and (name <> 'Logic' or closed_at is not null)";
    let changed: i64 = sqlx::query_scalar(changed)
        .bind(bound.customer_id.0)
        .fetch_one(&bound.app.sql)
        .await
        .unwrap();
    assert_eq!(changed, 0);
}

#[tokio::test]
async fn a_token_with_another_scope_does_not_get_in() {
    let stage = Stage::new().await;
    let videos = stage.app.add_own_client("not-platform", &[Scope::Admin]).await;
    let token = stage.app.application_token(&videos).await;
    let answer = stage.app.get_with("/platform/v1/customers", &token).await;
    assert_eq!(answer.problem(), (403, "insufficient-scope".to_owned()));
}
