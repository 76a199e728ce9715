//! Where log lines go and how they look.

use std::str::FromStr;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::log_line::LineFormat;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("PARTNER_LOG_FORMAT should be text or json".to_owned()),
        }
    }
}

/// Sends log lines to `writer`, once in the life of the process; a second call changes nothing.
pub fn install<W>(filter: EnvFilter, format: LogFormat, writer: W)
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    // It fails only where somebody else, such as a test harness, listens already.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .event_format(LineFormat::new(format))
        .with_writer(writer)
        .try_init();
}
