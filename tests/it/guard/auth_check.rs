//! The guard (RFC 6750), seen through `GET /auth/check` and a resource route.

use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use talentsoft_partner::clients::{Enabled, Scope};

use test_support::eventually;
use test_support::{TestApp, send};

#[tokio::test]
async fn a_good_token_is_let_through_with_who_calls() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    let answer = app.get_with("/auth/check", &token).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("x-client-id"), client.client_id.as_str());
    assert_eq!(
        answer.header("x-customer-id"),
        client.customer_id.unwrap().to_string()
    );
    assert_eq!(answer.header("x-token-scope"), "videos assessments");
    assert!(!answer.headers.contains_key("x-user-email"));
    let head = send(app.request(Method::HEAD, "/auth/check").bearer_auth(&token)).await;
    assert_eq!(
        (head.status.as_u16(), head.header("x-client-id")),
        (204, client.client_id.as_str())
    );
}

/// Most checks are answered before the router; escapes in a path are for the router to read.
#[tokio::test]
async fn past_the_router_and_through_it_the_answer_is_the_same() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let (token, of_user) = (
        app.application_token(&client).await,
        app.user_token(&client).await,
    );
    let nonsense = "nonsense".to_owned();
    let cases = [
        ("", Some(&token), None),
        ("", Some(&of_user), None),
        ("?scope=videos", Some(&token), Some("jean.dupont@site")),
        ("?scope=platform", Some(&token), None),
        ("?scope=nonsense", Some(&token), None),
        ("?access_token=x", Some(&token), None),
        ("", Some(&nonsense), None),
        ("", None, None),
        ("", Some(&token), Some("nobody")),
        ("", Some(&of_user), Some("somebody@else")),
    ];
    let mut statuses = Vec::new();
    for (query, token, user) in cases {
        for method in [Method::GET, Method::HEAD, Method::POST] {
            let ask = async |path: &str| {
                let mut request = app.request(method.clone(), &format!("{path}{query}"));
                if let Some(user) = user {
                    request = request.header("x-current-user", user);
                }
                if let Some(token) = token {
                    request = request.bearer_auth(token);
                }
                let mut answer = send(request.header("x-request-id", "same")).await;
                answer.headers.remove("date");
                (answer.status, answer.headers, answer.body)
            };
            let past = ask("/auth/check").await;
            assert_eq!(past, ask("/auth/%63heck").await, "{method} {query} {user:?}");
            statuses.push(past.0.as_u16());
        }
    }
    for expected in [204, 400, 401, 403, 405] {
        assert!(statuses.contains(&expected), "{statuses:?}");
    }
}

#[tokio::test]
async fn without_a_token_the_challenge_has_no_error() {
    let app = TestApp::start().await;
    for path in ["/auth/check", "/videos/campaigns", "/campaign"] {
        let answer = app.get(path).await;
        assert_eq!(answer.problem(), (401, "token-missing".to_owned()));
        assert_eq!(
            answer.header("www-authenticate"),
            "Bearer realm=\"talentsoft-partner\""
        );
        let basic = send(app.request(Method::GET, path).basic_auth("a", Some("b"))).await;
        assert_eq!(basic.problem(), (401, "token-missing".to_owned()));
    }
}

#[tokio::test]
async fn bad_tokens_look_alike() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let disabled = app.add_marketplace_client("disabled").await;
    let token = app.application_token(&client).await;
    let of_disabled = app.application_token(&disabled).await;
    let expired = app.application_token(&client).await;
    app.advance(3600);
    let revoked = app.application_token(&client).await;
    let form = [
        ("token", revoked.as_str()),
        ("client_id", client.client_id.as_str()),
        ("client_secret", &client.secret),
    ];
    assert_eq!(app.post_form("/revoke", &form).await.status, 200);
    app.set_enabled(&disabled, Enabled::No).await;

    let elsewhere = TestApp::start().await;
    let same_client = elsewhere.add_marketplace_client("acme").await;
    let foreign = elsewhere.application_token(&same_client).await;
    let flipped = {
        let mut text = token.clone().into_bytes();
        let last = text.last_mut().unwrap();
        *last = if *last == b'A' { b'B' } else { b'A' };
        String::from_utf8(text).unwrap()
    };
    let mut seen = Vec::new();
    for bad in [
        &expired,
        &revoked,
        &of_disabled,
        &foreign,
        &flipped,
        "2YotnFZFEjr1zCsicMWpAA",
        "a b",
        &"A".repeat(3000),
    ] {
        for path in ["/auth/check", "/videos/campaigns"] {
            let answer = app.get_with(path, bad).await;
            assert_eq!(answer.problem(), (401, "invalid-token".to_owned()), "{bad}");
            seen.push((answer.header("www-authenticate").to_owned(), answer.body));
        }
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:#?}");
    assert!(seen[0].0.contains("error=\"invalid_token\""));
    assert_eq!(
        app.get_with("/auth/check", &app.application_token(&client).await)
            .await
            .status,
        204
    );
}

#[tokio::test]
async fn the_scheme_has_no_case_and_spaces_may_follow() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    for value in [
        format!("bearer {token}"),
        format!("BEARER {token}"),
        format!("Bearer   {token}"),
    ] {
        let answer = send(
            app.request(Method::GET, "/auth/check")
                .header(AUTHORIZATION, &value),
        )
        .await;
        assert_eq!(answer.status, 204);
    }
}

#[tokio::test]
async fn more_than_one_way_of_sending_a_token_is_refused() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    let in_query = format!("/videos/campaigns?access_token={token}");
    let refused = (400, "invalid-request".to_owned());
    for answer in [app.get(&in_query).await, app.get_with(&in_query, &token).await] {
        assert_eq!(answer.problem(), refused);
        assert!(
            answer
                .header("www-authenticate")
                .contains("error=\"invalid_request\"")
        );
    }
    let twice = || {
        app.request(Method::GET, "/videos/campaigns")
            .bearer_auth(&token)
            .bearer_auth(&token)
    };
    assert_eq!(send(twice()).await.problem(), refused);
    let empty = app
        .request(Method::GET, "/videos/campaigns")
        .header(AUTHORIZATION, "Bearer ");
    assert_eq!(send(empty).await.problem(), refused);
    // A reverse proxy understands 401 and 403 only.
    let check = app
        .request(Method::GET, "/auth/check")
        .bearer_auth(&token)
        .bearer_auth(&token);
    assert_eq!(send(check).await.problem(), (401, "invalid-request".to_owned()));
}

#[tokio::test]
async fn a_scope_is_demanded_and_named_when_missing() {
    let app = TestApp::start().await;
    let platform = app.add_own_client("platform", &[Scope::Platform]).await;
    let token = app.application_token(&platform).await;
    assert_eq!(
        app.get_with("/auth/check?scope=platform", &token).await.status,
        204
    );
    for path in ["/auth/check?scope=videos", "/videos/campaigns"] {
        let answer = app.get_with(path, &token).await;
        assert_eq!(answer.problem(), (403, "insufficient-scope".to_owned()));
        let challenge = answer.header("www-authenticate");
        assert!(
            challenge.contains("error=\"insufficient_scope\"") && challenge.ends_with("scope=\"videos\""),
            "{challenge}"
        );
    }
    assert_eq!(
        app.get_with("/auth/check?scope=nonsense", &token).await.problem(),
        (400, "unknown-scope".to_owned())
    );
}

#[tokio::test]
async fn what_a_client_loses_its_tokens_lose() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    app.update_client(&client, |settings| {
        settings.scopes = [Scope::Assessments].into_iter().collect();
    })
    .await;
    eventually("the scope is gone", async || {
        app.get_with("/auth/check?scope=videos", &token).await.status == 403
    })
    .await;
    assert_eq!(
        app.get_with("/auth/check", &token).await.header("x-token-scope"),
        "assessments"
    );
}

#[tokio::test]
async fn ending_all_tokens_of_a_client_spares_later_ones() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let other = app.add_marketplace_client("other").await;
    let (token, of_other) = (
        app.application_token(&client).await,
        app.application_token(&other).await,
    );
    app.revoke_tokens(&client).await;
    eventually("the token is over", async || {
        app.get_with("/auth/check", &token).await.status == 401
    })
    .await;
    // In the same instant of the frozen clock.
    let later = app.application_token(&client).await;
    assert_eq!(app.get_with("/auth/check", &later).await.status, 204);
    assert_eq!(app.get_with("/auth/check", &of_other).await.status, 204);
}

#[tokio::test]
async fn enabling_a_client_again_does_not_bring_its_old_tokens_back() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    for (enabled, status) in [(Enabled::No, 401), (Enabled::Yes, 200)] {
        app.set_enabled(&client, enabled).await;
        eventually("the change is known", async || {
            app.client_credentials(&client).await.status == status
        })
        .await;
        assert_eq!(app.get_with("/auth/check", &token).await.status, 401);
    }
}
