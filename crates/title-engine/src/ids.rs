//! Identifiers of titles and skills, which are the same in every version and in every installation.
//!
//! An identifier is made of the key of a name ([`key`]), so that spelling (case, punctuation, width) does not change it.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};

use crate::text::key;

/// The identifier of a title: `ET` and 16 upper-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TitleId(u64);

/// The identifier of a skill: `ES` and 16 upper-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SkillId(u64);

/// A text that is no identifier of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an identifier is two letters and 16 upper-case hexadecimal digits")]
pub struct InvalidId;

/// The first eight bytes of SHA-256 of the kind, a zero byte and the key.
fn number(kind: &str, name: &str) -> u64 {
    let mut text = String::with_capacity(kind.len() + 1 + name.len());
    text.push_str(kind);
    text.push('\0');
    text.push_str(&key(name));
    let sum = digest(&SHA256, text.as_bytes());
    sum.as_ref()
        .iter()
        .take(8)
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The number after `prefix`.
fn parse(prefix: &str, text: &str) -> Result<u64, InvalidId> {
    let hex = text.strip_prefix(prefix).ok_or(InvalidId)?;
    if hex.len() == 16 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F')) {
        u64::from_str_radix(hex, 16).map_err(|_| InvalidId)
    } else {
        Err(InvalidId)
    }
}

impl TitleId {
    /// The identifier that a title of this name gets when it is seen for the first time.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        Self(number("title:v1", name))
    }
}

impl SkillId {
    /// The identifier that a skill of this name gets when it is seen for the first time.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        Self(number("skill:v1", name))
    }
}

impl fmt::Display for TitleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ET{:016X}", self.0)
    }
}

impl fmt::Display for SkillId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ES{:016X}", self.0)
    }
}

impl FromStr for TitleId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        parse("ET", text).map(Self)
    }
}

impl FromStr for SkillId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        parse("ES", text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_in_any_spelling_has_the_same_id() {
        let id = TitleId::of_name("Sales & Marketing Manager");
        for name in [
            "sales and marketing manager",
            " SALES  &  MARKETING-MANAGER ",
            "Ｓales & Marketing, Manager",
        ] {
            assert_eq!(TitleId::of_name(name), id, "{name}");
        }
        assert_ne!(TitleId::of_name("Sales Manager"), id);
    }

    #[test]
    fn an_id_is_read_as_it_was_written() {
        let id = TitleId::of_name("Nurse");
        assert_eq!(id.to_string().parse(), Ok(id));
        let skill = SkillId::of_name("Nurse");
        assert_eq!(skill.to_string().parse(), Ok(skill));
        assert_ne!(id.to_string()[2..], skill.to_string()[2..]);
        for text in [
            "",
            "ET",
            "ES0123456789ABCDEF",
            "ET0123456789ABCDE",
            "ET0123456789abcdef",
            "et0123456789ABCDEF",
        ] {
            assert_eq!(text.parse::<TitleId>(), Err(InvalidId), "{text}");
        }
    }
}
