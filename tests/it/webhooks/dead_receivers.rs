//! Receivers that never answer, many of them, keep nobody else waiting.

use uuid::Uuid;

use super::stage::{Stage, add_client, invite, permissive};
use test_support::eventually;
use test_support::receiver::{Receiver, Reply};

/// How many clients or hosts are dead: more than a replica has deliveries at the same time.
const DEAD: usize = 45;

impl Stage {
    /// A client of its own with so many events for this receiver.
    async fn has_waiting(&self, client: &str, receiver: &Receiver, events: usize) {
        let (client, campaign_id) = add_client(&self.app, client).await;
        for _ in 0..events {
            let invitation_id = invite(&self.app, &client, campaign_id, &receiver.url("/")).await;
            self.becomes(invitation_id, "started").await;
        }
    }

    /// How many events of these clients were accepted, and how many were not.
    async fn told(&self, clients: &str) -> (i64, i64) {
        sqlx::query_as(
            "select count(*) filter (where delivered_at is not null), count(*) filter (where delivered_at is null)
             from webhook_event where lane like $1",
        )
        .bind(format!("client-of-{clients}%"))
        .fetch_one(&self.app.sql)
        .await
        .unwrap()
    }
}

fn never_answers() -> Receiver {
    let receiver = Receiver::start();
    receiver.answers(|_| Reply::Nothing);
    receiver
}

#[tokio::test]
async fn clients_of_one_dead_host_have_the_permits_of_one_host() {
    let stage = Stage::set(permissive()).await;
    let (dead, alive) = (never_answers(), Receiver::start());
    for client in 0..DEAD {
        stage.has_waiting(&format!("dead-{client}"), &dead, 2).await;
    }
    eventually("the dead one is tried", async || dead.most_held() > 0).await;
    stage.has_waiting("well", &alive, 24).await;
    eventually("the healthy one is told of everything", async || {
        stage.told("well").await == (24, 0)
    })
    .await;
    let dead_events = i64::try_from(2 * DEAD).unwrap();
    assert_eq!(stage.told("dead").await, (0, dead_events));
    assert!(
        (1..=4).contains(&dead.most_held()),
        "{} deliveries to one dead host at the same time",
        dead.most_held()
    );
}

#[tokio::test]
async fn many_dead_hosts_leave_permits_to_the_healthy() {
    let stage = Stage::set(permissive()).await;
    let alive = Receiver::start();
    stage.has_waiting("well", &alive, 1).await;
    eventually("the healthy one is known", async || {
        stage.told("well").await == (1, 0)
    })
    .await;
    let dead: Vec<Receiver> = (0..DEAD).map(|_| never_answers()).collect();
    for (number, dead) in dead.iter().enumerate() {
        stage.has_waiting(&format!("dead-{number}"), dead, 2).await;
    }
    // One by one, so that each needs a permit while the dead ones want them all.
    let campaign = &stage.campaign_id;
    for _ in 0..24 {
        let invitation_id = invite(&stage.app, &stage.client, *campaign, &alive.url("/")).await;
        let event_id: Uuid = stage.becomes(invitation_id, "started").await;
        stage.delivered(event_id).await;
    }
    let dead_events = i64::try_from(2 * DEAD).unwrap();
    assert_eq!(stage.told("dead").await, (0, dead_events));
}

#[tokio::test]
async fn a_dead_host_holds_up_no_other_host_of_its_client() {
    let stage = Stage::set(permissive()).await;
    let (dead, alive) = (never_answers(), Receiver::start());
    for _ in 0..5 {
        let invitation_id = stage.invite(&dead.url("/")).await;
        stage.becomes(invitation_id, "started").await;
    }
    eventually("the dead one has its permits", async || dead.most_held() == 4).await;
    let invitation_id = stage.invite(&alive.url("/")).await;
    let event_id = stage.becomes(invitation_id, "started").await;
    stage.delivered(event_id).await;
    let queues: Vec<String> = sqlx::query_scalar("select distinct lane from webhook_event order by lane")
        .fetch_all(&stage.app.sql)
        .await
        .unwrap();
    let mut expected = [&dead, &alive]
        .map(|receiver| format!("{} localhost:{}", stage.client.client_id, receiver.address.port()));
    expected.sort();
    assert_eq!(queues, expected);
}
