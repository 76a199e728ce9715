//! Callbacks and webhooks: what is told to whom, in which order, how often, and to whom never.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, pem::PemObject};
use serde_json::json;
use talentsoft_partner::audit::Act;
use talentsoft_partner::clients::{self, ClientSettings};
use talentsoft_partner::crypto::webhook_secret::WebhookSecret;
use talentsoft_partner::ids::{CampaignId, CustomerId, InvitationId};
use talentsoft_partner::webhooks::PlatformWebhook;
use talentsoft_partner::webhooks::{self, DeliveryState, EventFilter, EventInfo, RetrySelection};
use uuid::Uuid;

use test_support::eventually;
use test_support::receiver::{Receiver, Reply};
use test_support::{OTHER_SECRET, SECRET, Setup, TestApp, TestClient, log};

const PLATFORM_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A service that may call back where tests listen.
fn permissive() -> Setup {
    let mut setup = Setup::default();
    setup.settings.webhooks.allows_private_addresses = true;
    setup
}

/// A service with a client that may be called back at localhost, and a campaign of its customer.
struct Stage {
    app: TestApp,
    client: TestClient,
    customer_id: CustomerId,
    campaign_id: CampaignId,
}

impl Stage {
    async fn set(setup: Setup) -> Self {
        let app = TestApp::start_with(setup).await;
        let (client, campaign_id) = add_client(&app, "acme").await;
        Self {
            customer_id: client.customer_id.unwrap(),
            app,
            client,
            campaign_id,
        }
    }

    /// An invitation with a callback URL.
    async fn invite(&self, callback_url: &str) -> InvitationId {
        invite(&self.app, &self.client, self.campaign_id, callback_url).await
    }

    /// What the platform's call does, in one transaction.
    async fn becomes(&self, invitation_id: InvitationId, status: &str) -> Uuid {
        self.tell(invitation_id, "callback", "invitation.status_changed", status)
            .await
    }

    async fn tell(&self, invitation_id: InvitationId, destination: &str, name: &str, status: &str) -> Uuid {
        let mut transaction = self.app.sql.begin().await.unwrap();
        sqlx::query("update invitation set status = $2, status_changed_at = $3 where invitation_id = $1")
            .bind(invitation_id)
            .bind(status)
            .bind(self.app.now())
            .execute(&mut *transaction)
            .await
            .unwrap();
        let event_id = sqlx::query_scalar(
            "insert into webhook_event (invitation_id, destination, type, status, occurred_at, due_at)
             values ($1, $2, $3, $4, $5, $5) returning event_id",
        )
        .bind(invitation_id)
        .bind(destination)
        .bind(name)
        .bind(status)
        .bind(self.app.now())
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
        transaction.commit().await.unwrap();
        event_id
    }

    async fn event(&self, event_id: Uuid) -> EventInfo {
        let events = list_events(&self.app, 1000).await;
        let found = events.into_iter().find(|event| event.event_id == event_id);
        found.unwrap()
    }

    /// The event once it was tried so often and nobody tries it at the moment.
    async fn tried(&self, event_id: Uuid, attempts: i32) -> EventInfo {
        let tried = async || {
            let event = self.event(event_id).await;
            event.attempts >= attempts && event.last_error.is_some()
        };
        eventually("it is tried", tried).await;
        self.event(event_id).await
    }

    async fn delivered(&self, event_id: Uuid) {
        let delivered = async || self.event(event_id).await.state == DeliveryState::Delivered;
        eventually("it is delivered", delivered).await;
    }
}

async fn list_events(app: &TestApp, limit: i64) -> Vec<EventInfo> {
    let filter = EventFilter::default();
    let listed = app
        .db
        .read(async |db| webhooks::list_events(db, &filter, limit).await);
    listed.await.unwrap()
}

async fn retry(app: &TestApp, selection: RetrySelection) -> Result<u64, webhooks::Error> {
    let act = app.act();
    app.db
        .transaction(async |db| webhooks::retry(db, &act, selection).await)
        .await
}

async fn add_client(app: &TestApp, name: &str) -> (TestClient, CampaignId) {
    let customer_id = app.add_customer(name).await;
    let settings = ClientSettings {
        callback_hosts: vec!["localhost".to_owned()].try_into().unwrap(),
        ..ClientSettings::marketplace(customer_id)
    };
    let client = app
        .add_client(&format!("client-of-{name}"), SECRET, settings)
        .await;
    let campaign = app.add_campaign(customer_id, "Rust", "fr").await;
    (client, campaign.campaign_id)
}

async fn invite(
    app: &TestApp,
    client: &TestClient,
    campaign_id: CampaignId,
    callback_url: &str,
) -> InvitationId {
    let id = InvitationId::generate(app.now());
    sqlx::query(
        "insert into invitation (invitation_id, customer_id, client_id, campaign_id, kind, applicant_id, application_id,
             lastname, firstname, email, callback_url, link_digest, sealed_link, sealing_key_id, status, created_at,
             status_changed_at, expires_at)
         select $1, $2, $3, $4, 'video', gen_random_uuid(), gen_random_uuid(), 'Dupont', 'Zoé', $7, $5,
             sha256($1::text::bytea), '', min(sealing_key_id), 'invited', $6, $6, $6 + interval '30 days'
         from sealing_key",
    )
    .bind(id)
    .bind(client.customer_id)
    .bind(client.client_id.as_str())
    .bind(campaign_id)
    .bind(callback_url)
    .bind(app.now())
    .bind("zoe.dupont@site")
    .execute(&app.sql)
    .await
    .unwrap();
    id
}

#[tokio::test]
async fn talentsoft_is_told_of_a_change_in_a_signed_body() {
    log::never("/hook/of/zoe");
    log::never("zoe.dupont@site");
    let receiver = Receiver::start();
    let stage = Stage::set(permissive()).await;
    let invitation_id = stage.invite(&receiver.url("/hook/of/zoe?x=1")).await;
    let event_id = stage.becomes(invitation_id, "started").await;
    stage.delivered(event_id).await;

    let deliveries = receiver.deliveries();
    assert_eq!(deliveries.len(), 1);
    let delivery = &deliveries[0];
    assert_eq!(delivery.path, "/hook/of/zoe?x=1");
    assert_eq!(delivery.header("content-type"), "application/json");
    assert!(delivery.header("user-agent").starts_with("talentsoft-partner/"));
    assert_eq!(delivery.id(), event_id.to_string());
    assert_eq!(delivery.timestamp(), stage.app.now().timestamp());
    assert!(delivery.is_signed_by(SECRET.as_bytes()));
    assert!(!delivery.is_signed_by(OTHER_SECRET.as_bytes()));
    let (applicant_id, application_id): (Uuid, Uuid) =
        sqlx::query_as("select applicant_id, application_id from invitation")
            .fetch_one(&stage.app.sql)
            .await
            .unwrap();
    assert_eq!(
        delivery.json(),
        json!({
            "type": "invitation.status_changed", "timestamp": stage.app.now(),
            "data": {
                "applicant_id": applicant_id, "application_id": application_id, "campaign_id": stage.campaign_id,
                "status": "started",
            },
        })
    );
    for name in ["cookie", "authorization", "referer", "accept-encoding"] {
        assert!(!delivery.headers.contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn the_platform_is_told_under_its_own_key() {
    let receiver = Receiver::start();
    let secret = WebhookSecret::parse(PLATFORM_SECRET).unwrap();
    log::never(PLATFORM_SECRET);
    let platform = PlatformWebhook {
        url: receiver.url("/platform").parse().unwrap(),
        secret: secret.clone(),
    };
    let mut setup = Setup::default();
    setup.settings.webhooks.platform = Some(platform);
    // The admin's own URL: private, and plain HTTP.
    let stage = Stage::set(setup).await;
    let invitation_id = stage.invite("https://ats.example/").await;
    let event_id = stage
        .tell(invitation_id, "platform", "invitation.created", "invited")
        .await;
    stage.delivered(event_id).await;
    let delivery = &receiver.deliveries()[0];
    assert!(delivery.is_signed_by(secret.expose()));
    let data = &delivery.json()["data"];
    assert_eq!(delivery.json()["type"], "invitation.created");
    assert_eq!(data["invitation_id"], json!(invitation_id));
    assert_eq!(data["customer_id"], json!(stage.customer_id));
    assert_eq!(
        (&data["kind"], &data["status"]),
        (&json!("video"), &json!("invited"))
    );
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
async fn no_callback_goes_where_the_public_internet_is_not() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let stage = Stage::set(Setup::default()).await;
    // As if the host had been allowed by mistake: hosts of clients are names.
    sqlx::query("update client set callback_hosts = $1")
        .bind(["localhost", "127.0.0.1", "[::1]", "169.254.169.254", "10.0.0.1"])
        .execute(&stage.app.sql)
        .await
        .unwrap();
    for url in [
        "https://localhost",
        "https://127.0.0.1",
        "https://[::1]",
        "https://169.254.169.254",
        "https://10.0.0.1",
    ] {
        let invitation_id = stage.invite(&format!("{url}:{port}/hook")).await;
        let event_id = stage.becomes(invitation_id, "started").await;
        let event = stage.tried(event_id, 1).await;
        let reason = event.last_error.unwrap();
        assert_eq!(reason, "the host has an address that is not public", "{url}");
    }
    let plain = stage.invite(&format!("http://localhost:{port}/hook")).await;
    let plain = stage.becomes(plain, "started").await;
    let reason = stage.tried(plain, 1).await.last_error;
    assert_eq!(reason.as_deref(), Some("the callback URL is not https"));
    assert!(listener.accept().is_err(), "somebody connected");
}

#[tokio::test]
async fn a_receiver_whose_certificate_nobody_vouches_for_is_told_nothing() {
    let stage = Stage::set(permissive()).await;
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from_pem_slice(certificate.signing_key.serialize_pem().as_bytes()).unwrap();
    let tls = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key)
        .unwrap();
    // Any service with TLS will do.
    let receiver = TestApp::start_with(Setup {
        tls: Some(tls),
        ..Setup::default()
    })
    .await;
    let url = format!("https://localhost:{}/", receiver.address.port());
    let invitation_id = stage.invite(&url).await;
    let event_id = stage.becomes(invitation_id, "started").await;
    let reason = stage.tried(event_id, 1).await.last_error.unwrap();
    assert!(
        reason.starts_with("no connection: invalid peer certificate"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_host_that_was_taken_off_the_list_is_not_called_any_more() {
    let receiver = Receiver::start();
    let stage = Stage::set(permissive()).await;
    let invitation_id = stage.invite(&receiver.url("/")).await;
    stage
        .app
        .update_client(&stage.client, |settings| {
            settings.callback_hosts = vec!["ats.example".to_owned()].try_into().unwrap();
        })
        .await;
    let event_id = stage.becomes(invitation_id, "started").await;
    let reason = stage.tried(event_id, 1).await.last_error;
    assert_eq!(
        reason.as_deref(),
        Some("its host is not one that the client may be called back at")
    );
    assert_eq!(receiver.deliveries().len(), 0);
}

#[tokio::test]
async fn what_cannot_be_signed_by_a_defect_is_tried_again_on_the_schedule() {
    let receiver = Receiver::start();
    let stage = Stage::set(permissive()).await;
    let invitation_id = stage.invite(&receiver.url("/")).await;
    sqlx::query("update client_secret set sealed_secret = 'broken'")
        .execute(&stage.app.sql)
        .await
        .unwrap();
    let event_id = stage.becomes(invitation_id, "started").await;
    let event = stage.tried(event_id, 1).await;
    assert_eq!(
        event.last_error.as_deref(),
        Some("the service failed; its log has the cause")
    );
    assert!(event.due_at.unwrap() <= stage.app.now() + TimeDelta::seconds(6));
    assert!(receiver.deliveries().is_empty());
}

#[tokio::test]
async fn every_live_secret_signs_and_a_retired_one_does_not() {
    let receiver = Receiver::start();
    let stage = Stage::set(permissive()).await;
    let invitation_id = stage.invite(&receiver.url("/")).await;
    stage.app.add_secret(&stage.client, OTHER_SECRET, None).await;
    let first = stage.becomes(invitation_id, "started").await;
    stage.delivered(first).await;
    let delivery = &receiver.deliveries()[0];
    assert_eq!(delivery.signatures(), 2);
    assert!(delivery.is_signed_by(SECRET.as_bytes()) && delivery.is_signed_by(OTHER_SECRET.as_bytes()));

    let old = stage.client.secret_info.secret_id;
    stage.app.retire_secret(&stage.client, old).await;
    // Within a second it is known here.
    eventually("only the new one signs", async || {
        let event_id = stage.becomes(invitation_id, "completed").await;
        stage.delivered(event_id).await;
        let deliveries = receiver.deliveries();
        let last = deliveries.last().unwrap();
        last.signatures() == 1 && last.is_signed_by(OTHER_SECRET.as_bytes())
    })
    .await;

    stage.app.set_enabled(&stage.client, clients::Enabled::No).await;
    eventually("a disabled client signs nothing", async || {
        let event_id = stage.becomes(invitation_id, "completed").await;
        let over = async || {
            let event = stage.event(event_id).await;
            event.state == DeliveryState::Delivered || event.last_error.is_some()
        };
        eventually("it is tried", over).await;
        let reason = stage.event(event_id).await.last_error;
        reason.is_some_and(|reason| reason.starts_with("the client is disabled"))
    })
    .await;
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
