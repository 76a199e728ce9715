//! The log of the process: its format and where it goes.

use std::str::FromStr;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::json_lines::JsonLines;

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people: the format of `tracing-subscriber`.
    Text,
    /// For machines, and for a busy service: one JSON object a line ([`JsonLines`]).
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
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    // It fails only where a subscriber is installed already, by a test harness for instance.
    let _ = match format {
        LogFormat::Text => subscriber.try_init(),
        LogFormat::Json => subscriber.event_format(JsonLines::default()).try_init(),
    };
}
