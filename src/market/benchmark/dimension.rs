//! What occupations are named by.

use serde::Serialize;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use super::tables::{BenchmarkTable, Occupation};

/// A classification of occupations.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Display,
    EnumString,
    IntoStaticStr,
    VariantArray,
    Serialize,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Dimension {
    /// The O\*NET-SOC taxonomy (`15-1252.00`).
    Onet,
    /// The Standard Occupational Classification, with its four levels (`15-1252`, `15-0000`).
    Soc,
}

/// How fine an occupation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A major group, `15-0000`.
    Major,
    /// A minor group, `15-1200`.
    Minor,
    /// A broad occupation, `15-1250`.
    Broad,
    /// A detailed occupation, `15-1252`.
    Detailed,
    /// An occupation of O\*NET, `15-1252.00`.
    Onet,
}

impl Dimension {
    /// The dimension that a code of this form belongs to.
    #[must_use]
    pub fn of_code(code: &str) -> Self {
        if code.contains('.') { Self::Onet } else { Self::Soc }
    }

    /// What it is called.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Onet => "O*NET-SOC Taxonomy",
            Self::Soc => "Standard Occupational Classification",
        }
    }

    /// The revision of its taxonomy, by that of SOC.
    #[must_use]
    pub fn taxonomy_version(self, classification: &str) -> &str {
        match (self, classification) {
            // O*NET-SOC 2019 refines SOC 2018.
            (Self::Onet, "2018") => "2019",
            (_, classification) => classification,
        }
    }

    /// What its occupations are.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Onet => "The occupations of the O*NET database, which refine those of SOC (15-1252.00).",
            Self::Soc => {
                "The occupations of SOC in four levels: major groups (15-0000), minor groups (15-1200), broad occupations (15-1250) and detailed occupations (15-1252)."
            }
        }
    }
}

impl Level {
    /// The level of a code, by its zeros.
    #[must_use]
    pub fn of_code(code: &str) -> Self {
        if Dimension::of_code(code) == Dimension::Onet {
            Self::Onet
        } else if code.ends_with("-0000") {
            Self::Major
        } else if code.ends_with("00") {
            Self::Minor
        } else if code.ends_with('0') {
            Self::Broad
        } else {
            Self::Detailed
        }
    }
}

/// An occupation of a dimension, as lists have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ListedOccupation<'a> {
    id: &'a str,
    name: &'a str,
    level: Level,
}

/// The occupations of a dimension whose code begins with `text`, or whose name has words that begin with each of its words,
/// by their codes.
pub fn search_occupations<'a>(
    table: &'a BenchmarkTable,
    dimension: Dimension,
    text: &str,
) -> impl Iterator<Item = ListedOccupation<'a>> {
    let text = text.trim().to_lowercase();
    let wanted: Vec<String> = words(&text).map(str::to_owned).collect();
    let is_found = move |code: &str, occupation: &Occupation| {
        if text.is_empty() || code.starts_with(&text) {
            return true;
        }
        let name = occupation.name.to_lowercase();
        let is_there = |word: &String| words(&name).any(|known| known.starts_with(word.as_str()));
        !wanted.is_empty() && wanted.iter().all(is_there)
    };
    table
        .occupations(dimension)
        .iter()
        .filter(move |(code, occupation)| is_found(code, occupation))
        .map(|(code, occupation)| ListedOccupation {
            id: code,
            name: &occupation.name,
            level: Level::of_code(code),
        })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_say_how_fine_an_occupation_is() {
        for (code, level) in [
            ("15-0000", Level::Major),
            ("15-1200", Level::Minor),
            ("31-1100", Level::Minor),
            ("15-1250", Level::Broad),
            ("15-1252", Level::Detailed),
            ("15-1252.00", Level::Onet),
        ] {
            assert_eq!(Level::of_code(code), level, "{code}");
        }
    }
}
