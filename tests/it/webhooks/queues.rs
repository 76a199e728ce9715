//! In which order events are delivered, and that no receiver holds up another.

use std::collections::{BTreeMap, BTreeSet};

use super::stage::{Stage, add_client, invite, list_events, permissive};
use test_support::eventually;
use test_support::receiver::{Receiver, Reply};
use test_support::{Setup, TestApp};

#[tokio::test]
async fn an_invitation_is_told_in_order_and_holds_no_other_up() {
    let receiver = Receiver::start();
    let stage = Stage::set(permissive()).await;
    receiver.answers(|delivery| Reply::Answer(if delivery.path == "/broken" { 500 } else { 204 }, None));
    let broken = stage.invite(&receiver.url("/broken")).await;
    let mut expected = Vec::new();
    for status in ["started", "completed"] {
        expected.push(stage.becomes(broken, status).await.to_string());
    }
    stage.tried(expected[0].parse().unwrap(), 1).await;
    let other = stage.invite(&receiver.url("/well")).await;
    let other = stage.becomes(other, "started").await;
    stage.delivered(other).await;
    let arrived = |path: &str| -> Vec<String> {
        let deliveries = receiver.deliveries();
        let of_path = deliveries.iter().filter(|delivery| delivery.path == path);
        of_path.map(|delivery| delivery.id().to_owned()).collect()
    };
    assert_eq!(
        arrived("/broken"),
        expected[..1],
        "the second waits for the first"
    );

    receiver.answers(|_| Reply::Answer(204, None));
    stage.app.advance(10);
    stage.delivered(expected[1].parse().unwrap()).await;
    assert_eq!(
        arrived("/broken"),
        [expected[0].clone(), expected[0].clone(), expected[1].clone()]
    );
}

#[tokio::test]
async fn two_replicas_deliver_each_event_once_and_in_order() {
    let receiver = Receiver::start();
    let stage = Stage::set(permissive()).await;
    let setup = Setup {
        clock: stage.app.clock.clone(),
        ..permissive()
    };
    let _other = TestApp::start_on(stage.app.database_url.clone(), setup).await;
    let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for number in 0..40 {
        let path = format!("/{number}");
        let invitation_id = stage.invite(&receiver.url(&path)).await;
        for status in ["started", "completed", "completed"] {
            let event_id = stage.becomes(invitation_id, status).await;
            expected
                .entry(path.clone())
                .or_default()
                .push(event_id.to_string());
        }
    }
    eventually("all arrive", async || {
        let left: i64 = sqlx::query_scalar("select count(*) from webhook_event where delivered_at is null")
            .fetch_one(&stage.app.sql)
            .await
            .unwrap();
        left == 0
    })
    .await;
    let mut arrived: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for delivery in receiver.deliveries() {
        let id = delivery.id().to_owned();
        arrived.entry(delivery.path).or_default().push(id);
    }
    assert_eq!(arrived, expected);
}

#[tokio::test]
async fn erasing_an_invitation_takes_what_was_to_be_told_with_it() {
    let receiver = Receiver::start();
    receiver.answers(|_| Reply::Answer(500, None));
    let stage = Stage::set(permissive()).await;
    let invitation_id = stage.invite(&receiver.url("/")).await;
    let event_id = stage.becomes(invitation_id, "started").await;
    stage.tried(event_id, 1).await;
    sqlx::query("delete from invitation where invitation_id = $1")
        .bind(invitation_id)
        .execute(&stage.app.sql)
        .await
        .unwrap();
    let left = list_events(&stage.app, 10).await;
    assert!(left.is_empty(), "{left:?}");
    stage.app.advance(3600);
    let other = stage.invite(&receiver.url("/other")).await;
    let other = stage.becomes(other, "started").await;
    stage.tried(other, 1).await;
    let paths: BTreeSet<String> = receiver
        .deliveries()
        .into_iter()
        .skip(1)
        .map(|delivery| delivery.path)
        .collect();
    assert_eq!(paths, BTreeSet::from(["/other".to_owned()]));
}

#[tokio::test]
async fn a_receiver_that_never_answers_keeps_no_other_waiting() {
    let (dead, alive) = (Receiver::start(), Receiver::start());
    dead.answers(|_| Reply::Nothing);
    let stage = Stage::set(permissive()).await;
    for _ in 0..50 {
        let invitation_id = stage.invite(&dead.url("/")).await;
        stage.becomes(invitation_id, "started").await;
    }
    eventually("the dead one has its places", async || {
        dead.deliveries().len() == 4
    })
    .await;
    let (client, campaign_id) = add_client(&stage.app, "other").await;
    for _ in 0..20 {
        let invitation_id = invite(&stage.app, &client, campaign_id, &alive.url("/")).await;
        stage.becomes(invitation_id, "started").await;
    }
    eventually("the others are told", async || alive.deliveries().len() == 20).await;
    assert_eq!(
        dead.deliveries().len(),
        4,
        "and no more of the dead one's were begun"
    );
}
