//! The spans of deliveries: one for each attempt, in the trace of the request that caused the event, which the outbox keeps;
//! and in it one for the request to the receiver, which can go on with it.

use std::pin::pin;

use reqwest::{RequestBuilder, Response};
use url::Url;

use super::Webhooks;
use super::event::DueEvent;
use crate::telemetry::trace::{self, Attribute, InSpan, Kind, Span};

/// Runs an attempt in a span of its own. `attempt` answers what came of it, by its name in the metrics, if that is known.
pub(super) async fn in_delivery_span(
    webhooks: &Webhooks,
    event: &DueEvent,
    attempt: impl Future<Output = Option<&'static str>>,
) {
    let name = match event.destination {
        super::Destination::Callback => "deliver callback",
        super::Destination::Platform => "deliver webhook",
    };
    let span = webhooks
        .traces
        .begin_delivery(name, event.trace_parent.as_deref());
    let outcome = InSpan::new(span.clone(), pin!(attempt)).await;
    let Some(span) = span else {
        return;
    };
    span.set(Attribute::Event(&event.name));
    span.set(Attribute::Attempt(event.attempts));
    span.set(Attribute::Client(event.invitation.client_id.as_str()));
    let outcome = outcome.unwrap_or("unavailable");
    span.set(Attribute::Reason(outcome));
    if outcome != "delivered" {
        span.fail();
    }
    span.end();
}

/// The span of one request to a receiver.
pub(super) struct RequestSpan(Option<Span>);

impl RequestSpan {
    /// Begins it. Of the URL it says the host only: the rest is the receiver's secret.
    pub(super) fn begin(url: &Url) -> Self {
        let span = trace::child("POST", Kind::Client);
        if let Some(span) = &span {
            span.set(Attribute::RequestMethod("POST"));
            span.set(Attribute::ServerAddress(url.host_str().unwrap_or_default()));
            if let Some(port) = url.port_or_known_default() {
                span.set(Attribute::ServerPort(port));
            }
        }
        Self(span)
    }

    /// Adds the header fields by which the receiver can go on with the trace.
    pub(super) fn write(&self, request: RequestBuilder) -> RequestBuilder {
        let Some(span) = &self.0 else {
            return request;
        };
        let (parent, state) = span.headers();
        let request = request.header("traceparent", parent);
        match state {
            Some(state) => request.header("tracestate", state),
            None => request,
        }
    }

    /// Says how the receiver answered, and ends it.
    pub(super) fn end(self, sent: &Result<Response, reqwest::Error>) {
        let Some(span) = self.0 else {
            return;
        };
        match sent {
            Ok(response) => {
                let status = response.status();
                span.set(Attribute::Status(status.as_u16()));
                if !status.is_success() {
                    span.set(Attribute::ErrorType(status.as_str()));
                    span.fail();
                }
            }
            Err(error) => {
                let kind = if error.is_timeout() {
                    "timeout"
                } else {
                    "connection"
                };
                span.set(Attribute::ErrorType(kind));
                span.fail();
            }
        }
        span.end();
    }
}
