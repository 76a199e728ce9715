//! One thing that is checked, and how much depends on it.

use std::fmt;
use std::pin::Pin;

use serde::Serialize;

use crate::not_passed::Verdict;
use crate::session::Session;

/// How much depends on a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Talentsoft's own words, or a MUST of the text that the rule names. A failure fails the run.
    Required,
    /// A SHOULD, a policy, or what the contract leaves to the partner.
    Recommended,
    /// What a partner may leave out.
    Optional,
}

impl Level {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Recommended => "recommended",
            Self::Optional => "optional",
        }
    }
}

/// What makes a check.
pub type Run = for<'a> fn(&'a Session) -> Pin<Box<dyn Future<Output = Verdict> + 'a>>;

/// One thing that is checked.
pub struct Check {
    /// Its name, which stays: `group.subject.aspect`.
    pub id: &'static str,
    /// How much depends on it.
    pub level: Level,
    /// Where it is written: a section of the contract, or rules of `docs/CONFORMANCE.md`.
    pub rule: &'static str,
    /// What must come back for what is sent.
    pub expects: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What to do where it fails.
    pub mend: &'static str,
    /// Makes it.
    pub run: Run,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}
