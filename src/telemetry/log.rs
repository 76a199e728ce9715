//! Installs the log of the process.

use std::str::FromStr;

use tracing::subscriber::set_global_default;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::json_lines::JsonLines;
use super::statements::Statements;

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

/// Installs the log, whose lines go to `writer`, and what measures statements. Only the first call in a process has an effect.
pub fn install<W>(filter: EnvFilter, format: LogFormat, writer: W)
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    // This fails only if a subscriber is installed already, for instance by the test harness.
    let _ = match format {
        LogFormat::Text => set_global_default(Statements::before(subscriber.finish())),
        LogFormat::Json => {
            let subscriber = subscriber.event_format(JsonLines::default());
            set_global_default(Statements::before(subscriber.finish()))
        }
    };
}
