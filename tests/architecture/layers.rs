//! Which room of `src` may use which, and that the wings of `api` never know each other.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Source, assert_none, known, named, source, sources};

/// The rooms of `src`, from the top down. A room may use those of the layers below its own, and no other.
const LAYERS: &[&[&str]] = &[
    &["main"],
    &["cli"],
    &["config", "server"],
    &["housekeeping"],
    &["api"],
    &["app", "wire"],
    &["refusals", "replica"],
    // What is asked of several domains together.
    &["backup", "people"],
    // The domains: they know neither HTTP nor what puts them together.
    &["market", "oauth", "profiles", "recruiting"],
    &["webhooks"],
    &["clients", "staff"],
    &["keys"],
    &["audit"],
    // The ground.
    &["db"],
    &["telemetry"],
    &["ids"],
    &["crypto"],
    &["hours", "page", "text"],
    &["clock", "error", "version"],
];

/// Rooms that may use less than what lies below them. `wire` is HTTP without an opinion: it knows no domain.
const RESTRICTED: &[(&str, &[&str])] = &[("wire", &["crypto", "error", "ids", "page", "telemetry", "text"])];

/// What makes a folder of `api` a wing. Wings never know each other, and what they share knows none of them.
const WING: &str = "const WING: Wing";

/// What room of `src` uses which others, with a file that does.
fn edges(sources: &[Source]) -> BTreeMap<(String, String), String> {
    let mut edges = BTreeMap::new();
    for source in sources
        .iter()
        .filter(|source| !source.is_test() && source.module() != "lib")
    {
        for other in known(source) {
            edges.insert((source.module().to_owned(), other), source.path.clone());
        }
    }
    edges
}

/// The layer of a room: 0 is the top.
fn layer(room: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&room))
}

/// What is wrong with the use of one room by another, if anything is.
fn violation(from: &str, to: &str) -> Option<&'static str> {
    let (Some(from_layer), Some(to_layer)) = (layer(from), layer(to)) else {
        return Some("one of them is in no layer");
    };
    if to_layer <= from_layer {
        return Some("a room uses only those of the layers below its own");
    }
    let restricted = RESTRICTED.iter().find(|(room, _)| *room == from);
    match restricted {
        Some((_, allowed)) if !allowed.contains(&to) => {
            Some("this room may use less than what lies below it")
        }
        _ => None,
    }
}

#[test]
fn rooms_use_only_what_lies_below_them() {
    let violations: Vec<String> = edges(&sources())
        .into_iter()
        .filter_map(|((from, to), path)| {
            Some(format!("{from} uses {to} in {path}: {}", violation(&from, &to)?))
        })
        .collect();
    assert_none(&violations, "the rooms do not lie as LAYERS says");
}

#[test]
fn every_layer_has_the_rooms_that_it_names() {
    let sources = sources();
    let rooms: BTreeSet<&str> = sources.iter().map(Source::module).collect();
    let missing: Vec<String> = LAYERS
        .iter()
        .flat_map(|layer| layer.iter())
        .filter(|room| !rooms.contains(*room))
        .map(|room| format!("there is no {room}"))
        .collect();
    assert_none(&missing, "LAYERS names a room that is not there");
}

/// The folder or file of `api` that a file belongs to, if it does.
fn part_of_api(path: &str) -> Option<&str> {
    let name = path.strip_prefix("api/")?.split('/').next()?;
    Some(name.strip_suffix(".rs").unwrap_or(name))
}

/// The wings of `api`.
fn wings(sources: &[Source]) -> BTreeSet<&str> {
    let wings = sources
        .iter()
        .filter(|source| source.code().any(|line| line.contains(WING)));
    // The console has a listener of its own, and so no entry in the table of wings.
    let listed = wings.filter_map(|source| part_of_api(&source.path));
    listed.chain(["console"]).collect()
}

/// The wings that a file names which it must not know: a wing another one, and what they share any of them.
fn foreign_wings(source: &Source, wings: &BTreeSet<&str>) -> Vec<String> {
    if !source.path.starts_with("api/") || source.path == "api/mod.rs" {
        return Vec::new();
    }
    let code = source.code().collect::<Vec<_>>().join(" ");
    let own = part_of_api(&source.path);
    let depth = source.path.matches('/').count() - usize::from(source.path.ends_with("/mod.rs"));
    let mut names = BTreeSet::new();
    for way in ["crate::api::".to_owned(), "super::".repeat(depth)] {
        for (at, _) in code.match_indices(&way) {
            names.extend(named(&code[at + way.len()..]));
        }
    }
    names
        .into_iter()
        .filter(|name| wings.contains(name.as_str()) && own != Some(name))
        .map(|name| format!("{} uses the wing {name}", source.path))
        .collect()
}

#[test]
fn wings_of_the_api_never_know_each_other() {
    let sources = sources();
    let wings = wings(&sources);
    assert!(wings.len() >= 3, "only {wings:?} are wings");
    let violations: Vec<String> = sources
        .iter()
        .flat_map(|source| foreign_wings(source, &wings))
        .collect();
    assert_none(
        &violations,
        "a wing is known by another file of api than api/mod.rs",
    );
}

#[test]
fn a_use_upwards_sideways_or_out_of_bounds_is_noticed() {
    for (from, to) in [
        ("api", "server"),
        ("oauth", "recruiting"),
        ("recruiting", "wire"),
        ("clients", "oauth"),
        ("keys", "app"),
        ("wire", "clients"),
        ("crypto", "ids"),
        ("oauth", "newcomer"),
    ] {
        assert!(violation(from, to).is_some(), "{from} may not use {to}");
    }
    for (from, to) in [
        ("api", "oauth"),
        ("recruiting", "webhooks"),
        ("wire", "telemetry"),
    ] {
        assert_eq!(violation(from, to), None, "{from} uses {to}");
    }
}

#[test]
fn a_wing_that_knows_another_is_noticed() {
    let wings = BTreeSet::from(["oauth", "platform", "talentsoft"]);
    for (path, text) in [
        ("api/talentsoft/campaigns.rs", "use crate::api::platform::Error;"),
        (
            "api/talentsoft/campaigns.rs",
            "use crate::api::{guard::Access, platform};",
        ),
        ("api/talentsoft/mod.rs", "use super::oauth::x;"),
        ("api/call.rs", "use super::platform::Error;"),
        ("api/guard/mod.rs", "use crate::api::oauth::respond;"),
    ] {
        assert_eq!(
            foreign_wings(&source(path, text), &wings).len(),
            1,
            "{path}: {text}"
        );
    }
    for (path, text) in [
        (
            "api/talentsoft/campaigns.rs",
            "use crate::api::guard::Access; use super::error::Error;",
        ),
        (
            "api/talentsoft/campaigns.rs",
            "use crate::oauth::Error; use crate::api::talentsoft::x;",
        ),
        ("api/mod.rs", "pub mod oauth; use self::oauth::configure;"),
    ] {
        assert_eq!(
            foreign_wings(&source(path, text), &wings),
            Vec::<String>::new(),
            "{path}: {text}"
        );
    }
}
