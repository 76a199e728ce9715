//! The source text of the service, as the checks read it: without comments and without tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A file of `src`, its path relative to that.
pub struct Source {
    pub path: String,
    pub text: String,
}

impl Source {
    pub fn is_test(&self) -> bool {
        self.path.contains("/tests") || self.path.ends_with("_tests.rs")
    }

    /// The text without its tests, with the line ends kept.
    pub fn body(&self) -> &str {
        self.text.split("#[cfg(test)]\nmod tests {").next().unwrap()
    }

    /// The lines without comments.
    pub fn code(&self) -> impl Iterator<Item = &str> {
        // `://` is in a URL.
        let end = |line: &str| {
            line.match_indices("//")
                .find(|(at, _)| *at == 0 || line.as_bytes()[at - 1] != b':')
                .map_or(line.len(), |(at, _)| at)
        };
        self.body().lines().map(move |line| &line[..end(line)])
    }

    /// The module of the top level that it belongs to.
    pub fn module(&self) -> &str {
        let first = self.path.split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }
}

fn read(dir: &Path, root: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, root, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(Source {
                path: path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(),
                text: fs::read_to_string(&path).unwrap(),
            });
        }
    }
}

pub fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    read(&root, &root, &mut sources);
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(sources.len() > 50, "only {} files were found", sources.len());
    sources
}

/// The modules of the top level that a file names.
pub fn known(source: &Source) -> BTreeSet<String> {
    let code = source.code().collect::<Vec<_>>().join(" ");
    let depth = match source.path.matches('/').count() {
        0 => 1,
        slashes if source.path.ends_with("/mod.rs") => slashes,
        slashes => slashes + 1,
    };
    let mut known = BTreeSet::new();
    for way in ["crate::".to_owned(), "super::".repeat(depth)] {
        for (at, _) in code.match_indices(&way) {
            known.extend(named(&code[at + way.len()..]));
        }
    }
    known.remove("");
    known.remove("super");
    known.remove(source.module());
    known
}

/// The first names of what stands after `crate::`: `a::b` or `{a::b, c::{d, e}}`.
pub fn named(rest: &str) -> BTreeSet<String> {
    let name = |text: &str| {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        text.trim_start()
            .chars()
            .take_while(|c| is_part(*c))
            .collect::<String>()
    };
    let Some(group) = rest.strip_prefix('{') else {
        return BTreeSet::from([name(rest)]);
    };
    let (mut names, mut depth, mut begin) = (BTreeSet::new(), 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' | ',' if depth == 0 => {
                names.insert(name(&group[begin..at]));
                begin = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names.remove("");
    names
}

pub fn assert_none(violations: &[String], rule: &str) {
    assert!(violations.is_empty(), "{rule}:\n{}", violations.join("\n"));
}

pub fn source(path: &str, text: &str) -> Source {
    Source {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

#[test]
fn what_a_file_names_is_found_however_it_is_written() {
    let text = "use crate::a::B;\nuse crate::{c::{D, E},\n    f};\nlet x = crate::g::h();\nuse super::super::i::J;\n\
                use super::own;\n// crate::no::no\nlet url = \"https://x\"; crate::k::l();";
    let names: Vec<String> = known(&source("oauth/grant.rs", text)).into_iter().collect();
    assert_eq!(names, ["a", "c", "f", "g", "i", "k"]);
    assert_eq!(
        known(&source("clock.rs", "use super::a::B;")),
        BTreeSet::from(["a".to_owned()])
    );
    assert_eq!(
        known(&source("oauth/mod.rs", "use super::a::B;")),
        BTreeSet::from(["a".to_owned()])
    );
}
