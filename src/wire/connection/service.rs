//! The way from a connection to a service of requests.

use std::fmt::Debug;
use std::future::ready;
use std::rc::Rc;
use std::time::Duration;

use actix_http::{HttpService, KeepAlive, Protocol, Request, Response};
use actix_server::{GracefulShutdownSignal, ServerBuilder};
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, apply_fn_factory, fn_service,
    map_config,
};
use actix_tls::accept::rustls_0_23::Acceptor;
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::AppConfig;
use rustls::ServerConfig;
use tokio::net::TcpStream;

use super::Timeouts;
use super::activity::{AnswerBody, Turn};
use super::deadlined::{Deadlined, Socket};

/// How long what still comes is read and dropped where an answer did not need the body of its request: a connection that is
/// closed over it would take the answer away.
const LINGER: Duration = Duration::from_secs(1);

/// HTTP/1.1 as this service speaks it.
///
/// Not HTTP/2: any number of answers can be held on one connection of it by not opening their windows, each with its chunk
/// of a report, and actix limits neither their number nor their time.
#[derive(Clone)]
pub struct Http {
    timeouts: Timeouts,
    /// After it no connection is kept for a next request.
    draining: GracefulShutdownSignal,
}

/// Connections that are sockets as they come.
#[must_use]
pub fn plain() -> impl ServiceFactory<TcpStream, Config = (), Response = TcpStream, Error = (), InitError = ()>
{
    fn_service(|socket: TcpStream| ready(Ok(socket)))
}

/// Connections with TLS. The time for a handshake is that for a head.
#[must_use]
pub fn tls(mut config: ServerConfig, timeouts: Timeouts) -> Acceptor {
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let mut acceptor = Acceptor::new(config);
    acceptor.set_handshake_timeout(timeouts.head);
    acceptor
}

impl Http {
    /// On the connections of `server`, within `timeouts`.
    #[must_use]
    pub fn of(server: &ServerBuilder, timeouts: Timeouts) -> Self {
        Self {
            timeouts,
            draining: server.graceful_shutdown_signal(),
        }
    }

    /// Serves requests by `app`, which is what `HttpServer::new` takes too: an `App`, or a service of requests around one.
    pub fn serve<T, A, I, S, B>(
        &self,
        connections: A,
        app: I,
    ) -> impl ServiceFactory<T, Config = ()> + use<T, A, I, S, B>
    where
        A: ServiceFactory<T, Config = (), Response: Socket + 'static, InitError = ()>,
        I: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig> + 'static,
        S::Service: 'static,
        <S::Service as Service<Request>>::Future: 'static,
        S::InitError: Debug,
        S::Response: Into<Response<B>>,
        S::Error: Into<Error>,
        B: MessageBody + Unpin + 'static,
    {
        let app = apply_fn_factory(app.into_factory(), |request: Request, app: &S::Service| {
            let turn = Turn::begin(&request);
            let answering = app.call(request);
            async move {
                let answer: Response<B> = answering.await?.into();
                Ok(answer.map_body(|_head, body| AnswerBody::new(body, turn)))
            }
        })
        .map_err(|error: S::Error| Response::from(error.into()));
        let (timeouts, draining) = (self.timeouts, self.draining.clone());
        let http = HttpService::build()
            // Idle connections and later heads are the socket's matter.
            .keep_alive(KeepAlive::Os)
            .client_request_timeout(timeouts.head)
            .client_disconnect_timeout(LINGER)
            .graceful_shutdown_signal(move || {
                let draining = draining.clone();
                async move { draining.notified().await }
            })
            .on_connect_ext(|socket: &Deadlined<A::Response>, extensions| {
                extensions.insert(Rc::clone(socket.activity()));
            })
            .finish(map_config(app, |()| AppConfig::default()));
        // Why a connection ended is nobody's concern.
        connections
            .map(move |socket: A::Response| {
                let peer = socket.peer();
                (Deadlined::new(socket, timeouts), Protocol::Http1, peer)
            })
            .map_err(|_| ())
            .and_then(http.map_err(|_| ()))
    }
}
