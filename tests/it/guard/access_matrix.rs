//! Who is let in where: every registered route, asked by everybody who may come.
//!
//! A route that is registered and not in [`ROUTES`] fails the suite, as does one that stands there and is gone.

use std::collections::BTreeSet;

use actix_web::web;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use talentsoft_partner::api;
use talentsoft_partner::api::ops;
use talentsoft_partner::clients::{ClientSettings, Enabled, Grants, Scope};
use talentsoft_partner::recruiting::CampaignKind;
use talentsoft_partner::recruiting::creation_links::set_creation_link;

use test_support::eventually;
use test_support::routes::registered;
use test_support::{Answer, OTHER_SECRET, SECRET, Setup, TestApp, TestClient, assertion, log, send};

/// Who may use a route.
#[derive(Clone, Copy, PartialEq)]
enum Guard {
    /// The bearer of a token with this scope.
    Token(Scope),
    /// A client with its credentials, in the header or in the body.
    Client,
    /// Whoever has an assertion of a client.
    Assertion,
    /// Everybody.
    Public,
}

/// A route, and a request to it that is right but for who asks.
struct Route {
    /// Method and path as registered.
    name: &'static str,
    /// Where to ask; the path of `name` where empty.
    url: &'static str,
    form: &'static [(&'static str, &'static str)],
    /// A JSON body; none where empty.
    json: &'static str,
    guards: &'static [Guard],
    /// Status for those who may.
    right: u16,
}

const fn get(name: &'static str, url: &'static str, guard: &'static [Guard], right: u16) -> Route {
    Route {
        name,
        url,
        form: &[],
        json: "",
        guards: guard,
        right,
    }
}

const fn post(
    name: &'static str,
    form: &'static [(&'static str, &'static str)],
    guards: &'static [Guard],
) -> Route {
    Route {
        name,
        url: "",
        form,
        json: "",
        guards,
        right: 200,
    }
}

const fn post_json(name: &'static str, json: &'static str, guards: &'static [Guard]) -> Route {
    Route {
        json,
        ..post(name, &[], guards)
    }
}

/// A route of the platform, about what does not exist.
const fn of_platform(name: &'static str, json: &'static str, right: u16) -> Route {
    Route {
        json,
        right,
        ..post(name, &[], PLATFORM)
    }
}

const VIDEOS: &[Guard] = &[Guard::Token(Scope::Videos)];
const ASSESSMENTS: &[Guard] = &[Guard::Token(Scope::Assessments)];
const PUBLIC: &[Guard] = &[Guard::Public];
const GRANTS: &[Guard] = &[Guard::Client, Guard::Assertion];
const INTERVIEWS: &str = "/videos/interviews?campaign_id=0190a5d0-0000-7000-8000-000000000001";
const INTERVIEW: &str = "/interview?campaign_id=0190a5d0-0000-7000-8000-000000000001";
const INVITATIONS: &str = "/assessments/invitations?campaign_id=0190a5d0-0000-7000-8000-000000000001";
const PLATFORM: &[Guard] = &[Guard::Token(Scope::Platform)];
const NOBODYS: &str = "0190a5d0-0000-7000-8000-000000000001";
const REPORT: &str = "/assessments/invitations/0190a5d0-0000-7000-8000-000000000001/reports/0190a5d0-0000-7000-8000-000000000002";
const LINKED_REPORT: &str = r#"{"name":"x","url":"https://partner.example/"}"#;
const NEW_CAMPAIGN: &str =
    r#"{"customer_id":"0190a5d0-0000-7000-8000-000000000001","kind":"video","name":"x","language":"fr"}"#;
const ASKED_TOKEN: &[(&str, &str)] = &[("token", "of nobody")];

/// The public port.
const ROUTES: &[Route] = &[
    post("POST /token", &[], GRANTS),
    post("POST /connect/token", &[], GRANTS),
    post("POST /revoke", ASKED_TOKEN, &[Guard::Client]),
    post(
        "POST /introspect",
        ASKED_TOKEN,
        &[Guard::Client, Guard::Token(Scope::Introspect)],
    ),
    get("GET /auth/check", "/auth/check?scope=videos", VIDEOS, 204),
    get("HEAD /auth/check", "/auth/check?scope=videos", VIDEOS, 204),
    get("GET /videos/campaigns", "", VIDEOS, 200),
    get("HEAD /videos/campaigns", "", VIDEOS, 200),
    get("GET /campaign", "", VIDEOS, 200),
    get("HEAD /campaign", "", VIDEOS, 200),
    get("GET /assessments/campaigns", "", ASSESSMENTS, 200),
    get("HEAD /assessments/campaigns", "", ASSESSMENTS, 200),
    get("GET /videos/campaigncreationlink", "", VIDEOS, 200),
    get("HEAD /videos/campaigncreationlink", "", VIDEOS, 200),
    get("GET /campaigncreationlink", "", VIDEOS, 200),
    get("HEAD /campaigncreationlink", "", VIDEOS, 200),
    get("GET /assessments/campaigncreationlink", "", ASSESSMENTS, 200),
    get("HEAD /assessments/campaigncreationlink", "", ASSESSMENTS, 200),
    post_json("POST /videos/interviews", "[]", VIDEOS),
    get("GET /videos/interviews", INTERVIEWS, VIDEOS, 200),
    get("HEAD /videos/interviews", INTERVIEWS, VIDEOS, 200),
    post_json("POST /interview", "[]", VIDEOS),
    get("GET /interview", INTERVIEW, VIDEOS, 200),
    get("HEAD /interview", INTERVIEW, VIDEOS, 200),
    post_json("POST /assessments/invitations", "[]", ASSESSMENTS),
    get("GET /assessments/invitations", INVITATIONS, ASSESSMENTS, 200),
    get("HEAD /assessments/invitations", INVITATIONS, ASSESSMENTS, 200),
    // What does not exist is how the platform's routes say that they were reached.
    get(
        "GET /assessments/invitations/{invitation_id}/reports/{report_id}",
        REPORT,
        ASSESSMENTS,
        404,
    ),
    get(
        "HEAD /assessments/invitations/{invitation_id}/reports/{report_id}",
        REPORT,
        ASSESSMENTS,
        404,
    ),
    get("GET /platform/v1/customers", "", PLATFORM, 200),
    get("HEAD /platform/v1/customers", "", PLATFORM, 200),
    get("GET /platform/v1/campaigns", "", PLATFORM, 200),
    get("HEAD /platform/v1/campaigns", "", PLATFORM, 200),
    of_platform("POST /platform/v1/campaigns", NEW_CAMPAIGN, 404),
    of_platform("GET /platform/v1/campaigns/{campaign_id}", "", 404),
    of_platform("HEAD /platform/v1/campaigns/{campaign_id}", "", 404),
    of_platform("PATCH /platform/v1/campaigns/{campaign_id}", "{}", 404),
    of_platform("POST /platform/v1/campaigns/{campaign_id}/close", "{}", 404),
    get("GET /platform/v1/invitations", "", PLATFORM, 200),
    get("HEAD /platform/v1/invitations", "", PLATFORM, 200),
    of_platform("POST /platform/v1/invitations/resolve", r#"{"token":"x"}"#, 404),
    of_platform("GET /platform/v1/invitations/{invitation_id}", "", 404),
    of_platform("HEAD /platform/v1/invitations/{invitation_id}", "", 404),
    of_platform(
        "POST /platform/v1/invitations/{invitation_id}/status",
        r#"{"status":"started"}"#,
        404,
    ),
    of_platform("PUT /platform/v1/invitations/{invitation_id}/result", "{}", 404),
    of_platform(
        "POST /platform/v1/invitations/{invitation_id}/reports",
        LINKED_REPORT,
        404,
    ),
    of_platform(
        "DELETE /platform/v1/customers/{customer_id}/candidates/{applicant_id}",
        "",
        404,
    ),
    get("GET /.well-known/oauth-authorization-server", "", PUBLIC, 200),
    get("HEAD /.well-known/oauth-authorization-server", "", PUBLIC, 200),
    get("GET /openapi.yaml", "", PUBLIC, 200),
    get("HEAD /openapi.yaml", "", PUBLIC, 200),
    // The client follows the redirect to the page, /docs/.
    get("GET /docs", "", PUBLIC, 200),
    get("HEAD /docs", "", PUBLIC, 200),
    get("GET /docs/{file}", "/docs/index.html", PUBLIC, 200),
    get("HEAD /docs/{file}", "/docs/index.html", PUBLIC, 200),
];

/// The ops port, which is for those who can reach it.
const OPS_ROUTES: &[Route] = &[
    get("GET /health/live", "", PUBLIC, 200),
    get("HEAD /health/live", "", PUBLIC, 200),
    get("GET /health/ready", "", PUBLIC, 200),
    get("HEAD /health/ready", "", PUBLIC, 200),
    get("GET /metrics", "", PUBLIC, 200),
    get("HEAD /metrics", "", PUBLIC, 200),
];

impl Route {
    fn method(&self) -> Method {
        self.name.split_once(' ').unwrap().0.parse().unwrap()
    }

    fn url(&self) -> String {
        if !self.url.is_empty() {
            return self.url.to_owned();
        }
        let mut url = self.name.split_once(' ').unwrap().1.to_owned();
        while let (Some(begin), Some(end)) = (url.find('{'), url.find('}')) {
            url.replace_range(begin..=end, NOBODYS);
        }
        url
    }

    /// The request without anybody to send it, from an address of its own: no limit of failed attempts is met.
    fn request(&self, app: &TestApp) -> RequestBuilder {
        use std::sync::atomic::{AtomicU32, Ordering};
        static ASKED: AtomicU32 = AtomicU32::new(0);
        let address = std::net::Ipv4Addr::from(0x0a00_0000 + ASKED.fetch_add(1, Ordering::Relaxed));
        app.request(self.method(), &self.url())
            .header("x-forwarded-for", address.to_string())
    }

    fn is_head(&self) -> bool {
        self.method() == Method::HEAD
    }
}

/// The routes with this guard.
fn routes_of(guard: Guard) -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(move |route| route.guards.contains(&guard))
}

/// A service that believes each request to come from where it says.
async fn start() -> TestApp {
    let mut setup = Setup::default();
    setup.settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    TestApp::start_with(setup).await
}

/// What is registered and not in the table, and what is in the table and not registered.
fn differences<'a>(
    table: impl Iterator<Item = &'a Route>,
    configure: fn(&mut web::ServiceConfig),
) -> BTreeSet<String> {
    let table: BTreeSet<String> = table.map(|route| route.name.to_owned()).collect();
    let registered = registered(configure);
    table.symmetric_difference(&registered).cloned().collect()
}

#[test]
fn every_route_is_in_the_matrix() {
    assert_eq!(differences(ROUTES.iter(), api::configure), BTreeSet::new());
    assert_eq!(differences(OPS_ROUTES.iter(), ops::configure), BTreeSet::new());
}

#[test]
fn a_route_that_is_missing_from_the_matrix_is_noticed() {
    fn with_another(config: &mut web::ServiceConfig) {
        api::configure(config);
        config.service(web::resource("/new").get(async || "new"));
    }
    assert_eq!(
        differences(ROUTES.iter(), with_another),
        BTreeSet::from(["GET /new".to_owned()])
    );
    assert_eq!(
        differences(ROUTES.iter().skip(1), api::configure),
        BTreeSet::from(["POST /token".to_owned()])
    );
}

#[test]
fn every_route_says_who_may() {
    for route in ROUTES.iter().chain(OPS_ROUTES) {
        assert!(!route.guards.is_empty(), "{}", route.name);
        let is_open = route.guards.contains(&Guard::Public);
        assert!(!is_open || route.guards.len() == 1, "{}", route.name);
    }
}

/// The tokens of everybody who may come to a route with a scope.
struct Tokens {
    refused: Vec<(&'static str, String)>,
    /// Of a client that may not have the scope, and of one that may and asked for less.
    other_scope: [String; 2],
    of_user: String,
    of_application: String,
}

impl Tokens {
    /// `expired` was issued before the clock was advanced past its end.
    async fn of(app: &TestApp, scope: Scope, expired: String) -> Self {
        let right = add_client(app, &format!("right-{scope}"), scope).await;
        let disabled = add_client(app, &format!("disabled-{scope}"), scope).await;
        let ended = add_client(app, &format!("ended-{scope}"), scope).await;
        let less = if scope == Scope::Admin {
            Scope::Platform
        } else {
            Scope::Admin
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
            of_user: app.user_token(&right).await,
            of_application,
        }
    }
}

async fn add_client(app: &TestApp, client_id: &str, scope: Scope) -> TestClient {
    add_client_with(app, client_id, &[scope]).await
}

async fn add_client_with(app: &TestApp, client_id: &str, scopes: &[Scope]) -> TestClient {
    let customer_id = app.add_customer(client_id).await;
    let scopes = scopes.iter().copied().collect();
    let settings = ClientSettings::new(Some(customer_id), Grants::both(), scopes);
    for kind in [CampaignKind::Video, CampaignKind::Assessment] {
        let (act, template) = (app.act(), "https://partner.example/new".parse().unwrap());
        let set = app
            .db
            .transaction(async |db| set_creation_link(db, &act, customer_id, kind, Some(&template)).await);
        set.await.unwrap();
    }
    app.add_client(client_id, SECRET, settings).await
}

/// Status and name of the problem; a HEAD has no body to name one.
fn refusal(route: &Route, answer: &Answer) -> (u16, String) {
    let challenge = answer.challenge();
    assert_eq!(
        (challenge.0, challenge.1["realm"]),
        ("Bearer", "talentsoft-partner")
    );
    if route.is_head() {
        assert_eq!(answer.body, "");
        (answer.status.as_u16(), "HEAD".to_owned())
    } else {
        answer.refusal()
    }
}

#[test]
fn the_scopes_that_are_offered_are_those_that_open_a_route() {
    let open: BTreeSet<Scope> = ROUTES
        .iter()
        .flat_map(|route| route.guards)
        .filter_map(|guard| match guard {
            Guard::Token(scope) => Some(*scope),
            Guard::Client | Guard::Assertion | Guard::Public => None,
        })
        .collect();
    assert_eq!(Scope::SERVED.iter().copied().collect::<BTreeSet<_>>(), open);
}

#[tokio::test]
async fn a_route_behind_a_token_lets_in_those_with_the_right_one() {
    let app = start().await;
    let scopes: BTreeSet<Scope> = ROUTES
        .iter()
        .flat_map(|route| route.guards)
        .filter_map(|guard| match guard {
            Guard::Token(scope) => Some(*scope),
            Guard::Client | Guard::Assertion | Guard::Public => None,
        })
        .collect();
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
        let problem = if is_oauth { "invalid-request" } else { problem };
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
    if route.guards.len() == 1 {
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
        assert_eq!(answer.challenge().1["scope"], scope.to_string());
    }
    let answer = ask(&tokens.of_user, Some("someone.else@site")).await;
    let invalid = Some("invalid_request");
    expect(&answer, 403, "current-user-other", invalid, "another user");
    for (token, user) in [
        (&tokens.of_application, None),
        (&tokens.of_application, Some("jean.dupont@site")),
        (&tokens.of_user, None),
        (&tokens.of_user, Some("jean.dupont@site")),
    ] {
        let answer = ask(token, user).await;
        assert_eq!(answer.status, route.right, "{name}: right, for {user:?}");
    }
}

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
    let flawed = [
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
        for (what, assertion) in &flawed {
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

#[tokio::test]
async fn the_ops_routes_are_on_the_ops_port_alone() {
    let app = start().await;
    for route in OPS_ROUTES {
        let answer = send(app.request_ops(route.method(), &route.url())).await;
        assert_eq!(answer.status, route.right, "{}", route.name);
        assert_eq!(send(route.request(&app)).await.status, 404, "{}", route.name);
    }
    for route in ROUTES {
        let answer = send(app.request_ops(route.method(), &route.url())).await;
        assert_eq!(answer.status, 404, "{} on the ops port", route.name);
    }
}
