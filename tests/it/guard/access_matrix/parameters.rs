//! Nothing that could narrow an answer is ignored.

use talentsoft_partner::clients::Scope;

use super::routes::{Guard, routes_of, scopes};
use super::service::{add_client, start};
use test_support::send;

#[tokio::test]
async fn a_parameter_that_a_route_does_not_know_is_refused_by_its_name() {
    let app = start().await;
    let mut asked = 0;
    for scope in scopes() {
        // RFC 7662 s2.1 leaves other parameters to extensions.
        if scope == Scope::Introspect {
            continue;
        }
        let client = add_client(&app, &format!("curious-{scope}"), scope).await;
        let token = app.application_token(&client).await;
        // What a proxy appends is for its backend.
        for route in routes_of(Guard::Token(scope)).filter(|route| !route.name.contains("{original}")) {
            let url = route.url();
            let mark = if url.contains('?') { '&' } else { '?' };
            let ask = async |query: &str| {
                let request = app
                    .request(route.method(), &format!("{url}{mark}{query}"))
                    .bearer_auth(&token)
                    .header("content-type", "application/json")
                    .body(route.json);
                send(request).await
            };
            for (query, name, words) in [
                (
                    "customer=x",
                    "unknown-parameter",
                    "`customer` is no parameter here",
                ),
                (
                    "application_ids[]=x",
                    "unknown-parameter",
                    "`application_ids[]` is no parameter here",
                ),
                ("limit=%zz", "malformed-query", "percent-encoded UTF-8"),
            ] {
                let answer = ask(query).await;
                assert_eq!(answer.status, 400, "{} {query}", route.name);
                if !route.is_head() {
                    let is_problem = !route.is_lightcast_style();
                    assert!(
                        !is_problem || answer.problem().1 == name,
                        "{} {query}",
                        route.name
                    );
                    assert!(answer.body.contains(words), "{}: {}", route.name, answer.body);
                }
            }
            // An empty query names nothing.
            assert_eq!(ask("&").await.status, route.right, "{}", route.name);
            asked += 1;
        }
    }
    assert!(asked > 30, "{asked} routes");
}
