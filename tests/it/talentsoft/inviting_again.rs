//! Inviting a candidate again (contract s4): whose invitation is over gets another one, everybody else the same.

use serde_json::{Value, json};
use talentsoft_partner::clock::rfc3339;
use talentsoft_partner::housekeeping;
use talentsoft_partner::recruiting::{Campaign, CampaignKind};

use test_support::candidate::{VIDEOS, candidate, candidates};
use test_support::platform::{Invitee, PERSONAL, Stage};
use test_support::{TestApp, eventually};

use super::inviting::{count, invitations, start};

/// How long an invitation is open, in seconds.
const TTL: i64 = 30 * 86_400;

/// A stage with somebody who is invited, and tokens that are good after so many seconds.
async fn invited_and(kind: CampaignKind, seconds: i64) -> (Stage, Campaign, Invitee) {
    let stage = Stage::new().await;
    let campaign = stage.campaign(kind).await;
    let invitee = stage.invite(&campaign).await;
    stage.app.advance(seconds);
    let token = stage.app.application_token(&stage.platform).await;
    let marketplace_token = stage.app.application_token(&stage.client).await;
    let stage = Stage {
        token,
        marketplace_token,
        ..stage
    };
    (stage, campaign, invitee)
}

async fn again(stage: &Stage, campaign: &Campaign, invitee: &Invitee) -> Invitee {
    let person = Invitee {
        lastname: format!("Other-{PERSONAL}"),
        ..invitee.clone()
    };
    stage.invite_person(&stage.client, campaign, person).await
}

async fn found(stage: &Stage, invitee: &Invitee) -> Value {
    let path = format!("/invitations/{}", invitee.invitation_id);
    stage.get(&path).await.json()
}

async fn resolved(stage: &Stage, invitee: &Invitee) -> u16 {
    let body = json!({ "token": invitee.link_token });
    stage.post("/invitations/resolve", &body).await.status.as_u16()
}

#[tokio::test]
async fn whose_invitation_is_over_gets_another_and_the_old_one_stays() {
    for kind in [CampaignKind::Video, CampaignKind::Assessment] {
        for (statuses, seconds, is_noticed, status) in [
            (&["cancelled"][..], 60, false, "cancelled"),
            (&["started", "cancelled"], 60, false, "cancelled"),
            (&["expired"], 60, false, "expired"),
            (&[], TTL, true, "expired"),
            // Its time is over, and housekeeping is yet to come by.
            (&[], TTL, false, "expired"),
        ] {
            let (stage, campaign, old) = invited_and(kind, seconds).await;
            for status in statuses {
                assert_eq!(stage.set_status(&old, status).await.status, 200);
            }
            if is_noticed {
                housekeeping::expire_invitations(&*stage.library().await).await;
            }
            let told = stage.callbacks(&old).await;
            let before = found(&stage, &old).await;
            let new = again(&stage, &campaign, &old).await;
            assert_ne!(new.invitation_id, old.invitation_id);
            assert_ne!(new.link_token, old.link_token);
            assert_eq!(
                (resolved(&stage, &old).await, resolved(&stage, &new).await),
                (410, 200)
            );

            let mut expected = before;
            expected["superseded_by"] = json!(new.invitation_id);
            expected["status"] = json!(status);
            let kept = found(&stage, &old).await;
            expected["status_changed_at"] = kept["status_changed_at"].clone();
            assert_eq!(kept, expected, "nothing else changed");
            assert_eq!(stage.callbacks(&old).await, told, "the new one is what counts");

            let present = found(&stage, &new).await;
            assert_eq!(
                (
                    &present["status"],
                    &present["superseded_by"],
                    &present["lastname"]
                ),
                (&json!("invited"), &Value::Null, &json!(new.lastname))
            );
            assert_eq!(present["created_at"], json!(rfc3339(stage.app.now())));
            // Asked for once more, it is the same.
            let same = again(&stage, &campaign, &new).await;
            assert_eq!(same.link_token, new.link_token);
            assert_eq!(count(&stage.app, "select count(*) from invitation").await, 2);
        }
    }
}

/// The feed of new invitations, once it has some: what another test has begun in its own database holds it up.
async fn read_feed(stage: &Stage, path: &str) -> Value {
    let mut feed = Value::Null;
    eventually("the feed has an invitation", async || {
        feed = stage.get(path).await.json();
        feed["invitations"] != json!([])
    })
    .await;
    feed
}

#[tokio::test]
async fn talentsoft_the_feed_and_callbacks_tell_of_the_new_one() {
    for (kind, path) in [
        (CampaignKind::Video, "/videos/interviews"),
        (CampaignKind::Assessment, "/assessments/invitations"),
    ] {
        let (stage, campaign, old) = invited_and(kind, 60).await;
        let feed = read_feed(&stage, "/invitations").await;
        let cursor = feed["next_cursor"].as_str().unwrap();
        stage.set_status(&old, "cancelled").await;
        let new = again(&stage, &campaign, &old).await;
        let feed = read_feed(&stage, &format!("/invitations?cursor={cursor}")).await;
        let listed = feed["invitations"].as_array().unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0]["invitation_id"], json!(new.invitation_id));

        stage.set_status(&new, "started").await;
        assert_eq!(
            stage.callbacks(&old).await,
            ["invitation.status_changed cancelled"]
        );
        assert_eq!(stage.callbacks(&new).await, ["invitation.status_changed started"]);
        for query in [
            format!("application_id={}", old.application_id),
            format!("campaign_id={}", campaign.campaign_id),
        ] {
            let answer = stage
                .app
                .get_with(&format!("{path}?{query}"), &stage.marketplace_token)
                .await
                .json();
            assert_eq!(answer.as_array().unwrap().len(), 1, "{query}");
            assert_eq!(answer[0]["status"], "started");
        }
        // What is over stays over.
        assert_eq!(stage.set_status(&old, "started").await.status, 409);
    }
}

#[tokio::test]
async fn whose_invitation_is_not_over_has_the_same() {
    for (statuses, seconds) in [
        (&[][..], TTL - 1),
        (&["started"], 60),
        // The platform may still take what the candidate began.
        (&["started"], TTL),
        (&["started", "completed"], 60),
        (&["started", "completed"], TTL + 60),
    ] {
        let stage = Stage::new().await;
        let campaign = stage.campaign(CampaignKind::Video).await;
        let invitee = stage.invite(&campaign).await;
        for status in statuses {
            assert_eq!(stage.set_status(&invitee, status).await.status, 200);
        }
        stage.app.advance(seconds);
        let same = again(&stage, &campaign, &invitee).await;
        assert_eq!(same.invitation_id, invitee.invitation_id);
        assert_eq!(same.link_token, invitee.link_token, "{statuses:?}");
        let told = stage.callbacks(&invitee).await;
        assert_eq!(told.len(), statuses.len());
    }
}

#[tokio::test]
async fn a_candidate_may_be_invited_again_and_again() {
    let (stage, campaign, first) = invited_and(CampaignKind::Video, 60).await;
    let mut history = vec![first];
    for _ in 0..3 {
        let last = history.last().unwrap().clone();
        stage.set_status(&last, "cancelled").await;
        history.push(again(&stage, &campaign, &last).await);
    }
    for pair in history.windows(2) {
        assert_eq!(
            found(&stage, &pair[0]).await["superseded_by"],
            json!(pair[1].invitation_id)
        );
    }
    // All of it is one person's.
    let path = format!(
        "/customers/{}/candidates/{}",
        stage.customer_id, history[0].applicant_id
    );
    let erased = test_support::send(stage.request(reqwest::Method::DELETE, &path)).await;
    assert_eq!(erased.status, 204);
    assert_eq!(invitations(&stage.app).await, 0);
}

#[tokio::test]
async fn a_closed_campaign_invites_nobody_again() {
    let (stage, campaign, old) = invited_and(CampaignKind::Video, 60).await;
    stage.set_status(&old, "cancelled").await;
    stage.app.close_campaign(campaign.campaign_id).await;
    let mut row = candidate(campaign.campaign_id, 1);
    row["applicant_id"] = json!(old.applicant_id);
    row["application_id"] = json!(old.application_id);
    let answer = stage
        .app
        .post_json(VIDEOS.path, &stage.marketplace_token, &json!([row]))
        .await
        .json();
    let words = "campaign_id names no open video campaign of this customer";
    assert_eq!(answer[0]["error_message"], words);
    assert_eq!(found(&stage, &old).await["superseded_by"], Value::Null);
    assert_eq!(invitations(&stage.app).await, 1);
}

/// Ends every other present invitation, by its place in the order of applicants.
async fn cancel_half(app: &TestApp) -> u64 {
    let cancelled = sqlx::query(
        "update invitation set status = 'cancelled'
         where superseded_by = '00000000-0000-0000-0000-000000000000'
             and right(applicant_id::text, 1) in ('0', '2', '4', '6', '8', 'a', 'c', 'e')",
    );
    cancelled.execute(&app.sql).await.unwrap().rows_affected()
}

#[tokio::test]
async fn batches_at_once_make_one_new_invitation_of_each_that_is_over() {
    let (app, client, token) = start().await;
    let beside = app.beside().await;
    let campaign = app
        .add_campaign(client.customer_id.unwrap(), "One", "en")
        .await
        .campaign_id;
    let batch = candidates(campaign, 0..50);
    let reversed = json!(batch.iter().rev().cloned().collect::<Vec<_>>());
    let batch = json!(batch);
    let mut before = VIDEOS.links(&app.post_json(VIDEOS.path, &token, &batch).await);
    for round in 1..=8 {
        let cancelled = cancel_half(&app).await;
        assert_eq!(cancelled, 25);
        let (a, b, c, d) = tokio::join!(
            app.post_json(VIDEOS.path, &token, &batch),
            beside.post_json(VIDEOS.path, &token, &reversed),
            app.post_json(VIDEOS.path, &token, &reversed),
            beside.post_json(VIDEOS.path, &token, &batch),
        );
        let links = VIDEOS.links(&a);
        assert_eq!(links, VIDEOS.links(&d));
        for reversed in [b, c] {
            let links_of_reversed: Vec<String> = VIDEOS.links(&reversed).into_iter().rev().collect();
            assert_eq!(links, links_of_reversed);
        }
        let changed = links.iter().zip(&before).filter(|(new, old)| new != old);
        assert_eq!(changed.count(), 25);
        assert_eq!(invitations(&app).await, 50 + 25 * round);
        before = links;
    }
}

#[tokio::test]
async fn a_batch_invites_again_whom_it_must_and_leaves_the_rest() {
    let (app, client, token) = start().await;
    let campaign = app
        .add_campaign(client.customer_id.unwrap(), "One", "en")
        .await
        .campaign_id;
    let first = json!(candidates(campaign, 0..4));
    let before = VIDEOS.links(&app.post_json(VIDEOS.path, &token, &first).await);
    cancel_half(&app).await;
    let unknown = "01000000-0000-7000-8000-000000000000".parse().unwrap();
    let mut batch = candidates(campaign, 0..5);
    batch.push(candidate(unknown, 0));
    batch.push(json!({ "applicant_id": "A1" }));
    let rows = app.post_json(VIDEOS.path, &token, &json!(batch)).await.json();
    let link = |at: usize| rows[at]["interview_invitation_link"].as_str();
    for at in [0, 2] {
        assert!(link(at).is_some_and(|link| link != before[at]), "{rows}");
    }
    for at in [1, 3] {
        assert_eq!(link(at), Some(before[at].as_str()));
    }
    assert!(link(4).is_some());
    assert_eq!(
        (&rows[5]["status"], &rows[6]["status"]),
        (&json!("error"), &json!("error"))
    );
    assert_eq!(invitations(&app).await, 7);
}
