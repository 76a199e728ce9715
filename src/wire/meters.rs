//! The counters of the routes, found once by each worker and then at hand: looking them up by their labels for every
//! request would cost more than counting.

use std::cell::RefCell;
use std::time::Duration;

use crate::telemetry::metrics::{Metrics, RequestMeter};

/// The counters that one worker has used, by path and status. They are so few (the routes without parameters, and the
/// statuses that they answer) that looking through them is faster than a hash.
#[derive(Default)]
pub struct Meters(RefCell<Vec<Meter>>);

struct Meter {
    path: String,
    status: u16,
    counters: RequestMeter,
}

impl Meters {
    /// Counts an answered request. `route` says which pattern its path matched, if any.
    pub fn observe(
        &self,
        metrics: &Metrics,
        path: &str,
        route: impl FnOnce() -> Option<String>,
        status: u16,
        elapsed: Duration,
    ) {
        let mut known = self.0.borrow_mut();
        let is_known = |meter: &&Meter| meter.status == status && meter.path == path;
        if let Some(meter) = known.iter().find(is_known) {
            return meter.counters.observe(elapsed);
        }
        let pattern = route();
        let counters = metrics.request_meter(pattern.as_deref().unwrap_or("unmatched"), status);
        counters.observe(elapsed);
        // A path that is its own pattern is one of few; any other could be one of any number.
        if pattern.as_deref() == Some(path) {
            known.push(Meter {
                path: path.to_owned(),
                status,
                counters,
            });
        }
    }
}
