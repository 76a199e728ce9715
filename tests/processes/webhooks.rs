//! The service is killed between a commit and its delivery, and in the middle of deliveries: nothing is lost, and nothing
//! arrives out of order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use talentsoft_partner::clients::Settings;
use talentsoft_partner::ids::InvitationId;
use talentsoft_partner::recruiting::{CampaignKind, NewCampaign, add_campaign};
use uuid::Uuid;

use super::harness::receiver::{Delivery, Receiver, Reply};
use super::harness::registry::{actor, now};
use super::harness::{Instance, Registry, SECRET, TestClient, eventually};

/// How often the service is killed.
const KILLS: u32 = 100;
/// Events of each round, all of one invitation.
const EVENTS: usize = 3;
/// How long what was left behind may take to arrive: the longest lease, and patience for a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// When it is killed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// After the commit, before its delivery.
    BeforeDelivery,
    /// The receiver has the event and has not answered.
    InTheMiddle,
    /// The receiver has answered, and perhaps nobody wrote that down.
    JustTaken,
}

impl Moment {
    fn of(round: u32) -> Self {
        match round % 4 {
            1 => Self::InTheMiddle,
            3 => Self::JustTaken,
            _ => Self::BeforeDelivery,
        }
    }
}

/// A customer that is called back at a receiver.
struct Stage {
    registry: Registry,
    receiver: Receiver,
    client: TestClient,
    campaign_id: Uuid,
    customer_id: Uuid,
}

impl Stage {
    async fn set() -> Self {
        let registry = Registry::fresh().await;
        let customer_id = registry.add_customer("acme").await;
        let settings = Settings {
            callback_hosts: vec!["localhost".to_owned()],
            ..Settings::marketplace(customer_id)
        };
        let client = registry.add_client("acme", SECRET, settings).await;
        let new = NewCampaign {
            customer_id,
            kind: CampaignKind::Video,
            name: "Rust".to_owned(),
            language: "fr".to_owned(),
        };
        let campaign = add_campaign(&registry.db, &new, now(), &actor()).await.unwrap();
        Self {
            registry,
            receiver: Receiver::start(),
            client,
            campaign_id: campaign.campaign_id.0,
            customer_id: customer_id.0,
        }
    }

    async fn start(&self) -> Instance {
        let variables = [("PARTNER_CALLBACKS_TO_PRIVATE_ADDRESSES", "true")];
        Instance::start_with(&self.registry.url, &variables).await
    }

    async fn invite(&self, path: &str) -> InvitationId {
        let id = InvitationId::generate(now());
        sqlx::query(
            "insert into invitation (invitation_id, customer_id, client_id, campaign_id, kind, applicant_id,
                 application_id, lastname, firstname, email, callback_url, link_digest, sealed_link, sealing_key_id,
                 status, created_at, status_changed_at, expires_at)
             select $1, $2, $3, $4, 'video', gen_random_uuid(), gen_random_uuid(), 'Dupont', 'Zoé', 'zoe@site', $5,
                 sha256($1::text::bytea), '', min(sealing_key_id), 'invited', $6, $6, $6 + interval '30 days'
             from sealing_key",
        )
        .bind(id)
        .bind(self.customer_id)
        .bind(self.client.client_id.as_str())
        .bind(self.campaign_id)
        .bind(self.receiver.url(path))
        .bind(now())
        .execute(&self.registry.sql)
        .await
        .unwrap();
        id
    }

    /// Something happens to an invitation; returns the event once that is committed.
    async fn tell(&self, invitation_id: InvitationId) -> Uuid {
        sqlx::query_scalar(
            "with changed as (
                 update invitation set status_changed_at = $2 where invitation_id = $1 returning invitation_id
             )
             insert into webhook_event (invitation_id, destination, type, status, occurred_at, due_at)
             select invitation_id, 'callback', 'invitation.status_changed', 'started', $2, $2 from changed
             returning event_id",
        )
        .bind(invitation_id)
        .bind(now())
        .fetch_one(&self.registry.sql)
        .await
        .unwrap()
    }

    /// What arrived, by path and in order.
    fn arrived(&self) -> BTreeMap<String, Vec<Delivery>> {
        let mut arrived: BTreeMap<String, Vec<Delivery>> = BTreeMap::new();
        for delivery in self.receiver.deliveries() {
            assert!(delivery.is_signed_by(SECRET.as_bytes()), "{delivery:?}");
            assert_eq!(delivery.signatures(), 1);
            assert_eq!(delivery.json()["type"], "invitation.status_changed");
            assert!((delivery.timestamp() - now().timestamp()).abs() < 3600);
            arrived.entry(delivery.path.clone()).or_default().push(delivery);
        }
        arrived
    }

    /// Waits until a delivery to this path was begun.
    async fn begun(&self, path: &str) {
        let is_begun = async || {
            let deliveries = self.receiver.deliveries();
            deliveries.iter().any(|delivery| delivery.path == path)
        };
        eventually("a delivery is under way", is_begun).await;
    }

    /// How many events are to be delivered.
    async fn left(&self) -> i64 {
        sqlx::query_scalar("select count(*) from webhook_event where delivered_at is null")
            .fetch_one(&self.registry.sql)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn killed_before_and_in_the_middle_of_deliveries_it_loses_none_and_keeps_their_order() {
    let stage = Stage::set().await;
    // Deliveries to this path are never answered: those that the service is killed in.
    let held_path = Arc::new(Mutex::new(String::new()));
    let path = Arc::clone(&held_path);
    stage.receiver.answers(move |delivery| {
        if delivery.path == *path.lock().unwrap() {
            Reply::Nothing
        } else {
            Reply::Answer(204, None)
        }
    });
    let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for round in 0..KILLS {
        let (path, moment) = (format!("/{round}"), Moment::of(round));
        *held_path.lock().unwrap() = match moment {
            Moment::InTheMiddle => path.clone(),
            Moment::BeforeDelivery | Moment::JustTaken => String::new(),
        };
        let mut instance = stage.start().await;
        let invitation_id = stage.invite(&path).await;
        for _ in 0..EVENTS {
            let event_id = stage.tell(invitation_id).await.to_string();
            expected.entry(path.clone()).or_default().push(event_id);
        }
        if moment == Moment::BeforeDelivery {
            tokio::time::sleep(Duration::from_micros(u64::from(round) * 7919 % 40_000)).await;
        } else {
            stage.begun(&path).await;
        }
        instance.kill();
    }
    held_path.lock().unwrap().clear();

    let instance = stage.start().await;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while stage.left().await > 0 {
        let is_late = tokio::time::Instant::now() > deadline;
        assert!(!is_late, "{} are left", stage.left().await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    instance.stop().await;
    assert_none_lost(&expected, &stage.arrived());
}

/// Every event was taken, and none arrived after a later one of its invitation.
fn assert_none_lost(expected: &BTreeMap<String, Vec<String>>, arrived: &BTreeMap<String, Vec<Delivery>>) {
    let deliveries: Vec<&Delivery> = arrived.values().flatten().collect();
    let held = deliveries.iter().filter(|delivery| delivery.status.is_none());
    println!(
        "{KILLS} kills, {} of them in the middle of a delivery; {} events, {} deliveries",
        held.count(),
        expected.values().flatten().count(),
        deliveries.len(),
    );
    assert_eq!(arrived.len(), expected.len());
    for (path, deliveries) in arrived {
        let events = &expected[path];
        let place = |delivery: &Delivery| events.iter().position(|id| id == delivery.id()).unwrap();
        let order: Vec<usize> = deliveries.iter().map(place).collect();
        assert!(order.is_sorted(), "{path}: {order:?}");
        let taken = deliveries.iter().filter(|delivery| delivery.status == Some(204));
        let taken: BTreeSet<&str> = taken.map(Delivery::id).collect();
        assert_eq!(taken.len(), events.len(), "{path}: {order:?}");
    }
}
