//! Campaigns: adding, listing, closing, and the link by which recruiters make them.

use serde_json::{Value, json};

use test_support::command_line::CommandLine;

fn add(registry: &CommandLine, customer: &str, name: &str, language: &str, more: &[&str]) -> Value {
    let args = [
        "campaign",
        "add",
        "--customer",
        customer,
        "--language",
        language,
        name,
    ];
    registry.json(&[&args, more].concat())
}

#[test]
fn campaigns_are_added_listed_and_closed() {
    let registry = CommandLine::with_customer();
    registry.json(&["customer", "add", "Other"]);
    let video = add(&registry, "Acme", "Développeur Rust", "fr-FR", &[]);
    assert_eq!(
        (&video["kind"], &video["name"], &video["closed_at"]),
        (&json!("video"), &json!("Développeur Rust"), &Value::Null)
    );
    let assessment = add(&registry, "Acme", "Numbers", "en", &["--kind", "assessment"]);
    let other = add(&registry, "Other", "Elsewhere", "de", &[]);
    assert_eq!(
        registry.json(&["campaign", "list"]),
        json!([video, assessment, other])
    );
    assert_eq!(
        registry.json(&["campaign", "list", "--customer", "Acme"]),
        json!([video, assessment])
    );

    let id = video["campaign_id"].as_str().unwrap();
    registry.json(&["campaign", "close", id]);
    let listed = registry.json(&["campaign", "list"]);
    assert!(listed[0]["closed_at"].is_string(), "{listed}");
    assert_eq!(listed[1]["closed_at"], Value::Null);
    let table = registry.text(&["campaign", "list"]);
    assert!(
        table
            .lines()
            .nth(3)
            .unwrap()
            .starts_with(other["campaign_id"].as_str().unwrap()),
        "{table}"
    );
    assert!(table.contains("  Other     video"), "{table}");
    let error = registry.error(&["campaign", "close", id]);
    assert_eq!(
        error,
        format!("no open campaign `{id}`; `campaign list` shows them")
    );
}

#[test]
fn a_campaign_that_cannot_be_is_refused() {
    let registry = CommandLine::with_customer();
    let error = |customer, language, name| {
        registry.error(&[
            "campaign",
            "add",
            "--customer",
            customer,
            "--language",
            language,
            name,
        ])
    };
    assert_eq!(
        error("Nobody", "fr", "x"),
        "there is no customer `Nobody`; `customer list` shows them"
    );
    assert_eq!(
        error("Acme", "fr_FR", "x"),
        "a language must be a BCP 47 tag such as fr or fr-FR"
    );
    assert_eq!(
        error("Acme", "fr", " "),
        "a name must have 1 to 200 characters, none of them a line break, a control or an invisible character"
    );
    assert_eq!(registry.json(&["campaign", "list"]), json!([]));
}

#[test]
fn a_customer_has_a_creation_link_for_each_kind() {
    let registry = CommandLine::with_customer();
    let set = |more: &[&str]| registry.json(&[&["customer", "set-creation-link", "Acme"], more].concat());
    let links = || {
        let customer = registry.json(&["customer", "show", "Acme"]);
        (
            customer["video_creation_link"].clone(),
            customer["assessment_creation_link"].clone(),
        )
    };
    assert_eq!(links(), (Value::Null, Value::Null));
    let template = "https://meet.partner.example/{customer_id}?by={user_email}";
    let shown = set(&["--kind", "video", template]);
    assert_eq!(
        (&shown["kind"], &shown["url_template"]),
        (&json!("video"), &json!(template))
    );
    set(&["--kind", "video", template]);
    set(&["--kind", "assessment", "https://test.partner.example/"]);
    assert_eq!(links(), (json!(template), json!("https://test.partner.example/")));
    let text = registry.text(&["customer", "show", "Acme"]);
    assert!(text.contains(template), "{text}");
    set(&["--kind", "video", "--clear"]);
    set(&["--kind", "video", "--clear"]);
    assert_eq!(links(), (Value::Null, json!("https://test.partner.example/")));

    let id = registry.json(&["customer", "list"])[0]["customer_id"].clone();
    let events = registry.json(&["audit", "list", "--subject", id.as_str().unwrap()]);
    let actions: Vec<&str> = events
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["action"].as_str().unwrap())
        .collect();
    let expected = [
        "cleared_creation_link",
        "set_creation_link",
        "set_creation_link",
        "added",
    ];
    assert_eq!(actions, expected, "what changed nothing is not recorded");
    assert_eq!(
        events[2]["detail"],
        json!({ "kind": "video", "before": { "url_template": null }, "after": { "url_template": template } })
    );
    let table = registry.text(&["audit", "list"]);
    let line = format!("url_template: \"{template}\" -> null kind=video\n");
    assert!(table.contains(&line), "{table}");
    assert_eq!(
        events[0]["detail"],
        json!({ "kind": "video", "before": { "url_template": template }, "after": { "url_template": null } })
    );
}

#[test]
fn a_creation_link_that_leads_elsewhere_is_refused() {
    let registry = CommandLine::with_customer();
    let error = |customer: &str, url: &str| {
        registry.error(&["customer", "set-creation-link", customer, "--kind", "video", url])
    };
    assert!(error("Acme", "http://meet.partner.example/").contains("https URL"));
    assert!(error("Acme", "https://{user_email}/").contains("path and query only"));
    assert!(error("Acme", "https://a.example/{user}").contains("{customer_id}"));
    assert!(error("Nobody", "https://a.example/").contains("Nobody"));
}
