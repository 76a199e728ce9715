//! Invitations: found by what may be known of one, and what has happened to them.

use serde_json::json;
use talentsoft_partner::recruiting::CampaignKind;
use talentsoft_partner::staff::Role;
use test_support::browser::Browser;
use test_support::platform::{Invitee, Stage};
use test_support::{Answer, Console, Setup};

async fn stage() -> Stage {
    Stage::with(Setup {
        console: Console::Local,
        ..Setup::default()
    })
    .await
}

async fn operator(stage: &Stage) -> Browser {
    stage.app.add_staff("operator", Role::Operator).await;
    Browser::signed_in(&stage.app, "operator").await
}

/// Whether the page links to this invitation, and says nothing of the person.
fn shows(page: &Answer, invitee: &Invitee) -> bool {
    assert_eq!(page.status, 200);
    for personal in [&invitee.email, &invitee.lastname, &invitee.firstname] {
        assert!(!page.body.contains(personal.as_str()), "{}", page.body);
    }
    page.body
        .contains(&format!("/invitations/{}\"", invitee.invitation_id))
}

#[tokio::test]
async fn an_invitation_is_found_by_its_identifier_its_application_and_its_candidate() {
    let stage = stage().await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let invitee = stage.invite(&campaign).await;
    let other = stage.invite(&campaign).await;
    let operator = operator(&stage).await;
    let page = operator.get("/invitations").await;
    for query in [
        format!("invitation={}", invitee.invitation_id),
        format!("application={}", invitee.application_id),
    ] {
        let found = operator.get(&format!("/invitations?{query}")).await;
        assert!(shows(&found, &invitee), "{query}");
        assert!(!shows(&found, &other), "{query}");
    }
    let address = invitee.email.to_uppercase();
    let found = operator
        .submit(&page, "invitations-find", &[("email", &address)])
        .await;
    assert!(shows(&found, &invitee) && !shows(&found, &other));
    for (query, says) in [
        ("invitation=x", "Enter the whole identifier"),
        (
            "application=0190a5d0-0000-7000-8000-000000000003",
            "No invitation",
        ),
    ] {
        let found = operator.get(&format!("/invitations?{query}")).await;
        assert!(found.body.contains(says), "{query} {}", found.body);
    }
    let wrong = operator
        .submit(&page, "invitations-find", &[("email", "nobody")])
        .await;
    assert!(wrong.body.contains("Enter an address"), "{}", wrong.body);
    assert_eq!(operator.get("/invitations?email=a@b").await.status, 400);
}

#[tokio::test]
async fn what_has_happened_to_an_invitation_is_told_with_its_deliveries() {
    let stage = stage().await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let invitee = stage.invite(&campaign).await;
    stage.set_status(&invitee, "started").await;
    let path = format!("/invitations/{}/result", invitee.invitation_id);
    assert_eq!(
        stage.put(&path, &json!({ "overall_score": 12 })).await.status,
        200
    );
    let operator = operator(&stage).await;
    let page = operator
        .get(&format!("/invitations/{}", invitee.invitation_id))
        .await;
    shows(&page, &invitee);
    let happened = page.body.matches("<span class=\"at\">").count();
    let deliveries = stage.count("select count(*) from webhook_event").await;
    assert!(deliveries > 0);
    // The invitation, its progress, its result, and each delivery.
    assert_eq!(
        happened,
        3 + usize::try_from(deliveries).unwrap(),
        "{}",
        page.body
    );
    assert!(page.body.contains("/callbacks/"));
    let unknown = operator
        .get("/invitations/0190a5d0-0000-7000-8000-000000000003")
        .await;
    assert_eq!(unknown.status, 404);
}
