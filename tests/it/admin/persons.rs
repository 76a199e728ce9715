//! `/admin/v1/persons`.

use reqwest::Method;
use serde_json::{Value, json};
use talentsoft_partner::recruiting::CampaignKind;

use super::stage::AdminStage;
use test_support::platform::Stage;
use test_support::profiles::{ProfileStage, person};
use test_support::send;

/// What is answered under this number where nothing hung on the invitations.
fn receipt(number: &Value, invitations: u64, profiles: u64) -> Value {
    json!({
        "receipt_id": number,
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
    let erased = admin
        .post(&erase, &json!({ "reason": " by letter " }))
        .await
        .json();
    let number = erased["receipt_id"].clone();
    assert!(number.is_string(), "{erased}");
    assert_eq!(erased, receipt(&number, 1, 0));
    let again = admin.post(&erase, &json!({ "reason": null })).await;
    assert_eq!(again.json(), receipt(&Value::Null, 0, 0));
    assert_eq!(admin.get(&path).await.status, 404);
    assert_eq!(find(&invitee.email).await, Value::Null);
    assert_ne!(find(&other.email).await, Value::Null);
    let sql =
        "select jsonb_agg(jsonb_build_array(action, subject_kind, subject, detail) order by audit_event_id)
        from audit_event where actor = 'admin'";
    let trail: Value = sqlx::query_scalar(sql).fetch_one(&admin.app.sql).await.unwrap();
    let of_customer = json!({ "customer_id": customer_id, "invitations": 1 });
    let of_person = json!({
        "reason": "by letter", "invitations": 1, "results": 0, "reports": 0, "callbacks": 0, "profiles": 0,
    });
    assert_eq!(
        trail,
        json!([
            ["erased", "candidate", customer_id, of_customer],
            ["erased", "person", number, of_person],
        ])
    );
}

#[tokio::test]
async fn a_person_is_erased_once_under_a_key_and_the_receipt_is_given_again() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Video).await;
    let invitee = stage.invite(&campaign).await;
    let admin = AdminStage::of(stage.app).await;
    let erase = format!("/persons/i-{}/erase", invitee.invitation_id);
    let body = json!({ "reason": "by letter" });
    let first = admin.post_under("k", &erase, &body).await;
    assert!(first.json()["receipt_id"].is_string(), "{first:?}");
    let again = admin.post_under("k", &erase, &body).await;
    assert!(again.headers.contains_key("idempotency-replayed"));
    assert_eq!(again.json(), first.json());
    let other = admin.post_under("k", &erase, &json!({})).await.problem();
    assert_eq!(other, (409, "idempotency-key-reused".to_owned()));
}

#[tokio::test]
async fn what_is_no_reason_erases_nobody() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Video).await;
    let invitee = stage.invite(&campaign).await;
    let admin = AdminStage::of(stage.app).await;
    let path = format!("/persons/i-{}", invitee.invitation_id);
    let erase = format!("{path}/erase");
    for (body, status, problem) in [
        (json!({ "reason": "" }), 400, "invalid-reason"),
        (json!({ "reason": "a\nb" }), 400, "invalid-reason"),
        (json!({ "reason": "x".repeat(201) }), 400, "invalid-reason"),
        (json!({ "reason": 1 }), 400, "invalid-json"),
        (json!({ "why": "x" }), 400, "invalid-json"),
        (json!(null), 400, "invalid-json"),
    ] {
        let refused = admin.post(&erase, &body).await.problem();
        assert_eq!(refused, (status, problem.to_owned()), "{body}");
    }
    let text = admin
        .request(Method::POST, &erase)
        .header("content-type", "text/plain");
    let refused = send(text.body("by letter")).await.problem();
    assert_eq!(refused, (415, "media-type".to_owned()));
    assert_eq!(admin.get(&path).await.status, 200);
    let silent = send(admin.request(Method::POST, &erase)).await;
    assert!(
        silent.json()["receipt_id"].is_string(),
        "nothing need be said: {silent:?}"
    );
    assert_eq!(admin.get(&path).await.status, 404);
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
        .post(&format!("/persons/{reference}/erase"), &json!({}))
        .await
        .json();
    assert!(erased["receipt_id"].is_string(), "{erased}");
    assert_eq!(erased, receipt(&erased["receipt_id"], 0, 1));
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
