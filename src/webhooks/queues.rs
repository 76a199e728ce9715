//! Limits how many deliveries run at the same time. Each delivery queue has a few permits, and only one while its receiver
//! fails, so a receiver that is down does not delay the deliveries to others.
//!
//! Each client has a delivery queue for its callbacks, and the platform has one; the column in the database is called `lane`.
//! Each replica counts its own deliveries only.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

/// The number of simultaneous deliveries of one replica.
const PERMITS: usize = 32;
/// The number of simultaneous deliveries of one queue.
pub(super) const PERMITS_OF_QUEUE: i64 = 4;
/// The number of simultaneous deliveries of a queue whose latest delivery failed.
const PERMITS_OF_FAILING: i64 = 1;

/// The delivery queues of one replica that have running deliveries or a failing receiver. Clones share the same queues.
#[derive(Clone, Default)]
pub(super) struct DeliveryQueues(Arc<Mutex<HashMap<String, DeliveryQueue>>>);

#[derive(Default)]
struct DeliveryQueue {
    running: usize,
    is_failing: bool,
}

/// The permit of one delivery. Dropping it returns it, also when the delivery panics.
pub(super) struct Permit {
    queues: DeliveryQueues,
    name: String,
}

/// The number of deliveries that may begin.
pub(super) struct Capacity {
    /// The permits left in all queues together.
    pub permits: i64,
    /// The queues that may have fewer than [`PERMITS_OF_QUEUE`] left.
    pub queues: Vec<String>,
    /// The permits left in each of `queues`.
    pub permits_of_queues: Vec<i64>,
}

impl DeliveryQueues {
    /// Takes a permit. The caller has learned from [`DeliveryQueues::capacity`] that one is left.
    pub(super) fn take(&self, name: &str) -> Permit {
        self.0.lock().entry(name.to_owned()).or_default().running += 1;
        Permit {
            queues: self.clone(),
            name: name.to_owned(),
        }
    }

    /// The number of deliveries that may begin now.
    pub(super) fn capacity(&self) -> Capacity {
        let queues = self.0.lock();
        let running: usize = queues.values().map(|queue| queue.running).sum();
        let (names, permits) = queues
            .iter()
            .map(|(name, queue)| (name.clone(), queue.permits_left()))
            .unzip();
        Capacity {
            permits: PERMITS.saturating_sub(running).try_into().unwrap_or(0),
            queues: names,
            permits_of_queues: permits,
        }
    }
}

impl DeliveryQueue {
    fn permits_left(&self) -> i64 {
        let permits = if self.is_failing {
            PERMITS_OF_FAILING
        } else {
            PERMITS_OF_QUEUE
        };
        (permits - i64::try_from(self.running).unwrap_or(i64::MAX)).max(0)
    }
}

impl Permit {
    /// Records whether the delivery failed.
    pub(super) fn note(&self, is_failing: bool) {
        self.queues
            .0
            .lock()
            .entry(self.name.clone())
            .or_default()
            .is_failing = is_failing;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut queues = self.queues.0.lock();
        if let Some(queue) = queues.get_mut(&self.name) {
            queue.running = queue.running.saturating_sub(1);
            if queue.running == 0 && !queue.is_failing {
                queues.remove(&self.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permits_of(queues: &DeliveryQueues, name: &str) -> Option<i64> {
        let capacity = queues.capacity();
        let found = capacity.queues.iter().position(|queue| queue == name);
        found.map(|at| capacity.permits_of_queues[at])
    }

    #[test]
    fn a_queue_has_its_permits_and_one_that_fails_has_one() {
        let queues = DeliveryQueues::default();
        let one = queues.take("a");
        let another = queues.take("a");
        assert_eq!(permits_of(&queues, "a"), Some(2));
        another.note(true);
        assert_eq!(permits_of(&queues, "a"), Some(0));
        drop((one, another));
        assert_eq!(permits_of(&queues, "a"), Some(1));
        let probe = queues.take("a");
        assert_eq!(permits_of(&queues, "a"), Some(0));
        probe.note(false);
        assert_eq!(permits_of(&queues, "a"), Some(3));
        drop(probe);
        assert_eq!(permits_of(&queues, "a"), None);
    }

    #[test]
    fn all_queues_share_the_permits_of_the_replica() {
        let queues = DeliveryQueues::default();
        let taken: Vec<Permit> = (0..PERMITS)
            .map(|number| queues.take(&number.to_string()))
            .collect();
        assert_eq!(queues.capacity().permits, 0);
        drop(taken);
        assert_eq!(queues.capacity().permits, i64::try_from(PERMITS).unwrap());
        assert!(queues.capacity().queues.is_empty());
    }
}
