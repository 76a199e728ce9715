//! The configuration of the start and the end of the service.

use std::time::Duration;

use clap::Args;

use super::parse;

/// The start and the end of the service.
#[derive(Args, Clone)]
pub struct ProcessConfig {
    /// Whether the start applies missing migrations: on, or off if `talentsoft-partner migrate` is run before
    #[arg(long, env = "PARTNER_MIGRATE", default_value = "on", value_name = "WHETHER", value_parser = parse::migrate)]
    pub migrate: Migrate,

    /// Seconds for which the service still serves everything after it is told to stop, while readiness reports that it stops
    #[arg(long, env = "PARTNER_SHUTDOWN_DELAY", default_value = "0", value_name = "SECONDS",
          value_parser = |text: &str| parse::number(text, "PARTNER_SHUTDOWN_DELAY", 0, 3600))]
    shutdown_delay: u32,

    /// Seconds that requests in flight have to finish when the service stops
    #[arg(long, env = "PARTNER_SHUTDOWN_GRACE", default_value = "20", value_name = "SECONDS",
          value_parser = |text: &str| parse::number(text, "PARTNER_SHUTDOWN_GRACE", 0, 3600))]
    shutdown_grace: u32,
}

/// Whether missing migrations are applied at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrate {
    /// They are applied.
    On,
    /// The service does not start if any is missing.
    Off,
}

impl ProcessConfig {
    /// How long the service still serves everything after it is told to stop.
    #[must_use]
    pub fn shutdown_delay(&self) -> Duration {
        Duration::from_secs(self.shutdown_delay.into())
    }

    /// How long requests in flight have to finish.
    #[must_use]
    pub fn shutdown_grace(&self) -> Duration {
        Duration::from_secs(self.shutdown_grace.into())
    }
}
