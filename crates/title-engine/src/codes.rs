//! Codes of occupations: SOC 2018 (`15-1252`) and O*NET-SOC 2019 (`15-1252.00`).

use std::fmt;
use std::str::FromStr;

/// The code of a detailed occupation of the SOC, `NN-NNNN`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Soc(u32);

/// The code of an occupation of O*NET, `NN-NNNN.NN`; a code without its last two digits stands for `.00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OccupationCode {
    soc: Soc,
    detail: u8,
}

/// A text that is no code of an occupation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an occupation code is NN-NNNN or NN-NNNN.NN")]
pub struct InvalidCode;

impl Soc {
    /// The major group, the first two digits: 11 for management.
    #[must_use]
    pub fn major_group(self) -> u32 {
        self.0 / 10_000
    }

    /// The first four digits, which occupations of a minor group have in common.
    pub(crate) fn minor_group(self) -> u32 {
        self.0 / 100
    }

    /// The first five digits, those of the broad occupation.
    pub(crate) fn broad_occupation(self) -> u32 {
        self.0 / 10
    }

    /// Whether the code is a residual one ("…, All Other"), which ends with 9 in its last two places.
    #[must_use]
    pub fn is_residual(self) -> bool {
        self.0 % 100 == 99 || self.0 % 10 == 9
    }

    /// The four digits after the major group.
    #[must_use]
    pub fn minor_digits(self) -> u32 {
        self.0 % 10_000
    }
}

impl OccupationCode {
    /// The occupation of the SOC that this one belongs to.
    #[must_use]
    pub fn soc(self) -> Soc {
        self.soc
    }
}

impl FromStr for Soc {
    type Err = InvalidCode;

    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        let (major, rest) = text.split_once('-').ok_or(InvalidCode)?;
        Ok(Self(digits(major, 2)? * 10_000 + digits(rest, 4)?))
    }
}

impl FromStr for OccupationCode {
    type Err = InvalidCode;

    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        let (soc, detail) = match text.split_once('.') {
            Some((soc, detail)) => (soc, digits(detail, 2)?),
            None => (text, 0),
        };
        Ok(Self {
            soc: soc.parse()?,
            detail: u8::try_from(detail).map_err(|_| InvalidCode)?,
        })
    }
}

impl From<Soc> for OccupationCode {
    fn from(soc: Soc) -> Self {
        Self { soc, detail: 0 }
    }
}

impl fmt::Display for Soc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:04}", self.major_group(), self.minor_digits())
    }
}

impl fmt::Display for OccupationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.soc, self.detail)
    }
}

/// The number that exactly `count` ASCII digits stand for.
fn digits(text: &str, count: usize) -> Result<u32, InvalidCode> {
    if text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_err(|_| InvalidCode)
    } else {
        Err(InvalidCode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_written_as_they_were_read() {
        for text in ["15-1252.00", "29-1141.04", "01-0001.99"] {
            assert_eq!(text.parse::<OccupationCode>().unwrap().to_string(), text);
        }
        assert_eq!(
            "15-1252".parse::<OccupationCode>().unwrap().to_string(),
            "15-1252.00"
        );
        assert_eq!("15-1252".parse::<Soc>().unwrap().to_string(), "15-1252");
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for text in [
            "",
            "15",
            "151252",
            "15-125",
            "15-12520",
            "15-1252.",
            "15-1252.0",
            "1a-1252",
            "１5-1252",
            "+5-1252",
        ] {
            assert_eq!(text.parse::<OccupationCode>(), Err(InvalidCode), "{text}");
        }
    }
}
