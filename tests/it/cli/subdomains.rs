//! `subdomain`: adding, listing and removing the sites at which people have profiles.

use serde_json::json;

use test_support::command_line::CommandLine;

#[test]
fn subdomains_are_added_listed_and_removed() {
    let registry = CommandLine::with_customer();
    let added = registry.json(&["subdomain", "add", "acme", "--customer", "Acme"]);
    assert_eq!((&added["name"], &added["profiles"]), (&json!("acme"), &json!(0)));
    registry.text(&["subdomain", "add", "a-2", "--customer", "Acme"]);
    let listed = registry.json(&["subdomain", "list"]);
    assert_eq!((&listed[0]["name"], &listed[1]), (&json!("a-2"), &added));
    assert!(registry.text(&["subdomain", "list"]).contains("Acme"));

    let taken = registry.error(&["subdomain", "add", "acme", "--customer", "Acme"]);
    assert!(taken.contains("there is a subdomain `acme` already"), "{taken}");
    let removed = registry.text(&["subdomain", "remove", "acme", "--erase-profiles"]);
    assert_eq!(removed, "Removed acme, and erased 0 profiles.\n");
    let unknown = registry.error(&["subdomain", "remove", "acme"]);
    assert!(
        unknown.contains("no such subdomain; `subdomain list` shows them"),
        "{unknown}"
    );
    let nobodys = registry.error(&["subdomain", "add", "b", "--customer", "Nobody"]);
    assert!(nobodys.contains("Nobody"), "{nobodys}");
    for name in ["Acme", "a.b", "-a", ""] {
        let mut command = registry.command(&["subdomain", "add", name, "--customer", "Acme"]);
        assert_eq!(command.output().unwrap().status.code(), Some(2), "{name:?}");
    }
}
