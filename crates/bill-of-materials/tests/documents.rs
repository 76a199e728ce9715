//! Both documents hold every package that goes into the program, by `cargo tree`, which is told nothing of how they are made.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on should say so at once"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use bill_of_materials::{Dependencies, notices, sbom};
use serde_json::Value;

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

static DEPENDENCIES: LazyLock<Dependencies> =
    LazyLock::new(|| Dependencies::of(Path::new(REPOSITORY)).unwrap());

static SBOM: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&sbom(&DEPENDENCIES, Some(1_795_713_417)).unwrap()).unwrap());

/// Names and versions of what is linked into the program.
fn linked() -> BTreeSet<(String, String)> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--package",
            "talentsoft-partner",
            "--prefix",
            "none",
        ])
        .args(["--edges", "normal,no-proc-macro", "--format", "{p}"])
        .current_dir(REPOSITORY)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let text = String::from_utf8(output.stdout).unwrap();
    let packages = text.lines().filter_map(|line| {
        let (name, rest) = line.split_once(" v")?;
        Some((name.to_owned(), rest.split(' ').next()?.to_owned()))
    });
    packages
        .filter(|(name, _)| name != "talentsoft-partner")
        .collect()
}

/// The components of the SBOM, by name and version.
fn components() -> BTreeMap<(String, String), &'static Value> {
    let text = |component: &Value, member: &str| component[member].as_str().unwrap().to_owned();
    let components = SBOM["components"].as_array().unwrap().iter();
    components
        .map(|component| ((text(component, "name"), text(component, "version")), component))
        .collect()
}

/// Of which kind a package is, as its package URL says.
fn package_kind(component: &Value) -> Option<&str> {
    let (kind, _) = component["purl"]
        .as_str()?
        .strip_prefix("pkg:")?
        .split_once('/')?;
    Some(kind)
}

#[test]
fn the_sbom_names_everything_that_is_linked_and_nothing_that_only_tests_use() {
    let linked = linked();
    assert!(linked.len() > 200, "only {} packages were found", linked.len());
    let components = components();
    for package in &linked {
        let component = components
            .get(package)
            .unwrap_or_else(|| panic!("{package:?} is missing"));
        assert_eq!(component["scope"], "required", "{package:?}");
    }
    for only_tests in ["proptest", "insta", "test-support", "rcgen"] {
        let found = components.keys().find(|(name, _)| name == only_tests);
        assert_eq!(found, None);
    }
    let macros = components
        .keys()
        .find(|(name, _)| name == "serde_derive")
        .unwrap();
    assert_eq!(components[macros]["scope"], "excluded");
}

#[test]
fn the_sbom_is_of_an_application_that_is_made_of_libraries() {
    let program = &SBOM["metadata"]["component"];
    assert_eq!(program["name"], "talentsoft-partner");
    assert_eq!(program["type"], "application");
    for ((name, version), component) in components() {
        if let Some("cargo") = package_kind(component) {
            assert_eq!(component["type"], "library", "{name} {version}");
        }
    }
}

#[test]
fn the_sbom_has_the_checksums_of_the_lock_file() {
    let lock = fs::read_to_string(Path::new(REPOSITORY).join("Cargo.lock")).unwrap();
    let mut checked = 0;
    for ((name, version), component) in components() {
        let Some(checksum) = component["hashes"][0]["content"].as_str() else {
            continue;
        };
        let entry = format!("name = \"{name}\"\nversion = \"{version}\"\n");
        let entry = lock
            .split("[[package]]\n")
            .find(|block| block.starts_with(&entry))
            .unwrap();
        assert!(
            entry.contains(&format!("checksum = \"{checksum}\"")),
            "{name} {version}"
        );
        checked += 1;
    }
    assert!(checked > 200, "only {checked} checksums were compared");
}

#[test]
fn the_sbom_names_what_packages_bring_along() {
    let components = components();
    for (name, kind, package) in [
        ("swagger-ui", "library", "utoipa-swagger-ui-vendored"),
        ("Roboto", "file", "charts-rs"),
    ] {
        let mut of_name = components.iter().filter(|((found, _), _)| found == name);
        let (_, component) = of_name.next().unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(component["licenses"][0]["expression"], "Apache-2.0", "{name}");
        assert_eq!(component["scope"], "required", "{name}");
        assert_eq!(component["type"], kind, "{name}");
        let mut packages = SBOM["dependencies"].as_array().unwrap().iter();
        let uses = packages.find(|uses| uses["ref"].as_str().unwrap().starts_with(&format!("{package}@")));
        let uses = uses.unwrap()["dependsOn"].as_array().unwrap();
        assert!(uses.contains(&component["bom-ref"]), "{package} has no {name}");
    }
}

/// The version of Swagger UI is that of the archive's name, by which the texts of its bundles are kept.
#[test]
fn the_notices_have_the_licences_of_what_packages_bring_along() {
    let notices = notices(&DEPENDENCIES).unwrap();
    let packages = DEPENDENCIES.packages.iter();
    let mut vendored = packages.filter(|package| package.name == "utoipa-swagger-ui-vendored");
    let archives = fs::read_dir(vendored.next().unwrap().directory.join("res")).unwrap();
    let names = archives.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let versions: Vec<String> = names
        .filter_map(|name| Some(name.strip_prefix('v')?.strip_suffix(".zip")?.to_owned()))
        .collect();
    let [version] = &versions[..] else {
        panic!("there is more than one Swagger UI, or none: {versions:?}");
    };
    assert!(notices.contains(&format!(
        "\n  swagger-ui {version}: Apache-2.0 (in utoipa-swagger-ui-vendored@"
    )));
    assert!(notices.contains("\n  Roboto 2.137: Apache-2.0 (in charts-rs@"));
    let kept = format!(
        "crates/bill-of-materials/licences/swagger-ui-dist-{version}/swagger-ui-bundle.js.LICENSE.txt"
    );
    let kept = fs::read_to_string(Path::new(REPOSITORY).join(kept)).unwrap();
    assert!(
        notices.contains(kept.trim_end()),
        "the licences of the bundle are missing"
    );
    for said in [
        "swagger-ui\nCopyright 2020-2021 SmartBear Software Inc.",
        "DOMPurify",
        "Roboto: Copyright 2011 Google Inc. All Rights Reserved.\nLicensed under the Apache License, Version 2.0",
    ] {
        assert!(notices.contains(said), "`{said}` is missing");
    }
}

#[test]
fn every_reference_of_the_sbom_leads_to_a_component() {
    let program = &SBOM["metadata"]["component"]["bom-ref"];
    let components = SBOM["components"].as_array().unwrap().iter();
    let known: Vec<&Value> = components
        .map(|component| &component["bom-ref"])
        .chain([program])
        .collect();
    for dependency in SBOM["dependencies"].as_array().unwrap() {
        assert!(known.contains(&&dependency["ref"]), "{dependency}");
        for used in dependency["dependsOn"].as_array().unwrap() {
            assert!(known.contains(&used), "{used} of {}", dependency["ref"]);
        }
    }
    assert_eq!(SBOM["metadata"]["timestamp"], "2026-11-26T17:16:57Z");
}

#[test]
fn the_notices_have_a_text_for_everything_that_is_linked() {
    let notices = notices(&DEPENDENCIES).unwrap();
    let line = "=".repeat(80);
    // Between two lines stands whose text follows.
    let titles: Vec<&str> = notices.split(&line).skip(1).step_by(2).collect();
    for title in &titles {
        let names: Vec<&str> = title.trim().split(", ").collect();
        let different: BTreeSet<&&str> = names.iter().collect();
        assert_eq!(names.len(), different.len(), "a title names one twice: {title}");
    }
    let named: BTreeSet<&str> = titles.iter().flat_map(|title| title.trim().split(", ")).collect();
    let ours: BTreeSet<&str> = DEPENDENCIES
        .packages
        .iter()
        .filter(|package| package.is_ours())
        .map(|package| package.name.as_str())
        .collect();
    for (name, version) in linked() {
        if ours.contains(name.as_str()) {
            continue;
        }
        let package = format!("{name} {version}");
        assert!(named.contains(package.as_str()), "{package} has no text");
        assert!(
            notices.contains(&format!("\n  {package}: ")),
            "{package} has no licence"
        );
    }
    // What is in the C sources of packages, in what build scripts embed, and in the data.
    for part in [
        "mimalloc",
        "Fiat",
        "Daan Leijen",
        "utoipa-swagger-ui-vendored",
        r"O\*NET",
    ] {
        assert!(notices.contains(part), "{part} is missing");
    }
}
