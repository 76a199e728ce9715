//! Routes behind a secret or an assertion, asked with every kind of them; and routes that are public.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use serde_json::{Value, json};
use talentsoft_partner::clients::{Enabled, Scope};

use super::routes::{Guard, routes_of};
use super::service::{add_client, start};
use test_support::{OTHER_SECRET, SECRET, TestApp, TestClient, assertion, log, send};

/// Clients with credentials that are refused, and why; and one whose are right.
async fn clients_with_credentials(app: &TestApp) -> (Vec<(&'static str, TestClient)>, TestClient) {
    let right = add_client(app, "right", Scope::Introspect).await;
    let unknown = TestClient {
        client_id: "unknown".parse().unwrap(),
        ..right.clone()
    };
    let wrong = TestClient {
        secret: OTHER_SECRET.to_owned(),
        ..right.clone()
    };
    let disabled = add_client(app, "disabled", Scope::Introspect).await;
    app.set_enabled(&disabled, Enabled::No).await;
    let retired = add_client(app, "retired", Scope::Introspect).await;
    let secret_id = retired.secret_info.secret_id;
    app.retire_secret(&retired, secret_id).await;
    let mut expired = add_client(app, "expired", Scope::Introspect).await;
    OTHER_SECRET.clone_into(&mut expired.secret);
    app.add_secret(&expired, OTHER_SECRET, Some(TimeDelta::seconds(10)))
        .await;
    app.advance(10);
    let refused = vec![
        ("unknown", unknown),
        ("a wrong secret", wrong),
        ("disabled", disabled),
        ("a retired secret", retired),
        ("an expired secret", expired),
    ];
    (refused, right)
}

#[tokio::test]
async fn a_route_behind_client_authentication_lets_in_those_with_the_right_secret() {
    let app = start().await;
    let (refused, right) = clients_with_credentials(&app).await;
    for route in routes_of(Guard::Client) {
        let name = route.name;
        let grant = [("grant_type", "client_credentials")];
        let form: Vec<(&str, &str)> = route.form.iter().copied().chain(grant).collect();
        let nobody = send(route.request(&app).form(&form)).await;
        assert_eq!(
            nobody.oauth_error(),
            (401, "invalid_client".to_owned()),
            "{name}: nobody"
        );
        assert_eq!(nobody.challenge().0, "Basic", "{name}: nobody");
        let ask = async |client: &TestClient| {
            let (id, secret) = (client.client_id.as_str(), client.secret.as_str());
            let in_body = [&form[..], &[("client_id", id), ("client_secret", secret)]].concat();
            let in_header = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
            [
                send(route.request(&app).form(&in_body)).await,
                send(route.request(&app).header("authorization", in_header).form(&form)).await,
            ]
        };
        for (what, client) in &refused {
            for answer in ask(client).await {
                let error = answer.oauth_error();
                assert_eq!(error, (401, "invalid_client".to_owned()), "{name}: {what}");
                assert_eq!(answer.challenge().0, "Basic", "{name}: {what}");
            }
        }
        for answer in ask(&right).await {
            assert_eq!(answer.status, route.right, "{name}: right");
        }
    }
}

#[tokio::test]
async fn a_route_that_takes_assertions_lets_in_those_with_a_good_one() {
    let app = start().await;
    let right = add_client(&app, "right", Scope::Videos).await;
    let disabled = add_client(&app, "disabled", Scope::Videos).await;
    app.set_enabled(&disabled, Enabled::No).await;
    let good = assertion::good(&app, &right);
    let now = app.now().timestamp();
    let invalid = [
        ("malformed", good.sign(SECRET).replace('.', "")),
        ("a wrong secret", good.sign(OTHER_SECRET)),
        ("expired", good.clone().claim("exp", json!(now - 60)).sign(SECRET)),
        (
            "for somebody else",
            good.clone().claim("aud", json!("https://else")).sign(SECRET),
        ),
        (
            "of nobody",
            good.clone().claim("iss", json!("nobody")).sign(SECRET),
        ),
        (
            "without a user",
            good.clone().claim("email", Value::Null).sign(SECRET),
        ),
        (
            "of a disabled client",
            assertion::good(&app, &disabled).sign(SECRET),
        ),
    ];
    for route in routes_of(Guard::Assertion) {
        let name = route.name;
        let ask = async |assertion: &str| {
            log::never(assertion);
            let form = [("grant_type", assertion::GRANT_TYPE), ("assertion", assertion)];
            send(route.request(&app).form(&form)).await
        };
        let form = [("grant_type", assertion::GRANT_TYPE)];
        let nothing = send(route.request(&app).form(&form)).await;
        assert_eq!(
            nothing.oauth_error(),
            (400, "invalid_request".to_owned()),
            "{name}"
        );
        for (what, assertion) in &invalid {
            assert_eq!(
                ask(assertion).await.oauth_error(),
                (400, "invalid_grant".to_owned()),
                "{name}: {what}"
            );
        }
        assert_eq!(ask(&good.sign(SECRET)).await.status, route.right, "{name}: right");
    }
}

#[tokio::test]
async fn a_public_route_is_the_same_for_everybody() {
    let app = start().await;
    for route in routes_of(Guard::Public) {
        let nobody = send(route.request(&app)).await;
        assert_eq!(nobody.status, route.right, "{}", route.name);
        let somebody = send(route.request(&app).bearer_auth("nonsense")).await;
        assert_eq!(somebody.status, route.right, "{}", route.name);
        assert_eq!(nobody.body, somebody.body, "{}", route.name);
    }
}
