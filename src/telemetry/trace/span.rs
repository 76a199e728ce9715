//! The span that whatever runs on this thread belongs to, and its children.
//!
//! Where there is none, because nothing is traced or the request is not sampled, everything here does nothing, after a look
//! at a variable of the thread.

use std::cell::Cell;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, Instant};

use opentelemetry::trace::{SpanBuilder, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};

use super::attribute::Attribute;
use super::{Tracing, parent};

thread_local! {
    static CURRENT: Cell<Option<Span>> = const { Cell::new(None) };
}

/// A span that is recorded; cheap to clone.
#[derive(Clone)]
pub struct Span {
    tracing: Arc<Tracing>,
    /// The span is the context's.
    context: Context,
}

impl Span {
    pub(super) fn new(tracing: Arc<Tracing>, context: Context) -> Self {
        Self { tracing, context }
    }

    /// Begins a span; `None` if it is not sampled.
    pub(super) fn begin(tracing: &Arc<Tracing>, builder: SpanBuilder, parent: &Context) -> Option<Self> {
        let span = tracing.tracer.build_with_context(builder, parent);
        let context = Context::new().with_span(span);
        let is_recording = context.span().is_recording();
        is_recording.then(|| Self::new(Arc::clone(tracing), context))
    }

    /// Begins a child of this span.
    #[must_use]
    pub fn child(&self, name: &'static str, kind: SpanKind) -> Option<Self> {
        let builder = SpanBuilder::from_name(name).with_kind(kind);
        Self::begin(&self.tracing, builder, &self.context)
    }

    /// Names the span, where its name was not known when it began.
    pub fn rename(&self, name: String) {
        self.context.span().update_name(name);
    }

    /// Says something of it.
    pub fn set(&self, attribute: Attribute<'_>) {
        self.context.span().set_attribute(attribute.into());
    }

    /// Says that it failed.
    pub fn fail(&self) {
        self.context.span().set_status(Status::error(""));
    }

    /// Ends it.
    pub fn end(&self) {
        self.context.span().end();
    }

    /// From here on, until the guard is dropped, what runs on this thread belongs to the span.
    #[must_use]
    pub fn enter(&self) -> Entered {
        Entered(CURRENT.replace(Some(self.clone())))
    }

    /// The values of `traceparent` and `tracestate` by which a receiver goes on with the trace.
    #[must_use]
    pub fn headers(&self) -> (String, Option<String>) {
        parent::write(self.context.span().span_context())
    }

    /// Records a statement as a child, which has ended now and took so long.
    pub(in crate::telemetry) fn record_statement(
        &self,
        name: String,
        elapsed: Duration,
        attributes: &[Attribute<'_>],
    ) {
        self.record(name, SpanKind::Client, elapsed, attributes);
    }

    /// Records a child that has ended now and took so long.
    fn record(&self, name: String, kind: SpanKind, elapsed: Duration, attributes: &[Attribute<'_>]) {
        let now = opentelemetry::time::now();
        let builder = SpanBuilder::from_name(name)
            .with_kind(kind)
            .with_start_time(now.checked_sub(elapsed).unwrap_or(now))
            .with_attributes(attributes.iter().copied().map(KeyValue::from));
        if let Some(span) = Self::begin(&self.tracing, builder, &self.context) {
            span.context.span().end_with_timestamp(now);
        }
    }
}

/// The thread belongs to a span until this is dropped, and then to the one before.
pub struct Entered(Option<Span>);

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// The span that whatever runs now belongs to.
#[must_use]
pub fn current() -> Option<Span> {
    CURRENT.with(|place| {
        let current = place.take()?;
        place.set(Some(current.clone()));
        Some(current)
    })
}

/// Begins a child of the current span.
#[must_use]
pub fn child(name: &'static str, kind: SpanKind) -> Option<Span> {
    current()?.child(name, kind)
}

/// The value of `traceparent` by which what the current span causes can go on with the trace later, in any process.
#[must_use]
pub fn current_parent() -> Option<String> {
    Some(current()?.headers().0)
}

/// Measures something that may turn out not to be worth a span.
pub struct Stopwatch {
    parent: Span,
    began: Instant,
}

/// A stopwatch, where there is a current span.
#[must_use]
pub fn stopwatch() -> Option<Stopwatch> {
    current().map(|parent| Stopwatch {
        parent,
        began: Instant::now(),
    })
}

impl Stopwatch {
    /// Makes a span of the time since it was started.
    pub fn record(self, name: &'static str, kind: SpanKind, attributes: &[Attribute<'_>]) {
        self.parent
            .record(name.to_owned(), kind, self.began.elapsed(), attributes);
    }
}

/// A future that belongs to a span, if there is one.
pub struct InSpan<F> {
    future: F,
    span: Option<Span>,
}

impl<F> InSpan<F> {
    /// Lets a future belong to a span.
    pub fn new(span: Option<Span>, future: F) -> Self {
        Self { future, span }
    }
}

impl<F: Future + Unpin> Future for InSpan<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        let _entered = this.span.as_ref().map(Span::enter);
        Pin::new(&mut this.future).poll(context)
    }
}
