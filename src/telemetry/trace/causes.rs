//! Remembers which request caused an event, until the event is delivered: the outbox has no place for it.
//!
//! The replica that made an event usually delivers it, at once. Where another one does, or it is tried again later, the
//! delivery has a trace of its own.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use opentelemetry::trace::SpanContext;
use tokio::time::Instant;
use uuid::Uuid;

/// How many causes are remembered at most.
const CAPACITY: usize = 10_000;
/// How long one is remembered.
const LIFETIME: Duration = Duration::from_mins(1);

/// The requests that caused events, by what the events are about.
#[derive(Default)]
pub(super) struct Causes {
    by_subject: HashMap<Uuid, (Instant, SpanContext)>,
    /// In the order in which they were noted; what was taken meanwhile or noted again is still in it.
    order: VecDeque<(Instant, Uuid)>,
}

impl Causes {
    pub(super) fn note(&mut self, subject: Uuid, cause: SpanContext) {
        let now = Instant::now();
        while let Some((noted_at, subject)) = self.order.front().copied()
            && (now - noted_at > LIFETIME || self.order.len() >= CAPACITY)
        {
            self.order.pop_front();
            if self
                .by_subject
                .get(&subject)
                .is_some_and(|(at, _)| *at == noted_at)
            {
                self.by_subject.remove(&subject);
            }
        }
        self.order.push_back((now, subject));
        self.by_subject.insert(subject, (now, cause));
    }

    pub(super) fn take(&mut self, subject: Uuid) -> Option<SpanContext> {
        let (noted_at, cause) = self.by_subject.remove(&subject)?;
        (noted_at.elapsed() <= LIFETIME).then_some(cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn causes_are_taken_once_and_forgotten_in_time() {
        let mut causes = Causes::default();
        let id = |number: u128| Uuid::from_u128(number);
        causes.note(id(1), SpanContext::empty_context());
        assert!(causes.take(id(1)).is_some());
        assert!(causes.take(id(1)).is_none());
        causes.note(id(2), SpanContext::empty_context());
        tokio::time::advance(LIFETIME + Duration::from_secs(1)).await;
        assert!(causes.take(id(2)).is_none());
        for number in 0..=u128::try_from(CAPACITY).unwrap() {
            causes.note(id(number), SpanContext::empty_context());
        }
        assert!(causes.by_subject.len() <= CAPACITY && causes.order.len() <= CAPACITY);
        assert!(causes.take(id(0)).is_none() && causes.take(id(5)).is_some());
    }
}
