//! Reports: added by the platform, fetched by Talentsoft (contract s5).

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use talentsoft_partner::clients::ClientSettings;
use talentsoft_partner::recruiting::CampaignKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use test_support::platform::{Invitee, Stage};
use test_support::{Answer, ISSUER, OTHER_SECRET, send};

pub(super) const PDF: &str = "application/pdf";
const HTML: &str = "text/html";
pub(super) const MIB: usize = 1024 * 1024;

/// A stage with somebody who has started an assessment.
pub(super) async fn started() -> (Stage, Invitee) {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let invitee = stage.invite(&campaign).await;
    stage.set_status(&invitee, "started").await;
    (stage, invitee)
}

pub(super) fn pdf(bytes: usize) -> Vec<u8> {
    let mut pdf = b"%PDF-1.7 ".to_vec();
    let mut state = 7_u32;
    while pdf.len() < bytes {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        pdf.extend_from_slice(&state.to_be_bytes());
    }
    pdf.truncate(bytes);
    pdf
}

pub(super) fn reports_of(invitee: &Invitee) -> String {
    format!("/invitations/{}/reports", invitee.invitation_id)
}

pub(super) async fn upload(
    stage: &Stage,
    invitee: &Invitee,
    media_type: &str,
    query: &str,
    body: Vec<u8>,
) -> Answer {
    let request = stage.request(Method::POST, &format!("{}?{query}", reports_of(invitee)));
    send(request.header("content-type", media_type).body(body)).await
}

/// As Talentsoft fetches a report, without following redirects.
async fn fetch(
    stage: &Stage,
    method: Method,
    path: &str,
) -> (StatusCode, reqwest::header::HeaderMap, Vec<u8>) {
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let url = format!("http://{}{path}", stage.app.address);
    let request = http.request(method, url).bearer_auth(&stage.marketplace_token);
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    (status, headers, response.bytes().await.unwrap().to_vec())
}

/// The path of the URL at which something was created.
pub(super) fn location(created: &Answer) -> String {
    let url = created.header("location");
    url.strip_prefix(ISSUER).expect("the public URL").to_owned()
}

pub(super) async fn shown(stage: &Stage, invitee: &Invitee) -> Value {
    let invitation = stage
        .get(&format!("/invitations/{}", invitee.invitation_id))
        .await;
    invitation.json()["reports"].clone()
}

#[tokio::test]
async fn a_pdf_and_a_page_are_kept_and_served_as_they_came() {
    let (stage, invitee) = started().await;
    let reports = format!("/assessments/invitations/{}/reports", invitee.invitation_id);
    let mut uploaded = Vec::new();
    let page = "<!doctype html><title>é</title><script>alert(1)</script>"
        .as_bytes()
        .to_vec();
    for (media_type, name, content, served, file) in [
        (PDF, "Global report", pdf(700_001), PDF, "\"Global report.pdf\""),
        (
            HTML,
            "Détails",
            page,
            "text/html; charset=utf-8",
            "\"D_tails.html\"; filename*=UTF-8''D%C3%A9tails.html",
        ),
    ] {
        stage.app.advance(1);
        let query = format!("name={name}&is_global={}", media_type == PDF);
        let added = upload(&stage, &invitee, media_type, &query, content.clone()).await;
        assert_eq!(added.status, 201, "{added:?}");
        let report_id = added.json()["report_id"].as_str().unwrap().to_owned();
        assert_eq!(location(&added), format!("{reports}/{report_id}"));
        let last = shown(&stage, &invitee)
            .await
            .as_array()
            .unwrap()
            .last()
            .unwrap()
            .clone();
        assert_eq!(
            last,
            json!({
                "report_id": report_id, "name": name, "is_global": media_type == PDF, "media_type": media_type,
                "byte_length": content.len(), "url": null,
            })
        );
        uploaded.push((media_type, location(&added), content, served, file));
    }
    assert_eq!(
        stage.callbacks(&invitee).await.len(),
        1,
        "nothing before there is a result"
    );
    stage.set_status(&invitee, "completed").await;
    for (media_type, path, content, served, file) in uploaded {
        let (status, headers, body) = fetch(&stage, Method::GET, &path).await;
        assert_eq!(status, 200);
        assert!(body == content, "the bytes are others");
        let header = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap());
        assert_eq!(header("content-type"), served);
        assert_eq!(header("content-length"), content.len().to_string());
        assert_eq!(header("content-disposition"), format!("inline; filename={file}"));
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("x-content-type-options"), "nosniff");
        let policy = header("content-security-policy");
        let only_of_html = |value: &'static str| if media_type == HTML { value } else { "" };
        assert_eq!(
            policy,
            only_of_html(
                "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; \
                 form-action 'none'; frame-ancestors 'none'; sandbox"
            )
        );
        assert_eq!(header("x-dns-prefetch-control"), only_of_html("off"));
        assert_eq!(header("referrer-policy"), only_of_html("no-referrer"));
        let (status, of_head, body) = fetch(&stage, Method::HEAD, &path).await;
        assert_eq!((status, body.len()), (StatusCode::OK, 0));
        assert_eq!(of_head["content-length"], headers["content-length"]);
        assert_eq!(of_head["content-type"], headers["content-type"]);
    }
    assert_eq!(
        stage
            .count("select count(*) from audit_event where action = 'report_added' and actor = 'platform'")
            .await,
        2
    );
}

#[tokio::test]
async fn a_report_at_a_url_is_a_redirect_and_news_once_there_is_a_result() {
    let (stage, invitee) = started().await;
    stage.set_status(&invitee, "completed").await;
    let url = "https://partner.example/reports/1?x=%22";
    let body = json!({ "name": "Report", "url": url, "is_global": true });
    let added = stage.post(&reports_of(&invitee), &body).await;
    assert_eq!(added.status, 201);
    let (status, headers, _) = fetch(&stage, Method::GET, &location(&added)).await;
    assert_eq!(
        (status.as_u16(), headers["location"].to_str().unwrap()),
        (302, url)
    );
    let report = shown(&stage, &invitee).await[0].clone();
    assert_eq!(
        (&report["url"], &report["media_type"]),
        (&json!(url), &Value::Null)
    );
    let told = stage.callbacks(&invitee).await;
    assert_eq!(told.last().unwrap(), "invitation.result_changed completed");
}

#[tokio::test]
async fn no_report_is_shown_to_talentsoft_before_the_assessment_is_completed() {
    let unknown = (404, "unknown-report".to_owned());
    for (end, is_shown) in [("completed", true), ("cancelled", false), ("expired", false)] {
        let (stage, invitee) = started().await;
        let link = json!({ "name": "x", "url": "https://partner.example/" });
        let added = [
            upload(&stage, &invitee, PDF, "name=x", pdf(10)).await,
            upload(&stage, &invitee, HTML, "name=x", b"<p>".to_vec()).await,
            stage.post(&reports_of(&invitee), &link).await,
        ];
        let path = format!(
            "/assessments/invitations?application_id={}",
            invitee.application_id
        );
        let of_campaign = {
            let row = stage.app.get_with(&path, &stage.marketplace_token).await.json();
            let campaign = row[0]["campaign_id"].as_str().unwrap().to_owned();
            format!("/assessments/invitations?campaign_id={campaign}")
        };
        for status in ["started", end] {
            stage.set_status(&invitee, status).await;
            let is_shown = is_shown && status == end;
            for path in [&path, &of_campaign] {
                let row = stage.app.get_with(path, &stage.marketplace_token).await.json();
                assert_eq!(row[0]["status"], status);
                let listed = row[0]["reports"].as_array().unwrap().len();
                assert_eq!(listed, if is_shown { 3 } else { 0 }, "{path} {status}");
            }
            for report in &added {
                for method in [Method::GET, Method::HEAD] {
                    let (answered, ..) = fetch(&stage, method, &location(report)).await;
                    assert_eq!(answered != 404, is_shown, "{status}");
                }
            }
            // The platform sees what it added.
            assert_eq!(shown(&stage, &invitee).await.as_array().unwrap().len(), 3);
        }
        if !is_shown {
            let answer = stage
                .app
                .get_with(&location(&added[0]), &stage.marketplace_token)
                .await;
            assert_eq!(answer.problem(), unknown);
        }
    }
}

#[tokio::test]
async fn an_upload_without_a_name_is_called_report() {
    let (stage, invitee) = started().await;
    assert_eq!(upload(&stage, &invitee, PDF, "", pdf(10)).await.status, 201);
    assert_eq!(shown(&stage, &invitee).await[0]["name"], "Report");
}

#[tokio::test]
async fn what_is_not_this_customers_assessment_report_does_not_exist() {
    let (stage, invitee) = started().await;
    let added = upload(&stage, &invitee, PDF, "name=x", pdf(10)).await;
    stage.set_status(&invitee, "completed").await;
    let path = location(&added);
    let own = stage.app.get_with(&path, &stage.marketplace_token).await;
    assert_eq!(own.status, 200);
    let other = stage.app.add_customer("other").await;
    let settings = ClientSettings::marketplace(other);
    let other = stage.app.add_client("other", OTHER_SECRET, settings).await;
    let token = stage.app.application_token(&other).await;
    let unknown = (404, "unknown-report".to_owned());
    let foreign = stage.app.get_with(&path, &token).await;
    assert_eq!(foreign.problem(), unknown);
    let (start, report_id) = path.rsplit_once('/').unwrap();
    let nil = uuid::Uuid::nil();
    for path in [
        format!("{start}/{nil}"),
        format!("{start}/x"),
        format!("/assessments/invitations/{nil}/reports/{report_id}"),
        format!("/assessments/invitations/x/reports/{report_id}"),
    ] {
        let answer = stage.app.get_with(&path, &stage.marketplace_token).await;
        assert_eq!(answer.problem(), unknown, "{path}");
        assert_eq!(answer.body, foreign.body);
    }
}

#[tokio::test]
async fn what_cannot_be_a_report_is_refused_and_nothing_of_it_stays() {
    let (stage, invitee) = started().await;
    let invalid = (400, "invalid-report".to_owned());
    for (media_type, query, body) in [
        (PDF, "name=x", b"<html>".to_vec()),
        (PDF, "name=x", b"%PD".to_vec()),
        (PDF, "name=x", Vec::new()),
        (HTML, "name=x", Vec::new()),
        (PDF, "name=%00", pdf(10)),
    ] {
        let answer = upload(&stage, &invitee, media_type, query, body).await;
        assert_eq!(answer.problem(), invalid, "{media_type} {query}");
    }
    let odd = upload(&stage, &invitee, PDF, "name=x&is_global=yes", pdf(10)).await;
    assert_eq!(odd.problem(), (400, "invalid-parameter".to_owned()));
    for media_type in ["image/png", "text/html; charset=latin1", ""] {
        let answer = upload(&stage, &invitee, media_type, "name=x", pdf(10)).await;
        assert_eq!(answer.problem(), (415, "media-type".to_owned()), "{media_type}");
    }
    for (body, problem) in [
        (
            json!({ "name": "x", "url": "http://partner.example/" }),
            "invalid-report",
        ),
        (
            json!({ "name": "", "url": "https://partner.example/" }),
            "invalid-report",
        ),
        (json!({ "name": "x" }), "invalid-json"),
    ] {
        let answer = stage.post(&reports_of(&invitee), &body).await;
        assert_eq!(answer.problem(), (400, problem.to_owned()), "{body}");
    }
    let beside = format!("{}?is_global=yes", reports_of(&invitee));
    let good = json!({ "name": "x", "url": "https://partner.example/" });
    let answer = stage.post(&beside, &good).await;
    assert_eq!(answer.problem(), (400, "invalid-parameter".to_owned()));
    let video = stage.campaign(CampaignKind::Video).await;
    let video = stage.invite(&video).await;
    stage.set_status(&video, "started").await;
    let on_video = upload(&stage, &video, PDF, "name=x", pdf(10)).await;
    assert_eq!(on_video.problem(), (409, "no-more-reports".to_owned()));
    for status in ["invited", "cancelled"] {
        let campaign = stage.campaign(CampaignKind::Assessment).await;
        let early = stage.invite(&campaign).await;
        stage.set_status(&early, status).await;
        let answer = upload(&stage, &early, PDF, "name=x", pdf(10)).await;
        assert_eq!(
            answer.problem(),
            (409, "impossible-status".to_owned()),
            "{status}"
        );
    }
    assert_eq!(stage.count("select count(*) from report").await, 0);
    assert_eq!(stage.count("select count(*) from report_chunk").await, 0);
}

#[tokio::test]
async fn twenty_mib_are_taken_in_chunks_and_one_byte_more_is_not() {
    let (stage, invitee) = started().await;
    let content = pdf(20 * MIB);
    let added = upload(&stage, &invitee, PDF, "name=x", content.clone()).await;
    assert_eq!(added.status, 201, "{added:?}");
    let chunks = "select count(*) from report_chunk where length(bytes) = 262144";
    assert_eq!(stage.count(chunks).await, 80);
    stage.set_status(&invitee, "completed").await;
    let (_, _, body) = fetch(&stage, Method::GET, &location(&added)).await;
    assert!(body == content, "the bytes are others");

    let large = (413, "body-too-large".to_owned());
    let answer = upload(&stage, &invitee, PDF, "name=x", pdf(20 * MIB + 1)).await;
    assert_eq!(answer.problem(), large);
    // Without a length the size shows only on the way.
    let mut stream = tokio::net::TcpStream::connect(stage.app.address).await.unwrap();
    let head = format!(
        "POST /platform/v1{}?name=x HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: {PDF}\r\n\
         transfer-encoding: chunked\r\n\r\n",
        reports_of(&invitee),
        stage.token
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut receiving, mut sending) = stream.into_split();
    let sender = tokio::spawn(async move {
        let piece = pdf(MIB);
        for _ in 0..21 {
            let sent = async {
                sending.write_all(format!("{MIB:x}\r\n").as_bytes()).await?;
                sending.write_all(&piece).await?;
                sending.write_all(b"\r\n").await
            };
            // It may hang up as soon as it has seen enough.
            if sent.await.is_err() {
                break;
            }
        }
        sending
    });
    let mut answer = vec![0; 12];
    receiving.read_exact(&mut answer).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 413");
    drop(receiving);
    drop(sender.await.unwrap());
    assert_eq!(stage.count("select count(*) from report").await, 1);
    assert_eq!(stage.count(chunks).await, 80);
}

#[tokio::test]
async fn there_are_twenty_reports_at_most() {
    let (stage, invitee) = started().await;
    let body = json!({ "name": "x", "url": "https://partner.example/" });
    for _ in 0..20 {
        assert_eq!(stage.post(&reports_of(&invitee), &body).await.status, 201);
    }
    let more = stage.post(&reports_of(&invitee), &body).await;
    assert_eq!(more.problem(), (409, "no-more-reports".to_owned()));
    let more = upload(&stage, &invitee, PDF, "name=x", pdf(10)).await;
    assert_eq!(more.problem(), (409, "no-more-reports".to_owned()));
}

#[tokio::test]
async fn a_report_that_is_erased_while_it_is_read_does_not_end_early_in_silence() {
    let (stage, invitee) = started().await;
    let added = upload(&stage, &invitee, PDF, "name=x", pdf(20 * MIB)).await;
    stage.set_status(&invitee, "completed").await;
    let path = location(&added);
    let mut stream = tokio::net::TcpStream::connect(stage.app.address).await.unwrap();
    let head = format!(
        "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        stage.marketplace_token
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut beginning = vec![0; 4096];
    stream.read_exact(&mut beginning).await.unwrap();
    let erase = format!(
        "/customers/{}/candidates/{}",
        stage.customer_id, invitee.applicant_id
    );
    let erased = send(stage.request(Method::DELETE, &erase)).await;
    assert_eq!(erased.status, 204);
    let mut rest = Vec::new();
    let reading = tokio::time::timeout(Duration::from_mins(1), stream.read_to_end(&mut rest));
    // The connection ends, before the length that was announced.
    let _ = reading.await.unwrap();
    assert!(rest.len() < 20 * MIB - 4096, "{}", rest.len());
}
