//! Persons: found, and erased with a receipt.

use serde_json::{Value, json};
use talentsoft_partner::recruiting::CampaignKind;
use talentsoft_partner::staff::Role;
use test_support::browser::{Browser, PASSWORD};
use test_support::platform::Stage;
use test_support::{Console, Setup};

async fn stage() -> Stage {
    Stage::with(Setup {
        console: Console::Local,
        ..Setup::default()
    })
    .await
}

async fn browser(stage: &Stage, role: Role) -> Browser {
    let name = role.to_string();
    stage.app.add_staff(&name, role).await;
    Browser::signed_in(&stage.app, &name).await
}

#[tokio::test]
async fn a_person_is_found_by_address_or_as_a_candidate_and_not_named() {
    let stage = stage().await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let invitee = stage.invite(&campaign).await;
    let operator = browser(&stage, Role::Operator).await;
    let page = operator.get("/persons").await;
    let path = format!("/persons/i-{}", invitee.invitation_id);
    let address = invitee.email.to_uppercase();
    let (customer, applicant) = (stage.customer_id.to_string(), invitee.applicant_id.to_string());
    for fields in [
        &[("email", address.as_str())][..],
        &[
            ("customer_id", customer.as_str()),
            ("applicant", applicant.as_str()),
        ],
    ] {
        let found = operator.submit(&page, "persons-find", fields).await;
        assert_eq!(found.header("location"), path, "{fields:?}");
    }
    let held = operator.get(&path).await;
    assert!(held.body.contains("1 invitation"), "{}", held.body);
    for personal in [&invitee.email, &invitee.lastname, &invitee.firstname] {
        assert!(!held.body.contains(personal.as_str()), "{}", held.body);
    }
    assert!(!held.body.contains("/erase"), "an operator does not erase");
    for (fields, says) in [
        (&[("email", "nobody@x.example")][..], "status"),
        (&[("email", "nobody")], "Enter an address"),
        (
            &[("customer_id", customer.as_str()), ("applicant", "x")],
            "Enter the whole identifier",
        ),
    ] {
        let answer = operator.submit(&page, "persons-find", fields).await;
        assert!(answer.body.contains(says), "{fields:?} {}", answer.body);
        assert!(!answer.body.contains("nobody"), "{}", answer.body);
    }
    assert_eq!(operator.get("/persons/x").await.status, 404);
}

#[tokio::test]
async fn a_person_is_erased_with_a_reason_and_a_receipt_that_names_nobody() {
    let stage = stage().await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let invitee = stage.invite(&campaign).await;
    let admin = browser(&stage, Role::Admin).await;
    let attached = format!(
        "insert into report (report_id, invitation_id, name, is_global, media_type, url, created_at)
             values (gen_random_uuid(), '{id}', 'a link', true, null, 'https://partner.example/r', now()),
                 (gen_random_uuid(), '{id}', 'a file', true, 'application/pdf', null, now());
         insert into webhook_event (invitation_id, destination, type, status, occurred_at, due_at)
             select '{id}', 'platform', 'x', 'invited', now(), now() + interval '1 year' from generate_series(1, 3);
         update invitation set result_at = created_at where invitation_id = '{id}'",
        id = invitee.invitation_id
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(attached))
        .execute(&stage.app.sql)
        .await
        .unwrap();
    let reference = format!("i-{}", invitee.invitation_id);
    let held = "1 invitation, 2 reports, 1 uploaded file and 3 callbacks";
    let page = admin.get(&format!("/persons/{reference}/erase")).await;
    assert!(page.body.contains(held), "{}", page.body);
    for (entered, reason, says) in [
        ("i-", "asked for it", "Type the reference"),
        (reference.as_str(), "", "Enter a reason"),
    ] {
        let fields = [
            ("reference", entered),
            ("erase_reason", reason),
            ("confirm_password", PASSWORD),
        ];
        let refused = admin.submit(&page, "person-erase", &fields).await;
        assert!(refused.body.contains(says), "{says} {}", refused.body);
    }
    assert_eq!(stage.count("select count(*) from invitation").await, 1);
    let fields = [
        ("reference", reference.as_str()),
        ("erase_reason", "asked for it"),
        ("confirm_password", PASSWORD),
    ];
    let receipt = admin.submit(&page, "person-erase", &fields).await;
    assert_eq!(receipt.status, 200);
    assert_eq!(stage.count("select count(*) from invitation").await, 0);
    let (number, event): (String, Value) = sqlx::query_as(
        "select subject, jsonb_build_array(actor_kind, action, detail) from audit_event where subject_kind = 'person'",
    )
    .fetch_one(&stage.app.sql)
    .await
    .unwrap();
    assert!(receipt.body.contains(&number), "{}", receipt.body);
    assert!(receipt.body.contains(held), "{}", receipt.body);
    let detail = json!({
        "reason": "asked for it", "invitations": 1, "results": 1, "reports": 2, "callbacks": 3, "profiles": 0,
    });
    assert_eq!(event, json!(["staff", "erased", detail]));
    assert_eq!(admin.get(&format!("/persons/{reference}")).await.status, 404);
}
