//! Settings of the log.

use clap::Args;
use tracing_subscriber::EnvFilter;

use super::parse;
use crate::telemetry::log::{self, LogFormat};
use crate::telemetry::log_buffer::LOG;

/// Which lines are logged, and their format.
#[derive(Args, Clone)]
pub struct LogConfig {
    /// Least severe level that is logged: error, warn, info, debug, trace, or filters such as info,sqlx=debug; absent:
    /// info for `serve`, warn for every other command
    #[arg(long, env = "PARTNER_LOG", value_name = "LEVEL", value_parser = parse::filter, global = true)]
    log: Option<String>,

    /// Log lines for people (text) or machines (json)
    #[arg(
        long,
        env = "PARTNER_LOG_FORMAT",
        default_value = "text",
        value_name = "FORMAT",
        global = true
    )]
    log_format: LogFormat,
}

impl LogConfig {
    /// The filter of `serve` and `demo` where none is given.
    pub const SERVICE_FILTER: &str = "info,actix_server=warn,actix_http=off";
    /// The filter of all other commands where none is given.
    pub const COMMAND_FILTER: &str = "warn";

    /// Installs the log, which goes to standard error. `default_filter` applies where none is given.
    pub fn install(&self, default_filter: &str) -> anyhow::Result<()> {
        let filter = EnvFilter::try_new(self.log.as_deref().unwrap_or(default_filter))?;
        LOG.start()?;
        log::install(filter, self.log_format, &LOG);
        Ok(())
    }
}
