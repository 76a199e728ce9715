//! Each mistake in the document is found.

use crate::document::findings;
use crate::named_tests::{has_test, no_test};
use crate::{document, read};

fn only_finding(document: &str) -> String {
    let findings = findings(document, &read);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    findings[0].clone()
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

/// The names of the rules (`R`) or promises (`C`) in the document, in its order.
fn names(letter: char) -> Vec<String> {
    let start = format!("| {letter}");
    let lines = document();
    let names = lines
        .lines()
        .filter_map(|line| line.strip_prefix(&start)?.split(' ').next());
    let numbers = names.filter(|name| name.parse::<u32>().is_ok());
    numbers.map(|number| format!("{letter}{number}")).collect()
}

#[test]
fn a_missing_rule_or_promise_is_noticed_also_the_first_and_the_last() {
    for letter in ['R', 'C'] {
        let names = names(letter);
        for name in [&names[0], &names[names.len() / 2], names.last().unwrap()] {
            let without = with_row(name, |_| String::new());
            assert_eq!(only_finding(&without), format!("{name} is missing"));
        }
    }
}

#[test]
fn a_document_that_does_not_state_its_last_rows_is_noticed() {
    let expected = [
        "no line says which row R is the last",
        "no line says which row C is the last",
    ];
    assert_eq!(findings("", &read), expected);
}

#[test]
fn a_rule_that_stands_twice_is_noticed() {
    let twice = with_row("R44", |row| format!("{row}\n{row}"));
    assert_eq!(only_finding(&twice), "R44 stands 2 times");
}

#[test]
fn a_rule_behind_the_last_one_is_noticed() {
    let beyond = with_row("R44", |row| format!("{row}\n{}", row.replace("R44", "R1000")));
    assert_eq!(
        only_finding(&beyond),
        "R1000 is behind the last row that is stated"
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
        assert_eq!(only_finding(&named), format!("R44: {expected}"));
    }
}

#[test]
fn a_promise_without_a_test_is_noticed_whatever_its_reason() {
    let reason = "Known deviation, because nobody has asked for it yet.";
    let untested = with_row("C2", |row| with_cell(&with_cell(row, 3, ""), 2, reason));
    assert_eq!(only_finding(&untested), "C2 has neither a test nor a reason");
}

#[test]
fn a_rule_without_test_or_reason_is_noticed() {
    let silent = with_row("R44", |row| with_cell(row, 3, ""));
    assert_eq!(only_finding(&silent), "R44 has neither a test nor a reason");
    let explained = |held: &str| with_row("R44", |row| with_cell(&with_cell(row, 3, ""), 2, held));
    let reason = "Not applicable, because there is no MAC anywhere in it.";
    assert_eq!(findings(&explained(reason), &read), Vec::<String>::new());
    assert_eq!(
        findings(&explained("Known deviation, because so."), &read).len(),
        2
    );
    let unexplained = with_row("R44", |row| with_cell(row, 2, "Known deviation, because."));
    assert_eq!(only_finding(&unexplained), "R44 gives no reason");
}

#[test]
fn a_row_that_is_no_row_is_noticed() {
    let cut = with_row("R44", |row| row.replacen(" | ", " ", 1));
    assert_eq!(findings(&cut, &read).len(), 2, "not a row, and R44 is missing");
    let weightless = with_row("R44", |row| row.replacen("(M) ", "", 1));
    assert_eq!(findings(&weightless, &read).len(), 2);
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
