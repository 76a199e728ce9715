//! What every test stands on: a plan, a runtime, and how to read a report.

use std::time::Duration;

use contract_check::{Campaigns, Level, Outcome, Plan, Report, run};

/// The client that every partner of these tests knows.
pub const CLIENT_ID: &str = "428a51ae-0387-43ab-8c64-cf026f77656f";
/// Its secret.
pub const SECRET: &str = "26a5c010885148d1afe2d535cb3e9ffaacbc714597bb4abdb2a6fca6d16658bf";
/// The audience that they all want.
pub const AUDIENCE: &str = "https://api.partner.example";
/// The user that is named.
pub const USER: &str = "jean.dupont@site.example";
/// A campaign that there is.
pub const CAMPAIGN: &str = "0191b0a0-0000-7000-8000-000000000001";

/// A plan without a limit of speed that anybody would notice.
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

/// Makes the checks.
pub async fn check(plan: Plan) -> Report {
    run(plan, |_| {}).await.unwrap()
}

/// Runs a test where servers can be spawned.
pub fn block_on<T>(test: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(test)
}

/// All that failed, whatever its level.
pub fn failed(report: &Report) -> Vec<&'static str> {
    [Level::Required, Level::Recommended, Level::Optional]
        .into_iter()
        .flat_map(|level| report.failed(level))
        .collect()
}

/// How a check ended, and why.
pub fn outcome<'a>(report: &'a Report, id: &str) -> (Outcome, &'a str) {
    let found = report.findings.iter().find(|finding| finding.check.id == id);
    let finding = found.unwrap_or_else(|| panic!("{id} was not made"));
    (finding.outcome, &finding.detail)
}
