//! Every crate that goes into the program, or builds it, is under a licence that lets anybody use the program.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what helps a test is a test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;
use spdx::{Expression, ParseMode};

/// Licences that ask for no more than notices.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "OpenSSL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// What `cargo` knows of the dependencies, as the lock file has them.
fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo metadata failed: {error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

fn members<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value[member].as_array().unwrap()
}

/// The packages that are reached from ours by normal and build dependencies.
fn shipped(metadata: &Value) -> BTreeSet<String> {
    let nodes: BTreeMap<&str, &Value> = members(&metadata["resolve"], "nodes")
        .iter()
        .map(|node| (text(node, "id"), node))
        .collect();
    let mut seen = BTreeSet::new();
    let mut open = vec![text(&metadata["resolve"], "root")];
    while let Some(id) = open.pop() {
        if !seen.insert(id.to_owned()) {
            continue;
        }
        let wanted = members(nodes[id], "deps").iter().filter(|dependency| {
            members(dependency, "dep_kinds")
                .iter()
                .any(|kind| kind["kind"] != "dev")
        });
        open.extend(wanted.map(|dependency| text(dependency, "pkg")));
    }
    seen
}

/// What is wrong with a licence expression, if anything is.
fn objection(licence: Option<&str>) -> Option<String> {
    let Some(licence) = licence else {
        return Some("names no licence".to_owned());
    };
    match Expression::parse_mode(licence, ParseMode::LAX) {
        Err(error) => Some(format!("has the licence `{licence}`: {}", error.reason)),
        Ok(expression) => {
            let is_allowed = expression
                .evaluate(|required| required.license.id().is_some_and(|id| ALLOWED.contains(&id.name)));
            (!is_allowed).then(|| format!("is under `{licence}`"))
        }
    }
}

#[test]
fn every_dependency_is_under_a_licence_of_the_list() {
    let metadata = metadata();
    let shipped = shipped(&metadata);
    let packages = members(&metadata, "packages");
    let offenders: Vec<String> = packages
        .iter()
        .filter(|package| shipped.contains(text(package, "id")))
        .filter_map(|package| {
            let objection = objection(package["license"].as_str())?;
            Some(format!(
                "{} {} {objection}",
                text(package, "name"),
                text(package, "version")
            ))
        })
        .collect();
    assert!(
        shipped.len() > 100,
        "only {} packages were looked at",
        shipped.len()
    );
    assert!(
        offenders.is_empty(),
        "these dependencies are under no licence of the list in {}:\n{}",
        file!(),
        offenders.join("\n")
    );
}

#[test]
fn licences_that_reach_further_are_refused() {
    for good in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-3.0 OR MIT",
        "Apache-2.0 WITH LLVM-exception",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
    ] {
        assert_eq!(objection(Some(good)), None, "{good}");
    }
    for bad in [
        "GPL-3.0-only",
        "AGPL-3.0-or-later",
        "MIT AND GPL-2.0-only",
        "LicenseRef-ours",
        "nonsense",
        "",
    ] {
        assert!(objection(Some(bad)).is_some(), "{bad}");
    }
    assert!(objection(None).is_some());
}
