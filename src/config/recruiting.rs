//! The configuration of invitations, webhooks, callbacks and profiles.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use chrono::TimeDelta;
use clap::Args;
use url::Url;
use zeroize::Zeroizing;

use super::exposure::warn_if_exposed;
use super::parse;
use crate::app::Settings;
use crate::crypto::webhook_secret::WebhookSecret;
use crate::recruiting::InvitationSettings;
use crate::text::text_of;
use crate::webhooks::{PlatformWebhook, WebhookSettings};

/// Invitations, webhooks, callbacks and profiles.
#[derive(Args, Clone)]
pub struct RecruitingConfig {
    /// URL on the partner's platform that invitation links begin with; absent: `PARTNER_PUBLIC_URL` and /invitations
    #[arg(long, env = "PARTNER_INVITATION_URL", value_name = "URL", value_parser = |text: &str| parse::base_url(text, "PARTNER_INVITATION_URL"))]
    invitation_url: Option<String>,

    /// Days that an invitation link is valid
    #[arg(long, env = "PARTNER_INVITATION_DAYS", default_value = "30", value_name = "DAYS",
          value_parser = |text: &str| parse::number(text, "PARTNER_INVITATION_DAYS", 1, 3650))]
    invitation_days: u32,

    /// URL of the platform to which each new invitation is sent as a webhook; absent: the platform reads the feed of new
    /// invitations
    #[arg(long, env = "PARTNER_PLATFORM_WEBHOOK_URL", value_name = "URL", value_parser = parse::webhook_url)]
    platform_webhook_url: Option<Url>,

    /// Key that signs these webhooks: `whsec_` and base64 of 24 to 64 random bytes (better: the file)
    #[arg(
        long,
        env = "PARTNER_PLATFORM_WEBHOOK_SECRET",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    platform_webhook_secret: Option<String>,

    /// File that holds that key
    #[arg(long, env = "PARTNER_PLATFORM_WEBHOOK_SECRET_FILE", value_name = "FILE")]
    platform_webhook_secret_file: Option<PathBuf>,

    /// For developers: callbacks may go to private addresses, and by plain HTTP
    #[arg(
        long,
        env = "PARTNER_CALLBACKS_TO_PRIVATE_ADDRESSES",
        default_value = "false",
        value_name = "BOOLEAN",
        num_args = 0..=1,
        default_missing_value = "true",
        require_equals = true
    )]
    callbacks_to_private_addresses: bool,

    /// Days after which an invitation in which nothing happened is erased with its personal data; absent: never
    #[arg(long, env = "PARTNER_RETENTION_DAYS", value_name = "DAYS",
          value_parser = |text: &str| parse::number(text, "PARTNER_RETENTION_DAYS", 1, 36500))]
    retention_days: Option<u32>,

    /// Days after which a profile that nobody changed and whose person did not log in is erased; absent: never
    #[arg(long, env = "PARTNER_PROFILE_DAYS", value_name = "DAYS", help_heading = "Profiles",
          value_parser = |text: &str| parse::number(text, "PARTNER_PROFILE_DAYS", 1, 36500))]
    profile_days: Option<u32>,
}

impl RecruitingConfig {
    /// Logs a warning for each secret here that other users of this machine may read.
    pub(super) fn warn_of_exposed_files(&self) {
        if let Some(file) = &self.platform_webhook_secret_file {
            warn_if_exposed("PARTNER_PLATFORM_WEBHOOK_SECRET_FILE", file);
        }
    }

    /// `settings` with this configuration.
    pub(super) fn apply(&self, settings: Settings) -> anyhow::Result<Settings> {
        ensure!(
            self.retention_days
                .is_none_or(|days| days >= self.invitation_days),
            "PARTNER_RETENTION_DAYS should be at least PARTNER_INVITATION_DAYS, which is {}: otherwise valid \
             links would lead to erased invitations",
            self.invitation_days
        );
        Ok(Settings {
            invitations: InvitationSettings {
                base_url: self
                    .invitation_url
                    .clone()
                    .unwrap_or(settings.invitations.base_url),
                ttl: TimeDelta::days(self.invitation_days.into()),
            },
            webhooks: WebhookSettings {
                platform: self.platform_webhook()?,
                allows_private_addresses: self.callbacks_to_private_addresses,
            },
            retention_days: self.retention_days,
            profile_days: self.profile_days,
            ..settings
        })
    }

    fn platform_webhook(&self) -> anyhow::Result<Option<PlatformWebhook>> {
        let secret = self.platform_webhook_secret()?;
        match (&self.platform_webhook_url, secret) {
            (None, None) => Ok(None),
            (Some(url), Some(secret)) => Ok(Some(PlatformWebhook {
                url: url.clone(),
                secret,
            })),
            (Some(_), None) => bail!(
                "PARTNER_PLATFORM_WEBHOOK_URL is set, so PARTNER_PLATFORM_WEBHOOK_SECRET_FILE should be set too; \
                 `echo whsec_$(openssl rand -base64 32)` makes a secret"
            ),
            (None, Some(_)) => {
                bail!(
                    "PARTNER_PLATFORM_WEBHOOK_SECRET is set without PARTNER_PLATFORM_WEBHOOK_URL; set both or none"
                )
            }
        }
    }

    fn platform_webhook_secret(&self) -> anyhow::Result<Option<WebhookSecret>> {
        match (&self.platform_webhook_secret, &self.platform_webhook_secret_file) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => bail!(
                "PARTNER_PLATFORM_WEBHOOK_SECRET and PARTNER_PLATFORM_WEBHOOK_SECRET_FILE are both set; set one of them"
            ),
            (Some(text), None) => WebhookSecret::parse(text)
                .context("PARTNER_PLATFORM_WEBHOOK_SECRET is invalid")
                .map(Some),
            (None, Some(file)) => {
                let named = || format!("PARTNER_PLATFORM_WEBHOOK_SECRET_FILE is {}", file.display());
                let bytes = fs::read(file)
                    .map(Zeroizing::new)
                    .with_context(|| format!("{}, which cannot be read", named()))?;
                let invalid = || format!("{}, whose content is invalid", named());
                WebhookSecret::parse(text_of(&bytes).with_context(invalid)?)
                    .with_context(invalid)
                    .map(Some)
            }
        }
    }
}
