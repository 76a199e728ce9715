//! Refused calls are recorded: for whom, for how long, and with what.

mod bounds;
mod commands;
mod kinds;
mod lists;
mod outages;
mod secrecy;

use talentsoft_partner::audit::Act;
use talentsoft_partner::error::Failure;
use talentsoft_partner::ids::RefusalId;
use talentsoft_partner::page::Page;
use talentsoft_partner::refusals::{
    GroupFilter, RefusalFilter, RefusalGroup, RefusalInfo, RefusalSettings, list_groups, list_refusals,
};
use test_support::{Answer, Registry, Setup, TestApp, eventually};

/// A service that keeps so many calls of a caller and an hour.
async fn keeping(per_hour: u32) -> TestApp {
    TestApp::start_with(keeping_setup(per_hour)).await
}

fn keeping_setup(per_hour: u32) -> Setup {
    let mut setup = Setup::default();
    setup.settings.refusals = RefusalSettings { days: 14, per_hour };
    setup
}

async fn try_found_by(
    registry: &Registry,
    act: &Act,
    filter: &RefusalFilter,
) -> Result<Vec<RefusalInfo>, Failure> {
    let page = Page::<RefusalId> {
        after: None,
        limit: 500,
    };
    let found = registry
        .db
        .read(async |db| list_refusals(db, act, filter, &page).await);
    Ok(found.await?.0)
}

async fn found_by(registry: &Registry, act: &Act, filter: &RefusalFilter) -> Vec<RefusalInfo> {
    try_found_by(registry, act, filter).await.unwrap()
}

async fn groups_by(registry: &Registry, filter: &GroupFilter) -> Vec<RefusalGroup> {
    let act = registry.act();
    let page = Page {
        after: None,
        limit: 500,
    };
    let found = registry
        .db
        .read(async |db| list_groups(db, &act, filter, &page).await);
    found.await.unwrap().0
}

/// How many calls are counted.
async fn refused(registry: &Registry) -> i64 {
    let groups = groups_by(registry, &GroupFilter::default()).await;
    groups.iter().map(|group| group.refused).sum()
}

/// Waits until so many calls are counted; then what was kept of them is there too.
async fn until_counted(registry: &Registry, calls: i64) {
    eventually("all refusals are written", async || {
        refused(registry).await >= calls
    })
    .await;
    assert_eq!(refused(registry).await, calls);
}

/// What is recorded of the call that was answered so.
async fn record_of(registry: &Registry, answer: &Answer) -> RefusalInfo {
    let filter = RefusalFilter {
        request_id: Some(answer.header("x-request-id").to_owned()),
        ..RefusalFilter::default()
    };
    let mut found = Vec::new();
    eventually("the refusal is found", async || {
        // The database may only just be back.
        found = try_found_by(registry, &registry.act(), &filter)
            .await
            .unwrap_or_default();
        !found.is_empty()
    })
    .await;
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}
