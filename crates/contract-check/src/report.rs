//! What a run found.

use crate::check::Level;
use crate::result::{Finding, Outcome};
use crate::session::Session;

/// What a run found. Nothing in it is secret.
#[derive(Debug)]
pub struct Report {
    /// The endpoint.
    pub url: String,
    /// The client.
    pub client_id: String,
    /// The user that assertions and headers named.
    pub user: String,
    /// The audience that assertions named.
    pub audience: String,
    /// What each check found, in the order in which they were made.
    pub findings: Vec<Finding>,
    /// Every time that the partner asked for patience (429).
    pub waits: Vec<String>,
    /// Why something could not be checked: the partner stopped answering, or asked for more patience than there is.
    pub cut_short: Option<String>,
}

impl Report {
    /// The report of a session.
    pub(super) fn new(session: &Session, mut findings: Vec<Finding>) -> Self {
        for finding in &mut findings {
            finding.detail = session.caller.masked(&finding.detail);
        }
        let plan = &session.plan;
        Self {
            url: plan.url.as_str().to_owned(),
            client_id: plan.client_id.clone(),
            user: plan.user.clone(),
            audience: plan.audience.clone(),
            findings,
            waits: session.caller.waits(),
            cut_short: session.caller.cut_short(),
        }
    }

    /// How many checks ended so.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> usize {
        let is_so = |finding: &&Finding| finding.outcome == outcome;
        self.findings.iter().filter(is_so).count()
    }

    /// The failed checks of a level.
    #[must_use]
    pub fn failed(&self, level: Level) -> Vec<&'static str> {
        self.findings
            .iter()
            .filter(|finding| finding.outcome == Outcome::Failed && finding.check.level == level)
            .map(|finding| finding.check.id)
            .collect()
    }

    /// Whether no required check failed, and the partner let all of them be made.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.cut_short.is_none() && self.failed(Level::Required).is_empty()
    }
}
