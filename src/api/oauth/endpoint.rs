//! The endpoints that take a form: one list, from which the router and the way past it are made.

use actix_http::Request;
use actix_web::dev::{Payload, RequestHead};
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use strum::VariantArray;

use super::error::Error;
use super::presented::{self, OAuthRequest};
use super::{introspect, revoke, token};
use crate::app::App;
use crate::wire::form::Form;
use crate::wire::request_context::RequestContext;

/// An endpoint that takes a form, by POST. Those that are called most come first: the router looks in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, VariantArray)]
pub enum Endpoint {
    /// Tokens, as Talentsoft asks for them.
    Token,
    /// Tokens, as the RFCs write it.
    ConnectToken,
    /// Introspection.
    Introspect,
    /// Revocation.
    Revoke,
}

/// Registers the endpoints.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    for endpoint in Endpoint::VARIANTS.iter().copied() {
        let handler = move |app: web::Data<App>, request: HttpRequest, payload: web::Payload| async move {
            let context = RequestContext::of(&request);
            let payload = payload.into_inner();
            endpoint.answer(&app, request.head(), payload, &context).await
        };
        config.service(web::resource(endpoint.path()).post(handler));
    }
}

impl Endpoint {
    /// The endpoint that a request is for; `None`: none of these, or the path is not written as it is here.
    #[must_use]
    pub fn of(request: &RequestHead) -> Option<Self> {
        let path = request.uri.path();
        let mut endpoints = Self::VARIANTS.iter().copied();
        endpoints.find(|endpoint| request.method == Method::POST && endpoint.path() == path)
    }

    /// Its path.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Token => "/token",
            Self::ConnectToken => "/connect/token",
            Self::Introspect => "/introspect",
            Self::Revoke => "/revoke",
        }
    }

    /// Answers a request that did not go through the router.
    pub async fn answer_unrouted(
        self,
        app: web::Data<App>,
        mut request: Request,
        context: RequestContext,
    ) -> (Request, HttpResponse) {
        let payload = request.take_payload();
        let response = self.answer(&app, request.head(), payload, &context).await;
        (request, response)
    }

    async fn answer(
        self,
        app: &App,
        head: &RequestHead,
        payload: Payload,
        context: &RequestContext,
    ) -> HttpResponse {
        let answered = self.try_answer(app, head, payload, context).await;
        answered.unwrap_or_else(|error| error.error_response())
    }

    async fn try_answer(
        self,
        app: &App,
        head: &RequestHead,
        payload: Payload,
        context: &RequestContext,
    ) -> Result<HttpResponse, Error> {
        let body = presented::read_body(head, payload).await?;
        let request = OAuthRequest {
            app,
            head,
            context,
            form: Form::parse(&body)?,
        };
        match self {
            Self::Token => token::post_token(&request).await,
            Self::ConnectToken => token::post_connect_token(&request).await,
            Self::Introspect => introspect::post_introspect(&request).await,
            Self::Revoke => Box::pin(revoke::post_revoke(&request)).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The size of what a function of these parameters awaits.
    fn size_awaited<F>(_: impl Fn(Endpoint, web::Data<App>, Request, RequestContext) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn what_each_request_allocates_while_it_is_answered_is_small() {
        // Each request has one, on the heap, where it is moved once: what is awaited seldom has a box of its own.
        let size = size_awaited(Endpoint::answer_unrouted);
        assert!(size <= 2_048, "{size} bytes");
    }
}
