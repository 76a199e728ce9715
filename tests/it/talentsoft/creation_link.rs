//! `GET /videos/campaigncreationlink`, `/assessments/campaigncreationlink` and `/campaigncreationlink` (contract s4, s5).

use reqwest::Method;
use serde_json::json;
use talentsoft_partner::ids::CustomerId;
use talentsoft_partner::recruiting::CampaignKind;
use talentsoft_partner::recruiting::creation_links::set_creation_link;

use test_support::{Answer, TestApp, send};

const VIDEOS: &[&str] = &["/videos/campaigncreationlink", "/campaigncreationlink"];
const ASSESSMENTS: &str = "/assessments/campaigncreationlink";

async fn set(app: &TestApp, customer_id: CustomerId, kind: CampaignKind, template: Option<&str>) {
    let template = template.map(|text| text.parse().unwrap());
    let act = app.act();
    let set = app
        .db
        .transaction(async |db| set_creation_link(db, &act, customer_id, kind, template.as_ref()).await);
    set.await.unwrap();
}

fn link(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    let link = answer.json()["campaign_creation_link"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(answer.json(), json!({ "campaign_creation_link": link }));
    link
}

#[tokio::test]
async fn each_customer_has_a_link_for_each_kind_or_none() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let customer_id = client.customer_id.unwrap();
    let other = app.add_marketplace_client("other").await;
    let token = app.application_token(&client).await;
    let other_token = app.application_token(&other).await;
    let none = (404, "no-creation-link".to_owned());
    for path in VIDEOS.iter().chain(&[ASSESSMENTS]) {
        assert_eq!(app.get_with(path, &token).await.problem(), none, "{path}");
    }

    set(
        &app,
        customer_id,
        CampaignKind::Video,
        Some("https://a.example/{customer_id}/new"),
    )
    .await;
    let expected = format!("https://a.example/{customer_id}/new");
    for path in VIDEOS {
        assert_eq!(link(&app.get_with(path, &token).await), expected);
        assert_eq!(app.get_with(path, &other_token).await.problem(), none, "{path}");
        let head = send(app.request(Method::HEAD, path).bearer_auth(&token)).await;
        assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
    }
    assert_eq!(app.get_with(ASSESSMENTS, &token).await.problem(), none);

    set(
        &app,
        customer_id,
        CampaignKind::Assessment,
        Some("https://b.example/"),
    )
    .await;
    set(&app, customer_id, CampaignKind::Video, Some("https://c.example/")).await;
    assert_eq!(
        link(&app.get_with(ASSESSMENTS, &token).await),
        "https://b.example/"
    );
    assert_eq!(link(&app.get_with(VIDEOS[0], &token).await), "https://c.example/");

    set(&app, customer_id, CampaignKind::Video, None).await;
    assert_eq!(app.get_with(VIDEOS[0], &token).await.problem(), none);
    assert_eq!(
        link(&app.get_with(ASSESSMENTS, &token).await),
        "https://b.example/"
    );
}

#[tokio::test]
async fn a_link_for_a_user_is_made_for_the_current_user_alone() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let template = "https://a.example/new?by={user_email}";
    set(
        &app,
        client.customer_id.unwrap(),
        CampaignKind::Video,
        Some(template),
    )
    .await;
    let token = app.application_token(&client).await;
    let without = app.get_with(VIDEOS[0], &token).await;
    assert_eq!(without.problem(), (400, "current-user-needed".to_owned()));
    assert!(
        without.json()["detail"]
            .as_str()
            .unwrap()
            .contains("X-Current-User")
    );
    let named = app
        .request(Method::GET, VIDEOS[0])
        .bearer_auth(&token)
        .header("x-current-user", "jean+x&by=y@site");
    assert_eq!(
        link(&send(named).await),
        "https://a.example/new?by=jean%2Bx%26by%3Dy%40site"
    );
    let user_token = app.user_token(&client).await;
    assert_eq!(
        link(&app.get_with(VIDEOS[0], &user_token).await),
        "https://a.example/new?by=jean.dupont%40site"
    );
}
