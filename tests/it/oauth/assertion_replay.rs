//! How often an assertion may be used.

use serde_json::json;
use talentsoft_partner::clients::ReplayPolicy;

use test_support::assertion::{self, GRANT_TYPE};
use test_support::eventually;
use test_support::{SECRET, TestApp};

#[tokio::test]
async fn replay_follows_the_clients_policy() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let good = assertion::good(&app, &client);
    let with_jti = |jti: &str| good.clone().claim("jti", json!(jti)).sign(SECRET);
    let status = async |assertion: &str| app.jwt_bearer(assertion).await.status.as_u16();

    assert_eq!(
        (status(&with_jti("a")).await, status(&with_jti("a")).await),
        (200, 400)
    );
    // The jti is what counts, not the text around it.
    let same_jti = good
        .clone()
        .claim("jti", json!("a"))
        .claim("x", json!(1))
        .sign(SECRET);
    assert_eq!(status(&same_jti).await, 400);
    assert_eq!(status(&with_jti("b")).await, 200);

    let set = async |policy| {
        app.update_client(&client, |settings| settings.replay_policy = policy)
            .await;
    };
    set(ReplayPolicy::Always).await;
    let without_jti = good.clone().claim("x", json!("always")).sign(SECRET);
    eventually("the policy `always` is known", async || {
        app.jwt_bearer(&without_jti).await.status == 400
    })
    .await;
    set(ReplayPolicy::Off).await;
    eventually("the policy `off` is known", async || {
        app.jwt_bearer(&with_jti("a")).await.status == 200
    })
    .await;
}

#[tokio::test]
async fn a_refused_request_does_not_use_the_assertion_up() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let signed = assertion::good(&app, &client)
        .claim("jti", json!("once"))
        .sign(SECRET);
    let form = [
        ("grant_type", GRANT_TYPE),
        ("assertion", &signed),
        ("scope", "admin"),
    ];
    assert_eq!(
        app.post_form("/token", &form).await.oauth_error(),
        (400, "invalid_scope".to_owned())
    );
    assert_eq!(app.jwt_bearer(&signed).await.status, 200);
}

#[tokio::test]
async fn a_hundred_parallel_copies_yield_one_token() {
    let app = TestApp::start().await;
    let other = app.beside().await;
    let client = app.add_marketplace_client("acme").await;
    let signed = assertion::good(&app, &client)
        .claim("jti", json!("once"))
        .sign(SECRET);
    let copies: Vec<_> = (0..100)
        .map(|index| {
            let instance = if index % 2 == 0 { &app } else { &other };
            let form = [("grant_type", GRANT_TYPE), ("assertion", signed.as_str())];
            let request = instance.request(reqwest::Method::POST, "/token").form(&form);
            tokio::spawn(test_support::send(request))
        })
        .collect();
    let mut statuses = Vec::new();
    for copy in copies {
        statuses.push(copy.await.unwrap().status.as_u16());
    }
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (200, &[400; 99][..]));
}
