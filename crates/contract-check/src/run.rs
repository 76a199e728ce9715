//! A run: every check of the plan, one after the other.

use std::time::Instant;

use crate::catalogue::checks_of;
use crate::check::Check;
use crate::plan::{Group, Plan};
use crate::report::Report;
use crate::result::Finding;
use crate::session::Session;

/// The HTTP client could not be set up: usually, because the system has no certificates to trust.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up")]
pub struct NoClient(#[source] reqwest::Error);

/// How far a run is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// The check that is made now.
    pub check: &'static Check,
    /// Which one it is, from 1 on.
    pub number: usize,
    /// How many there are.
    pub of: usize,
}

/// Makes the checks of the plan, one after the other. Whatever the partner does is a finding, not an error.
pub async fn run(plan: Plan, mut progress: impl FnMut(Progress)) -> Result<Report, NoClient> {
    let session = Session::new(plan).map_err(NoClient)?;
    let checks: Vec<(Group, &'static Check)> = Group::ALL
        .into_iter()
        .filter(|group| session.plan.groups.is_empty() || session.plan.groups.contains(group))
        .flat_map(|group| checks_of(group).map(move |check| (group, check)))
        .collect();
    let mut findings = Vec::with_capacity(checks.len());
    for (at, (group, check)) in checks.iter().enumerate() {
        progress(Progress {
            check,
            number: at + 1,
            of: checks.len(),
        });
        let began = Instant::now();
        let verdict = (check.run)(&session).await;
        let exchanges = session.caller.take_exchanges();
        findings.push(Finding::new(*group, check, verdict, exchanges, began.elapsed()));
    }
    Ok(Report::new(&session, findings))
}
