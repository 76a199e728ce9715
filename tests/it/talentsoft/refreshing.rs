//! `GET /videos/interviews`, `/interview` and `/assessments/invitations` (contract s4, s5).

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use talentsoft_partner::ids::CampaignId;

use test_support::candidate::{ASSESSMENTS, Api, VIDEOS, applicant_id, application_id, candidates};
use test_support::{Answer, ISSUER, TestApp, TestClient, send};

/// The instant at which the clock of the tests stands.
const NOW: &str = "2018-03-04T16:30:00.000000Z";

pub(super) async fn start() -> (TestApp, TestClient, String) {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    (app, client, token)
}

pub(super) async fn invite(
    app: &TestApp,
    api: &Api,
    token: &str,
    campaign_id: CampaignId,
    numbers: std::ops::Range<u32>,
) {
    let numbers: Vec<u32> = numbers.collect();
    for some in numbers.chunks(500) {
        let batch = json!(candidates(campaign_id, some.iter().copied()));
        api.links(&app.post_json(api.path, token, &batch).await);
    }
}

async fn run(app: &TestApp, sql: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&app.sql)
        .await;
    assert!(done.unwrap().rows_affected() > 0, "{sql}");
}

fn rows(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json().as_array().unwrap().clone()
}

/// The applications of an answer, in its order.
pub(super) fn applications(answer: &Answer) -> Vec<String> {
    let text = |row: &Value| row["application_id"].as_str().unwrap().to_owned();
    rows(answer).iter().map(text).collect()
}

/// All pages from this one on.
pub(super) async fn pages(app: &TestApp, token: &str, path: &str, query: &str) -> Vec<Vec<Value>> {
    let mut query = query.to_owned();
    let mut pages = Vec::new();
    loop {
        let answer = app.get_with(&format!("{path}?{query}"), token).await;
        pages.push(rows(&answer));
        let link = answer.header("link");
        if link.is_empty() {
            return pages;
        }
        let next = link
            .strip_prefix("<?")
            .and_then(|link| link.strip_suffix(">; rel=\"next\""));
        next.unwrap().clone_into(&mut query);
    }
}

#[tokio::test]
async fn a_video_interview_says_how_far_it_is_and_once_done_where_to_watch_it() {
    let (app, client, token) = start().await;
    let campaign = app
        .add_campaign(client.customer_id.unwrap(), "One", "en")
        .await
        .campaign_id;
    invite(&app, &VIDEOS, &token, campaign, 1..3).await;
    run(
        &app,
        "update invitation set status = 'completed', video_url = 'https://meet.partner.example/watch/1', \
         status_changed_at = '2018-03-04T17:00:00Z' where applicant_id::text like '%1'",
    )
    .await;
    let row = |number, status: &str, changed_at: &str, link: Option<&str>| {
        json!({
            "applicant_id": applicant_id(number), "application_id": application_id(number), "campaign_id": campaign,
            "status": status, "status_changed_at": changed_at, "interview_link": link,
        })
    };
    let watch = Some("https://meet.partner.example/watch/1");
    let (done, open) = (
        row(1, "completed", "2018-03-04T17:00:00.000000Z", watch),
        row(2, "invited", NOW, None),
    );
    let queries = [
        format!("campaign_id={campaign}"),
        format!(
            "application_id={}&application_id={}",
            application_id(2),
            application_id(1)
        ),
        format!(
            "campaign_id={campaign}&application_id={},{}",
            application_id(1),
            application_id(2)
        ),
    ];
    for path in ["/videos/interviews", "/interview"] {
        for query in &queries {
            let answer = app.get_with(&format!("{path}?{query}"), &token).await;
            assert_eq!(answer.header("cache-control"), "no-store");
            assert!(!answer.headers.contains_key("link"));
            let mut found = rows(&answer);
            // Both were made in one millisecond, so their order is by chance.
            found.sort_by_key(|row| row["applicant_id"].to_string());
            assert_eq!(found, [done.clone(), open.clone()], "{path}?{query}");
        }
        let head = app
            .request(Method::HEAD, &format!("{path}?{}", queries[0]))
            .bearer_auth(&token);
        let head = send(head).await;
        assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
    }
}

#[tokio::test]
async fn an_assessment_has_scores_and_the_reports_that_are_complete() {
    let (app, client, token) = start().await;
    let customer_id = client.customer_id.unwrap();
    let campaign = app
        .add_campaign_of(ASSESSMENTS.kind, customer_id, "One", "en")
        .await
        .campaign_id;
    invite(&app, &ASSESSMENTS, &token, campaign, 1..3).await;
    run(
        &app,
        "update invitation set status = 'completed', overall_score = 87.5, \
         scores = '[{\"name\": \"Logic\", \"score\": 90}, {\"name\": \"Français\", \"score\": 0.5}]' \
         where applicant_id::text like '%1';
         insert into report (report_id, invitation_id, name, is_global, media_type, byte_length, url, created_at, completed_at)
         select report_id::uuid, invitation_id, name, is_global, media_type, byte_length, url, now(), completed_at
         from invitation, (values
             ('00000000-0000-7000-8000-000000000001', 'Global', true, 'application/pdf', 5, null, now()),
             ('00000000-0000-7000-8000-000000000002', 'Detail', false, null, null, 'https://p.example/r', now()),
             ('00000000-0000-7000-8000-000000000003', 'Unfinished', false, 'text/html', null, null, null)
         ) as report (report_id, name, is_global, media_type, byte_length, url, completed_at)
         where applicant_id::text like '%1'",
    )
    .await;
    for query in [
        format!("campaign_id={campaign}"),
        format!("application_id={},{}", application_id(1), application_id(2)),
    ] {
        let answer = app
            .get_with(&format!("{}?{query}", ASSESSMENTS.path), &token)
            .await;
        let mut found = rows(&answer);
        found.sort_by_key(|row| row["applicant_id"].to_string());
        let ids: Vec<String> = found
            .iter()
            .map(|row| row["invitation_id"].as_str().unwrap().to_owned())
            .collect();
        let url = |report: u8| {
            format!(
                "{ISSUER}/assessments/invitations/{}/reports/00000000-0000-7000-8000-00000000000{report}",
                ids[0]
            )
        };
        assert_eq!(
            json!(found),
            json!([
                {
                    "invitation_id": ids[0], "applicant_id": applicant_id(1), "application_id": application_id(1),
                    "campaign_id": campaign, "status": "completed", "status_changed_at": NOW, "overall_score": 87.5,
                    "scores": [{ "name": "Logic", "score": 90.0 }, { "name": "Français", "score": 0.5 }],
                    "reports": [
                        {
                            "report_id": "00000000-0000-7000-8000-000000000001", "name": "Global", "is_global": true,
                            "media_type": "application/pdf", "url": url(1),
                        },
                        {
                            "report_id": "00000000-0000-7000-8000-000000000002", "name": "Detail", "is_global": false,
                            "media_type": null, "url": url(2),
                        },
                    ],
                },
                {
                    "invitation_id": ids[1], "applicant_id": applicant_id(2), "application_id": application_id(2),
                    "campaign_id": campaign, "status": "invited", "status_changed_at": NOW, "overall_score": null,
                    "scores": [], "reports": [],
                },
            ])
        );
    }
}

#[tokio::test]
async fn pages_follow_one_another_without_loss_or_repetition() {
    let (app, client, token) = start().await;
    let customer_id = client.customer_id.unwrap();
    for api in [VIDEOS, ASSESSMENTS] {
        let campaign = app
            .add_campaign_of(api.kind, customer_id, "One", "en")
            .await
            .campaign_id;
        let another = app
            .add_campaign_of(api.kind, customer_id, "Two", "en")
            .await
            .campaign_id;
        invite(&app, &api, &token, campaign, 0..7).await;
        invite(&app, &api, &token, another, 0..7).await;
        let named: Vec<String> = (0..7).map(application_id).collect();
        for (query, expected) in [
            (format!("campaign_id={campaign}&limit=3"), [3, 3, 1].as_slice()),
            (
                format!(
                    "campaign_id={campaign}&application_id={}&limit=5",
                    named.join(",")
                ),
                &[5, 2],
            ),
            (format!("application_id={}&limit=6", named.join(",")), &[6, 6, 2]),
            (format!("application_id={}&limit=7", named.join(",")), &[7, 7]),
        ] {
            let pages = pages(&app, &token, api.path, &query).await;
            assert_eq!(
                pages.iter().map(Vec::len).collect::<Vec<_>>(),
                expected,
                "{query}"
            );
            let all: BTreeSet<String> = pages.concat().iter().map(Value::to_string).collect();
            assert_eq!(all.len(), expected.iter().sum::<usize>(), "{query}");
            if api.path == ASSESSMENTS.path {
                let ids: Vec<String> = pages
                    .concat()
                    .iter()
                    .map(|row| row["invitation_id"].to_string())
                    .collect();
                assert!(ids.is_sorted(), "{query}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_another_customers_or_of_another_kind_is_as_if_it_were_not() {
    let (app, client, token) = start().await;
    let other = app.add_marketplace_client("other").await;
    let other_token = app.application_token(&other).await;
    let unknown = "01000000-0000-4000-8000-000000000000";
    for (api, other_kind) in [(VIDEOS, ASSESSMENTS), (ASSESSMENTS, VIDEOS)] {
        let campaign = app
            .add_campaign_of(api.kind, client.customer_id.unwrap(), "One", "en")
            .await
            .campaign_id;
        invite(&app, &api, &token, campaign, 1..2).await;
        for query in [
            format!("campaign_id={campaign}"),
            format!("application_id={}", application_id(1)),
            format!("application_id={}&campaign_id={campaign}", application_id(1)),
        ] {
            let own = app.get_with(&format!("{}?{query}", api.path), &token).await;
            assert_eq!(rows(&own).len(), 1, "{query}");
            let nothing = query
                .replace(&campaign.to_string(), unknown)
                .replace(&application_id(1), unknown);
            for (path, token, what) in [
                (api.path, &other_token, "another customer's"),
                (other_kind.path, &token, "of another kind"),
            ] {
                // The other kind has an invitation for the same application by now.
                if what == "of another kind" && !query.contains("campaign_id") && api.path == ASSESSMENTS.path
                {
                    continue;
                }
                let theirs = app.get_with(&format!("{path}?{query}"), token).await;
                let none = app.get_with(&format!("{path}?{nothing}"), token).await;
                assert_eq!(theirs.status, 200);
                assert_eq!(same(&theirs), same(&none), "{what}: {query}");
                assert_eq!(theirs.body, "[]");
            }
        }
    }
}

/// All of an answer but what is each one's own.
fn same(answer: &Answer) -> (u16, String, Vec<(String, String)>) {
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    (answer.status.as_u16(), answer.body.clone(), headers)
}

#[tokio::test]
async fn bad_parameters_and_unknown_ones_are_named() {
    let (app, _, token) = start().await;
    let id = application_id(1);
    for path in [VIDEOS.path, ASSESSMENTS.path] {
        for (query, name) in [
            (String::new(), "which-ones"),
            ("application_id=&limit=1".to_owned(), "which-ones"),
            ("application_id=x".to_owned(), "invalid-id"),
            ("campaign_id=x".to_owned(), "invalid-id"),
            (format!("campaign_id={id}&campaign_id={id}"), "repeated-parameter"),
            (format!("campaign_id={id}&limit=0"), "invalid-limit"),
            (format!("application_id={id}&limit=501"), "invalid-limit"),
            (format!("application_id={id}&cursor=x"), "invalid-cursor"),
            ("campaign_id=%00".to_owned(), "invalid-id"),
            (
                format!("campaign_id={id}&application_ids={id}"),
                "unknown-parameter",
            ),
            (format!("campaign_id={id}&status=started"), "unknown-parameter"),
        ] {
            let answer = app.get_with(&format!("{path}?{query}"), &token).await;
            assert_eq!(answer.problem(), (400, name.to_owned()), "{path}?{query}");
        }
        let answer = app
            .get_with(
                &format!("{path}?application_id[]={id}&application_id[1]={id}&limit=&cursor="),
                &token,
            )
            .await;
        assert_eq!(answer.json(), json!([]));
    }
}
