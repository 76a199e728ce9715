//! The counters of the routes, found once by each worker and then at hand: looking them up by their labels for every
//! request would cost more than counting.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use actix_web::HttpRequest;

use crate::metrics::{Metrics, RequestMeter};

/// The counters that one worker has used. Bounded by the routes without parameters and the statuses that they answer.
#[derive(Default)]
pub struct Meters(RefCell<HashMap<String, Vec<(u16, RequestMeter)>>>);

impl Meters {
    /// Counts an answered request.
    pub fn observe(&self, metrics: &Metrics, request: &HttpRequest, status: u16, elapsed: Duration) {
        let mut known = self.0.borrow_mut();
        if let Some(meters) = known.get(request.path())
            && let Some((_, meter)) = meters.iter().find(|(counted, _)| *counted == status)
        {
            return meter.observe(elapsed);
        }
        let pattern = request.match_pattern();
        let meter = metrics.request_meter(pattern.as_deref().unwrap_or("unmatched"), status);
        meter.observe(elapsed);
        // A path that is its own pattern is one of few; any other could be one of any number.
        if pattern.as_deref() == Some(request.path()) {
            known
                .entry(request.path().to_owned())
                .or_default()
                .push((status, meter));
        }
    }
}
