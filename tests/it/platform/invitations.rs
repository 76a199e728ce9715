//! `/platform/v1/invitations`: taking invitations up.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Connection;
use talentsoft_partner::clock::rfc3339;
use talentsoft_partner::recruiting::CampaignKind;
use talentsoft_partner::replica::Feed;

use test_support::eventually;
use test_support::platform::{Invitee, Stage};
use test_support::{log, send};

fn ids(page: &Value) -> Vec<String> {
    let rows = page["invitations"].as_array().unwrap();
    rows.iter()
        .map(|row| row["invitation_id"].as_str().unwrap().to_owned())
        .collect()
}

async fn resolve(stage: &Stage, token: &str) -> test_support::Answer {
    log::never(token);
    stage
        .post("/invitations/resolve", &json!({ "token": token }))
        .await
}

#[tokio::test]
async fn an_invitation_is_listed_found_and_resolved_alike() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let invitee = stage.invite(&campaign).await;
    follow(&stage, String::new(), 500, 1).await;
    let listed = stage.get("/invitations").await;
    assert_eq!(listed.header("cache-control"), "no-store");
    let listed = listed.json();
    let id = &invitee.invitation_id;
    let (now, end) = (stage.app.now(), stage.app.now() + chrono::TimeDelta::days(30));
    let now = rfc3339(now);
    let expected = json!({
        "invitation_id": id, "customer_id": stage.customer_id, "campaign_id": campaign.campaign_id,
        "kind": "assessment", "applicant_id": invitee.applicant_id, "application_id": invitee.application_id,
        "lastname": invitee.lastname, "firstname": invitee.firstname, "email": invitee.email,
        "phone": "+33 1 23 45 67 89", "invited_by": null, "status": "invited", "created_at": now,
        "status_changed_at": now, "expires_at": rfc3339(end), "superseded_by": null,
        "result": null, "reports": [],
    });
    assert_eq!(listed["invitations"], json!([expected]));
    assert_eq!(stage.get(&format!("/invitations/{id}")).await.json(), expected);
    let resolved = resolve(&stage, &invitee.link_token).await;
    assert_eq!((resolved.status.as_u16(), resolved.json()), (200, expected));
    for path in ["/invitations".to_owned(), format!("/invitations/{id}")] {
        let head = send(stage.request(Method::HEAD, &path)).await;
        assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
    }
}

#[tokio::test]
async fn a_link_leads_somewhere_until_the_invitation_is_over() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Video).await;
    let over = (410, "invitation-over".to_owned());
    let unknown = (404, "unknown-invitation".to_owned());
    let invitee = stage.invite(&campaign).await;
    for token in [
        "",
        "x",
        "AAAAAAAAAAAAAAAAAAAAAA",
        &format!("{}A", invitee.link_token),
    ] {
        let answer = stage
            .post("/invitations/resolve", &json!({ "token": token }))
            .await;
        assert_eq!(answer.problem(), unknown, "{token}");
    }
    assert_eq!(stage.set_status(&invitee, "started").await.status, 200);
    assert_eq!(resolve(&stage, &invitee.link_token).await.status, 200);
    assert_eq!(stage.set_status(&invitee, "completed").await.status, 200);
    assert_eq!(resolve(&stage, &invitee.link_token).await.problem(), over);
    for status in ["cancelled", "expired"] {
        let invitee = stage.invite(&campaign).await;
        assert_eq!(stage.set_status(&invitee, status).await.status, 200);
        assert_eq!(resolve(&stage, &invitee.link_token).await.problem(), over);
    }
    let (invited, started) = (stage.invite(&campaign).await, stage.invite(&campaign).await);
    stage.set_status(&started, "started").await;
    stage.app.advance(30 * 86400 - 1);
    let token = stage.app.application_token(&stage.platform).await;
    let stage = Stage { token, ..stage };
    assert_eq!(resolve(&stage, &invited.link_token).await.status, 200);
    stage.app.advance(1);
    for invitee in [&invited, &started] {
        assert_eq!(resolve(&stage, &invitee.link_token).await.problem(), over);
    }
}

#[tokio::test]
async fn a_client_of_a_customer_sees_that_customers_invitations_only() {
    let stage = Stage::new().await;
    let other = stage.app.add_marketplace_client("other").await;
    let other_id = other.customer_id.unwrap();
    let theirs = stage.campaign_of(other_id, CampaignKind::Assessment).await;
    let theirs = stage.invite_person(&other, &theirs, Invitee::somebody()).await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let ours = stage.invite(&campaign).await;
    assert_eq!(follow(&stage, String::new(), 500, 2).await.0.len(), 2);
    let of_other = stage
        .get(&format!("/invitations?customer_id={other_id}"))
        .await
        .json();
    assert_eq!(ids(&of_other), vec![theirs.invitation_id.clone()]);
    let bound = Stage {
        token: stage.bound_token(stage.customer_id).await,
        ..stage
    };
    assert_eq!(ids(&bound.get("/invitations").await.json()), [ours.invitation_id]);
    let none = bound
        .get(&format!("/invitations?customer_id={other_id}"))
        .await
        .json();
    assert_eq!(ids(&none), Vec::<String>::new());

    let unknown = (404, "unknown-invitation".to_owned());
    let path = format!("/invitations/{}", theirs.invitation_id);
    assert_eq!(bound.get(&path).await.problem(), unknown);
    assert_eq!(resolve(&bound, &theirs.link_token).await.problem(), unknown);
    assert_eq!(bound.set_status(&theirs, "started").await.problem(), unknown);
    let result = json!({ "overall_score": 1.0 });
    assert_eq!(
        bound.put(&format!("{path}/result"), &result).await.problem(),
        unknown
    );
    let link = json!({ "name": "Report", "url": "https://partner.example/r" });
    assert_eq!(
        bound.post(&format!("{path}/reports"), &link).await.problem(),
        unknown
    );
    let upload = bound
        .request(Method::POST, &format!("{path}/reports?name=Report"))
        .header("content-type", "application/pdf")
        .body("%PDF-1.7");
    assert_eq!(send(upload).await.problem(), unknown);
    let erase = format!("/customers/{other_id}/candidates/{}", theirs.applicant_id);
    let erase = send(bound.request(Method::DELETE, &erase)).await;
    assert_eq!(erase.problem(), (404, "unknown-candidate".to_owned()));
    let untouched = "select count(*) from invitation where status = 'invited' and result_at is null";
    assert_eq!(bound.count(untouched).await, 2);
    assert_eq!(bound.count("select count(*) from report").await, 0);
}

/// Follows the list until that many were listed, and to its end. Transactions of other tests, which are on the same server,
/// may hold it up.
async fn follow(stage: &Stage, mut cursor: String, limit: u32, expected: usize) -> (Vec<String>, String) {
    let mut all = Vec::new();
    eventually("all are listed", async || {
        loop {
            let path = format!("/invitations?limit={limit}&cursor={cursor}");
            let page = stage.get(&path).await.json();
            page["next_cursor"].as_str().unwrap().clone_into(&mut cursor);
            let found = ids(&page);
            if found.is_empty() {
                return all.len() >= expected;
            }
            all.extend(found);
        }
    })
    .await;
    (all, cursor)
}

#[tokio::test]
async fn the_new_ones_are_listed_once_and_then_no_more() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Video).await;
    let empty = stage.get("/invitations").await.json();
    let start = empty["next_cursor"].as_str().unwrap().to_owned();
    let mut invited = Vec::new();
    for _ in 0..5 {
        invited.push(stage.invite(&campaign).await.invitation_id);
    }
    let (listed, cursor) = follow(&stage, start.clone(), 2, 5).await;
    assert_eq!(listed, invited);
    assert_eq!(
        follow(&stage, cursor.clone(), 2, 0).await,
        (Vec::new(), cursor.clone())
    );
    let next = stage.invite(&campaign).await.invitation_id;
    assert_eq!(follow(&stage, cursor, 500, 1).await.0, [next]);
    for bad in ["x", "1", "1.x", "-1.00000000-0000-0000-0000-000000000000"] {
        let answer = stage.get(&format!("/invitations?cursor={bad}")).await;
        assert_eq!(answer.problem(), (400, "invalid-cursor".to_owned()), "{bad}");
    }
}

#[tokio::test]
async fn an_older_transaction_that_commits_later_is_not_missed() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Video).await;
    let first = stage.invite(&campaign).await;
    let (_, cursor) = follow(&stage, String::new(), 500, 1).await;
    // One that began, and has its number, before the next one.
    let mut connection = sqlx::PgConnection::connect(&stage.app.database_url)
        .await
        .unwrap();
    let mut older = connection.begin().await.unwrap();
    sqlx::query(
        "insert into invitation (invitation_id, customer_id, client_id, campaign_id, kind, applicant_id,
             application_id, lastname, firstname, email, link_digest, sealed_link, sealing_key_id, status, created_at,
             status_changed_at, expires_at)
         select gen_random_uuid(), customer_id, client_id, campaign_id, kind, gen_random_uuid(), application_id, 'l', 'f',
             'e@x', sha256('x'), sealed_link, sealing_key_id, status, created_at, status_changed_at, expires_at
         from invitation",
    )
    .execute(&mut *older)
    .await
    .unwrap();
    let younger = stage.invite(&campaign).await;
    let (listed, cursor) = follow(&stage, cursor, 500, 0).await;
    assert_eq!(
        listed,
        Vec::<String>::new(),
        "the younger one waits for its elder"
    );
    older.commit().await.unwrap();
    let (listed, _) = follow(&stage, cursor, 500, 2).await;
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[1], younger.invitation_id);
    assert_ne!(listed[0], first.invitation_id);
}

#[tokio::test]
async fn after_a_restore_nothing_is_missed() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Video).await;
    let before = stage.invite(&campaign).await;
    let (_, cursor) = follow(&stage, String::new(), 500, 1).await;
    // As a dump from a server that was further on leaves them.
    sqlx::query("update invitation set created_in = '9000000000'")
        .execute(&stage.app.sql)
        .await
        .unwrap();
    let (listed, _) = follow(&stage, String::new(), 500, 0).await;
    assert_eq!(
        listed,
        Vec::<String>::new(),
        "of a transaction that is still to come"
    );
    let library = stage.library().await;
    Feed::begin(
        Arc::clone(&library.oauth),
        Arc::clone(&library.market),
        Arc::clone(&library.feed),
    )
    .await
    .unwrap();
    stage.app.advance(7200);
    let token = stage.app.application_token(&stage.platform).await;
    let stage = Stage { token, ..stage };
    let after = stage.invite(&campaign).await;
    let all = [before.invitation_id.clone(), after.invitation_id.clone()];
    assert_eq!(follow(&stage, String::new(), 500, 2).await.0, all);

    // A cursor from there, and one whose invitation is gone: what came later is listed, however low its number.
    let far = format!("9000000000.{}", before.invitation_id);
    assert!(follow(&stage, far, 500, 1).await.0.contains(&after.invitation_id));
    assert!(
        follow(&stage, cursor.clone(), 500, 1)
            .await
            .0
            .contains(&after.invitation_id)
    );
    sqlx::query("delete from invitation where invitation_id = $1::uuid")
        .bind(&before.invitation_id)
        .execute(&stage.app.sql)
        .await
        .unwrap();
    let (listed, next) = follow(&stage, cursor, 500, 1).await;
    assert_eq!(listed, [after.invitation_id]);
    assert_eq!(follow(&stage, next, 500, 0).await.0, Vec::<String>::new());
}

/// Rows of invitations that the server has read so far, and how often. It counts what a session read a second later, or when
/// that comes to speak again.
async fn reads(stage: &Stage) -> (i64, i64) {
    sqlx::query_as(
        "select seq_tup_read + idx_tup_fetch, seq_scan + idx_scan from pg_stat_user_tables where relname = 'invitation'",
    )
    .fetch_one(&stage.app.sql)
    .await
    .unwrap()
}

#[tokio::test]
async fn what_the_others_have_does_not_make_a_call_dearer() {
    const THEIRS: i64 = 5000;
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Video).await;
    stage.invite(&campaign).await;
    let (_, cursor) = follow(&stage, String::new(), 500, 1).await;
    let other = stage.app.add_customer("other").await;
    let theirs = stage.campaign_of(other, CampaignKind::Video).await;
    // Made in the course of years.
    sqlx::query(
        "insert into invitation (invitation_id, customer_id, client_id, campaign_id, kind, applicant_id,
             application_id, lastname, firstname, email, link_digest, sealed_link, sealing_key_id, status, created_at,
             status_changed_at, expires_at)
         select ('fff' || substr(gen_random_uuid()::text, 4))::uuid, $1, client_id, $2, kind, gen_random_uuid(),
             gen_random_uuid(), 'l', 'f', 'e@x', sha256(number::text::bytea), sealed_link, sealing_key_id, status,
             created_at, status_changed_at, expires_at
         from invitation, generate_series(1, $3) number",
    )
    .bind(other.0)
    .bind(theirs.campaign_id.0)
    .bind(THEIRS)
    .execute(&stage.app.sql)
    .await
    .unwrap();
    sqlx::query("analyze invitation")
        .execute(&stage.app.sql)
        .await
        .unwrap();
    let bound = Stage {
        token: stage.bound_token(stage.customer_id).await,
        ..stage
    };
    let path = format!("/invitations?cursor={cursor}");
    for path in [
        path.as_str(),
        "/invitations",
        "/invitations?cursor=1.00000000-0000-0000-0000-000000000000",
    ] {
        let (rows, scans) = reads(&bound).await;
        let mut calls = 0;
        eventually("calls are counted", async || {
            bound.get(path).await;
            calls += 1;
            reads(&bound).await.1 >= scans + 20
        })
        .await;
        let (rows_after, _) = reads(&bound).await;
        assert!(
            rows_after - rows < THEIRS,
            "{path}: {} rows in {calls} calls",
            rows_after - rows
        );
    }
}
