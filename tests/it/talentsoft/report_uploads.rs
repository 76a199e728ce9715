//! Uploads of reports that are broken off, given up or repeated.

use reqwest::Method;
use serde_json::json;
use talentsoft_partner::housekeeping;
use talentsoft_partner::recruiting::CampaignKind;
use test_support::eventually;
use test_support::platform::{Invitee, Stage};
use test_support::send;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::reports::{MIB, PDF, pdf, reports_of, shown, started};

/// Begins an upload on a connection of its own, and sends half of it.
async fn begin(stage: &Stage, invitee: &Invitee) -> tokio::net::TcpStream {
    let mut stream = tokio::net::TcpStream::connect(stage.app.address).await.unwrap();
    let head = format!(
        "POST /platform/v1{}?name=x HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: {PDF}\r\n\
         content-length: {}\r\n\r\n",
        reports_of(invitee),
        stage.token,
        2 * MIB
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&pdf(MIB)).await.unwrap();
    eventually("chunks are written", async || {
        stage.count("select count(*) from report_chunk").await >= 3
    })
    .await;
    stream
}

#[tokio::test]
async fn an_unfinished_upload_is_seen_by_nobody_holds_nothing_and_is_forgotten() {
    let (stage, invitee) = started().await;
    // More of them than there are connections to the database.
    let mut uploads = Vec::new();
    for _ in 0..8 {
        uploads.push(begin(&stage, &invitee).await);
    }
    assert_eq!(
        shown(&stage, &invitee).await,
        json!([]),
        "others are served meanwhile"
    );
    let busy =
        "select count(*) from pg_stat_activity where datname = current_database() and xact_start is not null
                and pid <> pg_backend_pid()";
    eventually("no transaction is open", async || stage.count(busy).await == 0).await;
    let report_id: uuid::Uuid = sqlx::query_scalar("select report_id from report limit 1")
        .fetch_one(&stage.app.sql)
        .await
        .unwrap();
    let path = format!(
        "/assessments/invitations/{}/reports/{report_id}",
        invitee.invitation_id
    );
    let answer = stage.app.get_with(&path, &stage.marketplace_token).await;
    assert_eq!(answer.problem(), (404, "unknown-report".to_owned()));

    // As if the service had ended: nothing but housekeeping is left to forget them.
    let library = stage.library().await;
    housekeeping::prune(&library).await;
    assert_eq!(stage.count("select count(*) from report").await, 8);
    stage.app.advance(3600);
    housekeeping::prune(&library).await;
    assert_eq!(stage.count("select count(*) from report").await, 0);
    assert_eq!(stage.count("select count(*) from report_chunk").await, 0);
    // What still arrives of it leads nowhere.
    let mut late = uploads.remove(0);
    late.write_all(&pdf(MIB)).await.unwrap();
    let mut answer = vec![0; 12];
    late.read_exact(&mut answer).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 404");
    drop(uploads);
}

#[tokio::test]
async fn an_upload_that_was_given_up_is_not_finished_any_more() {
    let (stage, invitee) = started().await;
    let mut upload = begin(&stage, &invitee).await;
    stage.app.advance(3600);
    // Given up, and not deleted yet.
    sqlx::raw_sql(
        "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'not now'; end $$;
         create trigger refuse before delete on report_chunk for each row execute function refuse()",
    )
    .execute(&stage.app.sql)
    .await
    .unwrap();
    housekeeping::prune(&*stage.library().await).await;
    upload.write_all(&pdf(MIB)).await.unwrap();
    let mut answer = vec![0; 12];
    upload.read_exact(&mut answer).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 404");
    assert_eq!(
        stage
            .count("select count(*) from report where completed_at is not null")
            .await,
        0
    );
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let (stage, invitee) = started().await;
    let stream = begin(&stage, &invitee).await;
    drop(stream);
    eventually("it is forgotten", async || {
        stage.count("select count(*) from report").await == 0
    })
    .await;
}

#[tokio::test]
async fn an_upload_under_a_key_is_one_upload() {
    let (stage, invitee) = started().await;
    let content = pdf(300_000);
    let ask = async |query: &str, body: &[u8]| {
        let request = stage.request(Method::POST, &format!("{}?{query}", reports_of(&invitee)));
        let request = request.header("content-type", PDF).header("idempotency-key", "k");
        send(request.body(body.to_vec())).await
    };
    let (first, again) = tokio::join!(ask("name=x", &content), ask("name=x", &content));
    assert_eq!((first.status.as_u16(), &first.body), (201, &again.body));
    assert_eq!(first.header("location"), again.header("location"));
    let reused = (409, "idempotency-key-reused".to_owned());
    assert_eq!(ask("name=x", &content[..299_999]).await.problem(), reused);
    assert_eq!(ask("name=y", &content).await.problem(), reused);
    // Also when no other report could be added now.
    stage.set_status(&invitee, "cancelled").await;
    let replayed = ask("name=x", &content).await;
    assert_eq!((replayed.status.as_u16(), &replayed.body), (201, &first.body));
    assert_eq!(stage.count("select count(*) from report").await, 1);
    assert_eq!(stage.count("select count(*) from report_chunk").await, 2);

    // What was refused for the sake of the invitation's status is done once that allows it.
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let early = stage.invite(&campaign).await;
    let ask = async || {
        let request = stage.request(Method::POST, &format!("{}?name=x", reports_of(&early)));
        let request = request
            .header("content-type", PDF)
            .header("idempotency-key", "early");
        send(request.body(content.clone())).await
    };
    let refused = ask().await;
    assert_eq!(refused.problem(), (409, "impossible-status".to_owned()));
    stage.set_status(&early, "started").await;
    let done = ask().await;
    assert_eq!(done.status, 201);
    assert_eq!(ask().await.body, done.body);
}
