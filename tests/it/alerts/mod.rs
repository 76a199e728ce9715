//! Each alert of `docs/alerts.yml` is fired by its cause: it is made to happen to a running service, whose metrics the rules
//! are then evaluated on.

mod database;
mod replicas;
mod requests;
mod scrapes;

use std::collections::BTreeSet;

#[test]
fn each_alert_is_fired_by_a_test() {
    let sources = [
        include_str!("database.rs"),
        include_str!("replicas.rs"),
        include_str!("requests.rs"),
    ];
    let fired: BTreeSet<&str> = sources
        .iter()
        .flat_map(|source| source.split("fires(").skip(1))
        .map(|rest| rest.split(']').next().unwrap())
        .flat_map(|names| names.split('"').skip(1).step_by(2))
        .collect();
    let alerts = scrapes::alerts();
    let alerts: BTreeSet<&str> = alerts.iter().map(String::as_str).collect();
    assert_eq!(fired, alerts);
}
