//! What was read, what was skipped and why, and what was not there.

use std::fmt;

/// The most lines that are named for each reason.
const NAMED_LINES: usize = 5;

/// What was read, file by file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The release that O*NET's `Read Me.txt` names, such as `30.3`.
    pub release: Option<String>,
    /// The files that were read, in order.
    pub files: Vec<FileSummary>,
    /// The files that were not there, and what that means.
    pub missing: Vec<MissingFile>,
}

/// What was read of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileSummary {
    /// The file as the user named it; of a zip with the part after a colon.
    pub file: String,
    /// Rows below the header, those that were skipped included.
    pub rows: u64,
    /// Rows that were handed on; ratings on two scales are one, and a title that was coded in several ways is several.
    pub handed_on: u64,
    /// Rows that were skipped, by reason.
    pub skipped: Vec<Skipped>,
}

impl FileSummary {
    pub(crate) fn skip(&mut self, line: u64, reason: SkipReason) {
        let at = match self.skipped.iter_mut().find(|skipped| skipped.reason == reason) {
            Some(skipped) => skipped,
            None => self.skipped.push_mut(Skipped {
                reason,
                rows: 0,
                first_lines: Vec::new(),
            }),
        };
        at.rows += 1;
        if at.first_lines.len() < NAMED_LINES {
            at.first_lines.push(line);
        }
    }
}

/// Rows that were skipped for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Why.
    pub reason: SkipReason,
    /// How many.
    pub rows: u64,
    /// The lines of the first five.
    pub first_lines: Vec<u64>,
}

impl fmt::Display for Skipped {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.rows == 1 { "row" } else { "rows" };
        write!(out, "{} {unit} skipped: {} (line", self.rows, self.reason)?;
        let mut separator = " ";
        for line in &self.first_lines {
            write!(out, "{separator}{line}")?;
            separator = ", ";
        }
        let named = u64::try_from(self.first_lines.len()).unwrap_or(u64::MAX);
        out.write_str(if self.rows > named { ", …)" } else { ")" })
    }
}

/// Why a row was skipped although nothing is wrong with the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SkipReason {
    /// `Occupation Data.txt` does not have the code.
    UnknownOccupation,
    /// The value is `n/a`.
    NoValue,
    /// The scale is none that is used.
    OtherScale,
    /// The same title, program or related occupation of the same occupation stands further up.
    Repeated,
    /// The title is empty.
    NoTitle,
    /// The code is empty.
    NoCode,
    /// The occupation is said to be related to itself.
    Itself,
    /// Estimates of one industry or kind of ownership, not of all together.
    PartOfEconomy,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::UnknownOccupation => "the occupation is not in Occupation Data.txt",
            Self::NoValue => "there is no value",
            Self::OtherScale => "the scale is not used",
            Self::Repeated => "the same stands further up",
            Self::NoTitle => "there is no title",
            Self::NoCode => "there is no code",
            Self::Itself => "an occupation is not related to itself",
            Self::PartOfEconomy => "only estimates for all industries together are used",
        })
    }
}

/// A file that was not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingFile {
    /// Its base name, with that of other releases.
    pub file: &'static str,
    /// What cannot be answered without it.
    pub meaning: &'static str,
}

impl fmt::Display for MissingFile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} is missing: {}", self.file, self.meaning)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_the_first_five_lines() {
        let mut summary = FileSummary::default();
        for line in 2..9 {
            summary.skip(line, SkipReason::NoValue);
        }
        summary.skip(9, SkipReason::NoCode);
        let lines: Vec<String> = summary.skipped.iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "7 rows skipped: there is no value (line 2, 3, 4, 5, 6, …)",
                "1 row skipped: there is no code (line 9)"
            ]
        );
    }
}
