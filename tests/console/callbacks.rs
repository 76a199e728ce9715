//! Deliveries: listed, shown, retried and discarded.

use chrono::TimeDelta;
use serde_json::{Value, json};
use talentsoft_partner::recruiting::CampaignKind;
use talentsoft_partner::staff::Role;
use test_support::browser::Browser;
use test_support::platform::Stage;
use test_support::{Answer, Console, Setup};
use uuid::Uuid;

struct Deliveries {
    stage: Stage,
    invitation_id: Uuid,
}

impl Deliveries {
    async fn new() -> Self {
        let stage = Stage::with(Setup {
            console: Console::Local,
            ..Setup::default()
        })
        .await;
        let campaign = stage.campaign(CampaignKind::Assessment).await;
        let invitee = stage.invite(&campaign).await;
        let invitation_id = invitee.invitation_id.parse().unwrap();
        sqlx::query("delete from webhook_event")
            .execute(&stage.app.sql)
            .await
            .unwrap();
        Self { stage, invitation_id }
    }

    /// A callback that occurred so many days ago, and was parked then or delivered.
    async fn add(&self, days: i64, is_parked: bool) -> Uuid {
        let at = self.stage.app.now() - TimeDelta::days(days);
        sqlx::query_scalar(
            "insert into webhook_event (invitation_id, destination, type, status, occurred_at, due_at, delivered_at,
                 parked_at, last_error, attempts)
             values ($1, 'callback', 'invitation.status_changed', 'started', $2, $2, case when not $3 then $2 end,
                 case when $3 then $2 end, case when $3 then 'the receiver answered 503' end, 7)
             returning event_id",
        )
        .bind(self.invitation_id)
        .bind(at)
        .bind(is_parked)
        .fetch_one(&self.stage.app.sql)
        .await
        .unwrap()
    }

    async fn browser(&self, role: Role) -> Browser {
        let name = role.to_string();
        self.stage.app.add_staff(&name, role).await;
        Browser::signed_in(&self.stage.app, &name).await
    }

    async fn parked(&self) -> i64 {
        self.stage
            .count("select count(*) from webhook_event where parked_at is not null")
            .await
    }

    /// What the audit trail says of the latest change of an event: who, what, and the detail.
    async fn audited(&self) -> Value {
        sqlx::query_scalar(
            "select jsonb_build_array(actor_kind, actor, action, detail) from audit_event
             where subject_kind = 'webhook_event' order by audit_event_id desc limit 1",
        )
        .fetch_one(&self.stage.app.sql)
        .await
        .unwrap()
    }
}

/// The rows of the list.
fn rows(page: &Answer) -> usize {
    page.body.matches("<th scope=\"row\">").count()
}

#[tokio::test]
async fn deliveries_are_narrowed_by_states_and_by_invitation_and_no_other_question_is_answered() {
    let deliveries = Deliveries::new().await;
    for is_parked in [true, true, false] {
        deliveries.add(1, is_parked).await;
    }
    let viewer = deliveries.browser(Role::Viewer).await;
    let invitation = format!("invitation={}", deliveries.invitation_id);
    let nobody = format!("invitation={}", Uuid::nil());
    for (query, expected) in [
        ("", 3),
        ("state=parked", 2),
        ("state=parked&state=delivered", 3),
        ("state=pending", 0),
        (invitation.as_str(), 3),
        (nobody.as_str(), 0),
    ] {
        let page = viewer.get(&format!("/callbacks?{query}")).await;
        assert_eq!((page.status.as_u16(), rows(&page)), (200, expected), "{query}");
    }
    for query in [
        "state=lost",
        "invitation=x",
        "cursor=x",
        "other=1",
        "cursor=1&cursor=2",
    ] {
        let page = viewer.get(&format!("/callbacks?{query}")).await;
        assert_eq!(page.status, 400, "{query}");
    }
    // Who may only look is offered nothing.
    let parked = deliveries.add(1, true).await;
    let page = viewer.get(&format!("/callbacks/{parked}")).await;
    assert!(page.body.contains("the receiver answered 503"));
    assert!(
        !page.body.contains("<form method=\"post\" action=\"/callbacks"),
        "{}",
        page.body
    );
    for path in ["/callbacks/x".to_owned(), format!("/callbacks/{}", Uuid::nil())] {
        assert_eq!(viewer.get(&path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn pages_of_deliveries_follow_one_another() {
    let deliveries = Deliveries::new().await;
    for _ in 0..51 {
        deliveries.add(1, false).await;
    }
    let viewer = deliveries.browser(Role::Viewer).await;
    let first = viewer.get("/callbacks?state=delivered").await;
    assert_eq!(rows(&first), 50);
    let older = first
        .body
        .split("/callbacks?state=delivered&#38;cursor=")
        .nth(1)
        .unwrap();
    let cursor = older.split('"').next().unwrap();
    let second = viewer
        .get(&format!("/callbacks?state=delivered&cursor={cursor}"))
        .await;
    assert_eq!(rows(&second), 1);
}

#[tokio::test]
async fn an_operator_retries_what_is_parked_and_once() {
    let deliveries = Deliveries::new().await;
    let parked = deliveries.add(1, true).await;
    let operator = deliveries.browser(Role::Operator).await;
    let path = format!("/callbacks/{parked}");
    let page = operator.get(&path).await;
    let other = operator.get(&path).await;
    let done = operator.submit(&page, "callback-retry", &[]).await;
    assert_eq!(
        (done.status.as_u16(), done.header("location")),
        (303, path.as_str())
    );
    assert_eq!(deliveries.parked().await, 0);
    assert_eq!(
        deliveries.audited().await,
        json!(["staff", "operator", "retried", { "events": 1 }])
    );
    let shown = operator.follow(done).await;
    assert!(shown.body.contains("It is tried again now."), "{}", shown.body);
    // The same page again, as a second press or the button back sends it; and one that was opened before.
    for (page, says) in [(&page, "It is tried again now."), (&other, "Nothing was done")] {
        let again = operator.submit(page, "callback-retry", &[]).await;
        let shown = operator.follow(again).await;
        assert!(shown.body.contains(says), "{}", shown.body);
    }
    let retries = "select count(*) from audit_event where action = 'retried'";
    assert_eq!(deliveries.stage.count(retries).await, 1);
}

#[tokio::test]
async fn a_delivery_is_discarded_with_a_reason_that_the_audit_trail_keeps() {
    let deliveries = Deliveries::new().await;
    let parked = deliveries.add(1, true).await;
    let operator = deliveries.browser(Role::Operator).await;
    let page = operator.get(&format!("/callbacks/{parked}")).await;
    for reason in ["", " \n ", "a\u{7}b"] {
        let refused = operator
            .submit(&page, "callback-discard", &[("discard_reason", reason)])
            .await;
        assert_eq!(refused.status, 200);
        assert!(refused.body.contains("Enter a reason"), "{}", refused.body);
    }
    assert_eq!(deliveries.parked().await, 1);
    let reason = [("discard_reason", "the receiver is gone for good")];
    let done = operator.submit(&page, "callback-discard", &reason).await;
    assert_eq!(done.header("location"), "/callbacks");
    assert_eq!(
        deliveries.stage.count("select count(*) from webhook_event").await,
        0
    );
    let detail = json!({ "events": 1, "reason": "the receiver is gone for good" });
    assert_eq!(
        deliveries.audited().await,
        json!(["staff", "operator", "discarded", detail])
    );
    let again = operator.submit(&page, "callback-discard", &reason).await;
    assert_eq!(
        again.header("location"),
        "/callbacks",
        "a form that is sent twice"
    );
    let shown = operator.follow(again).await;
    assert!(
        shown.body.contains("The delivery was discarded"),
        "{}",
        shown.body
    );
}

#[tokio::test]
async fn all_that_were_parked_since_a_day_are_counted_and_then_retried() {
    let deliveries = Deliveries::new().await;
    for days in [1, 2, 9] {
        deliveries.add(days, true).await;
    }
    let operator = deliveries.browser(Role::Operator).await;
    let empty = operator.get("/callbacks/retry").await;
    assert!(!empty.body.contains("callbacks-retry"), "{}", empty.body);
    let wrong = operator.get("/callbacks/retry?since=yesterday").await;
    assert!(wrong.body.contains("Choose a day."), "{}", wrong.body);
    let day = (deliveries.stage.app.now() - TimeDelta::days(3)).format("%Y-%m-%d");
    let counted = operator.get(&format!("/callbacks/retry?since={day}")).await;
    let done = operator.submit(&counted, "callbacks-retry", &[]).await;
    assert_eq!(done.status, 303);
    assert_eq!(deliveries.parked().await, 1);
    let detail = json!({ "events": 2, "parked_since": format!("{day}T00:00:00.000000Z") });
    assert_eq!(deliveries.audited().await[3], detail);
}
