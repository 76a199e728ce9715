//! `serve`: run the service.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use tokio::net::TcpSocket;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::database::{Missing, OpenDatabase, Ownership, open};
use crate::app::{App, Settings};
use crate::config::{ListenConfig, Migrate, ProcessConfig, ServiceConfig};
use crate::crypto::seal::MasterKey;
use crate::replica::Feed;
use crate::server::{self, Options};
use crate::telemetry::log_buffer::LOG;
use crate::wire::connection::Timeouts;

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// Arguments of `serve`.
#[derive(Args)]
#[command(after_help = "\
Without DATABASE_URL the service runs a private PostgreSQL under the data directory, and takes it down with itself.
The schema of the database is brought up to date first, unless PARTNER_MIGRATE is off.
SIGTERM or SIGINT (Ctrl-C) stops it: requests in flight may finish.")]
pub struct ServeArgs {
    #[command(flatten, next_help_heading = "Listening")]
    listen: ListenConfig,
    #[command(flatten, next_help_heading = "Service")]
    service: ServiceConfig,
    #[command(flatten, next_help_heading = "Starting and stopping")]
    process: ProcessConfig,
}

/// Serves until SIGTERM or SIGINT.
pub async fn run(context: &Context<'_>, args: &ServeArgs) -> anyhow::Result<()> {
    // Sockets first: a port that is taken should not cost a start of the database.
    let options = bind(&args.listen, &args.process)?;
    let settings = args.service.settings(context.public.url())?;
    let missing = missing(&args.process);
    serve_on(context, settings, options, missing, async |_| Ok(())).await
}

/// Opens the database as its owner, serves on the sockets of `options` until SIGTERM or SIGINT, and closes the database.
/// `on_ready` runs when everything is there, before the first request is answered; when it fails nothing is served.
pub(super) async fn serve_on(
    context: &Context<'_>,
    settings: Settings,
    options: Options,
    missing: Missing,
    on_ready: impl AsyncFnOnce(&App) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    raise_file_limit();
    let stop = stop_on_signal()?;
    let master_key = context.database.master_key()?;
    let opened = open(
        context.database,
        Ownership::Exclusive,
        missing,
        options.threads(),
        &context.clock,
    )
    .await?;
    let served = async {
        let app = start(context, settings, &opened, master_key).await?;
        let feed = Feed::begin(Arc::clone(&app.oauth), Arc::clone(&app.feed)).await?;
        on_ready(&app).await?;
        announce(&app, &options)?;
        server::run(app, feed, options, stop).await?;
        tracing::info!("stopped");
        Ok(())
    };
    let served = served.await;
    opened.close_after(served).await
}

async fn start(
    context: &Context<'_>,
    settings: Settings,
    opened: &OpenDatabase,
    master_key: MasterKey,
) -> anyhow::Result<Arc<App>> {
    Ok(App::start(settings, context.clock.clone(), opened.db.clone(), master_key).await?)
}

fn announce(app: &App, options: &Options) -> anyhow::Result<()> {
    let address = options.listener.local_addr()?;
    if options.tls.is_none() && !address.ip().is_loopback() {
        tracing::warn!(
            "speaking plain HTTP beyond this machine: put a TLS proxy in front, or set PARTNER_TLS_CERT"
        );
    }
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        public = format!("{}://{address}", scheme(options)),
        ops = format!("http://{}", options.ops_listener.local_addr()?),
        issuer = app.settings.public_url.as_str(),
        "serving"
    );
    Ok(())
}

/// What the public socket speaks.
pub(super) fn scheme(options: &Options) -> &'static str {
    if options.tls.is_some() { "https" } else { "http" }
}

/// What is done where the schema lacks migrations.
pub(super) fn missing(config: &ProcessConfig) -> Missing {
    match config.migrate {
        Migrate::On => Missing::Apply,
        Migrate::Off => Missing::Refuse,
    }
}

/// Takes the sockets.
pub(super) fn bind(config: &ListenConfig, process: &ProcessConfig) -> anyhow::Result<Options> {
    let bound = |address: SocketAddr, variable: &str| {
        listen(address).with_context(|| format!("{variable} is {address}, which cannot be listened on"))
    };
    Ok(Options {
        listener: bound(config.listen, "PARTNER_LISTEN")?,
        ops_listener: bound(config.ops_listen, "PARTNER_OPS_LISTEN")?,
        tls: config.tls()?,
        workers: usize::try_from(config.workers)?,
        shutdown_grace: process.shutdown_grace(),
        timeouts: Timeouts::default(),
    })
}

/// A socket whose queue a flood of connections does not fill at once.
fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A restart must not wait for the connections of the process before.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

/// A token that is cancelled at the first SIGTERM or SIGINT; a second one ends the process at once.
fn stop_on_signal() -> anyhow::Result<CancellationToken> {
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
        LOG.flush();
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
