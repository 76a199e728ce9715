//! `serve`: run the service.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::database::{Ownership, open};
use crate::clock::Clock;
use crate::config::{DatabaseConfig, ListenConfig, ServiceConfig};
use crate::ops::change_feed::Feed;
use crate::server::{self, Options};
use crate::state::App;

/// Arguments of `serve`.
#[derive(Args)]
pub struct ServeArgs {
    #[command(flatten)]
    pub(super) listen: ListenConfig,
}

/// Serves until SIGTERM or SIGINT.
pub async fn run(database: &DatabaseConfig, service: &ServiceConfig, args: &ServeArgs) -> anyhow::Result<()> {
    raise_file_limit();
    // Sockets first: a port that is taken should not cost a start of the database.
    let options = bind(&args.listen)?;
    let stop = stop_on_signal()?;
    let mut opened = open(database, Ownership::Exclusive).await?;
    let app = App::start(
        service.service(),
        Clock::system(),
        opened.db.clone(),
        opened.take_master_key()?,
    )
    .await?;
    let feed = Feed::begin(std::sync::Arc::clone(&app)).await?;
    let scheme = if options.tls.is_some() { "https" } else { "http" };
    if options.tls.is_none() && !args.listen.listen.ip().is_loopback() {
        tracing::warn!(
            "speaking plain HTTP beyond this machine: put a TLS proxy in front, or set PARTNER_TLS_CERT"
        );
    }
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        public = format!("{scheme}://{}", options.listener.local_addr()?),
        ops = format!("http://{}", options.ops_listener.local_addr()?),
        issuer = app.service.issuer,
        "serving"
    );
    server::run(app, feed, options, stop).await?;
    tracing::info!("stopped");
    opened.close().await
}

fn bind(config: &ListenConfig) -> anyhow::Result<Options> {
    let listen = |address: SocketAddr, variable: &str| {
        TcpListener::bind(address)
            .with_context(|| format!("{variable} is {address}, which cannot be listened on"))
    };
    Ok(Options {
        listener: listen(config.listen, "PARTNER_LISTEN")?,
        ops_listener: listen(config.ops_listen, "PARTNER_OPS_LISTEN")?,
        tls: config.tls()?,
        workers: usize::try_from(config.workers)?,
        shutdown_grace: Duration::from_secs(config.shutdown_grace.into()),
    })
}

/// A token that is cancelled at the first SIGTERM or SIGINT; a second one ends the process at once.
pub(super) fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let told = stop.clone();
    actix_web::rt::spawn(async move {
        for is_first in [true, false] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if is_first {
                tracing::info!("stopping: requests in flight may finish");
                told.cancel();
            }
        }
        std::process::exit(1);
    });
    Ok(stop)
}

/// Each connection is a file: the soft limit of 1024 that most systems set would end the service long before its memory.
fn raise_file_limit() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_soft, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(error) = raised {
        tracing::warn!(%error, "cannot raise the limit of open files; many connections at once may be refused");
    }
}
