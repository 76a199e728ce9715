//! The two HTTP servers, public and ops, from their sockets to a clean shutdown.
//!
//! The ops server runs from the beginning to the end, so that whoever starts the service sees what it is doing. The public one
//! takes connections when requests can be answered.

mod console;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_server::{Server, ServerHandle};
use actix_tls::accept::max_concurrent_tls_connect;
use actix_web::rt::task::JoinHandle;
use actix_web::{App as ActixApp, web};
use nix::sys::resource::{Resource, getrlimit};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::api::ops::Status;
use crate::api::{self, ops};
use crate::app::{App, ForwardedHeader, Settings};
use crate::housekeeping;
use crate::replica::{Feed, Heartbeat};
use crate::telemetry::Telemetry;
use crate::telemetry::trace::Traces;
use crate::webhooks;
use crate::wire::certificate::ServedCertificate;
use crate::wire::connection::{self, Http, RefuseHead, Timeouts};
use crate::wire::front::{Front, FrontSettings, Taken, Unanswered};
use crate::wire::listener::{BoundSocket, take_no_more};
use crate::wire::malformed;
use crate::wire::peer::{ProxyHeader, TrustedProxies};

pub use console::ConsoleOptions;
use console::ConsoleServer;

/// Blocking threads of one worker, for files and the names of hosts.
const BLOCKING_THREADS: usize = 8;

/// Open files that are kept from client connections: for the database, the log, the listeners, TLS files and anything else.
const RESERVED_FILES: usize = 128;
/// The usual limit of open files, where it cannot be read.
const DEFAULT_FILES: u64 = 1024;
/// Most connections of one worker, also where the limit of open files allows more.
const MAX_CONNECTIONS_PER_WORKER: usize = 25_000;

/// How long after the last connection was taken its request may still be on its way here.
const SETTLE_TIME: Duration = Duration::from_millis(250);

/// How long the end waits at most for the last spans to arrive.
const FLUSH_LIMIT: Duration = Duration::from_secs(2);

/// How to serve.
pub struct Options {
    /// The public socket.
    pub socket: BoundSocket,
    /// The certificate that it shows; `None`: it speaks plain HTTP.
    pub certificate: Option<Arc<ServedCertificate>>,
    /// Worker threads; 0 means one for each core.
    pub workers: usize,
    /// How long everything is still served after the service was told to stop, while readiness says that it stops.
    pub shutdown_delay: Duration,
    /// How long requests in flight then get to finish.
    pub shutdown_grace: Duration,
    /// How long a client may take, on all sockets.
    pub timeouts: Timeouts,
    /// The console, if there is one.
    pub console: Option<ConsoleOptions>,
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

    /// Threads that use the database: the workers, the thread of the background tasks, and that of the console.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.workers() + 1 + usize::from(self.console.is_some())
    }
}

/// The ops server, which runs.
pub struct OpsServer {
    /// What it tells.
    pub status: Arc<Status>,
    /// Where it listens.
    pub address: SocketAddr,
    front: FrontSettings,
    handle: ServerHandle,
    task: JoinHandle<io::Result<()>>,
}

impl OpsServer {
    /// Starts it, for a service that is starting.
    ///
    /// # Errors
    /// When the metrics cannot be registered, or the server cannot be started.
    pub fn start(listener: TcpListener, settings: &Settings, timeouts: Timeouts) -> io::Result<Self> {
        let telemetry = Telemetry::start(&settings.traces).map_err(io::Error::other)?;
        let status = Arc::new(Status::starting(telemetry.clone()));
        let front = FrontSettings {
            metrics: telemetry.metrics,
            traces: telemetry.traces,
            trusted_proxies: Arc::new(trusted_proxies(settings)),
            unrouted: Arc::new(|refused: &Unanswered<'_>| {
                api::unrouted(refused.path, refused.status, refused.words)
            }),
            headers: Arc::new([]),
            logged: api::logged_path,
            draining: status.draining.clone(),
            record: None,
        };
        let data = web::Data::from(Arc::clone(&status));
        // Nobody wants to see the scrapes.
        let ops_front = FrontSettings {
            traces: Traces::default(),
            ..front.clone()
        };
        let app = move || {
            let routes = ActixApp::new().app_data(data.clone()).configure(ops::configure);
            Front::new(
                ops_front.clone(),
                routes,
                Box::new(|request, _| Taken::Left(request)),
            )
        };
        let server = Server::build().workers(1).disable_signals();
        let http = Http::of(&server, timeouts, refuse(&front));
        let address = listener.local_addr()?;
        let server = server
            .listen("ops", listener, move || http.serve(connection::plain(), app()))?
            .run();
        Ok(Self {
            status,
            address,
            front,
            handle: server.handle(),
            task: actix_web::rt::spawn(server),
        })
    }

    /// Ends it, with whatever it is answering.
    pub async fn stop(self) {
        self.handle.stop(false).await;
        let _ = self.task.await;
    }
}

fn trusted_proxies(settings: &Settings) -> TrustedProxies {
    let header = match settings.forwarded_header {
        ForwardedHeader::XForwardedFor => ProxyHeader::XForwardedFor,
        ForwardedHeader::Forwarded => ProxyHeader::Forwarded,
    };
    TrustedProxies::new(&settings.trusted_proxies, header)
}

/// A service that takes connections.
pub struct Serving {
    app: Arc<App>,
    feed: Feed,
    heartbeat: Heartbeat,
    ops: OpsServer,
    certificate: Option<Arc<ServedCertificate>>,
    server: Server,
    console: Option<ConsoleServer>,
    /// The public socket once more, to prepare its end.
    listener: TcpListener,
    /// Where it listens.
    pub address: SocketAddr,
    shutdown_delay: Duration,
    shutdown_grace: Duration,
}

impl Serving {
    /// Joins the other replicas, and takes connections from then on.
    ///
    /// # Errors
    /// When another process listens at the address meanwhile.
    pub async fn start(app: Arc<App>, feed: Feed, ops: OpsServer, mut options: Options) -> io::Result<Self> {
        let mut heartbeat = Heartbeat::new(Arc::clone(&app.oauth), Arc::clone(&app.feed));
        heartbeat.join().await;
        let (shutdown_delay, shutdown_grace) = (options.shutdown_delay, options.shutdown_grace);
        let limits = (options.timeouts, shutdown_grace);
        let console = options.console.take();
        let console = console.map(|console| ConsoleServer::start(&app, &ops.front, console, limits));
        let certificate = options.certificate.clone();
        let (server, listener) = listen(&app, &ops.front, options)?;
        ops.status.set_serving(Arc::clone(&app));
        Ok(Self {
            app,
            feed,
            heartbeat,
            ops,
            certificate,
            server,
            console: console.transpose()?,
            address: listener.local_addr()?,
            listener,
            shutdown_delay,
            shutdown_grace,
        })
    }

    /// Where the ops server listens.
    #[must_use]
    pub fn ops_address(&self) -> SocketAddr {
        self.ops.address
    }

    /// Where the console listens, if there is one.
    #[must_use]
    pub fn console_address(&self) -> Option<SocketAddr> {
        self.console.as_ref().map(|console| console.address)
    }

    /// Serves until `stop`. Then it goes on serving for a while, if it is told to, drains requests in flight, records the
    /// pending use of secrets, and closes the database.
    pub async fn run_until(self, stop: CancellationToken) -> io::Result<()> {
        let app = self.app;
        let background = CancellationToken::new();
        let beating = actix_web::rt::spawn(self.heartbeat.run(background.clone()));
        let feeding = actix_web::rt::spawn(self.feed.run(background.clone()));
        if let Some(certificate) = self.certificate {
            let metrics = Arc::clone(&self.ops.status.telemetry.metrics);
            actix_web::rt::spawn(certificate.keep_current(metrics, background.clone()));
        }
        let chores = actix_web::rt::spawn(housekeeping::run(Arc::clone(&app), background.clone()));
        // It begins nothing new once requests are drained, and has as long as they to finish.
        let delivering = webhooks::run(Arc::clone(&app.webhooks), stop.clone(), self.shutdown_grace);
        let delivering = actix_web::rt::spawn(delivering);

        let (handle, draining) = (self.server.handle(), self.ops.status.draining.clone());
        let console = self
            .console
            .map(|console| (console.server.handle(), console.server));
        let console_task = console.map(|(handle, server)| (handle, actix_web::rt::spawn(server)));
        let stopping = async {
            stop.cancelled().await;
            draining.begin();
            sleep(self.shutdown_delay).await;
            // Without such a filter, a connection that comes in the moment of the end is reset.
            let _ = take_no_more(&self.listener);
            drop(self.listener);
            sleep(SETTLE_TIME).await;
            handle.stop(true).await;
        };
        let (served, ()) = tokio::join!(self.server, stopping);
        if let Some((handle, task)) = console_task {
            handle.stop(true).await;
            let _ = task.await;
        }
        let traces = self.ops.status.telemetry.traces.clone();
        self.ops.stop().await;
        // The workers are gone, and with them the event loops of their database connections.
        app.db.discard_connections();
        background.cancel();
        let _ = tokio::join!(feeding, chores, delivering, beating);
        app.db.close();
        traces.flush(FLUSH_LIMIT).await;
        served
    }
}

/// The public server, and its socket once more.
fn listen(app: &Arc<App>, front: &FrontSettings, options: Options) -> io::Result<(Server, TcpListener)> {
    let data = web::Data::from(Arc::clone(app));
    let server = web::Data::from(Arc::clone(&app.oauth));
    let refused_by = front.clone();
    let front = FrontSettings {
        record: Some(api::record_refusals(
            Arc::clone(&app.refusals),
            Arc::clone(&app.clients),
        )),
        ..front.clone()
    };
    let (workers, timeouts) = (options.workers(), options.timeouts);
    let public_app = move || {
        server.limits.connect_thread();
        let routes = ActixApp::new()
            .app_data(data.clone())
            .app_data(server.clone())
            .configure(api::configure);
        Front::new(front.clone(), routes, api::past_router(data.clone()))
    };
    let connections = connections_per_worker(workers);
    // actix allows 256 handshakes at a time by default: as many clients that send nothing would keep all others out.
    max_concurrent_tls_connect(connections);
    let public = Server::build()
        .workers(workers)
        .max_concurrent_connections(connections)
        .worker_max_blocking_threads(BLOCKING_THREADS)
        .shutdown_timeout(options.shutdown_grace.as_secs())
        .disable_signals();
    let http = Http::of(&public, timeouts, refuse(&refused_by));
    let listener = options.socket.listen()?;
    let same_listener = listener.try_clone()?;
    let public = match &options.certificate {
        Some(certificate) => {
            let tls = certificate.server_config().map_err(io::Error::other)?;
            public.listen("public", listener, move || {
                http.serve(connection::tls(tls.clone(), timeouts), public_app())
            })?
        }
        None => public.listen("public", listener, move || {
            http.serve(connection::plain(), public_app())
        })?,
    };
    Ok((public.run(), same_listener))
}

/// Answers what is no request.
fn refuse(front: &FrontSettings) -> RefuseHead {
    let front = front.clone();
    Arc::new(move |head| malformed::respond(&front, head))
}

/// As many connections as the limit of open files allows. A connection beyond that waits until another one ends; it would
/// otherwise take the file that a database connection needs.
fn connections_per_worker(workers: usize) -> usize {
    let files = getrlimit(Resource::RLIMIT_NOFILE).map_or(DEFAULT_FILES, |(soft, _hard)| soft);
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    let all = files.saturating_sub(RESERVED_FILES).max(files / 4);
    (all / workers.max(1)).clamp(1, MAX_CONNECTIONS_PER_WORKER)
}
