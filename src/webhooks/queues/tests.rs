//! What the delivery queues allow, without a database and without waiting: each instant is given.

use super::*;

const DELIVERED: Outcome = Outcome::Delivered;
const UNANSWERED: Outcome = Outcome::Failed(FailureKind::Unanswered);
const REFUSED: Outcome = Outcome::Failed(FailureKind::Refused);

fn due(name: &str) -> DueQueue {
    DueQueue {
        name: name.to_owned(),
        is_retry: false,
    }
}

/// Queues of so many clients at so many hosts each.
fn many(clients: usize, hosts: usize) -> Vec<DueQueue> {
    (0..clients)
        .flat_map(|client| (0..hosts).map(move |host| due(&format!("c{client} h{client}-{host}"))))
        .collect()
}

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

impl DeliveryQueues {
    /// Begins what the plan allows.
    fn begin(&self, due: &[DueQueue], now: Instant) -> Vec<Permit> {
        let plan = self.plan(due, now);
        let planned = plan.queues.iter().zip(&plan.permits);
        planned
            .flat_map(|(name, permits)| (0..*permits).map(|_| self.take(tests::due(name), now)))
            .collect()
    }

    /// One delivery that takes so long and ends so.
    fn delivers(&self, queue: &str, now: Instant, takes: Duration, outcome: Outcome) {
        self.take(due(queue), now).note(outcome, now + takes);
    }

    fn permits_of(&self, queue: &str, now: Instant) -> i64 {
        self.plan(&[due(queue)], now).permits.iter().sum()
    }
}

#[test]
fn what_a_queue_may_have_depends_on_how_its_receiver_answered_last() {
    for (takes, outcome, of_queue, of_sibling) in [
        (0, DELIVERED, 4, 4),
        (1, DELIVERED, 4, 4),
        (5, DELIVERED, 4, 4),
        (0, REFUSED, 1, 4),
        (0, Outcome::Failed(FailureKind::Gone), 1, 4),
        (0, UNANSWERED, 1, 1),
        (15, UNANSWERED, 1, 1),
        (0, Outcome::Failed(FailureKind::NotAsked), 1, 4),
    ] {
        let (queues, now) = (DeliveryQueues::default(), Instant::now());
        queues.delivers("a host", now, seconds(takes), outcome);
        let later = now + seconds(takes);
        let permits = (
            queues.permits_of("a host", later),
            queues.permits_of("b host", later),
        );
        assert_eq!(permits, (of_queue, of_sibling), "{outcome:?} after {takes} s");
        assert_eq!(queues.permits_of("a other", later), 4, "another host");
        queues.delivers("a host", later, seconds(0), DELIVERED);
        assert_eq!(queues.permits_of("a host", later), 4, "it is well again");
    }
}

#[test]
fn clients_share_what_their_untried_host_may_have() {
    let (queues, now) = (DeliveryQueues::default(), Instant::now());
    let of_one_host: Vec<DueQueue> = (0..45).map(|client| due(&format!("c{client} dead"))).collect();
    let begun = queues.begin(&of_one_host, now);
    assert_eq!(begun.len(), PERMITS_OF_UNTRIED);
    assert_eq!(
        queues.plan(&of_one_host, now + seconds(3)).queues.len(),
        0,
        "it hangs"
    );
    drop(begun);
    queues.delivers("c0 dead", now, seconds(15), UNANSWERED);
    assert_eq!(
        queues.begin(&of_one_host, now + seconds(15)).len(),
        1,
        "and is tried by one"
    );
}

#[test]
fn deliveries_that_hang_keep_nothing_from_those_that_do_not() {
    let (queues, now) = (DeliveryQueues::default(), Instant::now());
    let dead = many(100, 1);
    queues.delivers("well well", now, seconds(0), DELIVERED);
    let first = queues.begin(&dead, now);
    assert_eq!(first.len(), UNTRIED_PERMITS);
    assert_eq!(
        queues.permits_of("well well", now),
        4,
        "some are kept for those that are known"
    );
    let later = now + seconds(3);
    let left: Vec<DueQueue> = dead
        .iter()
        .filter(|queue| !queues.plan(&[(*queue).clone()], later).queues.is_empty())
        .cloned()
        .collect();
    assert_eq!(
        left.len(),
        100 - UNTRIED_PERMITS,
        "those that hang are not tried again"
    );
    assert_eq!(queues.permits_of("new new", later), 4);
    let second = queues.begin(&left, later);
    assert_eq!(second.len(), UNTRIED_PERMITS, "and hold up no other");
    for permit in first.iter().chain(&second) {
        permit.note(UNANSWERED, later);
    }
    drop((first, second));
    let failing: Vec<Permit> = queues.begin(&dead[..40], later);
    assert_eq!(failing.len(), FAILING_PERMITS);
}

#[test]
fn a_receiver_that_is_slow_waits_for_none_that_fails() {
    let (queues, now) = (DeliveryQueues::default(), Instant::now());
    let dead = many(20, 1);
    for queue in &dead {
        queues.delivers(&queue.name, now, seconds(15), UNANSWERED);
    }
    queues.delivers("slow slow", now, seconds(5), DELIVERED);
    let now = now + seconds(15);
    let _failing = queues.begin(&dead, now);
    let slow = queues.begin(&[due("slow slow")], now);
    assert_eq!(slow.len(), PERMITS_OF_QUEUE);
    drop(slow.into_iter().next());
    assert_eq!(
        queues.permits_of("slow slow", now + seconds(5)),
        4,
        "it does not hang, it is slow"
    );
}

#[test]
fn one_slow_answer_of_a_busy_receiver_is_no_failure_of_it() {
    let (queues, now) = (DeliveryQueues::default(), Instant::now());
    let _hanging = queues.take(due("a host"), now);
    let later = now + seconds(3);
    queues.delivers("b host", later, seconds(0), DELIVERED);
    assert_eq!(queues.permits_of("b host", later + seconds(1)), 4);
    assert_eq!(
        queues.permits_of("b host", later + seconds(3)),
        0,
        "nobody is answered any more"
    );
}

#[test]
fn an_outcome_that_waits_for_the_database_is_not_a_delivery_that_hangs() {
    let (queues, now) = (DeliveryQueues::default(), Instant::now());
    let permit = queues.take(due("a host"), now);
    permit.note(DELIVERED, now);
    assert_eq!(queues.permits_of("b host", now + seconds(10)), 4);
}

#[test]
fn the_receivers_with_the_fewest_deliveries_come_first() {
    let (queues, now) = (DeliveryQueues::default(), Instant::now());
    for client in 0..45 {
        queues.delivers(&format!("c{client} busy"), now, seconds(0), DELIVERED);
    }
    queues.delivers("x quiet", now, seconds(0), DELIVERED);
    let mut all: Vec<DueQueue> = (0..45).map(|client| due(&format!("c{client} busy"))).collect();
    all.push(due("x quiet"));
    let plan = queues.plan(&all, now);
    let quiet = plan.queues.iter().position(|name| name == "x quiet").unwrap();
    assert_eq!(plan.permits[quiet], 4);
    assert_eq!(
        plan.permits.iter().sum::<i64>(),
        i64::try_from(QUICK_PERMITS).unwrap()
    );
}

#[test]
fn what_failed_before_this_replica_started_has_the_share_of_those_that_fail() {
    let (queues, now) = (DeliveryQueues::default(), Instant::now());
    let retries: Vec<DueQueue> = many(40, 1)
        .into_iter()
        .map(|queue| DueQueue {
            is_retry: true,
            ..queue
        })
        .collect();
    let plan = queues.plan(&retries, now);
    assert_eq!(plan.permits, [1; FAILING_PERMITS]);
    queues.delivers("c0 h0-0", now, seconds(0), DELIVERED);
    assert_eq!(
        queues.plan(&retries[..1], now).permits,
        [4],
        "until something is delivered"
    );
}

#[test]
fn receivers_that_nobody_tries_are_forgotten() {
    let (queues, now) = (DeliveryQueues::default(), Instant::now());
    queues.delivers("a host", now, seconds(0), UNANSWERED);
    queues.forget_old(now + MEMORY - seconds(1));
    assert_eq!(queues.permits_of("a host", now), 1);
    queues.forget_old(now + MEMORY);
    assert_eq!(queues.permits_of("a host", now), 4);
}
