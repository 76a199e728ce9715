//! A collector: takes spans by OTLP, and decodes them by itself.

use std::collections::BTreeMap;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message;
use talentsoft_partner::telemetry::trace::{Sampling, TraceSettings};

use crate::receiver::{Delivery, Receiver, Reply};
use crate::{eventually, log};

/// A span that arrived.
#[derive(Clone, Debug)]
pub struct ReceivedSpan {
    pub trace_id: String,
    pub span_id: String,
    /// Empty where it has none.
    pub parent_id: String,
    pub name: String,
    /// As the protocol numbers them: 1 internal, 2 server, 3 client, 4 producer.
    pub kind: i32,
    pub attributes: BTreeMap<String, String>,
    pub resource: BTreeMap<String, String>,
    pub has_failed: bool,
    /// In nanoseconds since 1970.
    pub started_at: u64,
    pub ended_at: u64,
}

impl ReceivedSpan {
    #[track_caller]
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes
            .get(name)
            .map_or_else(|| panic!("no {name}: {self:?}"), String::as_str)
    }
}

/// A collector; it lives as long as the process.
#[derive(Clone)]
pub struct Collector {
    pub receiver: Receiver,
}

impl Collector {
    /// One that takes everything, and shows all that spans say to the watch on the log.
    pub fn start() -> Self {
        let receiver = Receiver::start();
        receiver.answers(accept);
        Self { receiver }
    }

    /// The settings of a service that sends its spans here, at once, and every request's.
    pub fn settings(&self) -> TraceSettings {
        let endpoint = format!("http://{}/v1/traces", self.receiver.address);
        TraceSettings {
            endpoint: Some(endpoint.parse().unwrap()),
            schedule_delay: Duration::from_millis(10),
            sampling: Sampling::ParentOrAlways,
            ..TraceSettings::default()
        }
    }

    /// All spans that have arrived.
    pub fn spans(&self) -> Vec<ReceivedSpan> {
        let deliveries = self.receiver.deliveries();
        let taken = deliveries.iter().filter(|delivery| delivery.status == Some(200));
        taken.flat_map(decode).collect()
    }

    /// The spans of a trace, once the one with this name is there: spans arrive when they have ended, so it is the last.
    pub async fn trace_with(&self, trace_id: &str, last: &str) -> Vec<ReceivedSpan> {
        let mut spans = Vec::new();
        eventually("a span arrives", async || {
            spans = self.spans();
            spans.retain(|span| span.trace_id == trace_id);
            spans.iter().any(|span| span.name == last)
        })
        .await;
        spans
    }

    /// The one span with this name in the trace.
    #[track_caller]
    pub fn only<'a>(spans: &'a [ReceivedSpan], name: &str) -> &'a ReceivedSpan {
        let mut named = spans.iter().filter(|span| span.name == name);
        let (span, other) = (named.next(), named.next());
        assert!(other.is_none(), "{name} is there twice: {spans:#?}");
        span.unwrap_or_else(|| panic!("no {name}: {spans:#?}"))
    }
}

fn accept(delivery: &Delivery) -> Reply {
    for span in decode(delivery) {
        log::watch(&format!("{span:?}"));
    }
    Reply::Answer(200, Some(("content-type", "application/x-protobuf".to_owned())))
}

fn decode(delivery: &Delivery) -> Vec<ReceivedSpan> {
    let request = ExportTraceServiceRequest::decode(delivery.body.as_slice()).unwrap();
    let mut spans = Vec::new();
    for of_resource in request.resource_spans {
        let resource = of_resource.resource.unwrap_or_default();
        let resource = texts(&resource.attributes);
        for span in of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            assert!(
                span.events.is_empty(),
                "a span says more than its attributes: {span:?}"
            );
            spans.push(ReceivedSpan {
                trace_id: hex(&span.trace_id),
                span_id: hex(&span.span_id),
                parent_id: hex(&span.parent_span_id),
                name: span.name,
                kind: span.kind,
                attributes: texts(&span.attributes),
                resource: resource.clone(),
                has_failed: span
                    .status
                    .is_some_and(|status| status.code == StatusCode::Error as i32),
                started_at: span.start_time_unix_nano,
                ended_at: span.end_time_unix_nano,
            });
        }
    }
    spans
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn texts(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |attribute: &KeyValue| {
        let value = attribute.value.clone().and_then(|value| value.value);
        let text = match value {
            Some(Value::StringValue(text)) => text,
            Some(Value::IntValue(number)) => number.to_string(),
            other => panic!("{} is {other:?}", attribute.key),
        };
        (attribute.key.clone(), text)
    };
    attributes.iter().map(text).collect()
}
