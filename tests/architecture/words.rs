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
