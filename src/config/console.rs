//! The configuration of the console.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::exposure::warn_if_exposed;
use super::parse;
use crate::api::console::{ConsoleSettings, ConsoleUrl};
use crate::staff::provider::ProviderSettings;
use crate::text::text_of;

/// Where the console listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsoleListen {
    /// Nowhere.
    Off,
    /// At this address.
    At(SocketAddr),
}

/// The console: pages for the partner's admins.
#[derive(Args, Clone)]
pub struct ConsoleConfig {
    /// Address and port of the console, or off; keep it private
    #[arg(long, env = "PARTNER_ADMIN_LISTEN", default_value = "127.0.0.1:8082", value_name = "ADDRESS",
          value_parser = listen)]
    pub admin_listen: ConsoleListen,

    /// URL that people open the console at, with the path that a proxy serves it below: https, or http on this machine
    /// [default: `http://localhost` with the port of the console]
    #[arg(long, env = "PARTNER_ADMIN_URL", value_name = "URL", value_parser = url)]
    admin_url: Option<ConsoleUrl>,

    /// Name of the environment on every page of the console; production has a red edge
    #[arg(long, env = "PARTNER_ADMIN_ENVIRONMENT", value_name = "NAME", value_parser = environment)]
    admin_environment: Option<String>,

    /// Issuer of the company's identity provider (OIDC): an https URL; absent: people sign in with passwords alone
    #[arg(long, env = "PARTNER_OIDC_ISSUER", value_name = "URL", value_parser = |text: &str| parse::issuer(text))]
    oidc_issuer: Option<String>,

    /// Identifier under which the provider knows the console
    #[arg(long, env = "PARTNER_OIDC_CLIENT_ID", value_name = "ID")]
    oidc_client_id: Option<String>,

    /// Secret of the console at the provider (better: the file); absent: it is a public client there
    #[arg(
        long,
        env = "PARTNER_OIDC_CLIENT_SECRET",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    oidc_client_secret: Option<String>,

    /// File that holds that secret
    #[arg(long, env = "PARTNER_OIDC_CLIENT_SECRET_FILE", value_name = "FILE")]
    oidc_client_secret_file: Option<PathBuf>,

    /// What people call the provider [default: its host name]
    #[arg(long, env = "PARTNER_OIDC_NAME", value_name = "NAME", value_parser = |text: &str| name(text, "PARTNER_OIDC_NAME"))]
    oidc_name: Option<String>,
}

impl ConsoleConfig {
    /// The settings of a console that listens at this address.
    pub fn settings(&self, listening: SocketAddr) -> anyhow::Result<ConsoleSettings> {
        let url = match &self.admin_url {
            Some(url) => url.clone(),
            None => format!("http://localhost:{}", listening.port()).parse()?,
        };
        Ok(ConsoleSettings {
            company: self.company(&url)?,
            environment: self.admin_environment.clone(),
            ..ConsoleSettings::at(url)
        })
    }
}

impl ConsoleConfig {
    fn company(&self, url: &ConsoleUrl) -> anyhow::Result<Option<ProviderSettings>> {
        let (issuer, client_id) = match (&self.oidc_issuer, &self.oidc_client_id) {
            (None, None) => return Ok(None),
            (Some(issuer), Some(client_id)) => (issuer, client_id),
            _ => bail!("PARTNER_OIDC_ISSUER and PARTNER_OIDC_CLIENT_ID belong together; set both or none"),
        };
        let host = || issuer.split("://").nth(1).unwrap_or_default();
        let host = || host().split('/').next().unwrap_or_default().to_owned();
        Ok(Some(ProviderSettings {
            issuer: issuer.clone(),
            client_id: client_id.clone(),
            client_secret: self.client_secret()?,
            name: self.oidc_name.clone().unwrap_or_else(host),
            redirect_url: url.callback(),
        }))
    }

    fn client_secret(&self) -> anyhow::Result<Option<SecretString>> {
        match (&self.oidc_client_secret, &self.oidc_client_secret_file) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => bail!(
                "PARTNER_OIDC_CLIENT_SECRET and PARTNER_OIDC_CLIENT_SECRET_FILE are both set; set one of them"
            ),
            (Some(secret), None) => Ok(Some(secret.clone().into())),
            (None, Some(file)) => {
                let words = || format!("PARTNER_OIDC_CLIENT_SECRET_FILE is {}", file.display());
                let bytes = fs::read(file).map(Zeroizing::new).with_context(words)?;
                Ok(Some(text_of(&bytes).with_context(words)?.to_owned().into()))
            }
        }
    }

    /// Logs a warning for each secret that other users of this machine may read.
    pub fn warn_of_exposed_files(&self) {
        if let Some(file) = &self.oidc_client_secret_file {
            warn_if_exposed("PARTNER_OIDC_CLIENT_SECRET_FILE", file);
        }
    }
}

fn listen(text: &str) -> Result<ConsoleListen, String> {
    if text == "off" {
        return Ok(ConsoleListen::Off);
    }
    let address = parse::address(text, "PARTNER_ADMIN_LISTEN");
    address
        .map(ConsoleListen::At)
        .map_err(|error| format!("{error}, or off"))
}

fn url(text: &str) -> Result<ConsoleUrl, String> {
    text.parse()
        .map_err(|error| format!("PARTNER_ADMIN_URL is invalid: {error}"))
}

fn environment(text: &str) -> Result<String, String> {
    name(text, "PARTNER_ADMIN_ENVIRONMENT")
}

fn name(text: &str, variable: &str) -> Result<String, String> {
    const MAX_CHARS: usize = 30;
    let is_name = crate::text::is_plain(text) && (1..=MAX_CHARS).contains(&text.trim().chars().count());
    is_name
        .then(|| text.trim().to_owned())
        .ok_or_else(|| format!("{variable} should be a name of 1 to {MAX_CHARS} characters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_console_listens_at_an_address_or_is_off() {
        assert_eq!(listen("off"), Ok(ConsoleListen::Off));
        assert!(matches!(listen("127.0.0.1:0"), Ok(ConsoleListen::At(_))));
        assert!(listen("on").unwrap_err().contains("PARTNER_ADMIN_LISTEN"));
        assert!(
            url("http://console.example")
                .unwrap_err()
                .contains("PARTNER_ADMIN_URL")
        );
        assert!(environment(&"x".repeat(31)).is_err() && environment("a\nb").is_err());
    }
}
