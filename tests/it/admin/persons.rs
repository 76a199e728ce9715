//! `/admin/v1/persons`.

use serde_json::{Value, json};
use talentsoft_partner::recruiting::CampaignKind;

use super::stage::AdminStage;
use test_support::platform::Stage;
use test_support::profiles::{ProfileStage, person};

/// What is answered where nothing hung on the invitations.
fn counts(invitations: u64, profiles: u64) -> Value {
    json!({
        "erased_invitations": invitations, "erased_results": 0, "erased_reports": 0, "erased_callbacks": 0,
        "erased_profiles": profiles,
    })
}

#[tokio::test]
async fn a_candidate_is_found_by_address_named_by_a_reference_and_erased() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Video).await;
    let invitee = stage.invite(&campaign).await;
    let other = stage.invite(&campaign).await;
    let customer_id = stage.customer_id;
    let admin = AdminStage::of(stage.app).await;
    let find = async |email: &str| {
        let found = admin.post("/persons/find", &json!({ "email": email })).await;
        assert_eq!(found.status, 200, "{found:?}");
        found.json()["reference"].clone()
    };
    let reference = find(&invitee.email.to_uppercase()).await;
    assert_eq!(reference, format!("i-{}", invitee.invitation_id));
    let path = format!("/persons/{}", reference.as_str().unwrap());
    let held = admin.get(&path).await;
    assert!(!held.body.contains(&invitee.email) && !held.body.contains(&invitee.firstname));
    let held = held.json();
    assert_eq!(held["invitations"][0]["customer_id"], json!(customer_id));
    assert_eq!(
        (&held["invitations"][0]["invitations"], &held["profiles"]),
        (&json!(1), &json!([]))
    );
    let erase = format!("{path}/erase");
    let erased = admin.post(&erase, &Value::Null).await;
    assert_eq!(erased.json(), counts(1, 0));
    let again = admin.post(&erase, &Value::Null).await;
    assert_eq!(again.json(), counts(0, 0));
    assert_eq!(admin.get(&path).await.status, 404);
    assert_eq!(find(&invitee.email).await, Value::Null);
    assert_ne!(find(&other.email).await, Value::Null);
    let trail = admin.trail().await;
    assert_eq!(
        trail.iter().map(|event| event.0.as_str()).collect::<Vec<_>>(),
        ["erased"]
    );
}

#[tokio::test]
async fn who_has_only_a_profile_is_found_too() {
    let stage = ProfileStage::new().await;
    let profile = person(1, "Ada", "Byron");
    stage.put_all(std::slice::from_ref(&profile)).await;
    let admin = AdminStage::of(stage.app).await;
    let email = profile["email"].as_str().unwrap();
    let found = admin
        .post("/persons/find", &json!({ "email": email }))
        .await
        .json();
    let reference = found["reference"].as_str().unwrap();
    assert!(reference.starts_with("p-"), "{reference}");
    let held = admin.get(&format!("/persons/{reference}")).await.json();
    assert_eq!(held["profiles"].as_array().unwrap().len(), 1, "{held}");
    let erased = admin
        .post(&format!("/persons/{reference}/erase"), &Value::Null)
        .await;
    assert_eq!(erased.json(), counts(0, 1));
}

#[tokio::test]
async fn what_is_no_address_or_reference_is_refused() {
    let admin = AdminStage::new().await;
    let refused = admin.post("/persons/find", &json!({ "email": "nobody" })).await;
    assert_eq!(refused.problem(), (400, "invalid-email".to_owned()));
    for path in ["/persons/x", "/persons/i-x"] {
        assert_eq!(
            admin.get(path).await.problem(),
            (404, "not-found".to_owned()),
            "{path}"
        );
    }
}
