//! Answers of any length: what one read brings is in memory, and the next is made when the connection has taken that.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;

use crate::error::Failure;

/// A read that is under way.
pub(super) type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Failure>>>>;

/// An answer in parts, each of which is one read of the database.
pub(super) trait Parts: Unpin + 'static {
    /// What one read brings.
    type Part: 'static;

    /// Begins the next read.
    fn read(&self) -> Reading<Self::Part>;

    /// Writes what was read, and whether more is to come; after the last part also the end of the answer.
    fn write(&mut self, part: Self::Part, text: &mut Vec<u8>) -> Result<More, Failure>;
}

/// Whether more is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum More {
    Yes,
    No,
}

/// The body of such an answer.
pub(super) struct Streamed<P: Parts> {
    parts: P,
    /// What is to be sent.
    ready: Option<Bytes>,
    reading: Option<Reading<P::Part>>,
    more: More,
}

impl<P: Parts> Streamed<P> {
    /// The body that begins with `text`. The first part is read before the response begins, so that a failure is still a 503.
    pub(super) async fn begin(parts: P, text: &str) -> Result<Self, Failure> {
        let first = parts.read().await?;
        let mut body = Self {
            parts,
            ready: None,
            reading: None,
            more: More::Yes,
        };
        body.take(first, text.as_bytes().to_vec())?;
        Ok(body)
    }

    fn take(&mut self, part: P::Part, mut text: Vec<u8>) -> Result<(), Failure> {
        self.more = self.parts.write(part, &mut text)?;
        self.ready = Some(text.into());
        Ok(())
    }
}

impl<P: Parts> MessageBody for Streamed<P> {
    type Error = Failure;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failure>>> {
        let body = self.get_mut();
        if let Some(bytes) = body.ready.take() {
            return Poll::Ready(Some(Ok(bytes)));
        }
        if body.more == More::No {
            return Poll::Ready(None);
        }
        let mut reading = body.reading.take().unwrap_or_else(|| body.parts.read());
        let Poll::Ready(read) = reading.as_mut().poll(context) else {
            body.reading = Some(reading);
            return Poll::Pending;
        };
        match read.and_then(|part| body.take(part, Vec::new())) {
            Ok(()) => Poll::Ready(body.ready.take().map(Ok)),
            Err(failure) => {
                body.more = More::No;
                Poll::Ready(Some(Err(failure)))
            }
        }
    }
}
