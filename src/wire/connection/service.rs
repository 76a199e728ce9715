//! From an accepted socket to the service that handles its requests.

use std::fmt::Debug;
use std::future::ready;
use std::rc::Rc;
use std::sync::Arc;
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
use tokio::time::sleep;

use super::Timeouts;
use super::refusal::RefuseHead;
use super::state::{InFlight, ResponseBody};
use super::timed_socket::{Socket, TimedSocket};

/// How long the rest of a request's body is read and dropped after a response that did not need it: if the socket were closed
/// while bytes arrive, the kernel would reset the connection and the client would lose the response.
const LINGER: Duration = Duration::from_secs(1);

/// How long a connection that waits for a request goes on at the end of the server. Its request may be on its way: whoever made
/// the connection a moment ago, or asks once more on it, would not know whether that was done. Less than the second after which
/// a worker looks whether its connections are gone, so nothing ends later for it.
const LATE: Duration = Duration::from_millis(800);

/// HTTP/1.1 as this service speaks it.
///
/// HTTP/2 is not offered: a client could hold any number of responses on one connection by not opening their windows, each
/// with its chunk of a report, and actix limits neither their number nor their time.
#[derive(Clone)]
pub struct Http {
    timeouts: Timeouts,
    /// Answers what is no request.
    refuse: RefuseHead,
    /// [`LATE`] after it is given, connections are closed, with a response in flight after that.
    draining: GracefulShutdownSignal,
}

/// Ends [`LATE`] after `end_begins`.
async fn after_late_requests(end_begins: impl Future<Output = ()>) {
    end_begins.await;
    sleep(LATE).await;
}

/// Serves accepted sockets without TLS.
#[must_use]
pub fn plain() -> impl ServiceFactory<TcpStream, Config = (), Response = TcpStream, Error = (), InitError = ()>
{
    fn_service(|socket: TcpStream| ready(Ok(socket)))
}

/// Serves accepted sockets with TLS. A handshake may take [`Timeouts::head`].
#[must_use]
pub fn tls(mut config: ServerConfig, timeouts: Timeouts) -> Acceptor {
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let mut acceptor = Acceptor::new(config);
    acceptor.set_handshake_timeout(timeouts.head);
    acceptor
}

impl Http {
    /// HTTP for the connections of `server`; `refuse` answers what is no request.
    #[must_use]
    pub fn of(server: &ServerBuilder, timeouts: Timeouts, refuse: RefuseHead) -> Self {
        Self {
            timeouts,
            refuse,
            draining: server.graceful_shutdown_signal(),
        }
    }

    /// Handles requests by `app`: an actix `App` or a service around one, as for `HttpServer::new`.
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
            let in_flight = InFlight::begin(&request);
            let handling = app.call(request);
            async move {
                let response: Response<B> = handling.await?.into();
                Ok(response.map_body(|_head, body| ResponseBody::new(body, in_flight)))
            }
        })
        .map_err(|error: S::Error| Response::from(error.into()));
        let (timeouts, draining, refuse) = (self.timeouts, self.draining.clone(), Arc::clone(&self.refuse));
        let http = HttpService::build()
            // The socket limits idle time and later heads.
            .keep_alive(KeepAlive::Os)
            .client_request_timeout(timeouts.head)
            .client_disconnect_timeout(LINGER)
            .graceful_shutdown_signal(move || {
                let draining = draining.clone();
                async move { after_late_requests(draining.notified()).await }
            })
            .on_connect_ext(|socket: &TimedSocket<A::Response>, extensions| {
                extensions.insert(Rc::clone(socket.state()));
            })
            .finish(map_config(app, |()| AppConfig::default()));
        // actix-server ignores the error of a connection, so it is dropped here.
        connections
            .map(move |socket: A::Response| {
                let peer = socket.peer();
                (
                    TimedSocket::new(socket, timeouts, Arc::clone(&refuse)),
                    Protocol::Http1,
                    peer,
                )
            })
            .map_err(|_| ())
            .and_then(http.map_err(|_| ()))
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::time::{Instant, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_that_is_on_its_way_at_the_end_has_time_to_arrive() {
        let began = Instant::now();
        after_late_requests(ready(())).await;
        assert_eq!(began.elapsed(), LATE);
        assert!(LATE < Duration::from_secs(1));
        assert!(
            timeout(Duration::from_mins(1), after_late_requests(pending()))
                .await
                .is_err()
        );
    }
}
