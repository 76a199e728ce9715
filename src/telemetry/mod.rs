//! The log, the metrics and the traces.

mod build;
mod counter;
pub mod database_metrics;
pub mod exemplars;
pub mod exposition;
pub mod json_lines;
mod labels;
pub mod log;
pub mod log_buffer;
pub mod metrics;
mod process;
pub mod reading;
pub mod request_metrics;
pub mod statements;
pub mod trace;

use std::sync::Arc;

use metrics::Metrics;
use trace::{StartError, TraceSettings, Traces};

/// What a service counts, and where its spans go; cheap to clone.
#[derive(Clone)]
pub struct Telemetry {
    /// What it counts.
    pub metrics: Arc<Metrics>,
    /// Where its spans go.
    pub traces: Traces,
}

/// A service has no telemetry.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// A metric cannot be registered.
    #[error(transparent)]
    Metrics(#[from] prometheus::Error),
    /// Spans cannot be sent.
    #[error(transparent)]
    Traces(#[from] StartError),
}

impl Telemetry {
    /// Registers all metrics, and sends spans where the settings say.
    pub fn start(settings: &TraceSettings) -> Result<Self, TelemetryError> {
        let metrics = Arc::new(Metrics::new()?);
        let traces = Traces::start(settings, Arc::clone(&metrics.trace_spans))?;
        Ok(Self { metrics, traces })
    }
}
