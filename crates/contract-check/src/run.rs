//! A run: makes the checks of a plan, one after the other.

use std::time::Instant;

use crate::catalogue;
use crate::check::Check;
use crate::plan::{Group, Plan};
use crate::report::Report;
use crate::result::CheckResult;
use crate::session::Session;

/// The HTTP client could not be set up, usually because the system has no certificates to trust.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up")]
pub struct ClientSetupError(#[source] reqwest::Error);

/// How far a run has got.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// The check that is about to be made.
    pub check: &'static Check,
    /// The position of the check in the run, from 1.
    pub number: usize,
    /// How many checks the run makes.
    pub total: usize,
}

/// Makes the checks of a plan and reports their results. `progress` is called before each check.
///
/// Whatever the endpoint does is a result of the report, not an error.
pub async fn run(plan: Plan, mut progress: impl FnMut(Progress)) -> Result<Report, ClientSetupError> {
    let session = Session::new(plan).map_err(ClientSetupError)?;
    let groups = &session.plan.groups;
    let checks: Vec<(Group, &'static Check)> = catalogue::all()
        .filter(|(group, _)| groups.is_empty() || groups.contains(group))
        .collect();
    let mut results = Vec::with_capacity(checks.len());
    for (at, (group, check)) in checks.iter().enumerate() {
        progress(Progress {
            check,
            number: at + 1,
            total: checks.len(),
        });
        let started_at = Instant::now();
        let outcome = (check.run)(&session).await;
        let exchanges = session.http.take_exchanges();
        results.push(CheckResult::new(
            *group,
            check,
            outcome,
            exchanges,
            started_at.elapsed(),
        ));
    }
    Ok(report(&session, results))
}

fn report(session: &Session, mut results: Vec<CheckResult>) -> Report {
    // A token is known as such only once it was issued, which may be later than a detail that quotes it.
    for result in &mut results {
        result.detail = session.http.redact(&result.detail);
    }
    let plan = &session.plan;
    Report {
        url: plan.url.as_str().to_owned(),
        client_id: plan.client_id.clone(),
        user: plan.user.clone(),
        audience: plan.audience.clone(),
        results,
        waits: session.http.waits(),
        cut_short: session.http.cut_short(),
    }
}
