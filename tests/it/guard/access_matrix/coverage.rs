//! The table has every route, and every route says who may use it.

use std::collections::BTreeSet;

use actix_web::web;
use talentsoft_partner::api;
use talentsoft_partner::api::ops;
use talentsoft_partner::clients::Scope;

use super::routes::{Guard, OPS_ROUTES, ROUTES, Route, scopes};
use super::service::start;
use test_support::routes::registered;
use test_support::send;

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

#[test]
fn the_scopes_that_are_offered_are_those_that_open_a_route() {
    assert_eq!(Scope::SERVED.iter().copied().collect::<BTreeSet<_>>(), scopes());
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
