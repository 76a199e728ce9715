//! Shares the permits of a replica out among the queues with due events: first to the receivers that have the fewest.

use std::collections::HashMap;

use tokio::time::Instant;

use super::{
    DueQueue, FAILING_PERMITS, PERMITS_OF_FAILING, PERMITS_OF_QUEUE, QUICK_PERMITS, SLOW_PERMITS, Share,
    State, UNTRIED_PERMITS, receiver_of,
};

/// What is used of each share, and what each queue and receiver may have of it.
#[derive(Default)]
pub(super) struct Shares {
    quick: usize,
    untried: usize,
    slow: usize,
    failing: usize,
    queues: Vec<QueueUse>,
    receivers: Vec<ReceiverUse>,
}

struct QueueUse {
    share: Share,
    /// Its place in [`Shares::receivers`].
    receiver: usize,
    used: usize,
    limit: usize,
}

struct ReceiverUse {
    used: usize,
    limit: usize,
    tried_at: Option<Instant>,
}

impl Shares {
    /// What is used at `now`, as far as it concerns the queues of `due`.
    pub(super) fn of(state: &State, due: &[DueQueue], now: Instant) -> Self {
        let mut shares = Self::default();
        let (mut of_queues, mut of_receivers) = (HashMap::new(), HashMap::new());
        for running in state.running.values() {
            *shares.used(running.share_at(now)) += 1;
            *of_queues.entry(running.queue.as_str()).or_insert(0) += 1;
            *of_receivers.entry(receiver_of(&running.queue)).or_insert(0) += 1;
        }
        let mut places = HashMap::new();
        for queue in due {
            let name = receiver_of(&queue.name);
            let share = state.share_of(queue, now);
            let receiver = *places.entry(name).or_insert_with(|| {
                let known = state.receivers.get(name);
                shares.receivers.push(ReceiverUse {
                    used: of_receivers.get(name).copied().unwrap_or(0),
                    limit: state.permits_of_receiver(name, now),
                    tried_at: known.map(|receiver| receiver.tried_at),
                });
                shares.receivers.len() - 1
            });
            shares.queues.push(QueueUse {
                share,
                receiver,
                used: of_queues.get(queue.name.as_str()).copied().unwrap_or(0),
                limit: match share {
                    Share::Failing => PERMITS_OF_FAILING,
                    Share::Quick | Share::Untried | Share::Slow => PERMITS_OF_QUEUE,
                },
            });
        }
        shares
    }

    /// Takes a permit for the queue whose receiver has the fewest, and was not tried for the longest time; returns its index
    /// in what was due, or `None` where no queue may have one.
    pub(super) fn take_next(&mut self) -> Option<usize> {
        let free = self.queues.iter().enumerate().filter_map(|(index, queue)| {
            let receiver = self.receivers.get(queue.receiver)?;
            let is_free =
                queue.used < queue.limit && receiver.used < receiver.limit && self.has_left(queue.share);
            is_free.then_some((index, (receiver.used, receiver.tried_at, queue.used)))
        });
        let (index, _) = free.min_by_key(|(_, order)| *order)?;
        let queue = self.queues.get_mut(index)?;
        queue.used += 1;
        self.receivers.get_mut(queue.receiver)?.used += 1;
        let share = queue.share;
        *self.used(share) += 1;
        Some(index)
    }

    fn used(&mut self, share: Share) -> &mut usize {
        match share {
            Share::Quick => &mut self.quick,
            Share::Untried => &mut self.untried,
            Share::Slow => &mut self.slow,
            Share::Failing => &mut self.failing,
        }
    }

    fn has_left(&self, share: Share) -> bool {
        let has_quick = self.quick + self.untried < QUICK_PERMITS;
        match share {
            Share::Quick => has_quick,
            Share::Untried => has_quick && self.untried < UNTRIED_PERMITS,
            Share::Slow => self.slow < SLOW_PERMITS,
            Share::Failing => self.failing < FAILING_PERMITS,
        }
    }
}
