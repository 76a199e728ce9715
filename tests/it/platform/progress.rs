//! Status and result of invitations, pushed by the platform.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use strum::VariantArray;
use talentsoft_partner::clock::rfc3339;
use talentsoft_partner::housekeeping;
use talentsoft_partner::recruiting::CampaignKind;
use talentsoft_partner::recruiting::invitations::{Status, Transition};

use test_support::platform::{Invitee, Stage};

/// An invitation that has a status.
async fn invitee_in(
    stage: &Stage,
    campaign: &talentsoft_partner::recruiting::Campaign,
    status: Status,
) -> Invitee {
    let invitee = stage.invite(campaign).await;
    let way: &[&str] = match status {
        Status::Invited => &[],
        Status::Started => &["started"],
        Status::Completed => &["started", "completed"],
        Status::Expired => &["expired"],
        Status::Cancelled => &["cancelled"],
    };
    for step in way {
        assert_eq!(stage.set_status(&invitee, step).await.status, 200);
    }
    invitee
}

#[tokio::test]
async fn every_step_is_possible_or_a_conflict_and_the_possible_ones_are_told() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Video).await;
    for from in Status::VARIANTS.iter().copied() {
        for to in Status::VARIANTS.iter().copied() {
            let invitee = invitee_in(&stage, &campaign, from).await;
            let before = stage.callbacks(&invitee).await;
            let path = format!("/invitations/{}", invitee.invitation_id);
            let was = stage.get(&path).await.json();
            stage.app.advance(1);
            let answer = stage.set_status(&invitee, to.as_str()).await;
            let is = stage.get(&path).await.json();
            let mut expected = before.clone();
            match from.step_to(to) {
                Ok(step) => {
                    let changed_at = if step == Transition::Changed {
                        expected.push(format!("invitation.status_changed {to}"));
                        json!(rfc3339(stage.app.now()))
                    } else {
                        was["status_changed_at"].clone()
                    };
                    let body = json!({
                        "invitation_id": invitee.invitation_id, "status": to, "status_changed_at": changed_at,
                    });
                    assert_eq!(
                        (answer.status.as_u16(), answer.json()),
                        (200, body),
                        "{from} {to}"
                    );
                    assert_eq!(
                        (&is["status"], &is["status_changed_at"]),
                        (&json!(to), &changed_at)
                    );
                }
                Err(_) => {
                    assert_eq!(
                        answer.problem(),
                        (409, "impossible-status".to_owned()),
                        "{from} {to}"
                    );
                    assert_eq!(was, is);
                }
            }
            assert_eq!(stage.callbacks(&invitee).await, expected, "{from} {to}");
        }
    }
    let events = stage
        .count("select count(*) from audit_event where action = 'status_changed' and actor = 'platform'");
    let changes = "select count(*) from webhook_event where type = 'invitation.status_changed'";
    assert_eq!(events.await, stage.count(changes).await);
}

#[tokio::test]
async fn without_a_callback_url_nobody_is_told() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Video).await;
    let invitee = stage.invite(&campaign).await;
    sqlx::query("update invitation set callback_url = null")
        .execute(&stage.app.sql)
        .await
        .unwrap();
    stage.set_status(&invitee, "started").await;
    assert_eq!(stage.callbacks(&invitee).await, Vec::<String>::new());
}

async fn put_result(stage: &Stage, invitee: &Invitee, result: &Value) -> test_support::Answer {
    stage
        .put(&format!("/invitations/{}/result", invitee.invitation_id), result)
        .await
}

#[tokio::test]
async fn a_result_completes_what_was_started_and_replaces_itself() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let invitee = invitee_in(&stage, &campaign, Status::Started).await;
    stage.app.advance(60);
    let result = json!({
        "overall_score": 87.5, "scores": [{ "name": "Logic", "score": 100 }, { "name": "Speed", "score": 0.25 }],
        "video_url": "https://partner.example/videos/1",
    });
    let answer = put_result(&stage, &invitee, &result).await;
    let completed_at = json!(rfc3339(stage.app.now()));
    assert_eq!(
        answer.json(),
        json!({
            "invitation_id": invitee.invitation_id, "status": "completed", "status_changed_at": completed_at,
        })
    );
    let path = format!("/invitations/{}", invitee.invitation_id);
    let shown = stage.get(&path).await.json();
    assert_eq!(
        shown["result"],
        json!({
            "overall_score": 87.5, "scores": [{ "name": "Logic", "score": 100.0 }, { "name": "Speed", "score": 0.25 }],
            "video_url": "https://partner.example/videos/1",
        })
    );
    stage.app.advance(60);
    assert_eq!(put_result(&stage, &invitee, &result).await.json(), answer.json());
    let told = [
        "invitation.status_changed started",
        "invitation.status_changed completed",
    ];
    assert_eq!(
        stage.callbacks(&invitee).await,
        told,
        "the same result is no news"
    );

    let other = json!({ "overall_score": null });
    assert_eq!(put_result(&stage, &invitee, &other).await.json(), answer.json());
    let shown = stage.get(&path).await.json();
    assert_eq!(
        shown["result"],
        json!({ "overall_score": null, "scores": [], "video_url": null })
    );
    assert_eq!(shown["status_changed_at"], completed_at);
    let told = [&told[..], &["invitation.result_changed completed"]].concat();
    assert_eq!(stage.callbacks(&invitee).await, told);
    assert_eq!(
        stage
            .count("select count(*) from audit_event where action = 'result_put'")
            .await,
        2
    );
}

#[tokio::test]
async fn a_result_has_its_time_and_its_bounds() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Video).await;
    let good = json!({ "overall_score": 50 });
    for status in [Status::Invited, Status::Expired, Status::Cancelled] {
        let invitee = invitee_in(&stage, &campaign, status).await;
        let answer = put_result(&stage, &invitee, &good).await;
        assert_eq!(
            answer.problem(),
            (409, "impossible-status".to_owned()),
            "{status}"
        );
    }
    let invitee = invitee_in(&stage, &campaign, Status::Started).await;
    let path = format!("/invitations/{}", invitee.invitation_id);
    for (bad, problem) in [
        (json!({ "overall_score": 100.01 }), "invalid-result"),
        (json!({ "overall_score": -1 }), "invalid-result"),
        (json!({ "overall_score": "87" }), "invalid-json"),
        (
            json!({ "scores": [{ "name": "", "score": 1 }] }),
            "invalid-result",
        ),
        (
            json!({ "scores": [{ "name": "a", "score": 101 }] }),
            "invalid-result",
        ),
        (
            json!({ "scores": [{ "name": "a", "score": 1 }, { "name": "a", "score": 2 }] }),
            "invalid-result",
        ),
        (json!({ "scores": [{ "name": "a" }] }), "invalid-json"),
        (
            json!({ "video_url": "http://partner.example/" }),
            "invalid-result",
        ),
        (json!({ "video_url": "javascript:alert(1)" }), "invalid-result"),
        (json!({ "overal_score": 1 }), "invalid-json"),
        (json!([]), "invalid-json"),
        (json!([50, [], null]), "invalid-json"),
        (json!({ "scores": [["a", 1]] }), "invalid-json"),
    ] {
        let answer = put_result(&stage, &invitee, &bad).await;
        assert_eq!(answer.problem(), (400, problem.to_owned()), "{bad}");
    }
    let huge = stage
        .request(reqwest::Method::PUT, &format!("{path}/result"))
        .header("content-type", "application/json")
        .body(r#"{"overall_score":1e999}"#);
    assert_eq!(test_support::send(huge).await.status, 400);
    let shown = stage.get(&path).await.json();
    assert_eq!(
        (&shown["status"], &shown["result"]),
        (&json!("started"), &Value::Null)
    );
    for body in [
        json!({ "status": "Started" }),
        json!({ "status": "done" }),
        json!({}),
    ] {
        let answer = stage.post(&format!("{path}/status"), &body).await;
        assert_eq!(answer.problem(), (400, "invalid-json".to_owned()), "{body}");
    }
    for path in [
        "/invitations/x",
        "/invitations/00000000-0000-0000-0000-000000000000",
    ] {
        let unknown = (404, "unknown-invitation".to_owned());
        assert_eq!(stage.get(path).await.problem(), unknown);
        assert_eq!(
            stage.put(&format!("{path}/result"), &good).await.problem(),
            unknown
        );
        let status = stage
            .post(&format!("{path}/status"), &json!({ "status": "started" }))
            .await;
        assert_eq!(status.problem(), unknown);
    }
}

#[tokio::test]
async fn changes_of_one_invitation_at_once_take_turns() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Video).await;
    for _ in 0..10 {
        let invitee = invitee_in(&stage, &campaign, Status::Started).await;
        let result = json!({ "overall_score": 10 });
        let (result, cancelled, expired) = tokio::join!(
            put_result(&stage, &invitee, &result),
            stage.set_status(&invitee, "cancelled"),
            stage.set_status(&invitee, "expired"),
        );
        let statuses = [result.status, cancelled.status, expired.status].map(|status| status.as_u16());
        assert_eq!(
            statuses.iter().filter(|status| **status == 200).count(),
            1,
            "{statuses:?}"
        );
        assert_eq!(
            statuses.iter().filter(|status| **status == 409).count(),
            2,
            "{statuses:?}"
        );
        assert_eq!(stage.callbacks(&invitee).await.len(), 2);
    }
}

#[tokio::test]
async fn what_nobody_took_up_in_time_expires_and_is_told() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Video).await;
    let mut overdue = BTreeSet::new();
    for _ in 0..3 {
        overdue.insert(stage.invite(&campaign).await.invitation_id);
    }
    let started = invitee_in(&stage, &campaign, Status::Started).await;
    stage.app.advance(60);
    let later = stage.invite(&campaign).await;
    stage.app.advance(30 * 86400 - 60);
    let token = stage.app.application_token(&stage.platform).await;
    let stage = Stage { token, ..stage };
    let library = stage.library().await;
    // Beside the service's own, and beside each other: each expires once.
    tokio::join!(
        housekeeping::expire_invitations(&library),
        housekeeping::expire_invitations(&library)
    );
    for id in &overdue {
        let shown = stage.get(&format!("/invitations/{id}")).await.json();
        assert_eq!(
            (&shown["status"], &shown["status_changed_at"]),
            (&json!("expired"), &json!(rfc3339(stage.app.now())))
        );
    }
    for (invitee, status) in [(&started, "started"), (&later, "invited")] {
        let shown = stage
            .get(&format!("/invitations/{}", invitee.invitation_id))
            .await
            .json();
        assert_eq!(shown["status"], status);
    }
    let told =
        "select count(*) from webhook_event where status = 'expired' and type = 'invitation.status_changed'";
    assert_eq!(stage.count(told).await, 3);
    let trail = "select sum((detail->>'invitations')::bigint)::bigint from audit_event
                 where action = 'expired' and actor_kind = 'system'";
    assert_eq!(stage.count(trail).await, 3);
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_said_in_few_words() {
    let stage = Stage::new().await;
    let path = "/invitations/0190a5d0-0000-7000-8000-000000000001";
    let long = "x".repeat(100_000);
    for answer in [
        stage
            .post(&format!("{path}/status"), &json!({ "status": long }))
            .await,
        stage
            .put(&format!("{path}/result"), &json!({ (long.as_str()): 1 }))
            .await,
        stage
            .put(
                &format!("{path}/result"),
                &json!({ "scores": [{ (long.as_str()): 1 }] }),
            )
            .await,
    ] {
        assert!(answer.body.len() < 1000, "{} bytes", answer.body.len());
        assert_eq!(answer.problem(), (400, "invalid-json".to_owned()));
    }
}
