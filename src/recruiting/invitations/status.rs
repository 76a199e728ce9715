//! How far an invitation is: the one place that says what can follow what.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::recruiting::error::Error;

/// The status of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The candidate has a link.
    Invited,
    /// The candidate has begun.
    Started,
    /// The candidate is done; there is a result, or there will be one.
    Completed,
    /// The time was over before the candidate was done.
    Expired,
    /// Called off.
    Cancelled,
}

/// What becomes of an invitation that is told its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It was that already.
    Unchanged,
    /// It is that from now on.
    Changed,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Invited,
        Self::Started,
        Self::Completed,
        Self::Expired,
        Self::Cancelled,
    ];

    /// The name on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Started => "started",
            Self::Completed => "completed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// From `invited` to `started`, from there to `completed`, and from both to `expired` or `cancelled`; nothing leaves
    /// those three. The present status again changes nothing.
    pub fn step_to(self, next: Self) -> Result<Step, Error> {
        match (self, next) {
            (from, to) if from == to => Ok(Step::Unchanged),
            (Self::Invited, Self::Started | Self::Expired | Self::Cancelled)
            | (Self::Started, Self::Completed | Self::Expired | Self::Cancelled) => Ok(Step::Changed),
            (from, to) => Err(Error::ImpossibleStatus { from, to }),
        }
    }

    /// Whether the candidate may still do something.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Invited | Self::Started)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a status of an invitation"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_happen_happens() {
        use Status::{Cancelled, Completed, Expired, Invited, Started};
        let possible = [
            (Invited, Started),
            (Invited, Expired),
            (Invited, Cancelled),
            (Started, Completed),
            (Started, Expired),
            (Started, Cancelled),
        ];
        for from in Status::ALL {
            for to in Status::ALL {
                match from.step_to(to) {
                    Ok(Step::Unchanged) => assert_eq!(from, to),
                    Ok(Step::Changed) => assert!(possible.contains(&(from, to)), "{from} {to}"),
                    Err(_) => assert!(from != to && !possible.contains(&(from, to)), "{from} {to}"),
                }
            }
        }
    }

    #[test]
    fn names_are_read_back() {
        for status in Status::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
        assert!("Invited".parse::<Status>().is_err());
    }
}
