//! The API document: who calls what, and its examples, each of which is pasted into a shell on the demo.

mod examples;
mod shape;

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use test_support::routes::registered;

use self::examples::{example_blocks, operations, resolved};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// As it lies in the repository.
fn document() -> Value {
    serde_norway::from_str(talentsoft_partner::api::docs::OPENAPI).unwrap()
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

fn texts(value: &Value) -> Vec<&str> {
    let items = value.as_array().into_iter().flatten();
    items.map(|item| item.as_str().unwrap()).collect()
}

/// HEAD, the short names and the methods that are answered like GET are folded into their operations.
fn unfolded(document: &Value) -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    for (path, item) in object(&document["paths"]) {
        let mut methods: Vec<&str> = METHODS
            .into_iter()
            .filter(|name| item.get(name).is_some())
            .collect();
        methods.extend(texts(&item["x-methods-as-get"]));
        if methods.contains(&"get") {
            methods.push("head");
        }
        for path in [vec![path.as_str()], texts(&item["x-aliases"])].concat() {
            routes.extend(
                methods
                    .iter()
                    .map(|method| format!("{} {path}", method.to_uppercase())),
            );
        }
    }
    routes
}

#[test]
fn the_api_document_and_the_routes_agree() {
    let routes = registered(talentsoft_partner::api::configure);
    assert_eq!(routes, unfolded(&document()));
}

#[test]
fn every_operation_is_in_the_group_of_who_calls_it() {
    let document = document();
    let groups = document["x-tagGroups"].as_array().unwrap();
    let grouped: Vec<(&str, &str)> = groups
        .iter()
        .flat_map(|group| {
            let tags = texts(&group["tags"]).into_iter();
            tags.map(|tag| (group["name"].as_str().unwrap(), tag))
        })
        .collect();
    let declared = document["tags"].as_array().unwrap();
    let declared: Vec<&str> = declared.iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    assert_eq!(grouped.iter().map(|(_, tag)| *tag).collect::<Vec<_>>(), declared);
    let mut used = BTreeSet::new();
    for operation in operations(&document) {
        let tags = texts(&operation.value["tags"]);
        let [tag] = tags[..] else {
            panic!("{}: {tags:?}", operation.id)
        };
        let (group, _) = grouped.iter().find(|(_, known)| *known == tag).unwrap();
        assert!(tag.starts_with(&format!("{group}: ")), "{tag} is in {group}");
        let first = operation.path.split('/').nth(1).unwrap();
        let caller = match first {
            "videos" | "assessments" => "Marketplace",
            "titles" | "occupation-benchmark" | "profiles" => "Data",
            "platform" => "Platform",
            "admin" => "Admin",
            "auth" => "Reverse proxy",
            _ => "Everybody",
        };
        assert_eq!(*group, caller, "{}", operation.path);
        used.insert(tag);
    }
    assert_eq!(used.len(), declared.len(), "a tag without an operation");
}

/// What no call can cause by itself: the service has failed, the network is slow, or an address has guessed for a while.
fn can_be_caused(status: &str, response: &Value) -> bool {
    let text = response["description"].as_str().unwrap();
    !["408", "500", "503"].contains(&status) && !text.starts_with("Too many")
}

#[test]
fn every_request_and_every_error_has_an_example() {
    let document = document();
    let mut missing = Vec::new();
    for operation in operations(&document) {
        let id = operation.id;
        if example_blocks(&operation.value["description"]).is_empty() {
            missing.push(id.to_owned());
        }
        for (media_type, body) in resolved(&document, &operation.value["requestBody"])["content"]
            .as_object()
            .into_iter()
            .flatten()
        {
            let schema = resolved(&document, &body["schema"]);
            if ["example", "examples"]
                .iter()
                .all(|name| body.get(name).is_none())
                && schema.get("example").is_none()
            {
                missing.push(format!("{id}: {media_type}"));
            }
        }
        let responses = object(&operation.value["responses"]);
        assert!(
            responses.keys().any(|status| status.as_str() < "400"),
            "{id} has refusals only"
        );
        for (status, response) in responses.iter().filter(|(status, _)| status.as_str() >= "400") {
            let response = resolved(&document, response);
            for (media_type, body) in object(&response["content"]) {
                let examples = body["examples"].as_object();
                let is_shown = body.get("example").is_some() || examples.is_some_and(|all| !all.is_empty());
                let can_be_pasted = examples.is_some_and(|all| {
                    all.values()
                        .all(|one| example_blocks(&one["description"]).len() == 1)
                });
                let anything_else = body["schema"].get("anyOf").is_some();
                if !anything_else && (!is_shown || can_be_caused(status, response) && !can_be_pasted) {
                    missing.push(format!("{id}: {status} {media_type}"));
                }
            }
        }
    }
    assert_eq!(missing, [""; 0], "without an example that can be pasted");
}
