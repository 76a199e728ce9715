//! The limits of failed attempts, by a clock that stands still.

use std::net::Ipv4Addr;

use chrono::{DateTime, TimeDelta};
use futures_util::FutureExt;

use super::*;

fn limits() -> (FailureLimits, Clock) {
    let clock = Clock::frozen_at(DateTime::from_timestamp(1_520_181_000, 0).unwrap());
    (FailureLimits::new(&clock, Arc::default()), clock)
}

fn client(name: &str) -> ClientId {
    name.parse().unwrap()
}

fn address(number: u32) -> IpAddr {
    Ipv4Addr::from(number).into()
}

/// Which limit refuses the attempt, and for how long.
async fn refusal(limits: &FailureLimits, name: &str, number: u32) -> Option<(&'static str, Duration)> {
    match limits
        .begin_attempt(&client(name), Some(address(number)))
        .await
        .err()?
    {
        Error::TooManyFailures { policy, retry_after } => Some((policy.name, retry_after)),
        other => panic!("{other:?}"),
    }
}

async fn begin<'a>(limits: &'a FailureLimits, name: &str, number: u32) -> Attempt<'a> {
    let attempt = limits.begin_attempt(&client(name), Some(address(number))).await;
    attempt.unwrap_or_else(|error| panic!("{error:?}"))
}

async fn fail(limits: &FailureLimits, name: &str, number: u32) {
    begin(limits, name, number).await.failed();
}

#[tokio::test]
async fn one_address_exhausts_its_own_attempts_and_nobody_elses() {
    let (limits, clock) = limits();
    for _ in 0..10 {
        fail(&limits, "a", 1).await;
    }
    assert_eq!(
        refusal(&limits, "a", 1).await,
        Some(("failures", Duration::from_secs(6)))
    );
    assert_eq!(refusal(&limits, "b", 1).await, None);
    assert_eq!(refusal(&limits, "a", 2).await, None);
    clock.advance(TimeDelta::microseconds(5_999_999));
    assert_eq!(
        refusal(&limits, "a", 1).await,
        Some(("failures", Duration::from_micros(1)))
    );
    clock.advance(TimeDelta::microseconds(1));
    fail(&limits, "a", 1).await;
    assert_eq!(
        refusal(&limits, "a", 1).await,
        Some(("failures", Duration::from_secs(6))),
        "time gave back one"
    );
}

#[tokio::test]
async fn one_address_that_tries_many_clients_is_refused_for_all() {
    let (limits, clock) = limits();
    for number in 0..100 {
        assert!(limits.check_address(Some(address(1))).is_ok());
        fail(&limits, &format!("client-{number}"), 1).await;
    }
    let expected = Some(("failures-of-address", Duration::from_secs(1)));
    assert_eq!(refusal(&limits, "another", 1).await, expected);
    assert!(limits.check_address(Some(address(1))).is_err());
    assert!(limits.check_address(Some(address(2))).is_ok());
    clock.advance(TimeDelta::seconds(1));
    assert!(limits.check_address(Some(address(1))).is_ok());
}

#[tokio::test]
async fn attempts_that_succeed_do_not_count() {
    let (limits, _) = limits();
    for _ in 0..50 {
        drop(begin(&limits, "a", 1).await);
    }
    assert_eq!(limits.places.addresses(), 0);
}

/// Whether the attempt has begun or been refused by now, without waiting.
fn is_decided<T>(attempt: std::pin::Pin<&mut impl Future<Output = T>>) -> bool {
    attempt.now_or_never().is_some()
}

#[tokio::test]
async fn one_address_has_few_attempts_at_once_and_the_others_wait_for_their_turn() {
    let (limits, _) = limits();
    let mut at_once = Vec::new();
    for number in 0..8 {
        at_once.push(begin(&limits, &format!("client-{number}"), 1).await);
    }
    let mut ninth = std::pin::pin!(refusal(&limits, "a", 1));
    assert!(!is_decided(ninth.as_mut()), "it is not refused");
    assert_eq!(
        refusal(&limits, "a", 2).await,
        None,
        "another address does not wait"
    );
    at_once.pop();
    assert_eq!(ninth.await, None);
    drop(at_once);
    assert_eq!(limits.places.addresses(), 0);
}

#[tokio::test]
async fn who_has_waited_until_the_deadline_is_not_told_that_it_failed() {
    let (limits, _) = limits();
    let mut at_once = Vec::new();
    for number in 0..8 {
        at_once.push(begin(&limits, &format!("client-{number}"), 1).await);
    }
    let client = client("a");
    let late = limits.begin_attempt_until(&client, Some(address(1)), Instant::now());
    assert!(matches!(late.await.err(), Some(Error::Failure(_))));
    drop(at_once);
    assert_eq!(refusal(&limits, "a", 1).await, None);
    assert_eq!(limits.places.addresses(), 0);
}

#[tokio::test]
async fn attempts_at_once_are_no_more_than_the_limit_and_refuse_nobody_before_they_failed() {
    let (limits, _) = limits();
    for _ in 0..7 {
        fail(&limits, "a", 1).await;
    }
    let mut at_once = Vec::new();
    for _ in 0..3 {
        at_once.push(begin(&limits, "a", 1).await);
    }
    let mut eleventh = std::pin::pin!(refusal(&limits, "a", 1));
    let mut twelfth = std::pin::pin!(refusal(&limits, "a", 1));
    assert!(!is_decided(eleventh.as_mut()) && !is_decided(twelfth.as_mut()));
    at_once.pop().unwrap().failed();
    assert!(
        !is_decided(eleventh.as_mut()) && !is_decided(twelfth.as_mut()),
        "the two others may be right"
    );
    // It was the right secret.
    drop(at_once.pop());
    assert_eq!(eleventh.await, None);
    at_once.pop().unwrap().failed();
    assert_eq!(twelfth.await, None, "the one before was right too");
    fail(&limits, "a", 1).await;
    let expected = Some(("failures", Duration::from_secs(6)));
    assert_eq!(refusal(&limits, "a", 1).await, expected, "all ten have failed");
}

#[tokio::test]
async fn one_of_four_replicas_checks_its_share_and_the_number_may_change() {
    let (limits, clock) = limits();
    limits.sharing.set_replicas(4);
    for _ in 0..2 {
        fail(&limits, "a", 1).await;
    }
    let expected = Some(("failures", Duration::from_secs(12)));
    assert_eq!(refusal(&limits, "a", 1).await, expected);
    for replicas in [3, 4] {
        limits.sharing.set_replicas(replicas);
        assert!(refusal(&limits, "a", 1).await.is_some(), "as one of {replicas}");
    }
    clock.advance(TimeDelta::seconds(12));
    fail(&limits, "a", 1).await;
    let expected = Some(("failures", Duration::from_secs(24)));
    assert_eq!(refusal(&limits, "a", 1).await, expected);
    for replicas in [1, 2, 100, 4] {
        limits.sharing.set_replicas(replicas);
        assert!(refusal(&limits, "a", 1).await.is_some(), "as one of {replicas}");
    }
    for number in 0..24 {
        fail(&limits, &format!("client-{number}"), 2).await;
    }
    assert!(limits.check_address(Some(address(2))).is_ok());
    fail(&limits, "another", 2).await;
    assert!(limits.check_address(Some(address(2))).is_err());
}

#[tokio::test]
async fn many_addresses_that_try_one_client_have_low_priority_but_are_not_refused() {
    let (limits, clock) = limits();
    let priority = async |name: &str, number: u32| begin(&limits, name, number).await.priority();
    for number in 0..100 {
        assert_eq!(priority("a", number).await, Priority::Normal);
    }
    assert_eq!(priority("a", 1_000).await, Priority::Low);
    assert_eq!(priority("b", 1_001).await, Priority::Normal);
    clock.advance(TimeDelta::seconds(1));
    assert_eq!(priority("a", 1_002).await, Priority::Normal);
    assert_eq!(priority("a", 1_003).await, Priority::Low);
    limits.sharing.set_replicas(4);
    clock.advance(TimeDelta::seconds(1));
    assert_eq!(priority("a", 1_004).await, Priority::Low, "a quarter came back");
}

#[tokio::test]
async fn who_is_behind_a_proxy_that_tells_no_address_is_not_one_caller() {
    let (limits, _) = limits();
    let client = client("a");
    for _ in 0..99 {
        let attempt = limits.begin_attempt(&client, None).await;
        attempt.unwrap_or_else(|error| panic!("{error:?}")).failed();
    }
    assert!(limits.check_address(None).is_ok());
    let mut at_once = Vec::new();
    for _ in 0..20 {
        let attempt = limits.begin_attempt(&client, None).await;
        at_once.push(attempt.unwrap_or_else(|error| panic!("{error:?}")));
    }
    let priorities: Vec<_> = at_once.iter().map(Attempt::priority).collect();
    assert_eq!(
        priorities[..2],
        [Priority::Normal, Priority::Low],
        "the client's limit holds"
    );
}

#[tokio::test]
async fn counts_are_deleted_once_the_whole_allowance_is_back() {
    let (limits, clock) = limits();
    fail(&limits, "a", 1).await;
    let counted = || (limits.counts.len(), limits.by_client.len());
    limits.prune();
    assert_eq!(counted(), (2, 1));
    clock.advance(TimeDelta::seconds(100));
    limits.prune();
    assert_eq!(counted(), (0, 0));
}

#[test]
fn a_policy_says_how_many_in_how_long() {
    let policy = FailurePolicy::CLIENT_AND_ADDRESS;
    assert_eq!((policy.burst.get(), policy.window_seconds()), (10, 60));
    let policy = FailurePolicy::ADDRESS;
    assert_eq!((policy.burst.get(), policy.window_seconds()), (100, 100));
    let Error::TooManyFailures { policy, retry_after } = FailureLimits::too_many_for_client() else {
        panic!("another refusal");
    };
    assert_eq!(
        (policy.name, retry_after),
        ("failures-of-client", Duration::from_secs(1))
    );
}

#[test]
fn the_addresses_of_one_ipv6_network_count_as_one() {
    let network = |text: &str| network(text.parse().unwrap());
    assert_eq!(network("2001:db8::1"), network("2001:db8::2"));
    assert_ne!(network("2001:db8:0:1::1"), network("2001:db8::1"));
    assert_eq!(
        network("::ffff:192.0.2.1"),
        "192.0.2.1".parse::<IpAddr>().unwrap()
    );
    assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
}
