//! Exemplars of the latency histogram: for each bucket, the trace of the last request in it that was sampled.
//!
//! A request that is not sampled touches nothing of this.

use parking_lot::Mutex;

/// Upper bounds of the latency buckets in seconds: from a token check to a slow database.
pub const LATENCY_BUCKETS: [f64; 15] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// Which trace a request belongs to, where it is sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceRef {
    /// The identifier of the trace.
    pub trace_id: u128,
    /// The identifier of the request's span.
    pub span_id: u64,
}

/// A request that stands for its bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exemplar {
    /// Its trace.
    pub trace: TraceRef,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// When it was answered, in seconds since 1970.
    pub at: f64,
}

/// The exemplars of one series of the latency histogram, by bucket; the last is that of `+Inf`.
#[derive(Debug, Default)]
pub struct Exemplars(pub(super) Mutex<[Option<Exemplar>; LATENCY_BUCKETS.len() + 1]>);

impl Exemplars {
    /// Puts an exemplar into its bucket.
    pub fn note(&self, exemplar: Exemplar) {
        let bucket = LATENCY_BUCKETS.partition_point(|bound| *bound < exemplar.seconds);
        if let Some(place) = self.0.lock().get_mut(bucket) {
            *place = Some(exemplar);
        }
    }

    /// The exemplar of the bucket with this index.
    #[must_use]
    pub fn of_bucket(&self, index: usize) -> Option<Exemplar> {
        self.0.lock().get(index).copied().flatten()
    }
}
