//! The report of a run.

use crate::check::Level;
use crate::result::{CheckResult, CheckStatus};

/// The results of a run. No secret, token or assertion is in it.
#[derive(Debug)]
pub struct Report {
    /// The base URL of the endpoint.
    pub url: String,
    /// The `client_id` that the checks used.
    pub client_id: String,
    /// The user in assertions and in `X-Current-User`.
    pub user: String,
    /// The audience of assertions.
    pub audience: String,
    /// The results, in the order in which the checks were made.
    pub results: Vec<CheckResult>,
    /// One line for each response with status 429, which the run waited for.
    pub waits: Vec<String>,
    /// Why some checks could not be made, if the endpoint stopped answering or rate limited for too long.
    pub cut_short: Option<String>,
}

impl Report {
    /// How many checks ended with `status`.
    #[must_use]
    pub fn count(&self, status: CheckStatus) -> usize {
        let results = self.results.iter();
        results.filter(|result| result.status == status).count()
    }

    /// The ids of the failed checks of a level.
    #[must_use]
    pub fn failed(&self, level: Level) -> Vec<&'static str> {
        self.results
            .iter()
            .filter(|result| result.status == CheckStatus::Failed && result.check.level == level)
            .map(|result| result.check.id)
            .collect()
    }

    /// Whether no required check failed and the run was not cut short.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.cut_short.is_none() && self.failed(Level::Required).is_empty()
    }
}
