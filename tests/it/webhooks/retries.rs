//! When a delivery that failed is tried again, and when an event is parked or deleted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use talentsoft_partner::audit::Act;
use talentsoft_partner::webhooks::{self, DeliveryState, RetrySelection};

use super::stage::{Stage, permissive};
use test_support::eventually;
use test_support::receiver::{Receiver, Reply};
use test_support::{SECRET, TestApp};

async fn retry(app: &TestApp, selection: RetrySelection) -> Result<u64, webhooks::Error> {
    let act = app.act();
    app.db
        .transaction(async |db| webhooks::retry(db, &act, selection).await)
        .await
}

#[tokio::test]
async fn a_failure_is_followed_by_the_same_event_with_a_new_timestamp() {
    let receiver = Receiver::start();
    let stage = Stage::set(permissive()).await;
    let statuses = Arc::new(AtomicU16::new(500));
    let answers = Arc::clone(&statuses);
    receiver.answers(move |_| Reply::Answer(answers.load(Ordering::Relaxed), None));
    let invitation_id = stage.invite(&receiver.url("/")).await;
    let event_id = stage.becomes(invitation_id, "started").await;

    let event = stage.tried(event_id, 1).await;
    assert_eq!(event.last_error.as_deref(), Some("the receiver answered 500"));
    let waits = event.due_at.unwrap() - stage.app.now();
    assert!((4000..=6000).contains(&waits.num_milliseconds()), "{waits}");
    assert_eq!(receiver.deliveries().len(), 1, "not before it is due");

    statuses.store(200, Ordering::Relaxed);
    stage.app.advance(6);
    stage.delivered(event_id).await;
    let [first, second] = &receiver.deliveries()[..] else {
        panic!("{:?}", receiver.deliveries());
    };
    assert_eq!((first.id(), &first.body), (second.id(), &second.body));
    assert_eq!(second.timestamp(), first.timestamp() + 6);
    assert!(first.is_signed_by(SECRET.as_bytes()) && second.is_signed_by(SECRET.as_bytes()));
    assert_eq!(stage.event(event_id).await.last_error, None);
    let attempts = stage
        .app
        .db
        .read(async |db| webhooks::list_attempts(db, event_id).await)
        .await
        .unwrap();
    let made: Vec<_> = attempts
        .iter()
        .map(|attempt| (attempt.outcome.to_string(), attempt.error.as_deref()))
        .collect();
    let failed = Some("the receiver answered 500");
    assert_eq!(
        made,
        [("failed".to_owned(), failed), ("delivered".to_owned(), None)]
    );
    assert_eq!(attempts[1].at, stage.app.now());
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_a_wish_to_be_left_alone_is_heard() {
    let receiver = Receiver::start();
    let stage = Stage::set(permissive()).await;
    let elsewhere = receiver.url("/elsewhere");
    receiver.answers(move |delivery| match delivery.path.as_str() {
        "/moved" => Reply::Answer(307, Some(("location", elsewhere.clone()))),
        "/busy" => Reply::Answer(503, Some(("retry-after", "3600".to_owned()))),
        _ => Reply::Answer(204, None),
    });
    let moved = stage.invite(&receiver.url("/moved")).await;
    let moved = stage.becomes(moved, "started").await;
    let busy = stage.invite(&receiver.url("/busy")).await;
    let busy = stage.becomes(busy, "started").await;
    let event = stage.tried(moved, 1).await;
    assert_eq!(
        event.last_error.as_deref(),
        Some("the receiver answered 307; redirects are not followed")
    );
    let event = stage.tried(busy, 1).await;
    assert_eq!(event.due_at, Some(stage.app.now() + TimeDelta::seconds(3600)));
    assert!(
        receiver
            .deliveries()
            .iter()
            .all(|delivery| delivery.path != "/elsewhere")
    );
}

#[tokio::test]
async fn what_its_receiver_says_is_gone_is_parked_at_once_and_the_next_is_sent() {
    let receiver = Receiver::start();
    let stage = Stage::set(permissive()).await;
    let mut statuses = [410, 204].into_iter();
    receiver.answers(move |_| Reply::Answer(statuses.next().unwrap(), None));
    let invitation_id = stage.invite(&receiver.url("/")).await;
    let first = stage.becomes(invitation_id, "started").await;
    let second = stage.becomes(invitation_id, "completed").await;
    stage.delivered(second).await;
    let event = stage.event(first).await;
    assert_eq!((event.state, event.attempts), (DeliveryState::Parked, 1));
    assert_eq!(event.last_error.as_deref(), Some("the receiver answered 410"));
}

#[tokio::test]
async fn after_three_days_an_event_is_parked_until_somebody_takes_it_up_again() {
    let receiver = Receiver::start();
    receiver.answers(|_| Reply::Answer(503, None));
    let stage = Stage::set(permissive()).await;
    let invitation_id = stage.invite(&receiver.url("/")).await;
    let first = stage.becomes(invitation_id, "started").await;
    stage.tried(first, 1).await;
    stage.app.advance(3600);
    let second = stage.becomes(invitation_id, "completed").await;
    stage.tried(first, 2).await;

    stage.app.advance(3 * 86_400 - 3600);
    let is_parked = async || stage.event(first).await.state == DeliveryState::Parked;
    eventually("it is parked", is_parked).await;
    let event = stage.event(first).await;
    assert_eq!(event.last_error.as_deref(), Some("the receiver answered 503"));
    assert_eq!(event.due_at, None);
    // The next one is not held up any more, and has time left.
    assert_eq!(stage.tried(second, 1).await.state, DeliveryState::Pending);
    eventually("the metrics show it", async || {
        let metrics = stage.app.get_ops("/metrics").await.body;
        let shown = |line: &str| metrics.lines().any(|shown| shown == line);
        shown("partner_webhook_parked 1")
            && shown("partner_webhook_pending 1")
            && shown("partner_webhook_oldest_pending_seconds 255600")
            && shown("partner_webhook_deliveries_total{destination=\"callback\",outcome=\"parked\"} 1")
    })
    .await;

    receiver.answers(|_| Reply::Answer(204, None));
    let (_db, _now) = (&stage.app.db, stage.app.now());
    let unknown = retry(&stage.app, RetrySelection::One(second)).await;
    assert!(unknown.unwrap_err().to_string().contains("no parked event"));
    let retried = retry(&stage.app, RetrySelection::One(first)).await;
    assert_eq!(retried.unwrap(), 1);
    stage.delivered(first).await;
    stage.app.advance(6);
    stage.delivered(second).await;
    assert_eq!(retry(&stage.app, RetrySelection::AllParked).await.unwrap(), 0);
    let audited: Vec<(String, String)> =
        sqlx::query_as("select action, subject from audit_event where subject_kind = 'webhook_event'")
            .fetch_all(&stage.app.sql)
            .await
            .unwrap();
    assert_eq!(audited, [("retried".to_owned(), first.to_string())]);
}

#[tokio::test]
async fn what_is_taken_up_again_has_three_days_anew() {
    let receiver = Receiver::start();
    receiver.answers(|_| Reply::Answer(500, None));
    let stage = Stage::set(permissive()).await;
    let invitation_id = stage.invite(&receiver.url("/")).await;
    let event_id = stage.becomes(invitation_id, "started").await;
    stage.tried(event_id, 1).await;
    stage.app.advance(3 * 86_400);
    eventually("it is parked", async || {
        stage.event(event_id).await.state == DeliveryState::Parked
    })
    .await;
    let retried = retry(&stage.app, RetrySelection::AllParked).await;
    assert_eq!(retried.unwrap(), 1);
    let event = stage.tried(event_id, 1).await;
    assert_eq!((event.state, event.attempts), (DeliveryState::Pending, 1));
}

#[tokio::test]
async fn what_was_delivered_is_forgotten_after_a_week() {
    let receiver = Receiver::start();
    let stage = Stage::set(permissive()).await;
    let invitation_id = stage.invite(&receiver.url("/")).await;
    let event_id = stage.becomes(invitation_id, "started").await;
    stage.delivered(event_id).await;
    let prune = async |now: DateTime<Utc>| {
        let mut connection = stage.app.sql.acquire().await.unwrap();
        webhooks::prune(&mut connection, &Act::by_system(now), 10)
            .await
            .unwrap()
    };
    let now = stage.app.now();
    assert_eq!(prune(now + TimeDelta::days(7)).await, 0);
    assert_eq!(prune(now + TimeDelta::days(7) + TimeDelta::seconds(1)).await, 1);
}
