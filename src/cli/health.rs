//! `health`: asks a running service whether it is ready, for the health check of a container and for people.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;
use serde_json::Value;

use super::context::CommandContext;
use crate::config::OpsConfig;

/// How long the service may take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Arguments of `health`.
#[derive(Args)]
#[command(after_help = "\
Exit status 0: the service is ready, or degraded, which means that it serves without its database.
Exit status 1: it starts, stops, has a wrong clock, or does not answer.")]
pub struct HealthArgs {
    #[command(flatten)]
    ops: OpsConfig,
}

/// Asks the ops port of a service on this machine.
pub async fn run(context: &CommandContext<'_>, args: &HealthArgs) -> anyhow::Result<()> {
    let address = reachable(args.ops.ops_listen);
    let (is_ready, answer) = ask(address)
        .await
        .with_context(|| format!("PARTNER_OPS_LISTEN is {address}, where no service answers"))?;
    let word = |member: &str| answer.get(member).and_then(Value::as_str).unwrap_or("unknown");
    let status = word("status");
    ensure!(
        is_ready,
        "the service is not ready: its status is {status}, its database {}",
        word("database")
    );
    context
        .format
        .show(&answer, || format!("{status}, database {}", word("database")))
}

async fn ask(address: SocketAddr) -> reqwest::Result<(bool, Value)> {
    let client = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build()?;
    let response = client
        .get(format!("http://{address}/health/ready"))
        .send()
        .await?;
    let is_ready = response.status().is_success();
    // What answers may be another program.
    let text = response.text().await?;
    Ok((is_ready, serde_json::from_str(&text).unwrap_or_default()))
}

/// An address at which a service that listens on `address` is reached from its own machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_on_all_addresses_is_asked_at_its_own_machine() {
        for (listen, asked) in [
            ("0.0.0.0:8081", "127.0.0.1:8081"),
            ("[::]:8081", "[::1]:8081"),
            ("10.0.0.7:9", "10.0.0.7:9"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), asked);
        }
    }
}
