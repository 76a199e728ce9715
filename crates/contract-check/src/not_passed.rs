//! How a check ends that does not simply pass.

/// How a check ended that did not simply pass; each says why, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// It is wrong.
    Failed(String),
    /// It is right, and there is something to know.
    Noted(String),
    /// The partner leaves it out, as it may.
    NotOffered(String),
    /// It could not be checked, or not now.
    Skipped(String),
}

/// The end of a check.
pub type Verdict = Result<(), Otherwise>;

/// Fails unless `is_met`.
pub fn require(is_met: bool, wrong: impl FnOnce() -> String) -> Verdict {
    if is_met {
        Ok(())
    } else {
        Err(Otherwise::Failed(wrong()))
    }
}

/// A failure.
pub fn failed<T>(wrong: impl Into<String>) -> Result<T, Otherwise> {
    Err(Otherwise::Failed(wrong.into()))
}

/// Skipped, because another check failed that this one builds on.
#[must_use]
pub fn see(id: &str) -> Otherwise {
    Otherwise::Skipped(format!("cannot be checked before {id} passes"))
}
