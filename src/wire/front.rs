//! What stands in front of the router: each request's id, its log line and its metrics, a body for errors that have none,
//! and a way past the router for what is asked most often.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use actix_http::Request;
use actix_service::{IntoServiceFactory, Service, ServiceFactory, forward_ready};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{AppConfig, RequestHead, Response, ServiceResponse};
use actix_web::http::header::{CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use actix_web::{Error, HttpMessage, HttpResponse, web};

use super::meters::Meters;
use super::peer::client_address;
use super::problem::{PROBLEM_JSON, Problem};
use super::request_log::{Line, REQUEST_ID_HEADER, RequestContext};
use crate::app::App;

/// Answers a request if it can do so at once; `None`: the router is asked, as if this had not been.
///
/// Routing a request, and holding what handlers may want of it, costs as much as checking a token
/// (`docs/PERFORMANCE.md`). What is answered here must be a route of the router too.
pub type Shortcut = fn(&web::Data<App>, &RequestHead, &RequestContext) -> Option<HttpResponse>;

/// Lets no request past the router.
#[must_use]
pub fn no_shortcut(_: &web::Data<App>, _: &RequestHead, _: &RequestContext) -> Option<HttpResponse> {
    None
}

/// A front for this application: makes the service of one worker.
pub struct Front<F> {
    router: F,
    app: web::Data<App>,
    shortcut: Shortcut,
}

impl<F> Front<F>
where
    F: ServiceFactory<Request>,
{
    /// Before these routes.
    pub fn new(app: web::Data<App>, router: impl IntoServiceFactory<F, Request>, shortcut: Shortcut) -> Self {
        Self {
            router: router.into_factory(),
            app,
            shortcut,
        }
    }
}

impl<F> ServiceFactory<Request> for Front<F>
where
    F: ServiceFactory<Request, Config = AppConfig, Response = ServiceResponse, Error = Error>,
    F::Future: 'static,
    <F::Service as Service<Request>>::Future: Unpin,
{
    type Response = Response<BoxBody>;
    type Error = Error;
    type Config = AppConfig;
    type Service = FrontService<F::Service>;
    type InitError = F::InitError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Service, Self::InitError>>>>;

    fn new_service(&self, config: AppConfig) -> Self::Future {
        let router = self.router.new_service(config);
        let desk = Desk {
            app: self.app.clone(),
            meters: Meters::default(),
        };
        let shortcut = self.shortcut;
        Box::pin(async move {
            Ok(FrontService {
                router: router.await?,
                desk: Rc::new(desk),
                shortcut,
            })
        })
    }
}

/// The front at work.
pub struct FrontService<S> {
    router: S,
    desk: Rc<Desk>,
    shortcut: Shortcut,
}

impl<S> Service<Request> for FrontService<S>
where
    S: Service<Request, Response = ServiceResponse, Error = Error>,
    S::Future: Unpin,
{
    type Response = Response<BoxBody>;
    type Error = Error;
    type Future = Answering<S::Future>;

    forward_ready!(router);

    fn call(&self, request: Request) -> Self::Future {
        let began = Instant::now();
        let trace = RequestContext::begin(request.head());
        if let Some(mut response) = (self.shortcut)(&self.desk.app, request.head(), &trace) {
            let route = || Some(request.path().to_owned());
            self.desk
                .conclude(&mut response, request.head(), route, &trace, began);
            return Answering(Way::Past(Some(response.into())));
        }
        request.extensions_mut().insert(trace.clone());
        Answering(Way::Routed(Routed {
            answer: self.router.call(request),
            desk: Rc::clone(&self.desk),
            trace,
            began,
        }))
    }
}

/// The way to an answer.
pub struct Answering<A>(Way<A>);

enum Way<A> {
    /// Past the router: answered already, until it is taken.
    Past(Option<Response<BoxBody>>),
    Routed(Routed<A>),
}

struct Routed<A> {
    answer: A,
    desk: Rc<Desk>,
    trace: RequestContext,
    began: Instant,
}

impl<A> Future for Answering<A>
where
    A: Future<Output = Result<ServiceResponse, Error>> + Unpin,
{
    type Output = Result<Response<BoxBody>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.get_mut().0 {
            Way::Past(response) => response
                .take()
                .map_or(Poll::Pending, |response| Poll::Ready(Ok(response))),
            Way::Routed(routed) => {
                // Handlers and resources answer their own errors; only a middleware could fail, and there is none.
                let (request, mut response) =
                    ready!(Pin::new(&mut routed.answer).poll(context))?.into_parts();
                let route = || request.match_pattern();
                routed
                    .desk
                    .conclude(&mut response, request.head(), route, &routed.trace, routed.began);
                Poll::Ready(Ok(response.into()))
            }
        }
    }
}

/// What one worker needs to let an answer go.
struct Desk {
    app: web::Data<App>,
    meters: Meters,
}

impl Desk {
    /// Completes the answer, counts it, and writes its line. `route` is asked only when it is not known for the path.
    fn conclude(
        &self,
        response: &mut HttpResponse,
        request: &RequestHead,
        route: impl FnOnce() -> Option<String>,
        trace: &RequestContext,
        began: Instant,
    ) {
        explain_empty_error(response);
        let headers = response.headers_mut();
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Ok(value) = HeaderValue::from_str(trace.request_id()) {
            headers.insert(REQUEST_ID_HEADER, value);
        }
        let (status, elapsed) = (response.status().as_u16(), began.elapsed());
        let path = request.uri.path();
        self.meters
            .observe(&self.app.metrics, path, route, status, elapsed);
        trace.write_line(&Line {
            method: request.method.as_str(),
            path,
            status,
            elapsed,
            address: client_address(request, &self.app.service.trusted_proxies),
        });
    }
}

/// Errors that actix answers by itself (404, 405, …) have no body: they get a problem.
fn explain_empty_error(response: &mut HttpResponse) {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error())
        || response.headers().contains_key(CONTENT_TYPE)
        || !matches!(response.body().size(), BodySize::None | BodySize::Sized(0))
    {
        return;
    }
    let problem = Problem::of_status(status).to_json();
    let bare = std::mem::replace(response, HttpResponse::new(status));
    *response = bare.set_body(BoxBody::new(problem));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
}
