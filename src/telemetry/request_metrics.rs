//! The request metrics of one worker.

use std::cell::RefCell;
use std::time::Duration;

use super::exemplars::TraceRef;
use super::metrics::{Metrics, RequestSeries};

/// Counts requests for one worker. It keeps the series that it has used, because to look them up by their labels costs
/// several times as much as to count (`benches/telemetry`).
///
/// Series are found by path and status in a list: those of routes without parameters are so few that comparing them is faster
/// than a hash.
#[derive(Default)]
pub struct RequestMetrics(RefCell<Vec<CachedSeries>>);

/// How a request was answered.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// With which status.
    pub status: u16,
    /// How long that took.
    pub elapsed: Duration,
    /// Its trace, where that is sampled.
    pub sampled: Option<TraceRef>,
}

struct CachedSeries {
    path: String,
    status: u16,
    series: RequestSeries,
}

impl RequestMetrics {
    /// Counts an answered request. `route` returns the pattern that its path matched, if any; it is called only if the series
    /// is not known.
    pub fn observe(
        &self,
        metrics: &Metrics,
        path: &str,
        route: impl FnOnce() -> Option<String>,
        answer: &Answered,
    ) {
        let &Answered {
            status,
            elapsed,
            sampled,
        } = answer;
        let mut cache = self.0.borrow_mut();
        let is_known = |cached: &&CachedSeries| cached.status == status && cached.path == path;
        if let Some(cached) = cache.iter().find(is_known) {
            return cached.series.observe(elapsed, sampled);
        }
        let pattern = route();
        let series = metrics.request_series(pattern.as_deref().unwrap_or("unmatched"), status);
        series.observe(elapsed, sampled);
        // Only a path that is its own pattern is kept: of others there could be any number.
        if pattern.as_deref() == Some(path) {
            cache.push(CachedSeries {
                path: path.to_owned(),
                status,
                series,
            });
        }
    }
}
