//! How a check ended.

use std::time::Duration;

use serde::Serialize;

use crate::check::{Check, Level};
use crate::http::Exchange;
use crate::not_passed::{Otherwise, Verdict};
use crate::plan::Group;

/// The same as a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Right.
    Passed,
    /// Right, with something to know.
    Noted,
    /// Left out, as the partner may.
    NotOffered,
    /// Not checked.
    Skipped,
    /// Wrong.
    Failed,
}

impl Outcome {
    /// All of them, the best first.
    pub const ALL: [Self; 5] = [
        Self::Passed,
        Self::Noted,
        Self::NotOffered,
        Self::Skipped,
        Self::Failed,
    ];

    /// In words.
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

/// A check that was made, and what was seen.
#[derive(Debug)]
pub struct Finding {
    /// The group.
    pub group: Group,
    /// The check.
    pub check: &'static Check,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it ended so; empty where it simply passed.
    pub detail: String,
    /// What was sent and what came back, the last at the end; secrets and tokens masked.
    pub exchanges: Vec<Exchange>,
    /// How long it took.
    pub took: Duration,
}

impl Finding {
    /// The finding that a verdict is.
    #[must_use]
    pub fn new(
        group: Group,
        check: &'static Check,
        verdict: Verdict,
        exchanges: Vec<Exchange>,
        took: Duration,
    ) -> Self {
        let (outcome, detail) = match verdict {
            Ok(()) => (Outcome::Passed, String::new()),
            Err(Otherwise::Noted(detail)) => (Outcome::Noted, detail),
            Err(Otherwise::NotOffered(detail)) => (Outcome::NotOffered, detail),
            Err(Otherwise::Skipped(detail)) => (Outcome::Skipped, detail),
            Err(Otherwise::Failed(detail)) => (Outcome::Failed, detail),
        };
        Self {
            group,
            check,
            outcome,
            detail,
            exchanges,
            took,
        }
    }

    /// Whether it fails the run.
    #[must_use]
    pub fn fails_the_run(&self) -> bool {
        self.outcome == Outcome::Failed && self.check.level == Level::Required
    }
}
