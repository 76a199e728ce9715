//! The marketplace's side of the contract, as a tool: calls a partner's endpoint as Talentsoft does, and says what is
//! right and what is not.
//!
//! It plays a foreign caller: it knows nothing of the service beside it, so that it is as good for an endpoint that somebody wrote in another language.
//! [`catalogue`] has what is checked, [`caller`] how it is asked, [`report`] what comes out.

pub mod answer;
pub mod caller;
pub mod catalogue;
mod challenge;
pub mod evidence;
mod expect;
mod forge;
mod groups;
pub mod junit;
mod masks;
pub mod outcome;
mod outside;
pub mod plan;
pub mod reference;
pub mod report;
mod request;
mod session;

use std::time::Instant;

pub use self::catalogue::{Check, Group, Level};
pub use self::outcome::{Finding, Outcome};
pub use self::plan::{BaseUrl, Campaigns, Plan};
pub use self::report::Report;
use self::session::Session;

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
        .flat_map(|group| group.checks().map(move |check| (group, check)))
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
