//! Holds `docs/CONFORMANCE.md` to the code: every rule once, every test that it names, and a reason where there is none.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should say so at once"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const DOCUMENT: &str = "docs/CONFORMANCE.md";
/// What stands in for a test, with a reason behind it.
const PHRASES: &[&str] = &["not applicable, because ", "known deviation, because "];
const SHORTEST_REASON: usize = 20;

fn read(path: &str) -> Option<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
}

/// One row of a table: `| R1 (M) s3.2 | asked | held | tests |`.
struct Row<'a> {
    rule: usize,
    held: &'a str,
    tests: Vec<&'a str>,
}

impl<'a> Row<'a> {
    fn parse(line: &'a str) -> Result<Self, String> {
        let wrong = || format!("not a row of four cells with a rule and its weight: {line:.60}");
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [rule, asked, held, tests] = cells[..] else {
            return Err(wrong());
        };
        let mut words = rule.split(' ');
        let number = words.next().and_then(|word| word.strip_prefix('R')?.parse().ok());
        let has_weight = words
            .next()
            .is_some_and(|word| ["(M)", "(S)", "(P)"].contains(&word));
        match number {
            Some(rule) if has_weight && !asked.is_empty() && !held.is_empty() => Ok(Self {
                rule,
                held,
                tests: quoted(tests),
            }),
            _ => Err(wrong()),
        }
    }

    fn has_reason(&self) -> bool {
        let held = self.held.to_lowercase();
        PHRASES.iter().any(|phrase| {
            held.split_once(phrase)
                .is_some_and(|(_, reason)| reason.len() >= SHORTEST_REASON)
        })
    }
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Why the test `file.rs::module::name` is none; `find` reads a file.
fn no_test(test: &str, find: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let Some((file, path)) = test.split_once(".rs::") else {
        return Some(format!("`{test}` names no test of a file"));
    };
    let (file, path) = (format!("{file}.rs"), path.split("::").collect::<Vec<_>>());
    let Some(source) = find(&file) else {
        return Some(format!("there is no {file}"));
    };
    if !is_compiled(&file, find) {
        return Some(format!("{file} belongs to nothing that is compiled"));
    }
    let (name, modules) = path.split_last().unwrap();
    if let Some(module) = modules
        .iter()
        .find(|module| !source.contains(&format!("mod {module} {{")))
    {
        return Some(format!("{file} has no module {module}"));
    }
    (!has_test(&source, name)).then(|| format!("{file} has no test {name}"))
}

/// Whether the file is a module of its test program or, as `…_tests.rs`, of the file it tests.
fn is_compiled(file: &str, find: &dyn Fn(&str) -> Option<String>) -> bool {
    let (folder, name) = file.rsplit_once('/').unwrap();
    let declares = |parent: &str, line: &str| {
        find(&format!("{folder}/{parent}")).is_some_and(|text| text.lines().any(|own| own == line))
    };
    match name.strip_suffix("_tests.rs") {
        Some(tested) if file.starts_with("src/") => {
            let line = format!("#[path = \"{name}\"]");
            declares(&format!("{tested}.rs"), &line)
                || tested
                    .rsplit_once('_')
                    .is_some_and(|(tested, _)| declares(&format!("{tested}.rs"), &line))
        }
        _ if folder == "tests" || file.starts_with("src/") => true,
        _ => {
            let line = format!("mod {};", name.strip_suffix(".rs").unwrap());
            declares("main.rs", &line) || declares("mod.rs", &line)
        }
    }
}

/// Whether a function of this name has the attribute of a test, and is not ignored.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let is_it = |line: &str| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        line.strip_prefix("fn ")
            .and_then(|rest| rest.strip_prefix(name))
            .is_some_and(|rest| rest.starts_with('('))
    };
    let attributes_of = |at: usize| {
        lines[..at]
            .iter()
            .rev()
            .take_while(|line| line.starts_with("#[") || line.starts_with("///"))
            .copied()
            .collect::<Vec<_>>()
    };
    lines.iter().enumerate().any(|(at, line)| {
        let attributes = attributes_of(at);
        let has = |start: &str| attributes.iter().any(|attribute| attribute.starts_with(start));
        is_it(line) && (has("#[test]") || has("#[tokio::test")) && !has("#[ignore")
    })
}

/// Everything that is wrong with the document.
fn complaints(document: &str, find: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut times: BTreeMap<usize, usize> = BTreeMap::new();
    for line in document
        .lines()
        .filter(|line| line.starts_with("| R") && !line.starts_with("| Rule"))
    {
        let row = match Row::parse(line) {
            Ok(row) => row,
            Err(complaint) => {
                complaints.push(complaint);
                continue;
            }
        };
        *times.entry(row.rule).or_default() += 1;
        if row.tests.is_empty() && !row.has_reason() {
            complaints.push(format!("R{} has neither a test nor a reason", row.rule));
        }
        let promised = PHRASES
            .iter()
            .any(|phrase| row.held.to_lowercase().contains(phrase.trim_end()));
        if promised && !row.has_reason() {
            complaints.push(format!("R{} gives no reason", row.rule));
        }
        complaints.extend(
            row.tests
                .iter()
                .filter_map(|test| Some(format!("R{}: {}", row.rule, no_test(test, find)?))),
        );
    }
    let last = times.last_key_value().map_or(1, |(rule, _)| *rule);
    for rule in 1..=last {
        match times.get(&rule) {
            None => complaints.push(format!("R{rule} is missing")),
            Some(1) => {}
            Some(times) => complaints.push(format!("R{rule} stands {times} times")),
        }
    }
    complaints
}

fn document() -> String {
    read(DOCUMENT).unwrap_or_else(|| panic!("{DOCUMENT} cannot be read"))
}

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
fn every_rule_has_its_tests_or_a_reason() {
    let complaints = complaints(&document(), &read);
    assert!(complaints.is_empty(), "{DOCUMENT}:\n{}", complaints.join("\n"));
}

#[test]
fn every_promise_of_the_contract_has_its_tests() {
    let document = document();
    let promises: Vec<Vec<&str>> = document
        .lines()
        .filter(|line| line.starts_with("| C"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(promises.len() >= 9, "only {} promises", promises.len());
    for (index, cells) in promises.iter().enumerate() {
        let [promise, asked, held, tests] = cells[..] else {
            panic!("not a row of four cells: {cells:?}");
        };
        assert_eq!(promise, format!("C{}", index + 1));
        assert!(!asked.is_empty() && !held.is_empty(), "{promise}");
        let tests = quoted(tests);
        assert!(!tests.is_empty(), "{promise} has no test");
        let complaints: Vec<String> = tests.iter().filter_map(|test| no_test(test, &read)).collect();
        assert!(complaints.is_empty(), "{promise}: {complaints:?}");
    }
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

#[test]
fn macs_and_digests_are_compared_by_what_does_it_in_constant_time() {
    let secret = ["signature", "digest", "output", "mac"];
    let mut complaints = Vec::new();
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
                complaints.push(format!("{path}: {}", line.trim()));
            }
        }
    }
    assert!(
        complaints.is_empty(),
        "compared with ==:\n{}",
        complaints.join("\n")
    );
    assert!(compared >= 3, "the hash, the digest and the MAC: {compared}");
}

mod the_checks_themselves {
    use super::*;

    fn complaint(document: &str) -> String {
        let complaints = complaints(document, &read);
        assert_eq!(complaints.len(), 1, "{complaints:#?}");
        complaints[0].clone()
    }

    /// The document with the row of a rule changed.
    fn with_row(rule: &str, change: impl Fn(&str) -> String) -> String {
        let start = format!("| {rule} ");
        let document = document();
        assert!(document.contains(&start));
        let lines = document.lines().map(|line| {
            if line.starts_with(&start) {
                change(line)
            } else {
                line.to_owned()
            }
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn cells(row: &str) -> Vec<String> {
        row.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect()
    }

    fn with_cell(row: &str, at: usize, cell: &str) -> String {
        let mut cells = cells(row);
        cell.clone_into(&mut cells[at]);
        format!("| {} |", cells.join(" | "))
    }

    #[test]
    fn a_missing_rule_is_noticed() {
        assert_eq!(complaint(&with_row("R44", |_| String::new())), "R44 is missing");
        assert_eq!(complaints("", &read), ["R1 is missing"]);
    }

    #[test]
    fn a_rule_that_stands_twice_is_noticed() {
        let twice = with_row("R44", |row| format!("{row}\n{row}"));
        assert_eq!(complaint(&twice), "R44 stands 2 times");
    }

    #[test]
    fn a_gap_before_the_last_rule_is_noticed() {
        let beyond = with_row("R44", |row| format!("{row}\n{}", row.replace("R44", "R1000")));
        let complaints = complaints(&beyond, &read);
        assert!(
            complaints.contains(&"R999 is missing".to_owned()),
            "{complaints:#?}"
        );
    }

    #[test]
    fn a_test_that_does_not_exist_is_noticed() {
        for (test, expected) in [
            (
                "tests/it/wire/tls.rs::no_such_test",
                "tests/it/wire/tls.rs has no test no_such_test",
            ),
            (
                "tests/it/nothing.rs::no_such_test",
                "there is no tests/it/nothing.rs",
            ),
            (
                "crates/test-support/src/log.rs::lines_with",
                "crates/test-support/src/log.rs belongs to nothing that is compiled",
            ),
            (
                "tests/it/oauth/limits.rs::Limits",
                "tests/it/oauth/limits.rs has no test Limits",
            ),
            (
                "src/config/parse.rs::test::x",
                "src/config/parse.rs has no module test",
            ),
            // A helper, and a function that is no test.
            (
                "src/oauth/token_tests.rs::ring",
                "src/oauth/token_tests.rs has no test ring",
            ),
            ("src/oauth/jws.rs::decode", "src/oauth/jws.rs has no test decode"),
            ("the_metadata", "`the_metadata` names no test of a file"),
        ] {
            let named = with_row("R44", |row| with_cell(row, 3, &format!("`{test}`")));
            assert_eq!(complaint(&named), format!("R44: {expected}"));
        }
    }

    #[test]
    fn a_rule_without_test_or_reason_is_noticed() {
        let silent = with_row("R44", |row| with_cell(row, 3, ""));
        assert_eq!(complaint(&silent), "R44 has neither a test nor a reason");
        let explained = |held: &str| with_row("R44", |row| with_cell(&with_cell(row, 3, ""), 2, held));
        let reason = "Not applicable, because there is no MAC anywhere in it.";
        assert_eq!(complaints(&explained(reason), &read), Vec::<String>::new());
        assert_eq!(
            complaints(&explained("Known deviation, because so."), &read).len(),
            2
        );
        let unexplained = with_row("R44", |row| with_cell(row, 2, "Known deviation, because."));
        assert_eq!(complaint(&unexplained), "R44 gives no reason");
    }

    #[test]
    fn a_row_that_is_no_row_is_noticed() {
        let cut = with_row("R44", |row| row.replacen(" | ", " ", 1));
        assert_eq!(complaints(&cut, &read).len(), 2, "not a row, and R44 is missing");
        let weightless = with_row("R44", |row| row.replacen("(M) ", "", 1));
        assert_eq!(complaints(&weightless, &read).len(), 2);
    }

    #[test]
    fn a_test_counts_with_its_attribute_and_when_it_runs() {
        assert!(has_test("#[test]\nfn a() {", "a"));
        assert!(has_test("/// Why.\n#[tokio::test]\nasync fn a() {", "a"));
        assert!(has_test("  #[test]\n  fn a(\n    x in any(),", "a"));
        for not in [
            "fn a() {",
            "#[test]\nfn ab() {",
            "#[test]\n#[ignore]\nfn a() {",
            "#[test]\nfn b() {}\nfn a() {",
            "// fn a() {",
        ] {
            assert!(!has_test(not, "a"), "{not}");
        }
    }

    #[test]
    fn a_file_of_tests_that_nothing_includes_is_noticed() {
        let find = |path: &str| match path {
            "src/oauth/lost_tests.rs" => Some("#[test]\nfn a() {".to_owned()),
            other => read(other),
        };
        assert_eq!(
            no_test("src/oauth/lost_tests.rs::a", &find).unwrap(),
            "src/oauth/lost_tests.rs belongs to nothing that is compiled"
        );
    }
}
