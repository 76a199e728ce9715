//! Why a check did not pass.

/// Why a check did not pass, with a clause that explains it.
///
/// A check returns it as an error, so that `?` ends the check early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotPassed {
    /// The endpoint does not do what the check expects.
    Failed(String),
    /// The endpoint does what it must, but the report should mention something about it.
    Noted(String),
    /// The endpoint does not offer something that the contract leaves to the partner.
    NotOffered(String),
    /// The check could not be made, or not in this run.
    Skipped(String),
}

/// Fails with the reason that `reason` builds unless `is_met`.
pub fn require(is_met: bool, reason: impl FnOnce() -> String) -> Result<(), NotPassed> {
    if is_met {
        Ok(())
    } else {
        Err(NotPassed::Failed(reason()))
    }
}

/// Fails with a reason.
pub fn failed<T>(reason: impl Into<String>) -> Result<T, NotPassed> {
    Err(NotPassed::Failed(reason.into()))
}

/// Skips a check that depends on another one, `id`, which did not pass.
pub fn blocked_by(id: &str) -> NotPassed {
    NotPassed::Skipped(format!("depends on {id}, which does not pass"))
}
