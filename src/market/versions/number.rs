//! How versions are named.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// The number of a version: `major.minor`, compared by number and not by text (Lightcast contract s2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VersionNumber {
    /// Changes with the revision of the classification.
    pub major: u16,
    /// Changes with the content.
    pub minor: u16,
}

/// The text is not the number of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a version is two numbers, such as 5.48, or `latest`")]
pub struct InvalidVersion;

impl VersionNumber {
    /// A number as the database holds it. What is beyond our range is written nowhere.
    pub(in crate::market) fn from_stored(major: i32, minor: i32) -> Self {
        let part = |part| u16::try_from(part).unwrap_or(u16::MAX);
        Self {
            major: part(major),
            minor: part(minor),
        }
    }
}

impl FromStr for VersionNumber {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (major, minor) = text.split_once('.').ok_or(InvalidVersion)?;
        Ok(Self {
            major: number(major)?,
            minor: number(minor)?,
        })
    }
}

/// A number as we write it: digits without a leading zero.
fn number(text: &str) -> Result<u16, InvalidVersion> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    is_plain
        .then(|| text.parse().ok())
        .flatten()
        .ok_or(InvalidVersion)
}

impl fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Serialize for VersionNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a caller asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionName {
    /// The newest that is published.
    Latest,
    /// This one.
    Number(VersionNumber),
}

impl FromStr for VersionName {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "latest" {
            return Ok(Self::Latest);
        }
        text.parse().map(Self::Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_two_numbers_and_compared_by_them() {
        let number = |text: &str| text.parse::<VersionNumber>().unwrap();
        assert!(number("5.48") > number("5.9"));
        assert_eq!(number("10.0").to_string(), "10.0");
        for bad in [
            "", "5", "5.", ".5", "5.4.8", "05.4", "5.04", "+5.4", "5.-4", "70000.1", "latest", "5.4 ",
        ] {
            assert_eq!(bad.parse::<VersionNumber>(), Err(InvalidVersion), "{bad}");
        }
        assert_eq!("latest".parse(), Ok(VersionName::Latest));
        assert_eq!("Latest".parse::<VersionName>(), Err(InvalidVersion));
    }
}
