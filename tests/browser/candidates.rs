//! Candidates: a parked callback retried, and what a viewer may not do.

use chrono::TimeDelta;
use talentsoft_partner::recruiting::CampaignKind;
use talentsoft_partner::staff::Role;
use test_support::platform::{Invitee, Stage};
use uuid::Uuid;

use crate::{confirm, setup, signed_in, url};

/// A service with one invitation, and somebody who may sign in.
async fn stage(role: Role) -> (Stage, Invitee) {
    let stage = Stage::with(setup()).await;
    stage.app.add_staff("lena", role).await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let invitee = stage.invite(&campaign).await;
    (stage, invitee)
}

#[tokio::test]
async fn a_parked_callback_is_retried_by_its_button() {
    let (stage, invitee) = stage(Role::Operator).await;
    let invitation_id: Uuid = invitee.invitation_id.parse().unwrap();
    sqlx::query(
        "insert into webhook_event (invitation_id, destination, type, status, occurred_at, due_at, parked_at,
             last_error, attempts)
         values ($1, 'callback', 'invitation.status_changed', 'started', $2, $2, $2, 'the receiver answered 503', 7)",
    )
    .bind(invitation_id)
    .bind(stage.app.now() - TimeDelta::days(1))
    .execute(&stage.app.sql)
    .await
    .unwrap();
    let browser = signed_in(&stage.app, "/callbacks?state=parked").await;
    browser.press("invitation.status_changed").await;
    let text = browser.text().await;
    assert!(
        text.contains("Parked after 7 attempts: the receiver answered 503."),
        "{text}"
    );
    browser.press("Retry now").await;
    let text = browser.text().await;
    assert!(text.contains("It is tried again now."), "{text}");
    let parked = stage
        .count("select count(*) from webhook_event where parked_at is not null")
        .await;
    assert_eq!(parked, 0);
    browser.quit().await;
}

#[tokio::test]
async fn a_person_is_found_by_address_and_erased_with_a_receipt() {
    let (stage, invitee) = stage(Role::Admin).await;
    let reference = format!("i-{}", invitee.invitation_id);
    let browser = signed_in(&stage.app, "/persons").await;
    // It has a letter that browsers do not take for one of an address.
    assert!(!invitee.email.is_ascii());
    browser.fill("email", &invitee.email).await;
    browser.press("Find").await;
    assert_eq!(browser.path().await, format!("/persons/{reference}"));
    let text = browser.text().await;
    assert!(text.contains("1 invitation"), "{text}");

    browser.press("Erase the person").await;
    confirm(&browser).await;
    browser.fill("reference", "i-").await;
    browser.fill("erase_reason", "asked for it").await;
    browser.press("Erase the person").await;
    assert_eq!(stage.count("select count(*) from invitation").await, 1);

    browser.fill("reference", &reference).await;
    browser.press("Erase the person").await;
    let text = browser.text().await;
    assert!(text.contains(&reference), "{text}");
    for personal in [&invitee.email, &invitee.firstname, &invitee.lastname] {
        assert!(!text.contains(personal.as_str()), "{text}");
    }
    assert_eq!(stage.count("select count(*) from invitation").await, 0);
    browser.quit().await;
}

#[tokio::test]
async fn a_viewer_neither_retries_nor_finds_nor_erases_anybody() {
    let (stage, invitee) = stage(Role::Viewer).await;
    let browser = signed_in(&stage.app, "/callbacks").await;
    assert!(!browser.offers("Persons").await);
    for path in [
        "/persons",
        "/callbacks/retry",
        &format!("/persons/i-{}/erase", invitee.invitation_id),
    ] {
        browser.open(&url(&stage.app, path)).await;
        assert_eq!(browser.heading().await, "Page not found", "{path}");
    }
    browser.quit().await;
}
