//! What a delivery says, and by which secrets it is signed.

use chrono::TimeDelta;
use serde_json::json;
use talentsoft_partner::clients::{self};
use talentsoft_partner::clock::rfc3339;
use talentsoft_partner::crypto::webhook_secret::WebhookSecret;
use talentsoft_partner::webhooks::DeliveryState;
use talentsoft_partner::webhooks::PlatformWebhook;
use uuid::Uuid;

use super::stage::{Stage, permissive};
use test_support::eventually;
use test_support::receiver::Receiver;
use test_support::{OTHER_SECRET, SECRET, Setup, log};

const PLATFORM_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

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
            "type": "invitation.status_changed", "timestamp": rfc3339(stage.app.now()),
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
