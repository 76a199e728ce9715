//! `/admin/v1/callbacks`.

use serde_json::{Value, json};
use uuid::Uuid;

use super::stage::AdminStage;
use crate::webhooks::stage::{add_client, invite};
use test_support::TestClient;

/// Events of one invitation: two parked, one delivered, in this order.
async fn with_events(stage: &AdminStage) -> (TestClient, Vec<Uuid>) {
    let (client, campaign_id) = add_client(&stage.app, "acme").await;
    let invitation_id = invite(&stage.app, &client, campaign_id, "https://localhost/").await;
    let mut events = Vec::new();
    for (delivered, parked) in [(false, true), (false, true), (true, false)] {
        let event_id = sqlx::query_scalar(
            "insert into webhook_event (invitation_id, destination, type, status, occurred_at, due_at, delivered_at,
                 parked_at, last_error, attempts)
             values ($1, 'callback', 'invitation.status_changed', 'started', $2, $2, case when $3 then $2 end,
                 case when $4 then $2 end, case when $4 then 'the receiver answered 503' end, 7)
             returning event_id",
        )
        .bind(invitation_id)
        .bind(stage.app.now())
        .bind(delivered)
        .bind(parked)
        .fetch_one(&stage.app.sql)
        .await
        .unwrap();
        events.push(event_id);
    }
    (client, events)
}

fn ids(page: &Value) -> Vec<Uuid> {
    let events = page["callbacks"].as_array().unwrap().iter();
    events
        .map(|event| event["event_id"].as_str().unwrap().parse().unwrap())
        .collect()
}

#[tokio::test]
async fn events_are_listed_by_pages_and_by_state_and_shown_with_their_attempts() {
    let stage = AdminStage::new().await;
    let (_, events) = with_events(&stage).await;
    let newest_first: Vec<Uuid> = events.iter().copied().rev().collect();
    let all = stage.get("/callbacks").await.json();
    assert_eq!(ids(&all), newest_first);
    let (mut paged, mut path) = (Vec::new(), "/callbacks?limit=1".to_owned());
    loop {
        let page = stage.get(&path).await.json();
        assert_eq!(ids(&page).len(), 1);
        paged.extend(ids(&page));
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/callbacks?limit=1&cursor={cursor}");
    }
    assert_eq!(paged, newest_first);
    let invitation_id = all["callbacks"][0]["invitation_id"].as_str().unwrap();
    for (query, expected) in [
        ("state=parked".to_owned(), 2),
        ("state=delivered".to_owned(), 1),
        ("state=pending".to_owned(), 0),
        (format!("invitation_id={invitation_id}"), 3),
        (format!("invitation_id={}", Uuid::nil()), 0),
    ] {
        let page = stage.get(&format!("/callbacks?{query}")).await.json();
        assert_eq!(ids(&page).len(), expected, "{query}");
    }
    let parked = events[0];
    let one = stage.get(&format!("/callbacks/{parked}")).await.json();
    assert_eq!((&one["state"], &one["attempts"]), (&json!("parked"), &json!(7)));
    assert_eq!(one["last_error"], "the receiver answered 503");
    for (path, status, name) in [
        ("/callbacks?state=lost", 400, "invalid-parameter"),
        ("/callbacks?invitation_id=x", 400, "invalid-id"),
        ("/callbacks?cursor=x", 400, "invalid-cursor"),
        ("/callbacks/x", 404, "not-found"),
        (
            "/callbacks/00000000-0000-0000-0000-000000000000",
            404,
            "unknown-event",
        ),
    ] {
        let refused = stage.get(path).await.problem();
        assert_eq!(refused, (status, name.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn a_parked_event_is_retried_once_under_a_key_and_that_is_recorded() {
    let stage = AdminStage::new().await;
    let (_, events) = with_events(&stage).await;
    let body = json!({ "event_id": events[0] });
    for is_replayed in [false, true] {
        let retried = stage.post_under("k", "/callbacks/retry", &body).await;
        assert_eq!(retried.headers.contains_key("idempotency-replayed"), is_replayed);
        assert_eq!(retried.json(), json!({ "retried": 1 }));
    }
    let refused = stage
        .post("/callbacks/retry", &json!({ "event_id": events[2] }))
        .await;
    assert_eq!(refused.problem(), (409, "not-parked".to_owned()));
    let retried = stage
        .post("/callbacks/retry", &json!({ "all_parked": true }))
        .await;
    assert_eq!(retried.json(), json!({ "retried": 1 }));
    for body in [
        json!({}),
        json!({ "event_id": events[0], "all_parked": true }),
        json!({ "all_parked": false }),
    ] {
        let refused = stage.post("/callbacks/retry", &body).await.problem();
        assert_eq!(refused, (400, "invalid-selection".to_owned()), "{body}");
    }
    let from = Some("203.0.113.7".to_owned());
    let retried = ("retried".to_owned(), "webhook_event".to_owned(), from);
    assert_eq!(stage.trail().await, [retried.clone(), retried]);
}

#[tokio::test]
async fn parked_events_are_discarded_by_what_is_named_and_no_others() {
    let stage = AdminStage::new().await;
    let (client, events) = with_events(&stage).await;
    let discard = async |body: Value| stage.post("/callbacks/discard", &body).await;
    for (body, status, name) in [
        (json!({}), 400, "invalid-selection"),
        (
            json!({ "event_id": events[0], "all_parked": true }),
            400,
            "invalid-selection",
        ),
        (json!({ "event_id": events[2] }), 409, "not-parked"),
        (json!({ "client_id": "nobody" }), 404, "unknown-client"),
        (json!({ "client_id": "" }), 400, "invalid-client-id"),
        (json!({ "customer_id": Uuid::nil() }), 404, "unknown-customer"),
        (
            json!({ "event_id": events[0], "reason": " " }),
            400,
            "invalid-reason",
        ),
    ] {
        let refused = discard(body.clone()).await.problem();
        assert_eq!(refused, (status, name.to_owned()), "{body}");
    }
    assert_eq!(ids(&stage.get("/callbacks").await.json()).len(), 3);
    let (other, _) = add_client(&stage.app, "other").await;
    for (body, discarded) in [
        (json!({ "event_id": events[0], "reason": "nobody wants it" }), 1),
        (json!({ "client_id": other.client_id }), 0),
        (json!({ "customer_id": other.customer_id }), 0),
        (json!({ "client_id": client.client_id }), 1),
        (json!({ "customer_id": client.customer_id }), 0),
        (json!({ "all_parked": true }), 0),
    ] {
        let answer = discard(body.clone()).await.json();
        assert_eq!(
            answer,
            json!({ "discarded": discarded, "may_be_more": false }),
            "{body}"
        );
    }
    assert_eq!(ids(&stage.get("/callbacks").await.json()), [events[2]]);
    let sql = "select jsonb_agg(detail order by audit_event_id) from audit_event where action = 'discarded'";
    let recorded: Value = sqlx::query_scalar(sql).fetch_one(&stage.app.sql).await.unwrap();
    let of_client = json!({ "events": 1, "client_id": client.client_id });
    assert_eq!(
        recorded,
        json!([{ "events": 1, "reason": "nobody wants it" }, of_client])
    );
}
