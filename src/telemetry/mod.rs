//! What the service tells those who run it: its log and its metrics.

pub mod log;
pub mod log_buffer;
mod log_line;
pub mod metrics;
