//! The two HTTP servers, public and ops, from their sockets to a clean shutdown.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_server::Server;
use actix_tls::accept::max_concurrent_tls_connect;
use actix_web::dev::RequestHead;
use actix_web::{App as ActixApp, web};
use nix::sys::resource::{Resource, getrlimit};
use rustls::ServerConfig;
use tokio_util::sync::CancellationToken;

use crate::api::{self, guard, ops};
use crate::app::App;
use crate::housekeeping;
use crate::replica::{Feed, Heartbeat};
use crate::webhooks;
use crate::wire::connection::{self, Http, Timeouts};
use crate::wire::front::{Front, FrontSettings};
use crate::wire::request_context::RequestContext;

/// Blocking threads of one worker. Only password hashes run there, and `oauth` bounds those further.
const BLOCKING_THREADS: usize = 8;

/// Open files that are kept from client connections: for the database, the log, the listeners, TLS files and anything else.
const RESERVED_FILES: usize = 128;
/// The usual limit of open files, where it cannot be read.
const DEFAULT_FILES: u64 = 1024;
/// Most connections of one worker, also where the limit of open files allows more.
const MAX_CONNECTIONS_PER_WORKER: usize = 25_000;

/// How to serve.
pub struct Options {
    /// The public socket.
    pub listener: TcpListener,
    /// The ops socket.
    pub ops_listener: TcpListener,
    /// TLS for the public one.
    pub tls: Option<ServerConfig>,
    /// Worker threads; 0 means one for each core.
    pub workers: usize,
    /// How long requests in flight get to finish.
    pub shutdown_grace: Duration,
    /// How long a client may take, on both sockets.
    pub timeouts: Timeouts,
}

impl Options {
    /// Threads that answer requests.
    #[must_use]
    pub fn workers(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
            number => number,
        }
    }

    /// Threads that use the database: the workers and the thread of the background tasks.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.workers() + 1
    }
}

/// Serves until `stop`. Then it drains requests in flight, records the pending use of secrets, and closes the database.
pub async fn run(
    app: Arc<App>,
    feed: Feed,
    options: Options,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let background = CancellationToken::new();
    let mut heartbeat = Heartbeat::new(Arc::clone(&app.oauth));
    heartbeat.join().await;
    let beating = actix_web::rt::spawn(heartbeat.run(background.clone()));
    let feeding = actix_web::rt::spawn(feed.run(background.clone()));
    let chores = actix_web::rt::spawn(housekeeping::run(Arc::clone(&app), background.clone()));
    // It begins nothing new once requests are drained, and has as long as they to finish.
    let delivering = webhooks::run(Arc::clone(&app.webhooks), stop.clone(), options.shutdown_grace);
    let delivering = actix_web::rt::spawn(delivering);

    let (public, ops) = listen(&app, options)?;
    let (public_handle, ops_handle) = (public.handle(), ops.handle());
    let ops = actix_web::rt::spawn(ops);
    let stopping = async {
        stop.cancelled().await;
        app.begin_draining();
        public_handle.stop(true).await;
    };
    let (served, ()) = tokio::join!(public, stopping);
    ops_handle.stop(false).await;
    let _ = ops.await;
    // The workers are gone, and with them the event loops of their database connections.
    app.db.discard_connections();
    background.cancel();
    let _ = tokio::join!(feeding, chores, delivering, beating);
    app.db.close();
    served
}

/// The public server and the ops server, on their sockets.
fn listen(app: &Arc<App>, options: Options) -> std::io::Result<(Server, Server)> {
    let data = web::Data::from(Arc::clone(app));
    let server = web::Data::from(Arc::clone(&app.oauth));
    let front = FrontSettings {
        metrics: Arc::clone(&app.metrics),
        trusted_proxies: app.settings.trusted_proxies.as_slice().into(),
        unrouted: api::unrouted,
    };
    let (public_data, public_front) = (data.clone(), front.clone());
    let public_app = move || {
        server.limits.connect_thread();
        let routes = ActixApp::new()
            .app_data(public_data.clone())
            .app_data(server.clone())
            .configure(api::configure);
        let server = server.clone();
        let shortcut = move |request: &RequestHead, context: &RequestContext| {
            guard::check_from_memory(&server, request, context)
        };
        Front::new(public_front.clone(), routes, Box::new(shortcut))
    };
    let ops_app = move || {
        let routes = ActixApp::new().app_data(data.clone()).configure(ops::configure);
        Front::new(front.clone(), routes, Box::new(|_, _| None))
    };
    let (workers, timeouts) = (options.workers(), options.timeouts);
    let connections = connections_per_worker(workers);
    // actix allows 256 handshakes at a time by default: as many clients that send nothing would keep all others out.
    max_concurrent_tls_connect(connections);
    let public = Server::build()
        .workers(workers)
        .max_concurrent_connections(connections)
        .worker_max_blocking_threads(BLOCKING_THREADS)
        .shutdown_timeout(options.shutdown_grace.as_secs())
        .disable_signals();
    let http = Http::of(&public, timeouts);
    let public = match options.tls {
        Some(tls) => public.listen("public", options.listener, move || {
            http.serve(connection::tls(tls.clone(), timeouts), public_app())
        })?,
        None => public.listen("public", options.listener, move || {
            http.serve(connection::plain(), public_app())
        })?,
    };
    let ops = Server::build().workers(1).disable_signals();
    let http = Http::of(&ops, timeouts);
    let ops = ops.listen("ops", options.ops_listener, move || {
        http.serve(connection::plain(), ops_app())
    })?;
    Ok((public.run(), ops.run()))
}

/// As many connections as the limit of open files allows. A connection beyond that waits until another one ends; it would
/// otherwise take the file that a database connection needs.
fn connections_per_worker(workers: usize) -> usize {
    let files = getrlimit(Resource::RLIMIT_NOFILE).map_or(DEFAULT_FILES, |(soft, _hard)| soft);
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    let all = files.saturating_sub(RESERVED_FILES).max(files / 4);
    (all / workers.max(1)).clamp(1, MAX_CONNECTIONS_PER_WORKER)
}
