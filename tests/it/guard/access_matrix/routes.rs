//! The table of all routes: who may use each, and a request to it.

use std::collections::BTreeSet;

use reqwest::{Method, RequestBuilder};
use talentsoft_partner::clients::Scope;

use test_support::TestApp;

/// Who may use a route.
#[derive(Clone, Copy, PartialEq)]
pub enum Guard {
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
pub struct Route {
    /// Method and path as registered.
    pub name: &'static str,
    /// Where to ask; the path of `name` where empty.
    pub url: &'static str,
    pub form: &'static [(&'static str, &'static str)],
    /// A JSON body; none where empty.
    pub json: &'static str,
    pub guards: &'static [Guard],
    /// Status for those who may.
    pub right: u16,
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

/// A route of admins, with what is refused once they are let in.
const fn of_admin(name: &'static str, json: &'static str, right: u16) -> Route {
    Route {
        json,
        right,
        ..post(name, &[], ADMIN)
    }
}

/// A route of the Titles API, about a version that there is not.
const fn of_titles(name: &'static str, guards: &'static [Guard]) -> Route {
    Route {
        json: "{}",
        right: 404,
        ..post(name, &[], guards)
    }
}

const VIDEOS: &[Guard] = &[Guard::Token(Scope::Videos)];

const ASSESSMENTS: &[Guard] = &[Guard::Token(Scope::Assessments)];

/// One of two scopes.
const TITLES: &[Guard] = &[
    Guard::Token(Scope::EmsiOpen),
    Guard::Token(Scope::LightcastOpenFree),
];

const PROFILES: &[Guard] = &[Guard::Token(Scope::Profiles)];

const PROFILE: &str = r#"{"email":"a@b"}"#;

const EXPANDED_TITLES: &[Guard] = &[Guard::Token(Scope::EmsiOpen)];

const BENCHMARK: &[Guard] = &[Guard::Token(Scope::OccupationBenchmark)];

const SOC: &str = "/occupation-benchmark/dimensions/soc";

const PUBLIC: &[Guard] = &[Guard::Public];

const GRANTS: &[Guard] = &[Guard::Client, Guard::Assertion];

const INTERVIEWS: &str = "/videos/interviews?campaign_id=0190a5d0-0000-7000-8000-000000000001";

const INTERVIEW: &str = "/interview?campaign_id=0190a5d0-0000-7000-8000-000000000001";

const INVITATIONS: &str = "/assessments/invitations?campaign_id=0190a5d0-0000-7000-8000-000000000001";

/// As Envoy asks for a call.
const CHECKED: &str = "/auth/check;scope=videos/of/a/backend?scope=platform&x=1";

const PLATFORM: &[Guard] = &[Guard::Token(Scope::Platform)];

const ADMIN: &[Guard] = &[Guard::Token(Scope::Admin)];

const NOBODYS: &str = "0190a5d0-0000-7000-8000-000000000001";

const REPORT: &str = "/assessments/invitations/0190a5d0-0000-7000-8000-000000000001/reports/0190a5d0-0000-7000-8000-000000000002";

const LINKED_REPORT: &str = r#"{"name":"x","url":"https://partner.example/"}"#;

const NEW_CAMPAIGN: &str =
    r#"{"customer_id":"0190a5d0-0000-7000-8000-000000000001","kind":"video","name":"x","language":"fr"}"#;
const ASKED_TOKEN: &[(&str, &str)] = &[("token", "of nobody")];

/// The public port.
pub const ROUTES: &[Route] = &[
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
    get("GET /auth/check{original}", CHECKED, VIDEOS, 200),
    get("HEAD /auth/check{original}", CHECKED, VIDEOS, 200),
    get("POST /auth/check{original}", CHECKED, VIDEOS, 200),
    get("PUT /auth/check{original}", CHECKED, VIDEOS, 200),
    get("PATCH /auth/check{original}", CHECKED, VIDEOS, 200),
    get("DELETE /auth/check{original}", CHECKED, VIDEOS, 200),
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
    // A version that there is not is how these routes say that they were reached.
    get("GET /titles/status", "", TITLES, 200),
    get("HEAD /titles/status", "", TITLES, 200),
    get("GET /titles/meta", "", TITLES, 200),
    get("HEAD /titles/meta", "", TITLES, 200),
    get("GET /titles/docs", "", TITLES, 200),
    get("HEAD /titles/docs", "", TITLES, 200),
    get("GET /titles/versions", "", TITLES, 200),
    get("HEAD /titles/versions", "", TITLES, 200),
    get("GET /titles/versions/{version}", "", TITLES, 404),
    get("HEAD /titles/versions/{version}", "", TITLES, 404),
    get("GET /titles/versions/{version}/changes", "", TITLES, 404),
    get("HEAD /titles/versions/{version}/changes", "", TITLES, 404),
    get("GET /titles/versions/{version}/titles", "", TITLES, 404),
    get("HEAD /titles/versions/{version}/titles", "", TITLES, 404),
    of_titles("POST /titles/versions/{version}/titles", TITLES),
    get(
        "GET /titles/versions/{version}/titles/{title_id}",
        "",
        TITLES,
        404,
    ),
    get(
        "HEAD /titles/versions/{version}/titles/{title_id}",
        "",
        TITLES,
        404,
    ),
    of_titles("POST /titles/versions/{version}/normalize", EXPANDED_TITLES),
    of_titles(
        "POST /titles/versions/{version}/normalize/inspect",
        EXPANDED_TITLES,
    ),
    of_titles("POST /titles/versions/{version}/normalize/bulk", EXPANDED_TITLES),
    get("GET /occupation-benchmark/status", "", BENCHMARK, 200),
    get("HEAD /occupation-benchmark/status", "", BENCHMARK, 200),
    get("GET /occupation-benchmark/meta", "", BENCHMARK, 200),
    get("HEAD /occupation-benchmark/meta", "", BENCHMARK, 200),
    get("GET /occupation-benchmark/dimensions", "", BENCHMARK, 200),
    get("HEAD /occupation-benchmark/dimensions", "", BENCHMARK, 200),
    get(
        "GET /occupation-benchmark/dimensions/{dimension}",
        SOC,
        BENCHMARK,
        200,
    ),
    get(
        "HEAD /occupation-benchmark/dimensions/{dimension}",
        SOC,
        BENCHMARK,
        200,
    ),
    Route {
        url: SOC,
        ..post_json(
            "POST /occupation-benchmark/dimensions/{dimension}",
            r#"{"id":"15-1252"}"#,
            BENCHMARK,
        )
    },
    get("GET /profiles/{subdomain}", "", PROFILES, 404),
    get("HEAD /profiles/{subdomain}", "", PROFILES, 404),
    get("GET /profiles/{subdomain}/{profile_id}", "", PROFILES, 404),
    get("HEAD /profiles/{subdomain}/{profile_id}", "", PROFILES, 404),
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
    of_platform("POST /platform/v1/people/erase", r#"{"email":"a@b"}"#, 200),
    of_platform(
        "POST /platform/v1/profiles/{subdomain}",
        r#"{"profiles":[]}"#,
        404,
    ),
    of_platform(
        "GET /platform/v1/profiles/{subdomain}/{institution_user_id}",
        "",
        404,
    ),
    of_platform(
        "HEAD /platform/v1/profiles/{subdomain}/{institution_user_id}",
        "",
        404,
    ),
    of_platform(
        "PUT /platform/v1/profiles/{subdomain}/{institution_user_id}",
        PROFILE,
        404,
    ),
    of_platform(
        "PATCH /platform/v1/profiles/{subdomain}/{institution_user_id}",
        "{}",
        404,
    ),
    of_platform(
        "DELETE /platform/v1/profiles/{subdomain}/{institution_user_id}",
        "",
        404,
    ),
    of_admin("POST /admin/v1/persons/find", r#"{"email":"a@b"}"#, 200),
    get("GET /admin/v1/persons/{reference}", "", ADMIN, 404),
    get("HEAD /admin/v1/persons/{reference}", "", ADMIN, 404),
    of_admin("POST /admin/v1/persons/{reference}/erase", "", 404),
    get("GET /admin/v1/campaigns", "", ADMIN, 200),
    get("HEAD /admin/v1/campaigns", "", ADMIN, 200),
    of_admin("POST /admin/v1/campaigns", "{}", 400),
    get("GET /admin/v1/campaigns/{campaign_id}", "", ADMIN, 404),
    get("HEAD /admin/v1/campaigns/{campaign_id}", "", ADMIN, 404),
    of_admin("PATCH /admin/v1/campaigns/{campaign_id}", "{}", 428),
    of_admin("POST /admin/v1/campaigns/{campaign_id}/close", "", 404),
    get(
        "GET /admin/v1/customers/{customer_id}/creation-links",
        "",
        ADMIN,
        404,
    ),
    get(
        "HEAD /admin/v1/customers/{customer_id}/creation-links",
        "",
        ADMIN,
        404,
    ),
    get(
        "GET /admin/v1/customers/{customer_id}/creation-links/{kind}",
        "",
        ADMIN,
        404,
    ),
    get(
        "HEAD /admin/v1/customers/{customer_id}/creation-links/{kind}",
        "",
        ADMIN,
        404,
    ),
    of_admin(
        "PUT /admin/v1/customers/{customer_id}/creation-links/{kind}",
        "{}",
        400,
    ),
    of_admin(
        "DELETE /admin/v1/customers/{customer_id}/creation-links/{kind}",
        "",
        404,
    ),
    get("GET /admin/v1/subdomains", "", ADMIN, 200),
    get("HEAD /admin/v1/subdomains", "", ADMIN, 200),
    of_admin("POST /admin/v1/subdomains", "{}", 400),
    get("GET /admin/v1/subdomains/{name}", "", ADMIN, 404),
    get("HEAD /admin/v1/subdomains/{name}", "", ADMIN, 404),
    of_admin("DELETE /admin/v1/subdomains/{name}", "", 428),
    get("GET /admin/v1/market/versions", "", ADMIN, 200),
    get("HEAD /admin/v1/market/versions", "", ADMIN, 200),
    get("GET /admin/v1/market/imports", "", ADMIN, 200),
    get("HEAD /admin/v1/market/imports", "", ADMIN, 200),
    get("GET /admin/v1/market/diff", "", ADMIN, 400),
    get("HEAD /admin/v1/market/diff", "", ADMIN, 400),
    of_admin("POST /admin/v1/market/publish", "{}", 409),
    of_admin("POST /admin/v1/market/retire", "{}", 400),
    get("GET /admin/v1/clients/{client_id}/quota", "", ADMIN, 404),
    get("HEAD /admin/v1/clients/{client_id}/quota", "", ADMIN, 404),
    get("GET /admin/v1/usage", "", ADMIN, 200),
    get("HEAD /admin/v1/usage", "", ADMIN, 200),
    get("GET /admin/v1/replicas", "", ADMIN, 200),
    get("HEAD /admin/v1/replicas", "", ADMIN, 200),
    get("GET /admin/v1/clients/{client_id}/secret-uses", "", ADMIN, 404),
    get("HEAD /admin/v1/clients/{client_id}/secret-uses", "", ADMIN, 404),
    get("GET /admin/v1/customers", "", ADMIN, 200),
    get("HEAD /admin/v1/customers", "", ADMIN, 200),
    of_admin("POST /admin/v1/customers", r#"{"name":""}"#, 400),
    get("GET /admin/v1/customers/{customer_id}", "", ADMIN, 404),
    get("HEAD /admin/v1/customers/{customer_id}", "", ADMIN, 404),
    of_admin("PATCH /admin/v1/customers/{customer_id}", "{}", 428),
    get("GET /admin/v1/clients", "", ADMIN, 200),
    get("HEAD /admin/v1/clients", "", ADMIN, 200),
    of_admin("POST /admin/v1/clients", "{}", 400),
    get("GET /admin/v1/clients/{client_id}", "", ADMIN, 404),
    get("HEAD /admin/v1/clients/{client_id}", "", ADMIN, 404),
    of_admin("PATCH /admin/v1/clients/{client_id}", "{}", 428),
    of_admin("POST /admin/v1/clients/{client_id}/revoke-tokens", "", 404),
    get("GET /admin/v1/clients/{client_id}/secrets", "", ADMIN, 404),
    get("HEAD /admin/v1/clients/{client_id}/secrets", "", ADMIN, 404),
    of_admin("POST /admin/v1/clients/{client_id}/secrets", "{}", 404),
    of_admin(
        "POST /admin/v1/clients/{client_id}/secrets/{secret_id}/retire",
        "",
        404,
    ),
    of_admin(
        "POST /admin/v1/clients/{client_id}/secrets/{secret_id}/restore",
        "",
        404,
    ),
    of_admin("POST /admin/v1/tokens/inspect", r#"{"token":"x"}"#, 200),
    of_admin("POST /admin/v1/tokens/revoke", r#"{"token":"x"}"#, 400),
    get("GET /admin/v1/audit-events", "", ADMIN, 200),
    get("HEAD /admin/v1/audit-events", "", ADMIN, 200),
    get("GET /admin/v1/refusals", "", ADMIN, 200),
    get("HEAD /admin/v1/refusals", "", ADMIN, 200),
    get("GET /admin/v1/refusals/{refusal_id}", "", ADMIN, 404),
    get("HEAD /admin/v1/refusals/{refusal_id}", "", ADMIN, 404),
    get("GET /admin/v1/refusal-groups", "", ADMIN, 200),
    get("HEAD /admin/v1/refusal-groups", "", ADMIN, 200),
    get("GET /admin/v1/callbacks", "", ADMIN, 200),
    get("HEAD /admin/v1/callbacks", "", ADMIN, 200),
    get("GET /admin/v1/callbacks/{event_id}/attempts", "", ADMIN, 404),
    get("HEAD /admin/v1/callbacks/{event_id}/attempts", "", ADMIN, 404),
    get("GET /admin/v1/callbacks/{event_id}", "", ADMIN, 404),
    get("HEAD /admin/v1/callbacks/{event_id}", "", ADMIN, 404),
    of_admin("POST /admin/v1/callbacks/retry", "{}", 400),
    of_admin("POST /admin/v1/callbacks/discard", "{}", 400),
    get("GET /admin/v1/keys", "", ADMIN, 200),
    get("HEAD /admin/v1/keys", "", ADMIN, 200),
    of_admin("POST /admin/v1/keys/rotate", r#"{"purpose":"x"}"#, 400),
    of_admin("POST /admin/v1/keys/{key_id}/retire", "", 404),
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
pub const OPS_ROUTES: &[Route] = &[
    get("GET /health/live", "", PUBLIC, 200),
    get("HEAD /health/live", "", PUBLIC, 200),
    get("GET /health/ready", "", PUBLIC, 200),
    get("HEAD /health/ready", "", PUBLIC, 200),
    get("GET /metrics", "", PUBLIC, 200),
    get("HEAD /metrics", "", PUBLIC, 200),
];

impl Route {
    pub fn method(&self) -> Method {
        self.name.split_once(' ').unwrap().0.parse().unwrap()
    }

    pub fn url(&self) -> String {
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
    pub fn request(&self, app: &TestApp) -> RequestBuilder {
        use std::sync::atomic::{AtomicU32, Ordering};
        static ASKED: AtomicU32 = AtomicU32::new(0);
        let address = std::net::Ipv4Addr::from(0x0a00_0000 + ASKED.fetch_add(1, Ordering::Relaxed));
        app.request(self.method(), &self.url())
            .header("x-forwarded-for", address.to_string())
    }

    /// Whether it refuses as Lightcast does: with 401 whatever concerns access.
    pub fn is_lightcast_style(&self) -> bool {
        [" /titles", " /occupation-benchmark", " /profiles"]
            .iter()
            .any(|prefix| self.name.contains(prefix))
    }

    pub fn is_head(&self) -> bool {
        self.method() == Method::HEAD
    }
}

/// The routes with this guard.
pub fn routes_of(guard: Guard) -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(move |route| route.guards.contains(&guard))
}

/// The scopes that open a route.
pub fn scopes() -> BTreeSet<Scope> {
    ROUTES
        .iter()
        .flat_map(|route| route.guards)
        .filter_map(|guard| match guard {
            Guard::Token(scope) => Some(*scope),
            Guard::Client | Guard::Assertion | Guard::Public => None,
        })
        .collect()
}
