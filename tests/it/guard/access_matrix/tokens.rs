//! Routes behind an access token, asked with every kind of token.

use talentsoft_partner::clients::{Enabled, Scope};

use super::routes::{Guard, Route, routes_of, scopes};
use super::service::{add_client, add_client_with, start};
use test_support::eventually;
use test_support::{Answer, SECRET, TestApp, send};

/// The tokens of everybody who may come to a route with a scope.
struct Tokens {
    refused: Vec<(&'static str, String)>,
    /// Of a client that may not have the scope, and of one that may and asked for less.
    other_scope: [String; 2],
    /// None of an admin, which acts for no user.
    of_user: Option<String>,
    of_application: String,
}

impl Tokens {
    /// `expired` was issued before the clock was advanced past its end.
    async fn of(app: &TestApp, scope: Scope, expired: String) -> Self {
        let right = add_client(app, &format!("right-{scope}"), scope).await;
        let disabled = add_client(app, &format!("disabled-{scope}"), scope).await;
        let ended = add_client(app, &format!("ended-{scope}"), scope).await;
        let less = if scope == Scope::Platform {
            Scope::Introspect
        } else {
            Scope::Platform
        };
        let other = add_client(app, &format!("other-{scope}"), less).await;
        let able = add_client_with(app, &format!("able-{scope}"), &[scope, less]).await;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", able.client_id.as_str()),
            ("client_secret", SECRET),
            ("scope", less.as_str()),
        ];
        let narrowed = app.post_form("/token", &form).await.json()["access_token"].clone();
        let of_disabled = app.application_token(&disabled).await;
        let of_ended = app.application_token(&ended).await;
        let revoked = app.application_token(&right).await;
        let form = [
            ("token", revoked.as_str()),
            ("client_id", right.client_id.as_str()),
            ("client_secret", SECRET),
        ];
        assert_eq!(app.post_form("/revoke", &form).await.status, 200);
        app.set_enabled(&disabled, Enabled::No).await;
        app.revoke_tokens(&ended).await;
        for token in [&of_disabled, &of_ended] {
            eventually("the token is over", async || {
                app.get_with("/auth/check", token).await.status == 401
            })
            .await;
        }
        let of_application = app.application_token(&right).await;
        let malformed = format!("{}A", &of_application[..of_application.len() - 2]);
        let without_prefix = of_application[4..].to_owned();
        Self {
            refused: vec![
                ("malformed", malformed),
                ("without its prefix", without_prefix),
                ("no token of ours", "2YotnFZFEjr1zCsicMWpAA".to_owned()),
                ("expired", expired),
                ("revoked", revoked),
                ("of a disabled client", of_disabled),
                ("of an earlier generation", of_ended),
            ],
            other_scope: [
                app.application_token(&other).await,
                narrowed.as_str().unwrap().to_owned(),
            ],
            of_user: match scope {
                Scope::Admin => None,
                _ => Some(app.user_token(&right).await),
            },
            of_application,
        }
    }
}

/// Errors in Lightcast's style have no names.
const LIGHTCAST_STYLE: &str = "errors";

/// Status and name of the problem; a HEAD has no body to name one.
fn refusal(route: &Route, answer: &Answer) -> (u16, String) {
    let challenge = answer.challenge();
    assert_eq!(
        (challenge.0, challenge.1["realm"]),
        ("Bearer", "talentsoft-partner")
    );
    if route.is_lightcast_style() && !route.is_head() {
        let error = answer.json()["errors"][0].clone();
        assert_eq!(error["status"], answer.status.as_u16());
        return (answer.status.as_u16(), LIGHTCAST_STYLE.to_owned());
    }
    if route.is_head() {
        assert_eq!(answer.body, "");
        (answer.status.as_u16(), "HEAD".to_owned())
    } else {
        answer.refusal()
    }
}

#[tokio::test]
async fn a_route_behind_a_token_lets_in_those_with_the_right_one() {
    let app = start().await;
    let scopes = scopes();
    let mut expired = Vec::new();
    for scope in &scopes {
        let client = add_client(&app, &format!("expired-{scope}"), *scope).await;
        expired.push(app.application_token(&client).await);
    }
    app.advance(test_support::TTL);
    for (scope, expired) in scopes.into_iter().zip(expired) {
        let tokens = Tokens::of(&app, scope, expired).await;
        for route in routes_of(Guard::Token(scope)) {
            ask_with_tokens(&app, route, scope, &tokens).await;
        }
    }
}

async fn ask_with_tokens(app: &TestApp, route: &Route, scope: Scope, tokens: &Tokens) {
    let name = route.name;
    let ask = async |token: &str, user: Option<&str>| {
        let mut request = route.request(app).bearer_auth(token);
        if let Some(user) = user {
            request = request.header("x-current-user", user);
        }
        if !route.form.is_empty() {
            request = request.form(route.form);
        }
        if !route.json.is_empty() {
            request = request
                .header("content-type", "application/json")
                .body(route.json);
        }
        send(request).await
    };
    let expect = |answer: &Answer, status: u16, problem: &str, error: Option<&str>, what: &str| {
        // RFC 6750 has one code for what is wrong with X-Current-User.
        let is_oauth = name == "POST /introspect" && problem.starts_with("current-user");
        let problem = if route.is_head() { "HEAD" } else { problem };
        let mut problem = if is_oauth { "invalid-request" } else { problem };
        let mut status = status;
        if route.is_lightcast_style() {
            status = if status == 403 { 401 } else { status };
            problem = if route.is_head() { "HEAD" } else { LIGHTCAST_STYLE };
        }
        assert_eq!(
            refusal(route, answer),
            (status, problem.to_owned()),
            "{name}: {what}"
        );
        assert_eq!(
            answer.challenge().1.get("error").copied(),
            error,
            "{name}: {what}"
        );
    };
    // Where there is another way in than a token, nobody is asked for that.
    let takes_tokens_only = route.guards.iter().all(|guard| matches!(guard, Guard::Token(_)));
    if takes_tokens_only {
        let nobody = send(route.request(app)).await;
        expect(&nobody, 401, "token-missing", None, "no token");
    }
    for (what, token) in &tokens.refused {
        let answer = ask(token, None).await;
        expect(&answer, 401, "invalid-token", Some("invalid_token"), what);
    }
    for token in &tokens.other_scope {
        let answer = ask(token, None).await;
        let missing = Some("insufficient_scope");
        expect(&answer, 403, "insufficient-scope", missing, "another scope");
        let named = match route.guards {
            [Guard::Token(first), ..] => *first,
            _ => scope,
        };
        assert_eq!(answer.challenge().1["scope"], named.to_string());
    }
    if let Some(of_user) = &tokens.of_user {
        let answer = ask(of_user, Some("someone.else@site")).await;
        let invalid = Some("invalid_request");
        expect(&answer, 403, "current-user-other", invalid, "another user");
    }
    let users = [None, Some("jean.dupont@site")];
    let right = [&tokens.of_application].into_iter().chain(&tokens.of_user);
    for (token, user) in right.flat_map(|token| users.map(|user| (token, user))) {
        let answer = ask(token, user).await;
        assert_eq!(answer.status, route.right, "{name}: right, for {user:?}");
    }
}
