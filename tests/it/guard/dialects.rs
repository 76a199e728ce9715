//! Each wing refuses in its own dialect, whoever refuses: the router, the guard, the reader of the body or the handler.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder};
use talentsoft_partner::clients::{ClientSettings, Grant, Grants, Scope};

use test_support::{Answer, OTHER_SECRET, SECRET, TestApp, TestClient, send};

#[derive(Clone, Copy, Debug)]
enum Dialect {
    /// RFC 6749 s5.2.
    OAuth,
    /// RFC 9457.
    Problem,
}

/// Status and name of a refusal that is written in this dialect, with its members and no others.
#[track_caller]
fn refusal_in(dialect: Dialect, answer: &Answer) -> (u16, String) {
    match dialect {
        Dialect::OAuth => answer.oauth_error(),
        Dialect::Problem => {
            let body = answer.json();
            let mut members: Vec<&String> = body.as_object().unwrap().keys().collect();
            members.sort();
            assert_eq!(members, ["detail", "status", "title", "type"], "{answer:?}");
            answer.problem()
        }
    }
}

/// One wing: a path of it that takes a body, and what opens it.
struct Wing {
    dialect: Dialect,
    path: &'static str,
    /// A path below the wing that has no route.
    nowhere: &'static str,
    media_type: &'static str,
    /// `Authorization` that reaches the reader of the body.
    good: String,
    /// `Authorization` that is refused with 401, and the name of that refusal.
    bad: (String, &'static str),
    /// `Authorization` that is refused with 403, where the path has a guard.
    other_scope: Option<String>,
    /// `Authorization` that is refused with 429, and the name of that refusal.
    limited: (String, &'static str),
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn basic(client_id: &str, secret: &str) -> String {
    use base64::Engine;
    let pair = format!("{client_id}:{secret}");
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// The token of a client that has used up its one request a second.
async fn exhausted(app: &TestApp, name: &str, scope: Scope) -> String {
    let grants = Grants::only(Grant::ClientCredentials);
    let customer_id = app.add_customer(name).await;
    let scopes = [scope].into_iter().collect();
    let settings = ClientSettings {
        requests_per_second: Some(1.try_into().unwrap()),
        ..ClientSettings::new(Some(customer_id), grants, scopes)
    };
    let client = app.add_client(name, SECRET, settings).await;
    let token = app.application_token(&client).await;
    let path = format!("/auth/check?scope={}", scope.as_str());
    assert_eq!(app.get_with(&path, &token).await.status, 204);
    bearer(&token)
}

/// Credentials of the client that were wrong so often that they are not checked for now.
async fn guessed(app: &TestApp, client: &TestClient) -> String {
    let guess = TestClient {
        secret: OTHER_SECRET.to_owned(),
        ..client.clone()
    };
    while app.client_credentials(&guess).await.status != 429 {}
    basic(guess.client_id.as_str(), OTHER_SECRET)
}

async fn wings(app: &TestApp) -> Vec<Wing> {
    let customer = app.add_marketplace_client("acme").await;
    let platform = app.add_own_client("platform", &[Scope::Platform]).await;
    let watcher = app.add_own_client("watcher", &[Scope::Introspect]).await;
    let of_customer = bearer(&app.application_token(&customer).await);
    let of_platform = bearer(&app.application_token(&platform).await);
    let of_watcher = bearer(&app.application_token(&watcher).await);
    let unknown = (bearer("unknown"), "invalid-token");
    vec![
        Wing {
            dialect: Dialect::OAuth,
            path: "/token",
            nowhere: "/token/nowhere",
            media_type: FORM,
            good: basic(customer.client_id.as_str(), &customer.secret),
            bad: (basic(customer.client_id.as_str(), "wrong"), "invalid_client"),
            other_scope: None,
            limited: (guessed(app, &platform).await, "invalid_client"),
        },
        Wing {
            dialect: Dialect::OAuth,
            path: "/introspect",
            nowhere: "/introspect/nowhere",
            media_type: FORM,
            good: of_watcher,
            bad: (bearer("unknown"), "invalid_token"),
            other_scope: Some(of_platform.clone()),
            limited: (
                exhausted(app, "limited-watcher", Scope::Introspect).await,
                "temporarily_unavailable",
            ),
        },
        Wing {
            dialect: Dialect::Problem,
            path: "/videos/interviews",
            nowhere: "/videos/nowhere",
            media_type: JSON,
            good: of_customer.clone(),
            bad: unknown.clone(),
            other_scope: Some(of_platform.clone()),
            limited: (
                exhausted(app, "limited-customer", Scope::Videos).await,
                "over-limit",
            ),
        },
        Wing {
            dialect: Dialect::Problem,
            path: "/platform/v1/campaigns",
            nowhere: "/platform/v1/nowhere",
            media_type: JSON,
            good: of_platform,
            bad: unknown,
            other_scope: Some(of_customer),
            limited: (
                exhausted(app, "limited-platform", Scope::Platform).await,
                "over-limit",
            ),
        },
    ]
}

impl Wing {
    fn post(&self, app: &TestApp, authorization: &str) -> RequestBuilder {
        app.request(Method::POST, self.path)
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_TYPE, self.media_type)
            .body("grant_type=client_credentials&token=x")
    }

    /// What the wing's error calls something that is wrong with the request as such.
    fn invalid<'a>(&self, name: &'a str) -> &'a str {
        match self.dialect {
            Dialect::OAuth => "invalid_request",
            Dialect::Problem => name,
        }
    }

    async fn refused(&self, request: RequestBuilder, expected: (u16, &str)) -> Answer {
        let answer = send(request).await;
        let (status, name) = refusal_in(self.dialect, &answer);
        assert_eq!((status, name.as_str()), expected, "{}", self.path);
        answer
    }
}

#[tokio::test]
async fn every_refusal_is_in_the_dialect_of_its_wing() {
    let app = TestApp::start().await;
    for wing in wings(&app).await {
        let nowhere = app.request(Method::POST, wing.nowhere);
        wing.refused(nowhere, (404, wing.invalid("not-found"))).await;

        let deleted = app.request(Method::DELETE, wing.path);
        let answer = wing
            .refused(deleted, (405, wing.invalid("method-not-allowed")))
            .await;
        assert!(answer.header("allow").contains("POST"), "{answer:?}");

        let too_large = wing.post(&app, &wing.good).body("x".repeat(2 * 1024 * 1024));
        let answer = wing
            .refused(too_large, (413, wing.invalid("body-too-large")))
            .await;
        assert_eq!(answer.header("cache-control"), "no-store", "{}", wing.path);

        let as_text = app
            .request(Method::POST, wing.path)
            .header(AUTHORIZATION, &wing.good)
            .header(CONTENT_TYPE, "text/plain")
            .body("x");
        wing.refused(as_text, (415, wing.invalid("media-type"))).await;

        let (authorization, name) = &wing.bad;
        let answer = wing.refused(wing.post(&app, authorization), (401, name)).await;
        let scheme = authorization.split(' ').next().unwrap();
        assert_eq!(answer.challenge().0, scheme, "{}", wing.path);

        if let Some(authorization) = &wing.other_scope {
            let name = match wing.dialect {
                Dialect::OAuth => "insufficient_scope",
                Dialect::Problem => "insufficient-scope",
            };
            let answer = wing.refused(wing.post(&app, authorization), (403, name)).await;
            assert!(answer.challenge().1.contains_key("scope"), "{answer:?}");
        }

        let (authorization, name) = &wing.limited;
        let answer = wing.refused(wing.post(&app, authorization), (429, name)).await;
        for header in ["retry-after", "ratelimit", "ratelimit-policy"] {
            assert!(answer.headers.contains_key(header), "{header}: {answer:?}");
        }
    }
}
