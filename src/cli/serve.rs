//! `serve`: runs the service.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use nix::sys::prctl::set_thp_disable;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::context::CommandContext;
use super::database::{MissingMigrations, Ownership, find};
use super::notify::Notifier;
use super::signals;
use super::start::Startup;
use crate::app::{App, Settings};
use crate::config::{
    ConsoleConfig, ConsoleListen, ListenConfig, Migrate, ProcessConfig, ServiceConfig, notify_socket,
};
use crate::server::{ConsoleOptions, OpsServer, Options, Serving};
use crate::wire::listener::BoundSocket;

/// Arguments of `serve`.
#[derive(Args)]
#[command(after_help = "\
Without DATABASE_URL the service runs a private PostgreSQL under the data directory, and stops it at its own end.
The schema of the database is brought up to date first, unless PARTNER_MIGRATE is off.
SIGTERM or SIGINT (Ctrl-C) stops it: requests in flight may finish.
SIGHUP has it read its certificate again.")]
pub struct ServeArgs {
    #[command(flatten, next_help_heading = "Listening")]
    listen: ListenConfig,
    #[command(flatten, next_help_heading = "Service")]
    service: ServiceConfig,
    #[command(flatten, next_help_heading = "Console")]
    console: ConsoleConfig,
    #[command(flatten, next_help_heading = "Starting and stopping")]
    process: ProcessConfig,
}

/// Serves until SIGTERM or SIGINT.
pub async fn run(context: &CommandContext<'_>, args: &ServeArgs) -> anyhow::Result<()> {
    // From here on the signal is caught, whether there is a certificate to read or not.
    drop(signal(SignalKind::hangup())?);
    // The sockets are bound first, so that a port that is taken is reported before the database is started.
    let sockets = bind(&args.listen, &args.process, &args.console)?;
    let settings = args.service.settings(context.public.url())?;
    args.listen.warn_of_exposed_files();
    args.service.warn_of_exposed_files();
    args.console.warn_of_exposed_files();
    let missing = missing(&args.process);
    serve_on(context, settings, sockets, missing, async |_| Ok(())).await
}

/// The bound sockets, and how they are served.
pub(super) struct Sockets {
    /// The public socket, and how it is served.
    pub options: Options,
    /// The socket of metrics and health.
    pub ops: TcpListener,
}

/// Opens the database as its owner, serves on the sockets until SIGTERM or SIGINT, and closes the database. `on_ready` runs
/// once the database and the keys are ready, before the first request is answered; if it fails, nothing is served.
pub(super) async fn serve_on(
    context: &CommandContext<'_>,
    settings: Settings,
    sockets: Sockets,
    missing: MissingMigrations,
    on_ready: impl AsyncFnOnce(&App) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    use_small_pages();
    raise_file_limit();
    let notifier = Arc::new(Notifier::new(notify_socket()));
    let stop = stop_on_signal(Arc::clone(&notifier))?;
    context.database.find_data_dir_of_service()?;
    // The master key is used later, but an error in these settings should not wait for the database.
    context.database.master_key()?;
    context.database.warn_of_exposed_files()?;
    let Sockets { options, ops } = sockets;
    let ops = OpsServer::start(ops, &settings, options.timeouts)?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        public = format!("{}://{}", scheme(&options), options.socket.local_addr()?),
        ops = format!("http://{}", ops.address),
        "starting"
    );
    let found = find(
        context.database,
        Ownership::Exclusive,
        options.threads(),
        &context.clock,
    );
    let found = notifier.while_working(Box::pin(found));
    let Some(opened) = stop.run_until_cancelled(found).await else {
        return Ok(());
    };
    let opened = opened?;
    ops.status.set_database(opened.db.clone());
    let start = Startup {
        context,
        settings,
        opened: &opened,
        missing,
        status: Arc::clone(&ops.status),
        notifier,
    };
    let served = {
        let mut serving = Box::pin(serve(start, ops, options, &stop, on_ready));
        tokio::select! {
            biased;
            served = &mut serving => served,
            lost = opened.keep_running() => {
                stop.cancel();
                let _ = serving.await;
                Err(lost)
            }
        }
    };
    opened.close_after(served).await
}

/// Waits until the database can be used, then serves until `stop` is cancelled.
async fn serve(
    start: Startup<'_>,
    ops: OpsServer,
    options: Options,
    stop: &CancellationToken,
    on_ready: impl AsyncFnOnce(&App) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let Some(started) = stop.run_until_cancelled(start.run()).await else {
        return Ok(());
    };
    let (app, feed) = started?;
    on_ready(&app).await?;
    let (scheme, issuer) = (scheme(&options), app.settings.public_url.clone());
    let serving = Serving::start(app, feed, ops, options).await?;
    announce(&serving, scheme, issuer.as_str());
    start.notifier.ready();
    serving.run_until(stop.clone()).await?;
    tracing::info!("stopped");
    Ok(())
}

fn announce(serving: &Serving, scheme: &str, issuer: &str) {
    let address = serving.address;
    if scheme == HTTP && !address.ip().is_loopback() {
        tracing::warn!(
            "serving plain HTTP to other machines: put a TLS proxy in front, or set PARTNER_TLS_CERT"
        );
    }
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        public = format!("{scheme}://{address}"),
        ops = format!("http://{}", serving.ops_address()),
        console = serving
            .console_address()
            .map(|address| format!("http://{address}")),
        issuer,
        "serving"
    );
}

/// The scheme of a socket without TLS.
const HTTP: &str = "http";

/// The scheme of URLs on the public socket.
pub(super) fn scheme(options: &Options) -> &'static str {
    if options.certificate.is_some() {
        "https"
    } else {
        HTTP
    }
}

/// What `PARTNER_MIGRATE` asks for if the schema lacks migrations.
pub(super) fn missing(config: &ProcessConfig) -> MissingMigrations {
    match config.migrate {
        Migrate::On => MissingMigrations::Apply,
        Migrate::Off => MissingMigrations::Refuse,
    }
}

/// Binds the public socket, that for operators and that of the console.
pub(super) fn bind(
    config: &ListenConfig,
    process: &ProcessConfig,
    console: &ConsoleConfig,
) -> anyhow::Result<Sockets> {
    let bound = |address: SocketAddr, variable: &str| {
        BoundSocket::bind(address)
            .with_context(|| format!("{variable} is {address}, which cannot be listened on"))
    };
    let console = match console.admin_listen {
        ConsoleListen::Off => None,
        ConsoleListen::At(address) => {
            let socket = bound(address, "PARTNER_ADMIN_LISTEN")?;
            Some(ConsoleOptions {
                settings: console.settings(socket.local_addr()?)?,
                socket,
            })
        }
    };
    let options = Options {
        console,
        socket: bound(config.listen, "PARTNER_LISTEN")?,
        certificate: config.certificate()?,
        workers: usize::try_from(config.workers)?,
        shutdown_delay: process.shutdown_delay(),
        shutdown_grace: process.shutdown_grace(),
        timeouts: config.timeouts(),
    };
    let ops = bound(config.ops.ops_listen, "PARTNER_OPS_LISTEN")?.listen()?;
    Ok(Sockets { options, ops })
}

/// A token that is cancelled at the first SIGTERM or SIGINT; a second one ends the process at once.
fn stop_on_signal(notifier: Arc<Notifier>) -> anyhow::Result<CancellationToken> {
    signals::stop(move || {
        tracing::info!("stopping: requests in flight may finish");
        notifier.stopping();
    })
}

/// Has the kernel give memory in small pages, although the allocator asks for large ones: by those an idle service holds twice as
/// much, most of it never used, and is no faster (`docs/PERFORMANCE.md`).
fn use_small_pages() {
    if let Err(error) = set_thp_disable(true) {
        tracing::debug!(%error, "memory is taken in large pages");
    }
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
