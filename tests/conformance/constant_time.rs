//! Reads the sources for comparisons that must take constant time (R44).

use std::fs;
use std::path::Path;

/// Puts the files of a directory, by their paths from the root of the repository.
fn sources(dir: &str, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(dir)).unwrap() {
        let entry = entry.unwrap().path();
        let path = format!("{dir}/{}", entry.file_name().unwrap().display());
        if entry.is_dir() {
            sources(&path, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push((path, fs::read_to_string(&entry).unwrap()));
        }
    }
}

fn all_sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    sources("src", &mut found);
    assert!(found.len() > 50, "only {} files were found", found.len());
    found
}

#[test]
fn macs_and_digests_are_compared_by_what_does_it_in_constant_time() {
    let secret = ["signature", "digest", "output", "mac"];
    let mut findings = Vec::new();
    let mut compared = 0;
    for (path, text) in all_sources() {
        let code = text.split("#[cfg(test)]").next().unwrap();
        if path.contains("_tests.rs") || path.contains("/tests") {
            continue;
        }
        compared += code.matches(".ct_eq(").count() + code.matches("jsonwebtoken::crypto::verify(").count();
        for line in code
            .lines()
            .filter(|line| line.contains("==") || line.contains("!="))
        {
            let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            if words.any(|word| secret.contains(&word)) {
                findings.push(format!("{path}: {}", line.trim()));
            }
        }
    }
    assert!(findings.is_empty(), "compared with ==:\n{}", findings.join("\n"));
    assert!(compared >= 3, "the hash, the digest and the MAC: {compared}");
}
