//! The table of `docs/HIGH_AVAILABILITY.md`: each test compares its own row with what it saw, and writes it where
//! `UPDATE_DOCS` is set.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

/// One row at a time is written.
static PAGE: Mutex<()> = Mutex::new(());

/// The cells of a row, but for the first.
#[derive(Debug, PartialEq, Eq)]
pub struct Row(pub Vec<String>);

/// Statuses as they stand in a cell.
pub fn status_cell(statuses: &BTreeSet<u16>) -> String {
    let texts: Vec<String> = statuses.iter().map(ToString::to_string).collect();
    texts.join(" or ")
}

/// The row of a failure is what was seen.
#[expect(
    clippy::disallowed_methods,
    reason = "a variable for whoever runs the tests, not a setting"
)]
pub fn holds(failure: &str, seen: &Row) {
    let _page = PAGE.lock().unwrap();
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/HIGH_AVAILABILITY.md");
    let text = fs::read_to_string(&file).unwrap();
    let begin = format!("| {failure} | ");
    let found = text.lines().find(|line| line.starts_with(&begin));
    let found = found.unwrap_or_else(|| panic!("add a row that begins with `{begin}` to {}", file.display()));
    let expected = format!("{begin}{} |", seen.0.join(" | "));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, text.replacen(found, &expected, 1)).unwrap();
        return;
    }
    assert_eq!(
        found, expected,
        "UPDATE_DOCS=1 cargo test --test availability failures writes it again"
    );
}

#[test]
fn every_row_of_the_table_is_tested() {
    let page = include_str!("../../../docs/HIGH_AVAILABILITY.md");
    let rows = page.lines().skip_while(|line| !line.starts_with("| Failure |"));
    let mut count = 0;
    for row in rows.take_while(|line| line.starts_with('|')).skip(2) {
        let failure = row.split(" | ").next().unwrap().trim_start_matches("| ");
        assert!(include_str!("mod.rs").contains(failure), "{failure}");
        count += 1;
    }
    assert!(count > 0, "the table is not found");
}
