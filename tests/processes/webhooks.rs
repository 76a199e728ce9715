//! The service is killed between a commit and its delivery, and in the middle of deliveries: nothing is lost, and nothing
//! arrives out of order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use talentsoft_partner::clients::{ClientSettings, Grants, Scope};
use talentsoft_partner::clock::Clock;
use talentsoft_partner::crypto::webhook_secret::WebhookSecret;
use talentsoft_partner::recruiting::{CampaignKind, NewCampaign, add_campaign};
use uuid::Uuid;

use test_support::receiver::{Delivery, Receiver, Reply};
use test_support::{Answer, Instance, Registry, SECRET, TestClient, eventually};

/// How often the service is killed.
const KILLS: u32 = 100;
/// What Talentsoft is told of an invitation in each round, in this order.
const STORY: &[(&str, &str)] = &[
    ("invitation.status_changed", "started"),
    ("invitation.status_changed", "completed"),
    ("invitation.result_changed", "completed"),
];
/// How long what was left behind may take to arrive: the longest lease, and patience for a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);
const PLATFORM_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

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

/// A customer that is called back, and a platform that is told.
struct Stage {
    registry: Registry,
    receiver: Receiver,
    talentsoft: TestClient,
    platform: TestClient,
    campaign_id: Uuid,
}

/// What was acknowledged, by callback path: an invitation with its whole story.
type Acknowledged = BTreeMap<String, Uuid>;

impl Stage {
    async fn set() -> Self {
        let registry = Registry::fresh().await;
        let customer_id = registry.add_customer("acme").await;
        let settings = ClientSettings {
            callback_hosts: vec!["localhost".to_owned()].try_into().unwrap(),
            ..ClientSettings::marketplace(customer_id)
        };
        let talentsoft = registry.add_client("acme", SECRET, settings).await;
        let settings = ClientSettings::new(None, Grants::both(), [Scope::Platform].into_iter().collect());
        let platform = registry.add_client("platform", SECRET, settings).await;
        let new = NewCampaign {
            customer_id,
            kind: CampaignKind::Assessment,
            name: "Rust".parse().unwrap(),
            language: "fr".parse().unwrap(),
        };
        let act = registry.act();
        let added = registry
            .db
            .transaction(async |db| add_campaign(db, &act, &new).await);
        let campaign = added.await.unwrap();
        Self {
            registry,
            receiver: Receiver::start(),
            talentsoft,
            platform,
            campaign_id: campaign.campaign_id.0,
        }
    }

    async fn start(&self) -> Instance {
        let variables = [
            ("PARTNER_CALLBACKS_TO_PRIVATE_ADDRESSES", "true"),
            ("PARTNER_PLATFORM_WEBHOOK_URL", &self.receiver.url("/platform")),
            ("PARTNER_PLATFORM_WEBHOOK_SECRET", PLATFORM_SECRET),
        ];
        Instance::start_with(&self.registry.database_url, &variables).await
    }

    /// Invites somebody; returns the invitation once that is acknowledged.
    async fn invite(&self, instance: &Instance, token: &str, path: &str) -> Uuid {
        let candidate = json!([{
            "campaign_id": self.campaign_id, "applicant_id": new_id(), "application_id": new_id(),
            "lastname": "Dupont", "firstname": "Zoé", "email": "zoe@site", "callback_url": self.receiver.url(path),
        }]);
        let answer = call(
            instance,
            Method::POST,
            "/assessments/invitations",
            token,
            &candidate,
        )
        .await;
        answer[0]["invitation_id"].as_str().unwrap().parse().unwrap()
    }

    /// Tells the rest of the story; returns once all of it is acknowledged.
    async fn tell(&self, instance: &Instance, token: &str, invitation_id: Uuid) {
        let path = format!("/platform/v1/invitations/{invitation_id}");
        let (status, result) = (format!("{path}/status"), format!("{path}/result"));
        call(
            instance,
            Method::POST,
            &status,
            token,
            &json!({ "status": "started" }),
        )
        .await;
        for score in [70, 80] {
            let body = json!({ "overall_score": score });
            call(instance, Method::PUT, &result, token, &body).await;
        }
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

    /// What arrived, by path and in order; all of it is signed as it should be.
    fn arrived(&self) -> BTreeMap<String, Vec<Delivery>> {
        let platform = WebhookSecret::parse(PLATFORM_SECRET).unwrap();
        let mut arrived: BTreeMap<String, Vec<Delivery>> = BTreeMap::new();
        for delivery in self.receiver.deliveries() {
            let key = match delivery.path.as_str() {
                "/platform" => platform.expose(),
                _ => SECRET.as_bytes(),
            };
            assert!(delivery.is_signed_by(key), "{delivery:?}");
            assert_eq!(delivery.signatures(), 1);
            assert!((delivery.timestamp() - Clock::system().now().timestamp()).abs() < 3600);
            arrived.entry(delivery.path.clone()).or_default().push(delivery);
        }
        arrived
    }
}

fn new_id() -> Uuid {
    Uuid::from_bytes(talentsoft_partner::crypto::random::bytes())
}

/// A call that must be acknowledged; returns the answer.
async fn call(instance: &Instance, method: Method, path: &str, token: &str, body: &Value) -> Value {
    let request = instance.request(method, path).bearer_auth(token).json(body);
    let answer = Answer::of(request).await.unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
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
    let mut acknowledged = Acknowledged::new();
    let mut left_behind = 0;
    for round in 0..KILLS {
        let (path, moment) = (format!("/{round}"), Moment::of(round));
        *held_path.lock().unwrap() = match moment {
            Moment::InTheMiddle => path.clone(),
            Moment::BeforeDelivery | Moment::JustTaken => String::new(),
        };
        let mut instance = stage.start().await;
        let (talentsoft, platform) =
            tokio::join!(instance.token(&stage.talentsoft), instance.token(&stage.platform));
        let invitation_id = stage.invite(&instance, &talentsoft, &path).await;
        stage.tell(&instance, &platform, invitation_id).await;
        acknowledged.insert(path.clone(), invitation_id);
        if moment != Moment::BeforeDelivery {
            stage.begun(&path).await;
        }
        instance.kill();
        left_behind += i64::from(stage.left().await > 0);
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
    println!("{KILLS} kills, {left_behind} of them left something behind");
    assert!(
        left_behind >= i64::from(KILLS / 4),
        "at least those in the middle do"
    );
    let mut arrived = stage.arrived();
    let created = arrived.remove("/platform").unwrap();
    assert_none_lost(&acknowledged, &arrived);
    let created: BTreeSet<String> = created
        .iter()
        .filter(|delivery| delivery.status == Some(204))
        .map(|delivery| {
            delivery.json()["data"]["invitation_id"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let invited: BTreeSet<String> = acknowledged.values().map(ToString::to_string).collect();
    assert_eq!(created, invited, "the platform was told of every invitation");
}

/// Every event was taken, and none arrived after a later one of its invitation.
fn assert_none_lost(acknowledged: &Acknowledged, arrived: &BTreeMap<String, Vec<Delivery>>) {
    let deliveries: Vec<&Delivery> = arrived.values().flatten().collect();
    let held = deliveries.iter().filter(|delivery| delivery.status.is_none());
    println!(
        "{} callbacks for {} events; {} of them were killed unanswered",
        deliveries.len(),
        acknowledged.len() * STORY.len(),
        held.count(),
    );
    for path in acknowledged.keys() {
        let deliveries = &arrived[path];
        let place = |delivery: &Delivery| {
            let body = delivery.json();
            let told = (
                body["type"].as_str().unwrap(),
                body["data"]["status"].as_str().unwrap(),
            );
            STORY.iter().position(|event| *event == told).unwrap()
        };
        let order: Vec<usize> = deliveries.iter().map(place).collect();
        assert!(order.is_sorted(), "{path}: {order:?}");
        let taken = deliveries.iter().filter(|delivery| delivery.status == Some(204));
        let taken: BTreeSet<usize> = taken.map(place).collect();
        assert_eq!(taken.len(), STORY.len(), "{path}: {order:?}");
        let ids: BTreeSet<&str> = deliveries.iter().map(Delivery::id).collect();
        assert_eq!(ids.len(), STORY.len(), "a repetition has the same identifier");
    }
}
