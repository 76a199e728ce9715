//! `GET /videos/campaigns`, `/campaign` and `/assessments/campaigns` (contract s4, s5).

use reqwest::Method;
use serde_json::{Value, json};
use talentsoft_partner::recruiting::CampaignKind;

use test_support::{Answer, TestApp, send};

fn names(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    body.as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_callers_active_video_campaigns_are_listed_in_order() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let other = app.add_marketplace_client("other").await;
    let customer_id = client.customer_id.unwrap();
    let first = app.add_campaign(customer_id, "Ingénieur réseau", "fr-FR").await;
    app.advance(1);
    let second = app.add_campaign(customer_id, "Sales", "en").await;
    let closed = app.add_campaign(customer_id, "Closed", "en").await;
    app.close_campaign(closed.campaign_id).await;
    app.add_campaign(other.customer_id.unwrap(), "Of another customer", "en")
        .await;
    app.add_campaign_of(CampaignKind::Assessment, customer_id, "Logic", "en")
        .await;
    let token = app.application_token(&client).await;
    for path in ["/videos/campaigns", "/campaign"] {
        let answer = app.get_with(path, &token).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "application/json");
        assert!(!answer.headers.contains_key("link"));
        assert_eq!(
            answer.json(),
            json!([
                { "campaign_id": first.campaign_id, "name": "Ingénieur réseau", "language": "fr-FR" },
                { "campaign_id": second.campaign_id, "name": "Sales", "language": "en" },
            ])
        );
    }
    let assessments = app.get_with("/assessments/campaigns", &token).await;
    assert_eq!(names(&assessments), ["Logic"], "each kind at its own path");
    let head = send(app.request(Method::HEAD, "/videos/campaigns").bearer_auth(&token)).await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn keyword_ignores_case_and_accents_and_is_no_pattern() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    for name in ["Ingénieur réseau", "INGENIEUR système", "100 % remote", "Œuvre"] {
        app.add_campaign(client.customer_id.unwrap(), name, "fr").await;
        app.advance(1);
    }
    let token = app.application_token(&client).await;
    let search = async |keyword: &str| {
        let request = app
            .request(Method::GET, "/videos/campaigns")
            .query(&[("keyword", keyword)]);
        names(&send(request.bearer_auth(&token)).await)
    };
    assert_eq!(
        search("ingénieur").await,
        ["Ingénieur réseau", "INGENIEUR système"]
    );
    assert_eq!(search("RESEAU").await, ["Ingénieur réseau"]);
    assert_eq!(search("oeuvre").await, ["Œuvre"]);
    assert_eq!(search("%").await, ["100 % remote"]);
    assert_eq!(search("_").await, Vec::<String>::new());
    assert_eq!(search("'; drop table campaign; --").await, Vec::<String>::new());
    assert_eq!(search(" ").await.len(), 4);
}

#[tokio::test]
async fn language_finds_its_regions() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    for language in ["fr", "fr-FR", "fr-CA", "frr", "en"] {
        app.add_campaign(client.customer_id.unwrap(), language, language)
            .await;
        app.advance(1);
    }
    let token = app.application_token(&client).await;
    let found = async |language: &str| {
        names(
            &app.get_with(&format!("/videos/campaigns?language={language}"), &token)
                .await,
        )
    };
    assert_eq!(found("fr").await, ["fr", "fr-FR", "fr-CA"]);
    assert_eq!(found("FR-fr").await, ["fr-FR"]);
    assert_eq!(found("de").await, Vec::<String>::new());
    assert_eq!(found("").await.len(), 5);
}

#[tokio::test]
async fn pages_follow_one_another_without_loss_or_repetition() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    for index in 0..7 {
        app.add_campaign(client.customer_id.unwrap(), &format!("Campaign {index}"), "en")
            .await;
        app.advance(1);
    }
    let token = app.application_token(&client).await;
    let mut path = "/videos/campaigns?limit=3&keyword=campaign".to_owned();
    let mut pages = Vec::new();
    loop {
        let answer = app.get_with(&path, &token).await;
        pages.push(names(&answer));
        let link = answer.header("link").to_owned();
        let Some(next) = link
            .strip_prefix('<')
            .and_then(|link| link.strip_suffix(">; rel=\"next\""))
        else {
            break;
        };
        path = format!("/videos/campaigns{next}");
    }
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
    let all: Vec<String> = (0..7).map(|index| format!("Campaign {index}")).collect();
    assert_eq!(pages.concat(), all);
}

#[tokio::test]
async fn bad_parameters_and_unknown_ones_are_named() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    let long = format!("keyword={}", "x".repeat(201));
    for (query, name) in [
        ("limit=0", "invalid-limit"),
        ("limit=501", "invalid-limit"),
        ("limit=x", "invalid-limit"),
        ("cursor=x", "invalid-cursor"),
        ("language=fr_FR", "invalid-language"),
        ("keyword=%00", "invalid-keyword"),
        ("limit=1&limit=2", "repeated-parameter"),
        ("limit[0]=1&limit[1]=2", "repeated-parameter"),
        ("x=1", "unknown-parameter"),
        ("keywords=a", "unknown-parameter"),
        ("keyword=%E9", "malformed-query"),
        (long.as_str(), "invalid-keyword"),
        ("keyword=a%00b", "invalid-keyword"),
    ] {
        let answer = app.get_with(&format!("/videos/campaigns?{query}"), &token).await;
        assert_eq!(answer.problem(), (400, name.to_owned()), "{query}");
    }
    assert_eq!(
        app.get_with("/videos/campaigns?limit[]=500&cursor=", &token)
            .await
            .json(),
        Value::Array(vec![])
    );
}
