//! How far an invitation is: the one place that says what can follow what.

use serde::{Deserialize, Serialize};

/// The status of an invitation.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    sqlx::Type,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
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

/// What a status does to an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// The invitation has that status already.
    Unchanged,
    /// The invitation has that status from now on.
    Changed,
}

/// An invitation cannot go there from where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an invitation that is {from} cannot become {to}")]
pub struct ImpossibleStatus {
    /// The status that it has.
    pub from: Status,
    /// The status that it was to have.
    pub to: Status,
}

impl Status {
    /// The name on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// From `invited` to `started`, from there to `completed`, and from both to `expired` or `cancelled`; nothing leaves
    /// those three. The present status again changes nothing.
    pub fn step_to(self, next: Self) -> Result<Transition, ImpossibleStatus> {
        match (self, next) {
            (from, to) if from == to => Ok(Transition::Unchanged),
            (Self::Invited, Self::Started | Self::Expired | Self::Cancelled)
            | (Self::Started, Self::Completed | Self::Expired | Self::Cancelled) => Ok(Transition::Changed),
            (from, to) => Err(ImpossibleStatus { from, to }),
        }
    }

    /// Whether the candidate may still do something.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Invited | Self::Started)
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

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
        for from in Status::VARIANTS.iter().copied() {
            for to in Status::VARIANTS.iter().copied() {
                match from.step_to(to) {
                    Ok(Transition::Unchanged) => assert_eq!(from, to),
                    Ok(Transition::Changed) => assert!(possible.contains(&(from, to)), "{from} {to}"),
                    Err(_) => assert!(from != to && !possible.contains(&(from, to)), "{from} {to}"),
                }
            }
        }
    }

    #[test]
    fn names_are_read_back() {
        for status in Status::VARIANTS {
            assert_eq!(status.as_str().parse(), Ok(*status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
        assert!("Invited".parse::<Status>().is_err());
    }
}
