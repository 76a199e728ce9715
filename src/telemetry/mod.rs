//! The log and the metrics.

pub mod json_lines;
pub mod log;
pub mod log_buffer;
pub mod metrics;
pub mod request_metrics;
