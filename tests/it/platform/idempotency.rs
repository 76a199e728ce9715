//! Idempotency keys: a POST sent again does nothing again, and is answered alike.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Connection;
use talentsoft_partner::clients::Scope;
use talentsoft_partner::housekeeping;
use talentsoft_partner::recruiting::CampaignKind;

use test_support::platform::Stage;
use test_support::{Answer, send};

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == "true"
}

#[tokio::test]
async fn the_same_request_is_done_once_and_answered_alike() {
    let stage = Stage::new().await;
    let body = json!({ "customer_id": stage.customer_id, "kind": "video", "name": "x", "language": "fr" });
    let first = stage.post_under("key 1", "/campaigns", &body).await;
    assert_eq!((first.status.as_u16(), is_replayed(&first)), (201, false));
    stage.app.advance(100);
    let again = stage.post_under("key 1", "/campaigns", &body).await;
    assert!(is_replayed(&again));
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(again.header("content-type"), "application/json");
    let campaigns = "select count(*) from campaign";
    assert_eq!(stage.count(campaigns).await, 1);

    let mut other = body.clone();
    other["name"] = "y".into();
    let reused = (409, "idempotency-key-reused".to_owned());
    assert_eq!(
        stage.post_under("key 1", "/campaigns", &other).await.problem(),
        reused
    );
    let id = first.json()["campaign_id"].as_str().unwrap().to_owned();
    let elsewhere = stage
        .post_under("key 1", &format!("/campaigns/{id}/close"), &body)
        .await;
    assert_eq!(elsewhere.problem(), reused);
    assert_eq!(stage.count(campaigns).await, 1);
    assert_eq!(
        stage
            .count("select count(*) from campaign where closed_at is not null")
            .await,
        0
    );

    // Without a key, and under another or another client's, it is another request.
    assert_eq!(stage.post("/campaigns", &body).await.status, 201);
    assert_eq!(stage.post_under("key 2", "/campaigns", &body).await.status, 201);
    let another = stage.app.add_own_client("another", &[Scope::Platform]).await;
    let token = stage.app.application_token(&another).await;
    let request = stage
        .app
        .request(Method::POST, "/platform/v1/campaigns")
        .bearer_auth(token);
    let theirs = send(request.json(&body).header("idempotency-key", "key 1")).await;
    assert_eq!((theirs.status.as_u16(), is_replayed(&theirs)), (201, false));
    assert_eq!(stage.count(campaigns).await, 4);
}

#[tokio::test]
async fn what_the_request_itself_is_refused_for_stays_refused_under_its_key() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let invitee = stage.invite(&campaign).await;
    assert_eq!(stage.set_status(&invitee, "started").await.status, 200);
    let bad_name = json!({ "customer_id": stage.customer_id, "kind": "video", "name": "", "language": "fr" });
    let bad_url = json!({ "name": "Report", "url": "nope" });
    let reports = format!("/invitations/{}/reports", invitee.invitation_id);
    for (path, body, problem) in [
        ("/campaigns", &bad_name, "invalid-name"),
        (&reports, &bad_url, "invalid-report"),
    ] {
        let first = stage.post_under(path, path, body).await;
        let again = stage.post_under(path, path, body).await;
        let expected = (400, problem.to_owned());
        assert_eq!((first.problem(), is_replayed(&first)), (expected.clone(), false));
        assert_eq!((again.problem(), is_replayed(&again)), (expected, true));
        assert_eq!(again.body, first.body);
    }
}

#[tokio::test]
async fn a_refusal_whose_cause_passes_is_not_kept_under_its_key() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let invitee = stage.invite(&campaign).await;
    let path = |what: &str| format!("/invitations/{}/{what}", invitee.invitation_id);
    let complete = json!({ "status": "completed" });
    let link = json!({ "name": "Report", "url": "https://partner.example/r" });
    let mut count = 0;
    let mut refused = async |path: &str, body: &Value, problem: (u16, &str)| {
        count += 1;
        for _ in 0..2 {
            let answer = stage.post_under(&format!("k{count}"), path, body).await;
            assert_eq!(answer.problem(), (problem.0, problem.1.to_owned()));
            assert!(!is_replayed(&answer), "{path}");
        }
        format!("k{count}")
    };
    let conflict = (409, "impossible-status");
    let status_key = refused(&path("status"), &complete, conflict).await;
    let link_key = refused(&path("reports"), &link, conflict).await;
    let later = stage.app.now();
    let customer_id = uuid::Uuid::from_u128(1);
    let new = json!({ "customer_id": customer_id, "kind": "video", "name": "x", "language": "fr" });
    let customer_key = refused("/campaigns", &new, (404, "unknown-customer")).await;
    sqlx::query("insert into customer (customer_id, name, created_at) values ($1, 'Late', $2)")
        .bind(customer_id)
        .bind(later)
        .execute(&stage.app.sql)
        .await
        .unwrap();
    assert_eq!(stage.set_status(&invitee, "started").await.status, 200);

    for (key, path, body, status) in [
        (link_key, path("reports"), &link, 201),
        (status_key, path("status"), &complete, 200),
        (customer_key, "/campaigns".to_owned(), &new, 201),
    ] {
        let done = stage.post_under(&key, &path, body).await;
        assert_eq!(
            (done.status.as_u16(), is_replayed(&done)),
            (status, false),
            "{path}"
        );
        let again = stage.post_under(&key, &path, body).await;
        assert_eq!((&again.body, is_replayed(&again)), (&done.body, true), "{path}");
    }
}

#[tokio::test]
async fn requests_at_once_under_one_key_are_one() {
    let stage = Stage::new().await;
    let body = json!({ "customer_id": stage.customer_id, "kind": "video", "name": "x", "language": "fr" });
    for round in 0..5 {
        let key = format!("round {round}");
        let ask = || stage.post_under(&key, "/campaigns", &body);
        let (a, b, c, d) = tokio::join!(ask(), ask(), ask(), ask());
        let answers = [a, b, c, d];
        assert_eq!(answers.iter().filter(|answer| !is_replayed(answer)).count(), 1);
        for answer in &answers {
            assert_eq!((answer.status.as_u16(), &answer.body), (201, &answers[0].body));
        }
    }
    assert_eq!(stage.count("select count(*) from campaign").await, 5);
}

#[tokio::test]
async fn a_fault_leaves_the_key_free() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Video).await;
    let invitee = stage.invite(&campaign).await;
    let path = format!("/invitations/{}/status", invitee.invitation_id);
    let start = json!({ "status": "started" });
    let mut connection = sqlx::PgConnection::connect(&stage.app.database_url)
        .await
        .unwrap();
    let mut holding = connection.begin().await.unwrap();
    sqlx::query("select from invitation for update")
        .execute(&mut *holding)
        .await
        .unwrap();
    let failed = stage.post_under("k", &path, &start).await;
    assert_eq!(failed.problem(), (503, "unavailable".to_owned()));
    holding.rollback().await.unwrap();
    let again = stage.post_under("k", &path, &start).await;
    assert_eq!((again.status.as_u16(), is_replayed(&again)), (200, false));
    assert_eq!(stage.callbacks(&invitee).await.len(), 1);
}

#[tokio::test]
async fn a_key_is_free_again_after_a_day() {
    let stage = Stage::new().await;
    let body = json!({ "customer_id": stage.customer_id, "kind": "video", "name": "x", "language": "fr" });
    stage.post_under("k", "/campaigns", &body).await;
    stage.app.advance(86399);
    let token = stage.app.application_token(&stage.platform).await;
    let stage = Stage { token, ..stage };
    assert!(is_replayed(&stage.post_under("k", "/campaigns", &body).await));
    stage.app.advance(1);
    // Whether or not it was forgotten by then.
    let anew = stage.post_under("k", "/campaigns", &body).await;
    assert_eq!((anew.status.as_u16(), is_replayed(&anew)), (201, false));
    assert!(is_replayed(&stage.post_under("k", "/campaigns", &body).await));
    let kept = "select count(*) from idempotency_key";
    assert_eq!(stage.count(kept).await, 1);
    stage.app.advance(86400);
    housekeeping::prune(&*stage.library().await).await;
    assert_eq!(stage.count(kept).await, 0);
}

#[tokio::test]
async fn a_key_is_one_header_of_printable_ascii() {
    let stage = Stage::new().await;
    let body = json!({ "customer_id": stage.customer_id, "kind": "video", "name": "x", "language": "fr" });
    let request = || stage.request(Method::POST, "/campaigns").json(&body);
    let longest = "x".repeat(255);
    assert_eq!(
        send(request().header("idempotency-key", &longest)).await.status,
        201
    );
    let invalid = (400, "invalid-idempotency-key".to_owned());
    for bad in [&b""[..], &[b'x'; 256], b"a\tb", "é".as_bytes()] {
        let answer = send(request().header("idempotency-key", bad)).await;
        assert_eq!(answer.problem(), invalid, "{bad:?}");
    }
    let twice = request()
        .header("idempotency-key", "a")
        .header("idempotency-key", "b");
    assert_eq!(send(twice).await.problem(), invalid);
}
