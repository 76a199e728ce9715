//! The texts of licences and notices, as they are compared and written.

use std::fs;
use std::path::Path;

use anyhow::Context;

/// The bytes of a file, or which file cannot be read.
pub fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

/// The text of a file.
pub fn read_text(file: &Path) -> anyhow::Result<String> {
    Ok(text_of(&read(file)?))
}

/// A text with the ends of its lines as everywhere else, so that the same text is found to be the same.
pub fn text_of(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim_end)
        .collect();
    lines.join("\n").trim_matches('\n').to_owned()
}
