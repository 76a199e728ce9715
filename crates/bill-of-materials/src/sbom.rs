//! The SBOM: every package, and what it brings along, with its licence and the checksum of its archive, and which uses which (CycloneDX 1.6).

use anyhow::Context;
use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

use crate::dependencies::{Dependencies, Package};
use crate::embedded::Embedded;

/// The SBOM of the program, whose commit was made `epoch` seconds after 1970.
pub fn sbom(dependencies: &Dependencies, epoch: Option<i64>) -> anyhow::Result<String> {
    let program = &dependencies.program;
    let components = dependencies.packages.iter();
    let mut components: Vec<Value> = components.map(|package| component(package, "library")).collect();
    components.extend(dependencies.embedded.iter().map(embedded_component));
    components.push(standard_library(&dependencies.rust_version));
    let packages = dependencies.packages.iter().chain([program]);
    let uses: Vec<Value> = packages
        .map(|package| uses(package, &dependencies.embedded))
        .collect();
    let mut metadata = json!({
        "tools": { "components": [{
            "type": "application",
            "name": env!("CARGO_PKG_NAME"),
            "version": env!("CARGO_PKG_VERSION"),
        }] },
        "component": component(program, "application"),
    });
    if let Some(epoch) = epoch {
        let instant = DateTime::from_timestamp(epoch, 0).context("no such instant")?;
        insert(
            &mut metadata,
            "timestamp",
            instant.to_rfc3339_opts(SecondsFormat::Secs, true),
        );
    }
    let document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": metadata,
        "components": components,
        "dependencies": uses,
    });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// A package as a component of one of the kinds that CycloneDX knows.
fn component(package: &Package, kind: &str) -> Value {
    let mut component = json!({
        "type": kind,
        "bom-ref": package.reference(),
        "name": package.name,
        "version": package.version,
        // What only builds the program is not there while it runs.
        "scope": if package.is_linked { "required" } else { "excluded" },
        "licenses": [{ "expression": package.license }],
        // A `+` of a version is not allowed to stand in a package URL as it is.
        "purl": format!("pkg:cargo/{}@{}", package.name, package.version.replace('+', "%2B")),
    });
    if let Some(checksum) = &package.checksum {
        insert(
            &mut component,
            "hashes",
            json!([{ "alg": "SHA-256", "content": checksum }]),
        );
    }
    if let Some(repository) = &package.repository {
        insert(
            &mut component,
            "externalReferences",
            json!([{ "type": "vcs", "url": repository }]),
        );
    }
    component
}

/// What a package brings along, as a component of its own.
fn embedded_component(work: &Embedded) -> Value {
    json!({
        "type": work.kind,
        "bom-ref": work.reference(),
        "name": work.name,
        "version": work.version,
        "scope": "required",
        "licenses": [{ "expression": work.license }],
        "purl": format!("{}@{}", work.package_url, work.version),
        "externalReferences": [{ "type": "vcs", "url": work.repository }],
    })
}

/// The packages that a package uses, and what it brings along.
fn uses(package: &Package, embedded: &[Embedded]) -> Value {
    let reference = package.reference();
    let brought = embedded.iter().filter(|work| work.brought_by == reference);
    let brought = brought.map(Embedded::reference);
    let used: Vec<String> = package.uses.iter().cloned().chain(brought).collect();
    json!({ "ref": reference, "dependsOn": used })
}

fn standard_library(version: &str) -> Value {
    json!({
        "type": "library",
        "bom-ref": format!("rust-std@{version}"),
        "name": "rust-std",
        "version": version,
        "scope": "required",
        "licenses": [{ "expression": "MIT OR Apache-2.0" }],
        "purl": format!("pkg:generic/rust-std@{version}"),
    })
}

fn insert(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value.into());
    }
}
