//! Holds `docs/CONFORMANCE.md` to the code: every rule once, every test that it names, and a reason where there is none.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should say so at once"
)]

mod constant_time;
mod document;
mod findings;
mod named_tests;

use std::fs;
use std::path::Path;

use document::quoted;

const DOCUMENT: &str = "docs/CONFORMANCE.md";

fn read(path: &str) -> Option<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
}

fn document() -> String {
    read(DOCUMENT).unwrap_or_else(|| panic!("{DOCUMENT} cannot be read"))
}

#[test]
fn every_rule_has_its_tests_or_a_reason_and_every_promise_its_tests() {
    let findings = document::findings(&document(), &read);
    assert!(findings.is_empty(), "{DOCUMENT}:\n{}", findings.join("\n"));
}

#[test]
fn the_files_that_the_document_names_are_there() {
    let document = document();
    let files = document
        .lines()
        .filter(|line| !line.starts_with('|'))
        .flat_map(quoted)
        .filter(|text| {
            Path::new(text)
                .extension()
                .is_some_and(|extension| extension == "rs")
        });
    let missing: Vec<&str> = files.filter(|file| read(file).is_none()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
