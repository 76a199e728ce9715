//! What the flat files and the database have in common: codes of series, and signs for what is missing.
//!
//! The code of a series is `OEU`, the kind of the area, its code (7 digits), the industry (6), the occupation (6) and what
//! is estimated (2 digits); without the last two it is the code of a cell.

use std::collections::HashMap;

use crate::code::OccupationCode;
use crate::error::{FileError, shown};
use crate::problem::Problem;
use crate::row::{Area, Estimate, OccupationLevel, Wage};

/// What is estimated: employment, its error, two means, their error, ten percentiles, jobs in a thousand, the quotient.
pub(super) const ESTIMATES: usize = 17;
/// The length of the code of a cell.
pub(super) const CELL_LEN: usize = 23;
/// All industries together.
const ALL_INDUSTRIES: &str = "000000";
/// The footnote of a wage at or above the highest that is published.
const TOP_CODED: &str = "5";

/// The parts of the code of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell<'k> {
    area_kind: &'k str,
    area: &'k str,
    industry: &'k str,
    occupation: &'k str,
}

impl<'k> Cell<'k> {
    /// Reads the code of a cell.
    pub(super) fn parse(text: &'k str) -> Result<Self, FileError> {
        let malformed = || FileError::new(Problem::MalformedSeries { value: shown(text) });
        let part = |from: usize, to: usize| text.get(from..to).ok_or_else(malformed);
        let cell = Self {
            area_kind: part(3, 4)?,
            area: part(4, 11)?,
            industry: part(11, 17)?,
            occupation: part(17, 23)?,
        };
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_kind = matches!(cell.area_kind, "N" | "S" | "M");
        if text.len() == CELL_LEN
            && text.starts_with("OEU")
            && is_kind
            && is_digits(cell.area)
            && is_digits(cell.occupation)
        {
            Ok(cell)
        } else {
            Err(malformed())
        }
    }

    pub(super) fn is_of_all_industries(&self) -> bool {
        self.industry == ALL_INDUSTRIES
    }

    fn code(&self) -> Option<OccupationCode> {
        let (major, rest) = self.occupation.split_at_checked(2)?;
        OccupationCode::parse(&format!("{major}-{rest}"))
    }

    fn area(&self) -> Area {
        match (self.area_kind, self.area.strip_prefix("00")) {
            ("N", _) => Area::Nation,
            ("S", _) => Area::State(self.area.chars().take(2).collect()),
            ("M", Some(cbsa)) => Area::Metropolitan(cbsa.to_owned()),
            _ => Area::Other(self.area.to_owned()),
        }
    }
}

/// The names of areas and occupations by their codes.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) areas: HashMap<String, String>,
    pub(super) occupations: HashMap<String, Occupation>,
}

/// An occupation as it is listed.
#[derive(Debug)]
pub(super) struct Occupation {
    /// Its name.
    pub(super) name: String,
    /// How far a list sets it in: 0 major and all, 1 minor, 2 broad, 3 detailed.
    pub(super) display_level: u32,
}

impl Names {
    /// The estimates of a cell.
    pub(super) fn wage(&self, cell: Cell<'_>, estimates: &[Estimate; ESTIMATES]) -> Result<Wage, FileError> {
        let unexplained = |value: &str, list| {
            FileError::new(Problem::Unexplained {
                value: value.to_owned(),
                list,
            })
        };
        let area_title = self.areas.get(cell.area);
        let occupation = self.occupations.get(cell.occupation);
        let code = cell.code();
        let (Some(occupation), Some(code)) = (occupation, code) else {
            return Err(unexplained(cell.occupation, "the list of occupations"));
        };
        let [
            employment,
            employment_rse,
            hourly_mean,
            annual_mean,
            mean_rse,
            rest @ ..,
        ] = *estimates;
        let [
            h1,
            h2,
            h3,
            h4,
            h5,
            a1,
            a2,
            a3,
            a4,
            a5,
            jobs_1000,
            location_quotient,
        ] = rest;
        Ok(Wage {
            area: cell.area(),
            area_title: area_title
                .ok_or_else(|| unexplained(cell.area, "the list of areas"))?
                .clone(),
            code,
            title: occupation.name.clone(),
            level: level(cell.occupation, occupation.display_level),
            employment,
            employment_rse,
            jobs_1000,
            location_quotient,
            hourly_mean: hourly_mean.as_wage(),
            annual_mean: annual_mean.as_wage(),
            mean_rse,
            hourly: [h1, h2, h3, h4, h5].map(Estimate::as_wage),
            annual: [a1, a2, a3, a4, a5].map(Estimate::as_wage),
        })
    }
}

fn level(occupation: &str, display_level: u32) -> Option<OccupationLevel> {
    match display_level {
        0 if occupation == "000000" => None,
        0 => Some(OccupationLevel::Major),
        1 => Some(OccupationLevel::Minor),
        2 => Some(OccupationLevel::Broad),
        _ => Some(OccupationLevel::Detailed),
    }
}

/// An estimate by its value and the codes of its footnotes; `None` if the value is neither a number nor a sign.
pub(super) fn estimate(value: &str, footnotes: &str) -> Option<Estimate> {
    if value.is_empty() || value == "-" {
        let is_top_coded = footnotes.split(',').any(|code| code.trim() == TOP_CODED);
        return Some(if is_top_coded {
            Estimate::TopCoded
        } else {
            Estimate::Missing
        });
    }
    let number = value.parse().ok().filter(|number| (0.0..=1e12).contains(number));
    number.map(Estimate::Value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_cell_names_area_and_occupation() {
        for (text, area, code) in [
            ("OEUN0000000000000000000", Area::Nation, "00-0000"),
            ("OEUS4800000000000151252", Area::State("48".to_owned()), "15-1252"),
            (
                "OEUM0010180000000111011",
                Area::Metropolitan("10180".to_owned()),
                "11-1011",
            ),
            (
                "OEUM0100001000000111011",
                Area::Other("0100001".to_owned()),
                "11-1011",
            ),
        ] {
            let cell = Cell::parse(text).unwrap();
            assert!(cell.is_of_all_industries());
            assert_eq!((cell.area(), cell.code().unwrap().as_str()), (area, code));
        }
        let industry = Cell::parse("OEUN000000011--12151252").unwrap();
        assert!(!industry.is_of_all_industries());
        for text in [
            "",
            "OEU",
            "OEUX0000000000000000000",
            "OEUN000000000000000000",
            "ÖEUN000000000000000000",
            "XXXN0000000000000000000",
        ] {
            assert!(Cell::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn footnotes_tell_what_is_too_high_from_what_is_missing() {
        for (value, footnotes, expected) in [
            ("12.5", "", Some(Estimate::Value(12.5))),
            ("-", "5", Some(Estimate::TopCoded)),
            ("-", "2,5", Some(Estimate::TopCoded)),
            ("-", "8", Some(Estimate::Missing)),
            ("", "", Some(Estimate::Missing)),
            ("x", "", None),
            ("-1", "", None),
            ("inf", "", None),
        ] {
            assert_eq!(estimate(value, footnotes), expected, "{value} {footnotes}");
        }
    }
}
