//! What the tests share: a plan, a runtime, and functions that read a report.

use std::time::Duration;

use contract_check::{Campaigns, CheckStatus, Level, Plan, Report, run};

/// The client that the partners of these tests have registered.
pub const CLIENT_ID: &str = "428a51ae-0387-43ab-8c64-cf026f77656f";
/// Its secret.
pub const SECRET: &str = "26a5c010885148d1afe2d535cb3e9ffaacbc714597bb4abdb2a6fca6d16658bf";
/// The audience that the partners accept.
pub const AUDIENCE: &str = "https://api.partner.example";
/// The user in assertions and in `X-Current-User`.
pub const USER: &str = "jean.dupont@site.example";
/// The id of a campaign that the partners have.
pub const CAMPAIGN: &str = "0191b0a0-0000-7000-8000-000000000001";

/// A plan with all checks, and with a limit of the rate that does not slow the tests down.
pub fn plan(url: &str) -> Plan {
    Plan {
        url: url.parse().unwrap(),
        client_id: CLIENT_ID.to_owned(),
        secret: SECRET.into(),
        user: USER.to_owned(),
        audience: AUDIENCE.to_owned(),
        groups: Vec::new(),
        campaigns: Some(Campaigns {
            video: Some(CAMPAIGN.to_owned()),
            assessment: Some(CAMPAIGN.to_owned()),
        }),
        requests_per_second: 1_000_000.try_into().unwrap(),
        timeout: Duration::from_secs(30),
    }
}

/// Makes the checks of a plan.
pub async fn check(plan: Plan) -> Report {
    run(plan, |_| {}).await.unwrap()
}

/// Runs a test on a runtime on which servers can be started.
pub fn block_on<T>(test: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(test)
}

/// The ids of all failed checks, of all levels.
pub fn failed(report: &Report) -> Vec<&'static str> {
    Level::ALL
        .iter()
        .flat_map(|level| report.failed(*level))
        .collect()
}

/// The status and the detail of a check.
pub fn result_of<'a>(report: &'a Report, id: &str) -> (CheckStatus, &'a str) {
    let found = report.results.iter().find(|result| result.check.id == id);
    let result = found.unwrap_or_else(|| panic!("{id} was not made"));
    (result.status, &result.detail)
}
