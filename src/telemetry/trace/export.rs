//! Sends spans away, by OTLP over HTTP with Protobuf, from a thread of its own.
//!
//! Whoever ends a span puts it into a queue and goes on, whether or not there is room; the thread takes them from there in
//! batches. `opentelemetry-otlp` writes a batch and tries again what may succeed later, within the time limit of the batch;
//! the HTTP client is the one that sends callbacks. A span that finds no room or does not arrive is lost, and counted.
//!
//! The processor of `opentelemetry_sdk` is not used: it neither counts what it loses nor has a runtime for the client.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter as OtlpExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter, SpanProcessor};
use reqwest::Client;
use reqwest::redirect::Policy;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

use super::settings::TraceSettings;
use crate::telemetry::counter::Counter;

/// The values of the label of the counter of spans.
const EXPORTED: &str = "exported";
const FAILED: &str = "failed";
const DROPPED: &str = "dropped";
/// How much of an answer is read.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Why no spans can be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The HTTP client cannot be made.
    #[error("the HTTP client for spans cannot be made")]
    Client(#[from] reqwest::Error),
    /// The exporter refuses its settings.
    #[error("spans cannot be exported: {0}")]
    Exporter(String),
    /// The thread cannot be started.
    #[error("the thread that sends spans cannot be started")]
    Thread(#[from] io::Error),
}

enum Message {
    Span(Box<SpanData>),
    /// Everything that came before is to be sent now.
    Flush(oneshot::Sender<()>),
}

/// The way to the thread.
pub(super) struct Exporting(mpsc::Sender<Message>);

impl Exporting {
    /// Starts the thread; spans come to it by the processor.
    pub(super) fn start(
        endpoint: &Url,
        settings: &TraceSettings,
        resource: &Resource,
        spans: Arc<Counter<1>>,
    ) -> Result<(Self, QueueProcessor), StartError> {
        let headers = settings.headers.iter();
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut exporter = OtlpExporter::builder()
            .with_http()
            .with_http_client(OtlpClient::new(settings.timeout)?)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(endpoint.as_str())
            .with_timeout(settings.timeout)
            .with_headers(headers.collect())
            .build()
            .map_err(|error| StartError::Exporter(error.to_string()))?;
        exporter.set_resource(resource);
        let (sender, queue) = mpsc::channel(settings.max_queue);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let counted = Arc::clone(&spans);
        let sending = Sending {
            exporter,
            spans: counted,
            delay: settings.schedule_delay,
            max_batch: settings.max_batch,
            is_failing: false,
        };
        thread::Builder::new()
            .name("traces".to_owned())
            .spawn(move || runtime.block_on(sending.run(queue)))?;
        let processor = QueueProcessor {
            queue: sender.clone(),
            spans,
        };
        Ok((Self(sender), processor))
    }

    /// Sends what waits, for no longer than `limit`.
    pub(super) async fn flush(&self, limit: Duration) {
        let (sent, is_sent) = oneshot::channel();
        let flushing = async {
            if self.0.send(Message::Flush(sent)).await.is_ok() {
                let _ = is_sent.await;
            }
        };
        // What is not sent by then is lost with the process.
        let _ = timeout(limit, flushing).await;
    }
}

/// Puts spans that have ended into the queue.
pub(super) struct QueueProcessor {
    queue: mpsc::Sender<Message>,
    spans: Arc<Counter<1>>,
}

impl std::fmt::Debug for QueueProcessor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("QueueProcessor").finish_non_exhaustive()
    }
}

impl SpanProcessor for QueueProcessor {
    fn on_start(&self, _: &mut opentelemetry_sdk::trace::Span, _: &opentelemetry::Context) {}

    fn on_end(&self, span: SpanData) {
        if self.queue.try_send(Message::Span(Box::new(span))).is_err() {
            self.spans.inc([DROPPED]);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// What the thread works with.
struct Sending {
    exporter: OtlpExporter,
    spans: Arc<Counter<1>>,
    delay: Duration,
    max_batch: usize,
    /// Whether the last batch did not arrive.
    is_failing: bool,
}

impl Sending {
    /// Sends spans until nobody can end one any more.
    async fn run(mut self, mut queue: mpsc::Receiver<Message>) {
        while let Some(first) = queue.recv().await {
            let mut batch = Vec::new();
            let mut flushed = None;
            let until = Instant::now() + self.delay;
            let mut next = Some(first);
            while let Some(message) = next {
                match message {
                    Message::Span(span) => batch.push(*span),
                    Message::Flush(sent) => {
                        flushed = Some(sent);
                        break;
                    }
                }
                if batch.len() >= self.max_batch {
                    break;
                }
                next = timeout_at(until, queue.recv()).await.ok().flatten();
            }
            if !batch.is_empty() {
                self.send(batch).await;
            }
            if let Some(sent) = flushed {
                // Whoever asked may have stopped waiting.
                let _ = sent.send(());
            }
        }
    }

    async fn send(&mut self, batch: Vec<SpanData>) {
        let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        let exported = self.exporter.export(batch).await;
        self.spans
            .add([if exported.is_ok() { EXPORTED } else { FAILED }], count);
        match (&exported, self.is_failing) {
            (Err(error), false) => {
                tracing::warn!(cause = %error, "spans do not arrive at OTEL_EXPORTER_OTLP_ENDPOINT and are lost");
            }
            (Ok(()), true) => tracing::info!("spans arrive again"),
            _ => {}
        }
        self.is_failing = exported.is_err();
    }
}

/// The HTTP client of the exporter.
#[derive(Debug)]
struct OtlpClient(Client);

impl OtlpClient {
    fn new(timeout: Duration) -> reqwest::Result<Self> {
        let client = Client::builder()
            .tls_backend_rustls()
            .redirect(Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .no_proxy()
            .timeout(timeout)
            .user_agent(concat!("talentsoft-partner/", env!("CARGO_PKG_VERSION")));
        client.build().map(Self)
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let mut received = self.0.execute(request).await?;
        let mut body = Vec::new();
        while let Some(chunk) = received.chunk().await? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                break;
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = received.status();
        *response.headers_mut() = std::mem::take(received.headers_mut());
        Ok(response)
    }
}

impl HttpClient for OtlpClient {
    fn send_bytes<'client, 'future>(
        &'client self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'future>>
    where
        'client: 'future,
        Self: 'future,
    {
        Box::pin(self.send(request))
    }
}
