//! How long what was recorded is kept.

use clap::Args;

use super::parse;
use crate::app::Settings;
use crate::refusals::RefusalSettings;

/// The audit trail and refused calls.
#[derive(Args, Clone)]
pub struct KeepingConfig {
    /// Days that the audit trail is kept; 0: for good
    #[arg(long, env = "PARTNER_AUDIT_DAYS", default_value = "400", value_name = "DAYS",
          value_parser = |text: &str| parse::number(text, "PARTNER_AUDIT_DAYS", 0, 36500))]
    audit_days: u32,

    /// Days that refused calls are kept
    #[arg(long, env = "PARTNER_REFUSAL_DAYS", default_value = "14", value_name = "DAYS",
          value_parser = |text: &str| parse::number(text, "PARTNER_REFUSAL_DAYS", 1, 366))]
    refusal_days: u32,

    /// Refused calls of one client in an hour that are kept, the others being counted; 0: all are counted only
    #[arg(long, env = "PARTNER_REFUSALS_PER_HOUR", default_value = "100", value_name = "NUMBER",
          value_parser = |text: &str| parse::number(text, "PARTNER_REFUSALS_PER_HOUR", 0, 10_000))]
    refusals_per_hour: u32,
}

impl KeepingConfig {
    /// `settings` with this configuration.
    pub(super) fn apply(&self, settings: Settings) -> Settings {
        Settings {
            audit_days: Some(self.audit_days).filter(|days| *days > 0),
            refusals: RefusalSettings {
                days: self.refusal_days,
                per_hour: self.refusals_per_hour,
            },
            ..settings
        }
    }
}
