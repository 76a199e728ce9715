//! `POST /videos/interviews`, `/interview` and `/assessments/invitations` (contract s4, s5).

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Row;
use talentsoft_partner::clients::ClientSettings;
use talentsoft_partner::recruiting::CampaignKind;
use talentsoft_partner::webhooks::PlatformWebhook;

use test_support::candidate::{ASSESSMENTS, VIDEOS, applicant_id, application_id, candidate, candidates};
use test_support::eventually;
use test_support::platform::{Invitee, PERSONAL, Stage};
use test_support::{ISSUER, SECRET, Setup, TestApp, TestClient, log, send};

/// A service, a client of Acme, and its token.
pub async fn start() -> (TestApp, TestClient, String) {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    (app, client, token)
}

pub async fn count(app: &TestApp, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&app.sql).await.unwrap()
}

pub async fn invitations(app: &TestApp) -> i64 {
    count(app, "select count(*) from invitation").await
}

#[tokio::test]
async fn candidates_are_answered_row_by_row_in_the_order_sent() {
    let (app, client, token) = start().await;
    for (api, path) in [
        (VIDEOS, "/videos/interviews"),
        (VIDEOS, "/interview"),
        (ASSESSMENTS, "/assessments/invitations"),
    ] {
        let campaign = app
            .add_campaign_of(api.kind, client.customer_id.unwrap(), "One", "en")
            .await;
        let good = candidates(campaign.campaign_id, [3, 1, 2]);
        let mut bad = candidate(campaign.campaign_id, 4);
        bad["email"] = "nobody".into();
        let batch = json!([good[0], bad, good[1], "no object", good[2], { "applicant_id": "A1" }]);
        let answer = app.post_json(path, &token, &batch).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
        let mut rows = answer.json();
        for at in [0, 2, 4] {
            let row = rows[at].as_object_mut().unwrap();
            let link = row.insert(api.link.to_owned(), json!("L")).unwrap();
            let token = link
                .as_str()
                .unwrap()
                .strip_prefix(&format!("{ISSUER}/invitations/"))
                .unwrap();
            assert_eq!(token.len(), 22);
            log::never(token);
            if let Some(id) = row.get_mut("invitation_id") {
                assert!(id.as_str().unwrap().len() == 36, "{id}");
                *id = json!("I");
            }
        }
        let row = |number: Option<u32>, error: Option<&str>| {
            let mut row = json!({
                "applicant_id": number.map(applicant_id), "application_id": number.map(application_id),
                "status": if error.is_some() { "error" } else { "success" }, "error_message": error,
            });
            row[api.link] = error.map_or(json!("L"), |_| Value::Null);
            if api.path == ASSESSMENTS.path {
                row["invitation_id"] = error.map_or(json!("I"), |_| Value::Null);
            }
            row
        };
        let mut last = row(None, Some("campaign_id is missing"));
        last["applicant_id"] = json!("A1");
        let email = "email is not valid: an email address must have 3 to 254 bytes, an `@` inside, and no spaces, commas, \
                     control or invisible characters";
        assert_eq!(
            rows,
            json!([
                row(Some(3), None),
                row(Some(4), Some(email)),
                row(Some(1), None),
                row(None, Some("a candidate must be a JSON object")),
                row(Some(2), None),
                last,
            ]),
            "{path}"
        );
    }
    assert_eq!(invitations(&app).await, 9);
}

#[tokio::test]
async fn the_same_candidate_has_the_same_invitation_and_link_whoever_asks() {
    let (app, client, token) = start().await;
    let customer_id = client.customer_id.unwrap();
    let sales = app
        .add_client("sales", SECRET, ClientSettings::marketplace(customer_id))
        .await;
    let sales_token = app.application_token(&sales).await;
    for api in [VIDEOS, ASSESSMENTS] {
        let one = app
            .add_campaign_of(api.kind, customer_id, "One", "en")
            .await
            .campaign_id;
        let two = app
            .add_campaign_of(api.kind, customer_id, "Two", "en")
            .await
            .campaign_id;
        let first = app.post_json(api.path, &token, &json!([candidate(one, 1)])).await;
        let link = api.links(&first).remove(0);
        app.advance(60);
        let mut moved = candidate(one, 1);
        log::never("zoe@elsewhere");
        moved["email"] = json!("zoe@elsewhere");
        let again = app
            .post_json(
                api.path,
                &sales_token,
                &json!([moved, candidate(two, 1), moved, candidate(one, 2)]),
            )
            .await;
        let links = api.links(&again);
        assert_eq!((&links[0], &links[2]), (&link, &link));
        assert_eq!(links.iter().collect::<BTreeSet<_>>().len(), 3);
        assert_eq!(again.json()[0]["invitation_id"], first.json()[0]["invitation_id"]);

        let row = sqlx::query(
            "select email, created_at, client_id from invitation where campaign_id = $1 and applicant_id = $2",
        );
        let row = row
            .bind(one.0)
            .bind(applicant_id(1).parse::<uuid::Uuid>().unwrap())
            .fetch_one(&app.sql)
            .await
            .unwrap();
        assert_eq!(
            row.get::<String, _>("email"),
            "zoe@elsewhere",
            "the latest contact data"
        );
        let created_at: chrono::DateTime<chrono::Utc> = row.get("created_at");
        assert_eq!(created_at, app.now() - chrono::TimeDelta::seconds(60));
        assert_eq!(
            row.get::<String, _>("client_id"),
            client.client_id.as_str(),
            "sales named no callback URL"
        );
    }
}

#[tokio::test]
async fn of_a_candidate_that_stands_there_twice_the_later_row_counts() {
    let (app, client, token) = start().await;
    let campaign = app
        .add_campaign(client.customer_id.unwrap(), "One", "en")
        .await
        .campaign_id;
    let (first, mut later, mut bad) = (
        candidate(campaign, 1),
        candidate(campaign, 1),
        candidate(campaign, 1),
    );
    later["firstname"] = json!("Later");
    bad["firstname"] = json!(7);
    let answer = app
        .post_json(VIDEOS.path, &token, &json!([first, later, bad]))
        .await;
    let rows = answer.json();
    assert_eq!(rows[0], rows[1]);
    assert_eq!(rows[2]["error_message"], "firstname must be a string");
    let name: String = sqlx::query_scalar("select firstname from invitation")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    assert_eq!(name, "Later");
}

#[tokio::test]
async fn only_open_campaigns_of_the_customer_and_the_kind_are_taken() {
    let (app, client, token) = start().await;
    let customer_id = client.customer_id.unwrap();
    let other = app.add_marketplace_client("other").await.customer_id.unwrap();
    for (api, other_kind) in [(VIDEOS, ASSESSMENTS), (ASSESSMENTS, VIDEOS)] {
        let open = app.add_campaign_of(api.kind, customer_id, "Open", "en").await;
        let closed = app.add_campaign_of(api.kind, customer_id, "Closed", "en").await;
        app.close_campaign(closed.campaign_id).await;
        let of_other = app
            .add_campaign_of(api.kind, other, "Of another customer", "en")
            .await;
        let of_kind = app
            .add_campaign_of(other_kind.kind, customer_id, "Of another kind", "en")
            .await;
        let unknown = "01000000-0000-7000-8000-000000000000".parse().unwrap();
        let ids = [
            unknown,
            closed.campaign_id,
            of_other.campaign_id,
            of_kind.campaign_id,
            open.campaign_id,
        ];
        let batch: Vec<Value> = ids.map(|id| candidate(id, 1)).into();
        let rows = app.post_json(api.path, &token, &json!(batch)).await.json();
        let words = format!(
            "campaign_id names no open {} campaign of this customer",
            api.kind.as_str()
        );
        assert_eq!(rows[0]["error_message"], words.as_str());
        for at in 1..4 {
            assert_eq!(rows[at], rows[0], "{at} is answered as an unknown one");
        }
        assert_eq!(rows[4]["status"], "success");
    }
    assert_eq!(invitations(&app).await, 2);
}

#[tokio::test]
async fn callbacks_go_to_the_hosts_of_the_client_alone() {
    let (app, client, token) = start().await;
    let campaign = app
        .add_campaign(client.customer_id.unwrap(), "One", "en")
        .await
        .campaign_id;
    let ask = async |url: &str| {
        let mut row = candidate(campaign, 1);
        row["callback_url"] = json!(url);
        app.post_json(VIDEOS.path, &token, &json!([row])).await.json()[0]["status"].clone()
    };
    assert_eq!(
        ask("https://ats.example/hook").await,
        "error",
        "none is allowed yet"
    );
    app.update_client(&client, |settings| {
        settings.callback_hosts = vec!["ats.example".to_owned()].try_into().unwrap();
    })
    .await;
    eventually("the host is allowed", async || {
        ask("https://ats.example/hook").await == "success"
    })
    .await;
    for bad in [
        "http://ats.example/",
        "https://evil.example/",
        "https://ats.example.evil.example/",
        "x",
    ] {
        assert_eq!(ask(bad).await, "error", "{bad}");
    }
    let settings = ClientSettings {
        callback_hosts: vec!["sales.example".to_owned()].try_into().unwrap(),
        ..ClientSettings::marketplace(client.customer_id.unwrap())
    };
    let sales = app.add_client("sales", SECRET, settings).await;
    let sales_token = app.application_token(&sales).await;
    let mut theirs = candidate(campaign, 1);
    theirs["callback_url"] = json!("https://sales.example/hook");
    app.post_json(VIDEOS.path, &sales_token, &json!([theirs])).await;
    let signer: String = sqlx::query_scalar("select client_id from invitation")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    assert_eq!(signer, "sales", "whose callback URL it is");
    let without = json!([candidate(campaign, 1)]);
    let again = app.post_json(VIDEOS.path, &token, &without).await.json();
    assert_eq!(again[0]["status"], "success", "and the callback URL stays");
    let kept: Option<String> = sqlx::query_scalar("select callback_url from invitation")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    assert_eq!(kept.as_deref(), Some("https://sales.example/hook"));
}

#[tokio::test]
async fn who_invited_first_is_kept() {
    let (app, client, token) = start().await;
    let campaign = app
        .add_campaign(client.customer_id.unwrap(), "One", "en")
        .await
        .campaign_id;
    let user_token = app.user_token(&client).await;
    log::never("marie.curie@site");
    let invite = async |number: u32, token: &str, user: Option<&str>| {
        let mut request = app.request(Method::POST, VIDEOS.path).bearer_auth(token);
        if let Some(user) = user {
            request = request.header("x-current-user", user);
        }
        VIDEOS.links(&send(request.json(&json!([candidate(campaign, number)]))).await);
    };
    invite(1, &token, None).await;
    invite(2, &token, Some("marie.curie@site")).await;
    invite(3, &user_token, None).await;
    for number in 1..=3 {
        invite(number, &token, Some("somebody.else@site")).await;
    }
    let invited_by: Vec<Option<String>> =
        sqlx::query_scalar("select invited_by from invitation order by applicant_id")
            .fetch_all(&app.sql)
            .await
            .unwrap();
    let expected = [None, Some("marie.curie@site"), Some("jean.dupont@site")];
    assert_eq!(invited_by, expected.map(|user| user.map(str::to_owned)));
}

#[tokio::test]
async fn the_platform_is_told_of_each_new_invitation_once_where_it_wants_to_be() {
    let mut setup = Setup::default();
    setup.settings.webhooks.platform = Some(PlatformWebhook {
        url: "http://127.0.0.1:9/".parse().unwrap(),
        secret: talentsoft_partner::crypto::webhook_secret::WebhookSecret::parse(
            "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        )
        .unwrap(),
    });
    let app = TestApp::start_with(setup).await;
    let untold = app.beside().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    let campaign = app
        .add_campaign(client.customer_id.unwrap(), "One", "en")
        .await
        .campaign_id;
    let batch = |numbers| json!(candidates(campaign, numbers));
    app.post_json(VIDEOS.path, &token, &batch(0..2)).await;
    app.post_json(VIDEOS.path, &token, &batch(0..3)).await;
    untold.post_json(VIDEOS.path, &token, &batch(3..5)).await;
    let told = "select count(*) from webhook_event
                where type = 'invitation.created' and destination = 'platform' and status = 'invited'";
    assert_eq!(count(&app, told).await, 3);
    assert_eq!(
        count(&app, "select count(distinct invitation_id) from webhook_event").await,
        3
    );
    // Whoever is invited again has a new one.
    sqlx::query("update invitation set status = 'cancelled' where applicant_id = $1")
        .bind(applicant_id(0).parse::<uuid::Uuid>().unwrap())
        .execute(&app.sql)
        .await
        .unwrap();
    let same = batch(0..3);
    let ask = || app.post_json(VIDEOS.path, &token, &same);
    tokio::join!(ask(), ask());
    assert_eq!(count(&app, told).await, 4);
    assert_eq!(
        count(&app, "select count(distinct invitation_id) from webhook_event").await,
        4
    );
}

#[tokio::test]
async fn a_person_with_one_name_is_invited_and_the_platform_reads_the_other_as_empty() {
    let stage = Stage::new().await;
    for kind in [CampaignKind::Video, CampaignKind::Assessment] {
        let campaign = stage.campaign(kind).await;
        for (lastname, firstname) in [(PERSONAL, ""), ("", PERSONAL)] {
            let person = Invitee {
                lastname: lastname.to_owned(),
                firstname: firstname.to_owned(),
                ..Invitee::somebody()
            };
            let invitee = stage.invite_person(&stage.client, &campaign, person).await;
            let found = stage
                .get(&format!("/invitations/{}", invitee.invitation_id))
                .await
                .json();
            assert_eq!(
                (&found["lastname"], &found["firstname"]),
                (&json!(lastname), &json!(firstname))
            );
        }
    }
}
