//! The server of the console: one thread of its own, so that pages never keep a token request waiting.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_http::Request;
use actix_server::Server;
use actix_web::{App as ActixApp, web};

use super::refuse;
use crate::api::console::{self, Console, ConsoleSettings};
use crate::app::App;
use crate::wire::connection::{self, Http, Timeouts};
use crate::wire::front::{Front, FrontSettings, Taken, Unanswered};
use crate::wire::listener::BoundSocket;
use crate::wire::request_context::RequestContext;

/// Most connections at once: browsers of admins, six each.
const MAX_CONNECTIONS: usize = 500;

/// Where the console listens, and what it is told from outside.
pub struct ConsoleOptions {
    /// Its socket.
    pub socket: BoundSocket,
    /// What it is told from outside.
    pub settings: ConsoleSettings,
}

/// The console, which runs.
pub(super) struct ConsoleServer {
    pub address: SocketAddr,
    pub server: Server,
}

impl ConsoleServer {
    /// Starts it; `front` is that of the ops server.
    pub(super) fn start(
        app: &Arc<App>,
        front: &FrontSettings,
        options: ConsoleOptions,
        (timeouts, grace): (Timeouts, Duration),
    ) -> io::Result<Self> {
        let address = options.socket.local_addr()?;
        let listener = options.socket.listen()?;
        let console = Arc::new(Console::new(options.settings, &app.clock));
        let (unrouted_by, clock) = (Arc::clone(&console), app.clock.clone());
        let front = FrontSettings {
            unrouted: Arc::new(move |refused: &Unanswered<'_>| {
                console::unrouted(&unrouted_by, refused, clock.now())
            }),
            headers: console.url().headers().into(),
            logged: |path| path,
            ..front.clone()
        };
        let refused_by = refuse(&front);
        let draining = web::Data::new(front.draining.clone());
        let (data, console) = (web::Data::from(Arc::clone(app)), web::Data::from(console));
        let service = move || {
            let (hosts, routes) = (console.clone(), console.clone());
            let routes = ActixApp::new()
                .app_data(data.clone())
                .app_data(console.clone())
                .app_data(draining.clone())
                .configure(move |config| console::configure_for(&routes, config));
            let by_host = move |request: Request, _: &RequestContext| {
                let refused = console::refuse_other_hosts(&hosts, request.head());
                Taken::at_once(request, refused)
            };
            Front::new(front.clone(), routes, Box::new(by_host))
        };
        let server = Server::build()
            .workers(1)
            .max_concurrent_connections(MAX_CONNECTIONS)
            .shutdown_timeout(grace.as_secs())
            .disable_signals();
        let http = Http::of(&server, timeouts, refused_by);
        let server = server
            .listen("console", listener, move || {
                http.serve(connection::plain(), service())
            })?
            .run();
        Ok(Self { address, server })
    }
}
