//! What a check is.

use std::fmt;
use std::pin::Pin;

use serde::Serialize;

use crate::not_passed::NotPassed;
use crate::session::Session;

/// How binding the rule behind a check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The contract says so, or it is a MUST of the specification that the rule names. A failure fails the run.
    Required,
    /// A SHOULD, a security policy, or something that the contract leaves open.
    Recommended,
    /// Something that a partner may leave out.
    Optional,
}

impl Level {
    /// All levels, the most binding first.
    pub const ALL: &[Self] = &[Self::Required, Self::Recommended, Self::Optional];

    /// The name in lower case, as in the report.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Recommended => "recommended",
            Self::Optional => "optional",
        }
    }
}

/// The function that makes a check: it calls the endpoint and compares the responses with what is expected.
pub type CheckFn = for<'a> fn(&'a Session) -> Pin<Box<dyn Future<Output = Result<(), NotPassed>> + 'a>>;

/// One rule that an endpoint is checked for.
pub struct Check {
    /// A stable name: the group, then what is checked, such as `token.response.no-store`.
    pub id: &'static str,
    /// How binding the rule is.
    pub level: Level,
    /// The source of the rule: a section of the contract, or rules of `docs/CONFORMANCE.md`, separated by commas.
    pub rule: &'static str,
    /// What the endpoint must do, in one or two sentences.
    pub expects: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// How to fix an endpoint that fails.
    pub fix: &'static str,
    /// Makes the check.
    pub(crate) run: CheckFn,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}
