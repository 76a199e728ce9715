//! What is noted is bounded, whoever is refused however often.

use std::net::{IpAddr, Ipv4Addr};

use chrono::TimeDelta;

use super::*;
use crate::ids::ClientId;

fn refusals(per_hour: u32) -> Refusals {
    let clock = Clock::frozen_at(DateTime::from_timestamp(1_520_181_000, 0).unwrap());
    Refusals::new(RefusalSettings { days: 1, per_hour }, clock)
}

fn details() -> CallDetails {
    CallDetails {
        request_id: "id".to_owned(),
        claimed_client_id: None,
        method: "GET",
        route: None,
        status: 401,
        assertion: None,
    }
}

fn client_id(number: usize) -> ClientId {
    format!("client-{number}").parse().unwrap()
}

fn note(refusals: &Refusals, client_id: Option<&ClientId>, address: u32, reason: &'static str) {
    let noted = Noted {
        client_id,
        address: IpAddr::V4(Ipv4Addr::from(address)),
        is_proved: true,
        reason,
    };
    refusals.note(&noted, details);
}

fn total(refusals: &Refusals, name: &str) -> u64 {
    let totals = refusals.totals();
    totals.iter().find(|(known, _)| *known == name).unwrap().1
}

#[test]
fn every_refusal_is_counted_and_a_callers_first_calls_are_kept() {
    let refusals = refusals(3);
    let client: ClientId = "client".parse().unwrap();
    for _ in 0..10 {
        note(&refusals, Some(&client), 1, "over_limit");
        note(&refusals, None, 1, "token_missing");
    }
    refusals.clock.advance(TimeDelta::hours(1));
    note(&refusals, Some(&client), 1, "over_limit");
    let batch = refusals.take();
    assert_eq!((batch.calls.len(), batch.refused()), (3 + 3 + 1, 21));
    assert_eq!(batch.counts.len(), 3, "by caller, reason and hour");
    assert!(refusals.take().is_empty());
}

#[test]
fn a_flood_from_everywhere_takes_no_more_than_its_share_of_memory() {
    let refusals = refusals(10_000);
    for address in 0..20_000 {
        note(&refusals, None, address, "token_missing");
    }
    let batch = refusals.take();
    assert_eq!(batch.calls.len(), MAX_CALLS);
    assert_eq!(
        batch.counts.len(),
        MAX_NETWORKS + 1,
        "and all the others together"
    );
    assert_eq!(batch.refused(), 20_000);
    assert_eq!(total(&refusals, "lost"), 0);
}

#[test]
fn what_could_not_be_written_stays_within_the_same_bounds() {
    let refusals = refusals(10_000);
    for number in 0..MAX_COUNTS {
        note(&refusals, Some(&client_id(number)), 1, "over_limit");
    }
    let batch = refusals.take();
    let other: ClientId = "other".parse().unwrap();
    note(&refusals, Some(&other), 1, "over_limit");
    note(&refusals, Some(&other), 1, "over_limit");
    refusals.give_back(batch);
    assert_eq!(total(&refusals, "lost"), 2, "the newest have no room");
    note(&refusals, Some(&"one more".parse().unwrap()), 1, "over_limit");
    assert_eq!(total(&refusals, "lost"), 3);
    let batch = refusals.take();
    assert_eq!((batch.calls.len(), batch.counts.len()), (MAX_CALLS, MAX_COUNTS));
    assert_eq!(batch.refused(), u64::try_from(MAX_COUNTS).unwrap());
    // Where there is room, what was noted meanwhile is behind it.
    note(&refusals, Some(&client_id(1)), 1, "over_limit");
    note(&refusals, Some(&client_id(2)), 1, "over_limit");
    let older = refusals.take();
    note(&refusals, Some(&client_id(2)), 1, "over_limit");
    note(&refusals, Some(&client_id(3)), 1, "over_limit");
    refusals.give_back(older);
    let batch = refusals.take();
    assert_eq!(
        (batch.calls.len(), batch.counts.len(), batch.refused()),
        (4, 3, 4)
    );
    assert_eq!(batch.calls[0].caller, Caller::Client(client_id(1)));
    assert_eq!(batch.calls[3].caller, Caller::Client(client_id(3)));
}
