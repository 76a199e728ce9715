//! The result of a check, as the report shows it.

use std::time::Duration;

use serde::Serialize;

use crate::check::{Check, Level};
use crate::http::Exchange;
use crate::not_passed::NotPassed;
use crate::plan::Group;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// The endpoint does what the check expects.
    Passed,
    /// The endpoint does what it must, and the report mentions something about it.
    Noted,
    /// The endpoint does not offer something that the contract leaves to the partner.
    NotOffered,
    /// The check could not be made.
    Skipped,
    /// The endpoint does not do what the check expects.
    Failed,
}

impl CheckStatus {
    /// All statuses, from the best to the worst.
    pub const ALL: &[Self] = &[
        Self::Passed,
        Self::Noted,
        Self::NotOffered,
        Self::Skipped,
        Self::Failed,
    ];

    /// The name in words, such as "not offered".
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Noted => "noted",
            Self::NotOffered => "not offered",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}

/// A check that was made, and what it saw.
#[derive(Debug)]
pub struct CheckResult {
    /// The group of the check.
    pub group: Group,
    /// The check.
    pub check: &'static Check,
    /// How it ended.
    pub status: CheckStatus,
    /// Why it did not pass; empty if it passed.
    pub detail: String,
    /// The requests and responses of the check in the order in which they were sent, without secrets and tokens.
    pub exchanges: Vec<Exchange>,
    /// How long it took.
    pub duration: Duration,
}

impl CheckResult {
    /// The result of a check that ended with `outcome`.
    pub(crate) fn new(
        group: Group,
        check: &'static Check,
        outcome: Result<(), NotPassed>,
        exchanges: Vec<Exchange>,
        duration: Duration,
    ) -> Self {
        let (status, detail) = match outcome {
            Ok(()) => (CheckStatus::Passed, String::new()),
            Err(NotPassed::Noted(detail)) => (CheckStatus::Noted, detail),
            Err(NotPassed::NotOffered(detail)) => (CheckStatus::NotOffered, detail),
            Err(NotPassed::Skipped(detail)) => (CheckStatus::Skipped, detail),
            Err(NotPassed::Failed(detail)) => (CheckStatus::Failed, detail),
        };
        Self {
            group,
            check,
            status,
            detail,
            exchanges,
            duration,
        }
    }

    /// Whether the result alone fails the run.
    pub(crate) fn fails_the_run(&self) -> bool {
        self.status == CheckStatus::Failed && self.check.level == Level::Required
    }
}
