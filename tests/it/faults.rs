//! The database goes away and comes back.

use talentsoft_partner::ids::CampaignId;

use test_support::candidate::{application_id, candidate};
use test_support::eventually;
use test_support::process::Frozen;
use test_support::{SECRET, Setup, TestApp, TestClient, assertion, database};

#[tokio::test]
async fn known_clients_are_served_without_the_database_and_the_rest_is_told_to_come_back() {
    let directory = database::directory();
    let cluster = database::start(&directory.path().join("data"));
    let app = TestApp::start_on(cluster.database_url().to_owned(), Setup::default()).await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    let signed = assertion::good(&app, &client).sign(SECRET);

    cluster.stop().unwrap();
    eventually("the outage is noticed", async || {
        app.get_ops("/health/ready").await.json()["status"] == "degraded"
    })
    .await;
    for _ in 0..100 {
        assert_eq!(app.client_credentials(&client).await.status, 200);
        assert_eq!(app.jwt_bearer(&signed).await.status, 200);
        assert_eq!(app.get_with("/auth/check", &token).await.status, 204);
    }
    let stranger = TestClient {
        client_id: "stranger".parse().unwrap(),
        ..client.clone()
    };
    let form = [
        ("client_id", client.client_id.as_str()),
        ("client_secret", SECRET),
        ("token", &token),
    ];
    for answer in [
        app.client_credentials(&stranger).await,
        app.post_form("/revoke", &form).await,
    ] {
        assert_eq!(answer.oauth_error(), (503, "temporarily_unavailable".to_owned()));
        assert_eq!(answer.header("retry-after"), "2");
    }
    let batch = serde_json::json!([candidate(CampaignId::generate(app.now()), 1)]);
    let which = format!("application_id={}", application_id(1));
    for answer in [
        app.get_with("/videos/campaigns", &token).await,
        app.get_with("/assessments/campaigncreationlink", &token).await,
        app.post_json("/videos/interviews", &token, &batch).await,
        app.post_json("/assessments/invitations", &token, &batch).await,
        app.get_with(&format!("/videos/interviews?{which}"), &token).await,
        app.get_with(&format!("/assessments/invitations?{which}"), &token)
            .await,
    ] {
        assert_eq!(answer.problem(), (503, "unavailable".to_owned()));
        assert_eq!(answer.header("retry-after"), "2");
    }
    assert_eq!(
        app.get_with("/auth/check", &token).await.status,
        204,
        "what could not be revoked was not"
    );

    let cluster = database::start(&directory.path().join("data"));
    eventually("it is back", async || {
        app.get_ops("/health/ready").await.json()["status"] == "ready"
    })
    .await;
    assert_eq!(app.get_with("/videos/campaigns", &token).await.status, 200);
    assert_eq!(app.post_form("/revoke", &form).await.status, 200);
    assert_eq!(app.get_with("/auth/check", &token).await.status, 401);
    drop(app);
    cluster.stop().unwrap();
}

#[tokio::test]
async fn a_frozen_database_is_an_absent_one() {
    let directory = database::directory();
    let cluster = database::start(&directory.path().join("data"));
    let app = TestApp::start_on(cluster.database_url().to_owned(), Setup::default()).await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    assert_eq!(app.get_with("/videos/campaigns", &token).await.status, 200);

    let frozen = Frozen::new(cluster.postmaster_pid());
    // Bounded, whether the outage was noticed before or by this request.
    let answer = app.get_with("/videos/campaigns", &token).await;
    assert_eq!(answer.problem(), (503, "unavailable".to_owned()));
    assert_eq!(app.get_with("/auth/check", &token).await.status, 204);
    drop(frozen);
    eventually("it thawed", async || {
        app.get_with("/videos/campaigns", &token).await.status == 200
    })
    .await;
    drop(app);
    cluster.stop().unwrap();
}

#[tokio::test]
async fn a_cut_connection_costs_one_request_at_most() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    assert_eq!(app.get_with("/videos/campaigns", &token).await.status, 200);
    let cut: i64 = sqlx::query_scalar(
        "select count(*) from (select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()) as cut",
    )
    .fetch_one(&app.sql)
    .await
    .unwrap();
    assert!(cut >= 1);
    eventually("reads work again", async || {
        let answer = app.get_with("/videos/campaigns", &token).await;
        assert!([200, 503].contains(&answer.status.as_u16()), "{answer:?}");
        answer.status == 200
    })
    .await;
}
