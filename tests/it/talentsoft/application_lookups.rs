//! Statuses of applications that are asked for by name.

use std::collections::BTreeSet;
use test_support::candidate::{ASSESSMENTS, VIDEOS, application_id};
use test_support::eventually;

use super::refreshing::{applications, invite, pages, start};

#[tokio::test]
async fn a_nightly_refresh_asks_for_500_applications_at_once() {
    let (app, client, token) = start().await;
    let customer_id = client.customer_id.unwrap();
    let one = app.add_campaign(customer_id, "One", "en").await.campaign_id;
    let two = app.add_campaign(customer_id, "Two", "en").await.campaign_id;
    invite(&app, &VIDEOS, &token, one, 0..1000).await;
    invite(&app, &VIDEOS, &token, two, 0..300).await;
    let named: Vec<String> = (0..500).map(application_id).collect();
    let repeated = format!("application_id={}", named.join("&application_id="));
    let separated = format!("application_id={}", named.join(","));
    assert!(repeated.len() > 25_000, "{}", repeated.len());
    for query in [&repeated, &separated] {
        let answer = app.get_with(&format!("/videos/interviews?{query}"), &token).await;
        let found = applications(&answer);
        assert_eq!(
            found.len(),
            800,
            "all invitations of the applications, in one answer"
        );
        assert_eq!(
            found.into_iter().collect::<BTreeSet<_>>(),
            named.iter().cloned().collect()
        );
        assert!(!answer.headers.contains_key("link"));
    }
    let one_more = format!("{repeated}&application_id={}", application_id(500));
    let answer = app
        .get_with(&format!("/videos/interviews?{one_more}"), &token)
        .await;
    assert_eq!(answer.problem(), (400, "too-many-ids".to_owned()));
    // Of a campaign 500 are a page.
    let pages = pages(&app, &token, "/videos/interviews", &format!("campaign_id={one}")).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [500, 500]);
}

/// In a table that has grown since PostgreSQL last looked at it, which a night's first batches make of any.
#[tokio::test]
async fn applications_are_looked_up_one_by_one_whatever_the_planner_knows() {
    for api in [&VIDEOS, &ASSESSMENTS] {
        let (app, client, token) = start().await;
        sqlx::raw_sql("alter table invitation set (autovacuum_enabled = off)")
            .execute(&app.sql)
            .await
            .unwrap();
        let campaign = app
            .add_campaign_of(api.kind, client.customer_id.unwrap(), "One", "en")
            .await;
        invite(&app, api, &token, campaign.campaign_id, 0..2000).await;
        let asked: Vec<String> = (0..100).map(application_id).collect();
        let path = format!("{}?application_id={}", api.path, asked.join(","));
        assert_eq!(
            applications(&app.get_with(&path, &token).await).len(),
            asked.len()
        );
        let read = async || {
            let sql = "select idx_tup_read from pg_stat_user_indexes where indexrelname = 'invitation_application_idx'";
            sqlx::query_scalar::<_, i64>(sql)
                .fetch_one(&app.sql)
                .await
                .unwrap()
        };
        eventually("the server has counted what was read", async || read().await > 0).await;
        assert_eq!(read().await, 100, "{}", api.path);
    }
}

#[tokio::test]
async fn an_application_that_is_named_twice_is_answered_once() {
    let (app, client, token) = start().await;
    let campaign = app
        .add_campaign(client.customer_id.unwrap(), "One", "en")
        .await
        .campaign_id;
    invite(&app, &VIDEOS, &token, campaign, 1..3).await;
    let (one, two) = (application_id(1), application_id(2));
    let path = format!("/videos/interviews?application_id={one},{two},{one}&application_id={two}");
    let mut answered = applications(&app.get_with(&path, &token).await);
    answered.sort_unstable();
    assert_eq!(answered, [one, two]);
}
