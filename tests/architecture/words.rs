//! How the source reads: a sentence for each file, files of bounded length, and the words of the glossary.

use std::fs;
use std::path::Path;

use super::source::{assert_none, sources};

const MOST_LINES: usize = 400;

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| source.path)
        .collect();
    assert_none(&silent, "these files do not begin with //!");
}

#[test]
fn no_file_is_too_long_to_read() {
    let long: Vec<String> = sources()
        .iter()
        .map(|source| (source, source.body().lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(source, lines)| format!("{} has {lines} lines, its tests apart", source.path))
        .collect();
    assert_none(&long, "split these files");
}

/// Words that the glossary replaces, in names and in prose. A word here is one that a reader would have to be told.
const RETIRED: &[&str] = &[
    "Fault",
    "Flaw",
    "Desk",
    "Doomed",
    "Beside ",
    "NotSent",
    "Acting",
    "Guarded",
    "UserEmail",
    "EmbeddedDb",
    "JointReads",
    "heed_variables",
    "distrust",
    "complain",
    "is not right",
    "is not good",
    "are not right",
];

#[test]
fn no_file_uses_a_word_that_the_glossary_replaces() {
    let used: Vec<String> = sources()
        .iter()
        .flat_map(|source| {
            let lines = source.text.lines().enumerate();
            lines.flat_map(move |(number, line)| {
                let retired = RETIRED.iter().filter(move |word| line.contains(**word));
                retired.map(move |word| format!("{}:{}: {word}", source.path, number + 1))
            })
        })
        .collect();
    assert_none(&used, "docs/GLOSSARY.md has other words");
}

/// The lines of a file that are instants of JSON without their one form.
fn unformed_instants(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let (mut is_json, mut before) = (false, "");
    for (number, line) in text.lines().enumerate() {
        if line.contains("#[derive(") {
            is_json = line.contains("Serialize");
        } else if line.starts_with('}') {
            is_json = false;
        }
        if is_json && line.contains("DateTime<") && !before.contains("clock::serialize") {
            found.push(number + 1);
        }
        before = line;
    }
    found
}

#[test]
fn every_instant_in_json_has_one_width() {
    let found: Vec<String> = sources()
        .iter()
        .filter(|source| source.path != "clock.rs")
        .flat_map(|source| {
            let lines = unformed_instants(&source.text);
            lines
                .into_iter()
                .map(move |line| format!("{}:{line}", source.path))
        })
        .collect();
    assert_none(
        &found,
        "these fields need #[serde(serialize_with = \"crate::clock::serialize\")]",
    );
    let without = "#[derive(Serialize)]\nstruct A {\n    at: DateTime<Utc>,\n}\nstruct B {\n    at: DateTime<Utc>,\n}\n";
    assert_eq!(unformed_instants(without), [3], "and a breach is found");
}

#[test]
fn the_files_that_the_architecture_names_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/ARCHITECTURE.md")).unwrap();
    let missing: Vec<String> = text
        .split('`')
        .filter(|word| {
            Path::new(word)
                .extension()
                .is_some_and(|extension| extension == "rs")
        })
        .filter(|word| word.contains('/') && !word.contains(' '))
        .filter(|path| !root.join(path).exists() && !root.join("src").join(path).exists())
        .map(str::to_owned)
        .collect();
    assert_none(&missing, "docs/ARCHITECTURE.md names files that are not there");
}
