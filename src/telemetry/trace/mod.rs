//! Traces, as OpenTelemetry has them: what a request was spent on, span by span.
//!
//! - `settings.rs` is what the service is told, by OpenTelemetry's own variables.
//! - `span.rs` has the span that whatever runs now belongs to, and its children.
//! - `attribute.rs` is all that a span may say; there is no way to say anything else.
//! - `parent.rs` reads W3C Trace Context, `export.rs` sends spans away by OTLP.
//!
//! Spans are made by hand and not by `tracing`'s macros: a request that is not sampled makes none at all, and nothing that is
//! logged can find its way into one. Where no endpoint is set there is nothing but an absent handle.

mod attribute;
mod export;
mod parent;
mod settings;
mod span;

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::{SpanBuilder, SpanContext, SpanKind, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

pub use attribute::Attribute;
use export::Exporting;
pub use export::StartError;
pub use opentelemetry::trace::SpanKind as Kind;
pub use parent::TraceHeaders;
pub use settings::{ExportHeaders, InvalidSetting, Sampling, TraceSettings, pairs};
pub use span::{Entered, InSpan, Span, Stopwatch, child, current, current_parent, stopwatch};

use super::counter::Counter;
use super::exemplars::TraceRef;
use crate::crypto::random;

/// The name of what makes the spans.
const SCOPE: &str = "talentsoft-partner";

/// Where spans go; cheap to clone. By default nowhere.
#[derive(Clone, Default)]
pub struct Traces(Option<Arc<Tracing>>);

struct Tracing {
    tracer: SdkTracer,
    /// It ends the spans' way when it is dropped.
    _provider: SdkTracerProvider,
    exporting: Exporting,
}

/// The trace of a request.
#[derive(Clone)]
pub struct RequestTrace {
    trace: TraceRef,
    /// `None`: it is not sampled.
    span: Option<Span>,
}

impl Traces {
    /// Sends spans where the settings say, and counts in `spans` what became of them; nowhere if they name no endpoint.
    pub fn start(settings: &TraceSettings, spans: Arc<Counter<1>>) -> Result<Self, StartError> {
        let Some(endpoint) = &settings.endpoint else {
            return Ok(Self::default());
        };
        let resource = resource(settings);
        let (exporting, processor) = Exporting::start(endpoint, settings, &resource, spans)?;
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_sampler(settings.sampling.sampler())
            .with_span_processor(processor)
            .build();
        Ok(Self(Some(Arc::new(Tracing {
            tracer: provider.tracer(SCOPE),
            _provider: provider,
            exporting,
        }))))
    }

    /// Whether anything is traced.
    #[must_use]
    pub fn are_on(&self) -> bool {
        self.0.is_some()
    }

    /// Begins the trace of a request, or goes on with the one that its headers name; `None` where nothing is traced.
    #[must_use]
    pub fn begin_request(&self, headers: &TraceHeaders<'_>) -> Option<RequestTrace> {
        let tracing = self.0.as_ref()?;
        let parent = parent_of(headers);
        let builder = SpanBuilder::from_name("request").with_kind(SpanKind::Server);
        let span = tracing.tracer.build_with_context(builder, &parent);
        let context = Context::new().with_span(span);
        let (trace, is_recording) = {
            let span = context.span();
            (trace_ref(span.span_context()), span.is_recording())
        };
        let span = is_recording.then(|| Span::new(Arc::clone(tracing), context));
        Some(RequestTrace { trace, span })
    }

    /// Begins the span of an attempt to deliver an event: below the span that caused it, if that is given and valid, otherwise
    /// in a trace of its own.
    #[must_use]
    pub fn begin_delivery(&self, name: &'static str, caused_by: Option<&str>) -> Option<Span> {
        let tracing = self.0.as_ref()?;
        let parent = parent_of(&TraceHeaders {
            parent: caused_by,
            state: None,
        });
        let builder = SpanBuilder::from_name(name).with_kind(SpanKind::Producer);
        Span::begin(tracing, builder, &parent)
    }

    /// Sends the spans that wait, for no longer than `limit`.
    pub async fn flush(&self, limit: Duration) {
        if let Some(tracing) = &self.0 {
            tracing.exporting.flush(limit).await;
        }
    }
}

impl RequestTrace {
    /// The identifier of the trace, for the log.
    #[must_use]
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace.trace_id)
    }

    /// The trace and the request's span in it, if it is sampled.
    #[must_use]
    pub fn sampled(&self) -> Option<TraceRef> {
        self.span.is_some().then_some(self.trace)
    }

    /// The request's span, if it is sampled.
    #[must_use]
    pub fn span(&self) -> Option<&Span> {
        self.span.as_ref()
    }
}

/// The context of a span whose parent the headers name; an empty one if they name none.
fn parent_of(headers: &TraceHeaders<'_>) -> Context {
    parent::read(headers).map_or_else(Context::new, |parent| {
        Context::new().with_remote_span_context(parent)
    })
}

fn trace_ref(context: &SpanContext) -> TraceRef {
    TraceRef {
        trace_id: u128::from_be_bytes(context.trace_id().to_bytes()),
        span_id: u64::from_be_bytes(context.span_id().to_bytes()),
    }
}

/// What all spans of this process have in common.
fn resource(settings: &TraceSettings) -> Resource {
    let instance = u128::from_be_bytes(random::bytes());
    let own = [
        KeyValue::new("service.name", settings.service_name().to_owned()),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("service.instance.id", format!("{instance:032x}")),
    ];
    let told = settings.resource_attributes.iter();
    let told = told
        .filter(|(name, _)| name != "service.name")
        .map(|(name, value)| KeyValue::new(name.clone(), value.clone()));
    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes(own)
        .with_attributes(told)
        .build()
}
