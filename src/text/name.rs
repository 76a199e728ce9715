//! Names of campaigns, customers, reports and people.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::hidden::is_plain;

/// Longest name, in characters.
const MAX_NAME_CHARS: usize = 200;

/// Trims the text, which is `None` if it is longer than a name or has hidden characters.
fn trim(text: &str) -> Option<&str> {
    let text = text.trim();
    (text.chars().count() <= MAX_NAME_CHARS && is_plain(text)).then_some(text)
}

/// A name of 1 to 200 characters, trimmed, none of them a line break, a control or an invisible character. (PostgreSQL stores
/// no NUL.)
///
/// It is deserialised from what the database holds, as it was stored: an earlier version may have taken more characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Name(String);

/// The text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a name must have 1 to 200 characters, none of them a line break, a control or an invisible character"
)]
pub struct InvalidName;

impl Name {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = trim(text).filter(|name| !name.is_empty());
        name.map(|name| Self(name.to_owned())).ok_or(InvalidName)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The family name or the given name of a person: as a [`Name`], or empty, because there are people with one name. Personal
/// data: its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct NamePart(String);

impl NamePart {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NamePart {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        trim(text).map(|name| Self(name.to_owned())).ok_or(InvalidName)
    }
}

impl fmt::Debug for NamePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NamePart(..)")
    }
}

/// The name of a person, of which one part at most is empty. Personal data: it has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName {
    lastname: NamePart,
    firstname: NamePart,
}

/// A person has no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("lastname and firstname are empty; a person must have one of them")]
pub struct InvalidPersonName;

impl PersonName {
    /// Refuses a name whose parts are both empty.
    pub fn new(lastname: NamePart, firstname: NamePart) -> Result<Self, InvalidPersonName> {
        if lastname.as_str().is_empty() && firstname.as_str().is_empty() {
            return Err(InvalidPersonName);
        }
        Ok(Self { lastname, firstname })
    }

    /// The family name.
    #[must_use]
    pub const fn lastname(&self) -> &NamePart {
        &self.lastname
    }

    /// The given name.
    #[must_use]
    pub const fn firstname(&self) -> &NamePart {
        &self.firstname
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(" a b ".parse::<Name>().unwrap().as_str(), "a b");
        assert_eq!(
            format!(" {} ", "é".repeat(200)).parse::<Name>().unwrap().0.len(),
            400
        );
        for bad in [
            "",
            "  ",
            "a\0b",
            "a\nb",
            "a\u{2028}b",
            "a\u{202e}b",
            "a\u{200b}b",
            &"x".repeat(201),
        ] {
            assert_eq!(bad.parse::<Name>(), Err(InvalidName), "{bad:?}");
        }
    }

    #[test]
    fn one_part_of_a_persons_name_may_be_empty() {
        let part = |text: &str| text.parse::<NamePart>().ok().unwrap();
        for (lastname, firstname, is_name) in [
            ("Dupont", "Zoé", true),
            (" Suharto ", " ", true),
            ("", "Björk", true),
            ("", "\t", false),
        ] {
            let name = PersonName::new(part(lastname), part(firstname));
            assert_eq!(name.is_ok(), is_name, "{lastname:?} {firstname:?}");
            if let Ok(name) = name {
                assert_eq!(name.lastname().as_str(), lastname.trim());
                assert_eq!(name.firstname().as_str(), firstname.trim());
            }
        }
        for bad in ["a\0b", "a\u{200f}b", &"x".repeat(201)] {
            assert!(bad.parse::<NamePart>().is_err(), "{bad:?}");
        }
    }
}
