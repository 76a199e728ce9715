//! Customers on the command line.

use serde_json::json;
use test_support::command_line::CommandLine;

#[test]
fn a_customer_is_listed_for_people_and_for_scripts() {
    let registry = CommandLine::new();
    let added = registry.json(&["customer", "add", "  Société Générale "]);
    assert_eq!(added["name"], "Société Générale");
    let listed = registry.json(&["customer", "list"]);
    assert_eq!(listed, json!([added]));
    let table = registry.text(&["customer", "list"]);
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows.len(), 2, "{table}");
    assert!(rows[0].starts_with("CUSTOMER_ID"), "{table}");
    assert!(
        rows[1].starts_with(added["customer_id"].as_str().unwrap()),
        "{table}"
    );
    assert!(rows[1].contains("  Société Générale  "), "{table}");
}

#[test]
fn a_customer_has_a_name_of_its_own() {
    let registry = CommandLine::with_customer();
    assert_eq!(
        registry.error(&["customer", "add", "Acme"]),
        "a customer named `Acme` exists already"
    );
    assert_eq!(
        registry.error(&["customer", "add", " "]),
        "a customer's name has 1 to 200 characters, none of them a line break, a control or an invisible character"
    );
}

#[test]
fn a_customer_is_named_by_its_id_as_well() {
    let registry = CommandLine::new();
    let customer = registry.json(&["customer", "add", "Acme"]);
    let id = customer["customer_id"].as_str().unwrap();
    let client = registry.json(&["client", "add", "--customer", id, "--generate-secret"]);
    assert_eq!(client["customer_id"], customer["customer_id"]);
}

#[test]
fn a_customer_is_renamed_and_the_trail_says_what_it_was_called_before() {
    let registry = CommandLine::with_customer();
    registry.json(&["customer", "add", "Other"]);
    let renamed = registry.json(&["customer", "rename", "Acme", "Acme Europe"]);
    assert_eq!(renamed["name"], "Acme Europe");
    assert_eq!(registry.json(&["customer", "list"])[0], renamed);
    let id = renamed["customer_id"].as_str().unwrap();
    assert_eq!(registry.json(&["customer", "rename", id, "Acme Europe"]), renamed);
    assert_eq!(
        registry.error(&["customer", "rename", id, "Other"]),
        "a customer named `Other` exists already"
    );
    assert!(
        registry
            .error(&["customer", "rename", "Acme", "x"])
            .contains("`Acme`")
    );
    let events = registry.json(&["audit", "list", "--subject", id]);
    let details: Vec<_> = events
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["detail"])
        .collect();
    assert_eq!(
        details,
        [
            &json!({ "before": { "name": "Acme" }, "after": { "name": "Acme Europe" } }),
            &json!({ "name": "Acme" }),
        ]
    );
}
