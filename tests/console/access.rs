//! Who may open what: every route of the console, from the router's own list, asked by every role and by nobody.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use talentsoft_partner::api::console;
use talentsoft_partner::staff::Role;
use test_support::browser::Browser;
use test_support::{TestApp, routes};

use crate::console as start;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    /// Everybody, signed in or not.
    Everybody,
    /// Who has signed in with this role or a higher one.
    Role(Role),
}

use For::{Everybody, Role as Least};

/// Every route: a new one is refused by this table until it is in it. Identifiers in paths are made up: what is not there is
/// answered like what may not be seen, so only routes without one show the difference by their status.
const ROUTES: &[(&str, For)] = &[
    ("GET /", Least(Role::Viewer)),
    ("GET /customers", Least(Role::Viewer)),
    ("GET /customers/new", Least(Role::Admin)),
    ("POST /customers/new", Least(Role::Admin)),
    ("GET /customers/{customer_id}", Least(Role::Viewer)),
    ("POST /customers/{customer_id}", Least(Role::Admin)),
    ("GET /clients", Least(Role::Viewer)),
    ("GET /clients/new", Least(Role::Admin)),
    ("POST /clients/new", Least(Role::Admin)),
    ("GET /clients/{client_id}", Least(Role::Viewer)),
    ("GET /clients/{client_id}/settings", Least(Role::Admin)),
    ("POST /clients/{client_id}/settings", Least(Role::Admin)),
    ("GET /clients/{client_id}/state", Least(Role::Operator)),
    ("POST /clients/{client_id}/state", Least(Role::Operator)),
    ("GET /clients/{client_id}/end-tokens", Least(Role::Operator)),
    ("POST /clients/{client_id}/end-tokens", Least(Role::Operator)),
    ("GET /clients/{client_id}/secrets", Least(Role::Viewer)),
    ("GET /clients/{client_id}/secrets/new", Least(Role::Operator)),
    ("POST /clients/{client_id}/secrets/new", Least(Role::Operator)),
    ("POST /clients/{client_id}/secrets/check", Least(Role::Operator)),
    (
        "GET /clients/{client_id}/secrets/{secret_id}/retire",
        Least(Role::Operator),
    ),
    (
        "POST /clients/{client_id}/secrets/{secret_id}/retire",
        Least(Role::Operator),
    ),
    (
        "POST /clients/{client_id}/secrets/{secret_id}/restore",
        Least(Role::Operator),
    ),
    ("GET /clients/{client_id}/live", Least(Role::Viewer)),
    ("GET /refusals", Least(Role::Viewer)),
    ("GET /refusals/groups", Least(Role::Viewer)),
    ("GET /refusals/{refusal_id}", Least(Role::Viewer)),
    ("GET /assertions/explain", Least(Role::Operator)),
    ("POST /assertions/explain", Least(Role::Operator)),
    ("GET /callbacks", Least(Role::Viewer)),
    ("GET /callbacks/retry", Least(Role::Operator)),
    ("GET /callbacks/{callback_id}", Least(Role::Viewer)),
    ("POST /callbacks/retry", Least(Role::Operator)),
    ("POST /callbacks/{callback_id}/discard", Least(Role::Operator)),
    ("POST /callbacks/{callback_id}/retry", Least(Role::Operator)),
    ("GET /invitations", Least(Role::Operator)),
    ("POST /invitations", Least(Role::Operator)),
    ("GET /invitations/{invitation_id}", Least(Role::Operator)),
    ("GET /persons", Least(Role::Operator)),
    ("POST /persons", Least(Role::Operator)),
    ("GET /persons/{reference}", Least(Role::Operator)),
    ("GET /persons/{reference}/erase", Least(Role::Admin)),
    ("POST /persons/{reference}/erase", Least(Role::Admin)),
    ("GET /market", Least(Role::Viewer)),
    ("GET /market/live", Least(Role::Viewer)),
    ("GET /market/try", Least(Role::Viewer)),
    ("GET /market/{library}/{version}/{action}", Least(Role::Admin)),
    ("POST /market/{library}/{version}/{action}", Least(Role::Admin)),
    ("GET /keys", Least(Role::Viewer)),
    ("GET /keys/new", Least(Role::Admin)),
    ("POST /keys/new", Least(Role::Admin)),
    ("GET /keys/{key_id}/remove", Least(Role::Admin)),
    ("POST /keys/{key_id}/remove", Least(Role::Admin)),
    ("GET /audit", Least(Role::Viewer)),
    ("GET /audit.csv", Least(Role::Admin)),
    ("GET /account", Least(Role::Viewer)),
    ("GET /sign-in", Everybody),
    ("GET /sign-in/code", Everybody),
    ("GET /sign-in/company", Everybody),
    ("GET /sign-in/company/callback", Everybody),
    ("GET /confirm", Least(Role::Viewer)),
    ("GET /confirm/{kept_form_id}", Least(Role::Viewer)),
    ("GET /account/company", Least(Role::Viewer)),
    ("POST /sign-in", Everybody),
    ("POST /sign-in/code", Everybody),
    ("POST /sign-out", Least(Role::Viewer)),
    ("GET /staff", Least(Role::Viewer)),
    ("GET /staff/new", Least(Role::Admin)),
    ("GET /staff/{staff_id}", Least(Role::Admin)),
    ("GET /static/{name}", Everybody),
    ("POST /account/password", Least(Role::Viewer)),
    ("POST /account/preferences", Least(Role::Viewer)),
    ("POST /account/recovery-codes", Least(Role::Viewer)),
    ("POST /account/second-factor", Least(Role::Viewer)),
    ("POST /account/sessions/end", Least(Role::Viewer)),
    ("POST /staff/new", Least(Role::Admin)),
    ("POST /staff/{staff_id}", Least(Role::Admin)),
];

/// A path with identifiers that nobody has.
fn made_up(path: &str) -> String {
    let fill = |part: &str| match part {
        "{client_id}" => "nobody".to_owned(),
        "{name}" => "app.css".to_owned(),
        "{library}" => "shared".to_owned(),
        "{version}" | "{key_id}" | "{callback_id}" => "1".to_owned(),
        "{action}" => "publish".to_owned(),
        "{reference}" => "x".to_owned(),
        part if part.starts_with('{') => "00000000-0000-7000-8000-000000000000".to_owned(),
        part => part.to_owned(),
    };
    path.split('/').map(fill).collect::<Vec<_>>().join("/")
}

/// The routes of the table with their parts; HEAD goes with GET.
fn table() -> impl Iterator<Item = (Method, String, For)> {
    ROUTES.iter().map(|(route, least)| {
        let (method, path) = route.split_once(' ').unwrap();
        (method.parse().unwrap(), made_up(path), *least)
    })
}

#[test]
fn every_registered_route_is_in_the_table() {
    let registered = routes::registered(console::configure);
    let without_head: BTreeSet<String> = registered
        .iter()
        .filter(|route| !route.starts_with("HEAD "))
        .cloned()
        .collect();
    let listed: BTreeSet<String> = ROUTES.iter().map(|(route, _)| (*route).to_owned()).collect();
    assert_eq!(without_head, listed);
    for route in &registered {
        if let Some(path) = route.strip_prefix("GET ") {
            assert!(registered.contains(&format!("HEAD {path}")), "no HEAD {path}");
        }
    }
}

#[tokio::test]
async fn who_is_not_signed_in_is_led_to_sign_in() {
    let app = start().await;
    for (method, path, least) in table() {
        let browser = Browser::of(&app);
        let answer = ask(&browser, &method, &path).await;
        let status = answer.status.as_u16();
        match (least, &method) {
            (Everybody, _) => assert_ne!(status, 401, "{method} {path}"),
            (_, &Method::GET) => {
                assert_eq!(status, 303, "{method} {path}");
                assert!(answer.header("location").starts_with("/sign-in"), "{path}");
            }
            _ => assert_eq!(status, 401, "{method} {path}"),
        }
    }
}

#[tokio::test]
async fn what_a_role_does_not_include_is_answered_like_what_is_not_there() {
    let app = start().await;
    let mut browsers = BTreeMap::new();
    for (name, role) in [("v", Role::Viewer), ("o", Role::Operator), ("a", Role::Admin)] {
        app.add_staff(name, role).await;
        browsers.insert(role, Browser::signed_in(&app, name).await);
    }
    for (role, browser) in &browsers {
        let unknown = ask(browser, &Method::GET, "/no-such-page").await;
        assert_eq!(unknown.status, 404);
        for (method, path, least) in table().filter(|(_, path, _)| path != "/sign-out") {
            let answer = ask(browser, &method, &path).await;
            match least {
                Least(least) if *role < least => {
                    assert_eq!(answer.status, 404, "{role} {method} {path}");
                    assert_eq!(bare(&answer.body), bare(&unknown.body), "{role} {method} {path}");
                    let names = |answer: &test_support::Answer| {
                        // Whether a connection goes on depends on how much of the body had arrived.
                        let keys = answer.headers.keys().filter(|name| *name != "connection");
                        keys.map(ToString::to_string).collect::<BTreeSet<_>>()
                    };
                    assert_eq!(names(&answer), names(&unknown), "{role} {method} {path}");
                }
                Least(_) if method == Method::POST => {
                    assert_eq!(answer.status, 403, "{role} {method} {path}: there is no token");
                }
                _ if method == Method::POST => {}
                _ => assert_ne!(answer.status, 403, "{role} {method} {path}"),
            }
        }
    }
}

/// A page without the identifier of its request.
fn bare(html: &str) -> String {
    let mut parts = html.split("<code data-copy>");
    let before = parts.next().unwrap();
    let after = parts
        .next()
        .and_then(|rest| rest.split_once("</code>"))
        .unwrap()
        .1;
    format!("{before}{after}")
}

/// Asks as a page of the console would, without the token of a form.
async fn ask(browser: &Browser, method: &Method, path: &str) -> test_support::Answer {
    match *method {
        Method::POST => browser.post(path, &[("form", "x")]).await,
        // A stream, whose body does not end.
        Method::GET if path == "/market/live" => browser.send(browser.request(Method::HEAD, path)).await,
        _ => browser.get(path).await,
    }
}

#[tokio::test]
async fn the_two_listeners_answer_nothing_of_each_other() {
    let app: TestApp = start().await;
    let browser = Browser::of(&app);
    for path in [
        "/videos/campaigns",
        "/openapi.yaml",
        "/health/ready",
        "/admin/v1/customers",
    ] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
    assert_eq!(browser.post("/token", &[("grant_type", "x")]).await.status, 404);
    for path in ["/sign-in", "/staff", "/"] {
        assert_eq!(app.get(path).await.status, 404, "{path}");
    }
}
