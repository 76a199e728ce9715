//! Rows of text files: separated by tabs as O*NET has them, or by a character with quotes as RFC 4180 has them.

mod lines;
mod quoted;
mod tabbed;

use std::io::BufRead;

use crate::error::FileError;
use crate::record::Rows;

pub(crate) use lines::Lines;

/// How the fields of a text are separated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Separation {
    /// By tabs; a quote is a character as any other.
    Tabs,
    /// By what occurs most in the header: tab, comma or semicolon; quotes may surround fields.
    Detected,
}

/// The rows of a text.
pub(crate) fn rows<'r>(
    reader: impl BufRead + 'r,
    separation: Separation,
) -> Result<Box<dyn Rows + 'r>, FileError> {
    let mut lines = Lines::new(reader);
    Ok(match separation {
        Separation::Tabs => Box::new(tabbed::Tabbed::new(lines)),
        Separation::Detected => {
            let separator = lines.peek()?.map_or(b',', most_frequent);
            Box::new(quoted::Quoted::new(lines, separator))
        }
    })
}

/// The separator that occurs most in a line; the comma if none does.
fn most_frequent(line: &str) -> u8 {
    let count = |separator: u8| line.bytes().filter(|byte| *byte == separator).count();
    let mut best = b',';
    for separator in [b'\t', b';'] {
        if count(separator) > count(best) {
            best = separator;
        }
    }
    best
}
