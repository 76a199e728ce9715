//! The style sheet and the templates.

use std::fs;
use std::path::{Path, PathBuf};

use console_pages::assets;

/// The files below a folder of this crate.
pub fn files(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    assert!(!found.is_empty());
    found.sort();
    found
}

#[test]
fn no_template_turns_off_escaping() {
    for (path, text) in files("templates") {
        for forbidden in ["|safe", "| safe", "|escape", "{% autoescape"] {
            assert!(!text.contains(forbidden), "{} has {forbidden}", path.display());
        }
    }
}

#[test]
fn only_these_types_are_html_already() {
    let mut named: Vec<String> = files("src")
        .iter()
        .flat_map(|(_, text)| text.lines())
        .filter_map(|line| line.strip_prefix("impl HtmlSafe for "))
        .map(|rest| rest.split([' ', '<']).next().unwrap().to_owned())
        .collect();
    named.sort();
    assert_eq!(
        named,
        [
            "Badge",
            "Chart",
            "Errors",
            "Field",
            "Pager",
            "Qr",
            "Sparkline",
            "Svg",
            "Time",
            "Token"
        ]
    );
}

#[test]
fn the_style_sheet_loads_nothing() {
    for forbidden in ["url(", "@import", "expression("] {
        assert!(!assets::CSS.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn files_stay_short_enough_to_read() {
    for folder in ["src", "tests", "templates"] {
        for (path, text) in files(folder) {
            let lines = text.lines().count();
            assert!(lines <= 400, "{} has {lines} lines", path.display());
        }
    }
}
