//! Standard output: tables for people, JSON for scripts. A reader that goes away early (`| head`) is no error.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};

use anyhow::{Context, ensure};
use chrono::{DateTime, Utc};
use comfy_table::{Table, presets};
use serde::Serialize;

use crate::text::{is_hidden, is_plain};

const CANNOT_PRINT: &str = "cannot write to standard output";

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Tables and sentences, for people.
    Text,
    /// JSON, for scripts: an array for a list, an object for a single thing.
    Json,
}

impl Format {
    /// Prints `value` as JSON, or the text that stands for it.
    pub fn show<T: Serialize>(self, value: &T, text: impl FnOnce() -> String) -> anyhow::Result<()> {
        match self.print(value, text)? {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            printed => printed.context(CANNOT_PRINT),
        }
    }

    /// The same where it must not get lost, such as a generated secret: a reader that goes away early, and an output that
    /// nobody reads, are errors.
    pub fn show_whole<T: Serialize>(self, value: &T, text: impl FnOnce() -> String) -> anyhow::Result<()> {
        ensure!(
            !is_thrown_away(),
            "{CANNOT_PRINT}: it is closed, or is /dev/null, and what is shown now is not shown again"
        );
        self.print(value, text)?.context(CANNOT_PRINT)
    }

    fn print<T: Serialize>(self, value: &T, text: impl FnOnce() -> String) -> anyhow::Result<io::Result<()>> {
        let mut output = match self {
            Self::Text => text(),
            Self::Json => serde_json::to_string_pretty(value)?,
        };
        output.push('\n');
        let mut stdout = io::stdout().lock();
        Ok(stdout.write_all(output.as_bytes()).and_then(|()| stdout.flush()))
    }
}

/// Whether standard output is `/dev/null`, which Rust's runtime also opens in place of one that is closed.
fn is_thrown_away() -> bool {
    let stdout = io::stdout().as_fd().try_clone_to_owned().map(File::from);
    let stdout = stdout.and_then(|stdout| stdout.metadata());
    match (stdout, fs::metadata("/dev/null")) {
        (Ok(stdout), Ok(null)) => stdout.file_type().is_char_device() && stdout.rdev() == null.rdev(),
        _ => false,
    }
}

/// A table without lines, each row on one line however wide, so that it can also be cut and searched.
pub fn table<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    for row in rows {
        table.add_row(row.map(|cell| clean(&cell)));
    }
    trimmed(table)
}

/// Names and values, one pair a line.
pub fn properties<'a>(pairs: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for (name, value) in pairs {
        table.add_row([name.to_owned(), clean(&value)]);
    }
    trimmed(table)
}

fn trimmed(mut table: Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt()
}

/// `text` with what could steer a terminal, turn the direction of the text, or hide in it, spelt out, but for what belongs
/// to the spelling of a name.
pub fn clean(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            clean.extend(c.escape_unicode());
        } else {
            clean.push(c);
        }
    }
    clean
}

/// An instant in a table.
pub fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A value that may be absent, in a table.
pub fn or_dash<T>(value: Option<T>, show: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), show)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_plain_and_has_one_line_a_row() {
        let long = "x".repeat(300);
        let text = table(
            ["name", "value"],
            [
                ["a".to_owned(), "1".to_owned()],
                ["long name".to_owned(), long.clone()],
            ],
        );
        assert_eq!(text, format!("name       value\na          1\nlong name  {long}"));
    }

    #[test]
    fn nothing_shown_steers_the_terminal() {
        assert_eq!(
            clean("Élodie\u{1b}[2J\n\u{9b}\u{202e}"),
            "Élodie\\u{1b}[2J\\u{a}\\u{9b}\\u{202e}"
        );
    }
}
