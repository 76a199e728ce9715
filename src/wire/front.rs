//! What stands in front of the router: each request's id, its log line and its metrics, a body for errors that have none,
//! and a way past the router for what is asked most often.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use actix_http::Request;
use actix_service::{IntoServiceFactory, Service, ServiceFactory, forward_ready};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{AppConfig, RequestHead, Response, ServiceResponse};
use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::{Error, HttpMessage, HttpResponse};

use super::draining::Draining;
use super::peer::TrustedProxies;
use super::refused::{Recorded, Refused};
use super::request_context::{AccessLogLine, RequestContext};
use super::request_span::{self, AnsweredRequest};
use super::response_headers::write_headers;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::request_metrics::{Answered, RequestMetrics};
use crate::telemetry::trace::Traces;

/// Answers a request without the router, or leaves it to the router.
///
/// Routing a request, and holding what handlers may want of it, costs as much as checking a token
/// (`docs/PERFORMANCE.md`). Every request that is answered here must have a route too.
pub type Shortcut = Box<dyn Fn(Request, &RequestContext) -> Taken>;

/// What a shortcut makes of a request. Answers come with the pattern of the route.
pub enum Taken {
    /// It is answered.
    Answered(Request, HttpResponse, &'static str),
    /// It will be answered, when its body is there for instance.
    Answering(Answering, &'static str),
    /// The router answers it.
    Left(Request),
}

impl Taken {
    /// Of a request that is answered at once, or not at all.
    #[must_use]
    pub fn at_once(request: Request, answer: Option<(HttpResponse, &'static str)>) -> Self {
        match answer {
            Some((response, route)) => Self::Answered(request, response, route),
            None => Self::Left(request),
        }
    }
}

/// A response that is awaited, and the request that it answers.
pub type Answering = Pin<Box<dyn Future<Output = (Request, HttpResponse)>>>;

/// What is refused without a body: 404, 405, and what is no request.
pub struct Unanswered<'a> {
    /// What is known of the request.
    pub context: &'a RequestContext,
    /// Its path.
    pub path: &'a str,
    /// Its header fields, if it is a request.
    pub headers: Option<&'a HeaderMap>,
    /// The status that it is answered with.
    pub status: StatusCode,
    /// What is wrong, where that is known better than by the status.
    pub words: Option<&'static str>,
}

/// Makes the response for what is refused without a body, in the dialect of the path.
pub type Unrouted = Arc<dyn Fn(&Unanswered<'_>) -> HttpResponse + Send + Sync>;

/// As much of a path as the log may hold: paths of some routes name a person.
pub type LoggedPath = fn(path: &str) -> &str;

/// A request that was refused, for who records why.
pub struct RefusedRequest<'a> {
    /// What is known of it.
    pub context: &'a RequestContext,
    /// Why.
    pub refused: &'a Refused,
    /// Its method.
    pub method: &'a Method,
    /// Finds the pattern of the route that it matched, if any.
    pub route: &'a dyn Fn() -> Option<String>,
    /// The status that it was answered with.
    pub status: u16,
}

/// Records a refusal. It is called by the thread that answers, so it must be quick and wait for nothing.
pub type RecordRefusal = Arc<dyn Fn(&RefusedRequest<'_>) + Send + Sync>;

/// What the front needs to know of its application.
#[derive(Clone)]
pub struct FrontSettings {
    /// Where requests are counted.
    pub metrics: Arc<Metrics>,
    /// Where the spans of requests go.
    pub traces: Traces,
    /// Whose word is taken for where a request comes from.
    pub trusted_proxies: Arc<TrustedProxies>,
    /// Answers what the router refuses.
    pub unrouted: Unrouted,
    /// Header fields that every response has unless it has them already.
    pub headers: Arc<[(HeaderName, HeaderValue)]>,
    /// As much of a path as the log may hold.
    pub logged: LoggedPath,
    /// While the service is going down, every response is the last on its connection.
    pub draining: Draining,
    /// Records refusals; `None`: nobody does.
    pub record: Option<RecordRefusal>,
}

/// The front of an application: a factory that makes the service of each worker.
pub struct Front<F> {
    router: F,
    settings: FrontSettings,
    shortcut: Rc<Shortcut>,
}

impl<F> Front<F>
where
    F: ServiceFactory<Request>,
{
    /// Puts a front before `router`. `shortcut` may answer requests without it.
    pub fn new(
        settings: FrontSettings,
        router: impl IntoServiceFactory<F, Request>,
        shortcut: Shortcut,
    ) -> Self {
        Self {
            router: router.into_factory(),
            settings,
            shortcut: Rc::new(shortcut),
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
        let finish = Finish {
            settings: self.settings.clone(),
            request_metrics: RequestMetrics::default(),
        };
        let shortcut = Rc::clone(&self.shortcut);
        Box::pin(async move {
            Ok(FrontService {
                router: router.await?,
                finish: Rc::new(finish),
                shortcut,
            })
        })
    }
}

/// The front of one worker.
pub struct FrontService<S> {
    router: S,
    finish: Rc<Finish>,
    shortcut: Rc<Shortcut>,
}

impl<S> Service<Request> for FrontService<S>
where
    S: Service<Request, Response = ServiceResponse, Error = Error>,
    S::Future: Unpin,
{
    type Response = Response<BoxBody>;
    type Error = Error;
    type Future = FrontFuture<S::Future>;

    forward_ready!(router);

    fn call(&self, request: Request) -> Self::Future {
        let began = Instant::now();
        let FrontSettings {
            trusted_proxies,
            traces,
            ..
        } = &self.finish.settings;
        let context = RequestContext::begin(request.head(), trusted_proxies, traces);
        let _entered = context.enter();
        let request = match (self.shortcut)(request, &context) {
            Taken::Answered(request, mut response, route) => {
                let route = || Some(route.to_owned());
                self.finish
                    .complete(&mut response, request.head(), route, &context, began);
                return FrontFuture(FrontState::Answered(Some(response.into())));
            }
            Taken::Answering(answer, route) => {
                return FrontFuture(FrontState::Answering(route, self.awaited(answer, context, began)));
            }
            Taken::Left(request) => request,
        };
        request.extensions_mut().insert(context.clone());
        let answer = self.router.call(request);
        FrontFuture(FrontState::Routed(self.awaited(answer, context, began)))
    }
}

impl<S> FrontService<S> {
    fn awaited<A>(&self, answer: A, context: RequestContext, began: Instant) -> Awaited<A> {
        Awaited {
            answer,
            finish: Rc::clone(&self.finish),
            context,
            began,
        }
    }
}

/// The response of the front.
pub struct FrontFuture<A>(FrontState<A>);

enum FrontState<A> {
    /// The shortcut has answered; `None` once the response was taken.
    Answered(Option<Response<BoxBody>>),
    /// The shortcut is working on it, by this route.
    Answering(&'static str, Awaited<Answering>),
    /// The router is working on it.
    Routed(Awaited<A>),
}

/// An answer that is awaited, and what completes it.
struct Awaited<A> {
    answer: A,
    finish: Rc<Finish>,
    context: RequestContext,
    began: Instant,
}

impl<A> Future for FrontFuture<A>
where
    A: Future<Output = Result<ServiceResponse, Error>> + Unpin,
{
    type Output = Result<Response<BoxBody>, Error>;

    fn poll(self: Pin<&mut Self>, waker: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.get_mut().0 {
            FrontState::Answered(response) => response
                .take()
                .map_or(Poll::Pending, |response| Poll::Ready(Ok(response))),
            FrontState::Answering(route, awaited) => {
                let _entered = awaited.context.enter();
                let (request, mut response) = ready!(awaited.answer.as_mut().poll(waker));
                let route = || Some((*route).to_owned());
                awaited.complete(&mut response, request.head(), route);
                Poll::Ready(Ok(response.into()))
            }
            FrontState::Routed(awaited) => {
                let _entered = awaited.context.enter();
                // Handlers and resources turn their errors into responses; only a middleware could fail, and there is none.
                let (request, mut response) = ready!(Pin::new(&mut awaited.answer).poll(waker))?.into_parts();
                let route = || request.match_pattern();
                awaited.complete(&mut response, request.head(), route);
                Poll::Ready(Ok(response.into()))
            }
        }
    }
}

impl<A> Awaited<A> {
    fn complete(
        &self,
        response: &mut HttpResponse,
        request: &RequestHead,
        route: impl Fn() -> Option<String>,
    ) {
        self.finish
            .complete(response, request, route, &self.context, self.began);
    }
}

/// Completes responses for one worker: their common headers, their metrics and their line in the access log.
struct Finish {
    settings: FrontSettings,
    request_metrics: RequestMetrics,
}

impl Finish {
    /// Completes a response, counts it, and writes its line. `route` is called only if the series of the path is not known, or
    /// a refusal is recorded.
    fn complete(
        &self,
        response: &mut HttpResponse,
        request: &RequestHead,
        route: impl Fn() -> Option<String>,
        context: &RequestContext,
        began: Instant,
    ) {
        let path = request.uri.path();
        let refused = response.extensions_mut().remove::<Refused>();
        self.give_body(response, request, context);
        write_headers(response, &self.settings.headers, context, refused.as_ref());
        if self.settings.draining.has_begun() {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        let (status, elapsed) = (response.status().as_u16(), began.elapsed());
        let metrics = &self.settings.metrics;
        let answer = Answered {
            status,
            elapsed,
            sampled: context.sampled(),
        };
        self.request_metrics.observe(metrics, path, &route, &answer);
        count(metrics, context, refused.as_ref());
        let path = (self.settings.logged)(path);
        if context.span().is_some() {
            request_span::end(
                context,
                &AnsweredRequest {
                    head: request,
                    route: route().as_deref(),
                    path,
                    status,
                    refused: refused.as_ref(),
                },
            );
        }
        context.write_line(&AccessLogLine {
            method: request.method.as_str(),
            path,
            status,
            elapsed,
            refused: refused.as_ref(),
        });
        if let (Some(refused), Some(record)) = (&refused, &self.settings.record)
            && refused.recorded != Recorded::No
        {
            record(&RefusedRequest {
                context,
                refused,
                method: &request.method,
                route: &route,
                status,
            });
        }
    }

    /// Gives a body, in the dialect of the path, to errors that actix answers by itself without one (404, 405).
    fn give_body(&self, response: &mut HttpResponse, request: &RequestHead, context: &RequestContext) {
        let status = response.status();
        if !(status.is_client_error() || status.is_server_error())
            || response.headers().contains_key(CONTENT_TYPE)
            || !matches!(response.body().size(), BodySize::None | BodySize::Sized(0))
        {
            return;
        }
        let unanswered = Unanswered {
            context,
            path: request.uri.path(),
            headers: Some(&request.headers),
            status,
            words: None,
        };
        let bare = std::mem::replace(response, (self.settings.unrouted)(&unanswered));
        for (name, value) in bare.headers() {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
}

/// Counts refusals of the guard, and the outcomes of token requests.
fn count(metrics: &Metrics, context: &RequestContext, refused: Option<&Refused>) {
    if let Some(client_id) = refused.and_then(|refused| refused.client_id.as_ref()) {
        context.note_client(client_id);
    }
    if let Some(refused) = refused.filter(|refused| refused.is_by_guard) {
        metrics.access_refusals.inc([refused.reason]);
    }
    if let Some(grant) = context.grant() {
        let outcome = refused.map_or("issued", |refused| refused.reason);
        metrics.token_requests.inc([grant, outcome]);
    }
}
