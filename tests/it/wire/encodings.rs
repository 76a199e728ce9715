//! One thing in several encodings: read where it says the same, and refused by its name where it does not.

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use talentsoft_partner::recruiting::CampaignKind;

use test_support::candidate::{VIDEOS, candidate};
use test_support::platform::{Invitee, Stage};
use test_support::{Answer, SECRET, TestApp, TestClient, send};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn form_of(client: &TestClient) -> String {
    format!(
        "grant_type=client_credentials&client_id={}&client_secret={SECRET}",
        client.client_id
    )
}

/// One request to each route that takes a body, right but for the encoding.
fn requests_with_a_body(stage: &Stage, invitee: &Invitee) -> Vec<(String, RequestBuilder)> {
    let id = &invitee.invitation_id;
    let mut requests = Vec::new();
    for path in ["/token", "/connect/token", "/revoke", "/introspect"] {
        let request = stage.app.request(Method::POST, path);
        requests.push((path.to_owned(), request.header(CONTENT_TYPE, FORM).body("a=b")));
    }
    for path in ["/videos/interviews", "/interview", "/assessments/invitations"] {
        let request = stage.app.request(Method::POST, path);
        let request = request
            .bearer_auth(&stage.marketplace_token)
            .header(CONTENT_TYPE, JSON);
        requests.push((path.to_owned(), request.body("[]")));
    }
    let mut platform = |method: Method, path: String, media_type: &str, body: &'static str| {
        let request = stage.request(method, &path).header(CONTENT_TYPE, media_type);
        requests.push((format!("{path} {media_type}"), request.body(body)));
    };
    platform(Method::POST, "/campaigns".to_owned(), JSON, "{}");
    platform(Method::PATCH, format!("/campaigns/{id}"), JSON, "{}");
    platform(Method::POST, format!("/campaigns/{id}/close"), JSON, "{}");
    platform(Method::POST, "/invitations/resolve".to_owned(), JSON, "{}");
    platform(Method::POST, format!("/invitations/{id}/status"), JSON, "{}");
    platform(Method::PUT, format!("/invitations/{id}/result"), JSON, "{}");
    for media_type in [JSON, "application/pdf", "text/html"] {
        platform(
            Method::POST,
            format!("/invitations/{id}/reports"),
            media_type,
            "{}",
        );
    }
    requests
}

#[tokio::test]
async fn a_compressed_body_is_refused_at_every_route_that_takes_one() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let invitee = stage.invite(&campaign).await;
    for coding in ["gzip", "br", "identity, deflate", "made-up"] {
        for (what, request) in requests_with_a_body(&stage, &invitee) {
            let answer = send(request.header(CONTENT_ENCODING, coding)).await;
            let (status, name) = answer.refusal();
            assert_eq!(status, 415, "{what}: {}", answer.body);
            assert!(
                ["content-encoding", "invalid-request"].contains(&name.as_str()),
                "{what}: {name}"
            );
            assert!(
                answer.body.contains("Content-Encoding"),
                "{what}: {}",
                answer.body
            );
            assert!(
                coding != "gzip" || answer.body.contains("gzip in"),
                "{what}: {}",
                answer.body
            );
            assert_eq!(answer.header("accept-encoding"), "identity", "{what}");
        }
    }
    for (what, request) in requests_with_a_body(&stage, &invitee) {
        let answer = send(request.header(CONTENT_ENCODING, "Identity")).await;
        assert_ne!(answer.status, 415, "{what}: {}", answer.body);
        assert!(!answer.headers.contains_key("accept-encoding"), "{what}");
    }
}

#[tokio::test]
async fn a_form_is_read_with_utf_8_in_other_letters_and_refused_in_another_charset() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let ask = async |media_type: &str, mark: &str| {
        let request = app
            .request(Method::POST, "/token")
            .header(CONTENT_TYPE, media_type);
        send(request.body(format!("{mark}{}", form_of(&client)))).await
    };
    for charset in ["utf8", "UTF-8", "\"utf-8\"", "us-ascii", "utf-8; boundary=x"] {
        let answer = ask(&format!("{FORM};charset={charset}"), "").await;
        assert_eq!(answer.status, 200, "{charset}: {}", answer.body);
    }
    assert_eq!(ask("APPLICATION/X-WWW-Form-URLencoded ; ", "").await.status, 200);
    assert_eq!(ask(FORM, "\u{feff}").await.status, 200, "a byte order mark");
    for (charset, words) in [
        ("iso-8859-1", "iso-8859-1 in Content-Type is not read"),
        ("utf-16", "utf-16 in Content-Type is not read"),
        ("ebcdic", "the charset in Content-Type is not read"),
    ] {
        let answer = ask(&format!("{FORM}; charset={charset}"), "").await;
        assert_eq!(
            answer.oauth_error(),
            (415, "invalid_request".to_owned()),
            "{charset}"
        );
        assert!(answer.body.contains(words), "{}", answer.body);
    }
}

#[tokio::test]
async fn json_is_utf_8_whatever_its_charset_says() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Video).await;
    let batch = json!([candidate(campaign.campaign_id, 1)]).to_string();
    let status = r#"{"status":"started"}"#;
    let invitee = stage
        .invite(&stage.campaign(CampaignKind::Assessment).await)
        .await;
    let path = format!("/invitations/{}/status", invitee.invitation_id);
    let invite = async |media_type: &str, body: Vec<u8>| -> Answer {
        let request = stage
            .app
            .request(Method::POST, VIDEOS.path)
            .bearer_auth(&stage.marketplace_token);
        send(request.header(CONTENT_TYPE, media_type).body(body)).await
    };
    let set_status = async |media_type: &str, body: Vec<u8>| -> Answer {
        send(
            stage
                .request(Method::POST, &path)
                .header(CONTENT_TYPE, media_type)
                .body(body),
        )
        .await
    };
    for media_type in [
        "application/json;charset=utf8",
        "application/json; charset=us-ascii",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
        "Application/JSON; charset=\"UTF-8\"; x=y",
        "application/json;",
    ] {
        let invited = invite(media_type, batch.clone().into_bytes()).await;
        assert_eq!(invited.status, 200, "{media_type}: {}", invited.body);
        let set = set_status(media_type, status.into()).await;
        assert_eq!(set.status, 200, "{media_type}: {}", set.body);
    }
    let marked = |text: &str| format!("\u{feff}{text}").into_bytes();
    assert_eq!(
        invite(JSON, marked(&batch)).await.status,
        200,
        "a byte order mark"
    );
    assert_eq!(
        set_status(JSON, marked(status)).await.status,
        200,
        "a byte order mark"
    );
    let wide = |text: &str, mark: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("{mark}{text}").encode_utf16().flat_map(bytes).collect()
    };
    for mark in ["", "\u{feff}"] {
        for bytes in [u16::to_le_bytes as fn(_) -> _, u16::to_be_bytes] {
            for answer in [
                invite(JSON, wide(&batch, mark, bytes)).await,
                set_status(JSON, wide(status, mark, bytes)).await,
            ] {
                assert_eq!(answer.problem(), (400, "invalid-json".to_owned()));
                assert!(answer.body.contains("this is UTF-16"), "{}", answer.body);
            }
        }
    }
    // In a batch it is an error of its row.
    let answer = set_status(JSON, b"{\"status\":\"Andr\xe9\"}".to_vec()).await;
    assert_eq!(answer.problem(), (400, "invalid-json".to_owned()));
    assert!(
        answer.body.contains("the byte at offset 15 is not"),
        "{}",
        answer.body
    );
    for media_type in [
        "text/json",
        "application/x-json",
        "json",
        "multipart/form-data; boundary=x",
    ] {
        let answer = invite(media_type, batch.clone().into_bytes()).await;
        assert_eq!(answer.problem(), (415, "media-type".to_owned()), "{media_type}");
        assert!(answer.body.contains("application/json"), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_report_is_utf_8_html_or_a_pdf_that_readers_find() {
    let stage = Stage::new().await;
    let invitee = stage
        .invite(&stage.campaign(CampaignKind::Assessment).await)
        .await;
    stage.set_status(&invitee, "started").await;
    let path = format!("/invitations/{}/reports?name=x", invitee.invitation_id);
    let upload = async |media_type: &str, body: Vec<u8>| -> Answer {
        send(
            stage
                .request(Method::POST, &path)
                .header(CONTENT_TYPE, media_type)
                .body(body),
        )
        .await
    };
    // The bytes of a letter stand on both sides of the chunks in which a report is kept.
    let long = [&vec![b'x'; 256 * 1024 - 1][..], "é".as_bytes()].concat();
    let cut = [&vec![b'x'; 256 * 1024 - 1][..], b"\xc3x"].concat();
    for (media_type, body) in [
        ("text/html; charset=utf8", "<p>é".as_bytes().to_vec()),
        ("TEXT/HTML; Charset=\"UTF-8\"", "\u{feff}<p>é".as_bytes().to_vec()),
        ("text/html", long),
        ("application/pdf", b"%PDF-1.7\n".to_vec()),
        (
            "application/pdf; charset=binary",
            b"\xef\xbb\xbf\r\nmade by x\r\n%PDF-1.4\n".to_vec(),
        ),
    ] {
        let answer = upload(media_type, body).await;
        assert_eq!(answer.status, 201, "{media_type}: {}", answer.body);
    }
    for (body, what) in [
        (b"<p>\xe9</p>".to_vec(), "Latin-1"),
        (b"\xff\xfe<\0p\0".to_vec(), "UTF-16"),
        (b"<\0p\0".to_vec(), "UTF-16 without a mark"),
        (b"<p>\xc3".to_vec(), "a letter without its end"),
        (cut, "a letter that goes wrong in the next chunk"),
    ] {
        let answer = upload("text/html", body).await;
        assert_eq!(answer.problem(), (400, "invalid-report".to_owned()), "{what}");
        assert!(
            answer.body.contains("must be in UTF-8"),
            "{what}: {}",
            answer.body
        );
    }
    let latin = upload("text/html; charset=windows-1252", b"<p>".to_vec()).await;
    assert_eq!(latin.problem(), (415, "media-type".to_owned()));
    assert!(
        latin.body.contains("windows-1252 in Content-Type"),
        "{}",
        latin.body
    );
    let late = [&vec![b' '; 1024][..], b"%PDF-1.7"].concat();
    let late = upload("application/pdf", late).await;
    assert_eq!(late.problem(), (400, "invalid-report".to_owned()));
    assert_eq!(stage.count("select count(*) from report").await, 5);
}
