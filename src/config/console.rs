//! The configuration of the console.

use std::net::SocketAddr;

use clap::Args;

use super::parse;
use crate::api::console::{ConsoleSettings, ConsoleUrl};

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
}

impl ConsoleConfig {
    /// The settings of a console that listens at this address.
    pub fn settings(&self, listening: SocketAddr) -> anyhow::Result<ConsoleSettings> {
        let url = match &self.admin_url {
            Some(url) => url.clone(),
            None => format!("http://localhost:{}", listening.port()).parse()?,
        };
        Ok(ConsoleSettings {
            environment: self.admin_environment.clone(),
            ..ConsoleSettings::at(url)
        })
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
    const MAX_CHARS: usize = 30;
    let is_name = crate::text::is_plain(text) && (1..=MAX_CHARS).contains(&text.trim().chars().count());
    is_name
        .then(|| text.trim().to_owned())
        .ok_or_else(|| format!("PARTNER_ADMIN_ENVIRONMENT should be a name of 1 to {MAX_CHARS} characters"))
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
