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
