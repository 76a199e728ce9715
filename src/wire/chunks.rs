//! Reads a large body in chunks: it is never whole in memory.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::web::Bytes;
use futures_core::Stream;
use tokio::time::{Instant, timeout, timeout_at};

use super::body::BodyError;
use super::content_type::check_content_encoding;

/// Bytes of a chunk; the last one may have fewer.
pub const CHUNK_BYTES: usize = 256 * 1024;
/// The longest pause between two arrivals.
const PROGRESS_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest time for the whole body: 70 KB a second for the largest.
const TIMEOUT: Duration = Duration::from_mins(5);

/// A body that is being received. In memory are one chunk of it and what the connection has read ahead (32 KiB).
pub struct Chunks {
    payload: Pin<Box<Payload>>,
    /// Bytes that have arrived and are not in a chunk yet.
    ahead: Bytes,
    /// How many bytes may still arrive.
    allowance: usize,
    deadline: Instant,
}

impl Chunks {
    /// The body, of at most `max_bytes`.
    pub fn new(headers: &HeaderMap, payload: Payload, max_bytes: usize) -> Result<Self, BodyError> {
        check_content_encoding(headers)?;
        Ok(Self {
            payload: Box::pin(payload),
            ahead: Bytes::new(),
            allowance: max_bytes,
            deadline: Instant::now() + TIMEOUT,
        })
    }

    /// The next [`CHUNK_BYTES`]; fewer at the end of the body, and `None` after that.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, BodyError> {
        let deadline = self.deadline;
        timeout_at(deadline, self.gather())
            .await
            .unwrap_or(Err(BodyError::TooSlow))
    }

    async fn gather(&mut self) -> Result<Option<Vec<u8>>, BodyError> {
        let mut chunk = Vec::new();
        while chunk.len() < CHUNK_BYTES {
            if self.ahead.is_empty() {
                match self.receive().await? {
                    Some(bytes) => self.ahead = bytes,
                    None => break,
                }
            }
            chunk.reserve_exact(CHUNK_BYTES - chunk.len());
            let wanted = CHUNK_BYTES - chunk.len();
            let taken = self.ahead.split_to(wanted.min(self.ahead.len()));
            chunk.extend_from_slice(&taken);
        }
        Ok((!chunk.is_empty()).then_some(chunk))
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, BodyError> {
        let arriving = poll_fn(|context| self.payload.as_mut().poll_next(context));
        let Some(arrived) = timeout(PROGRESS_TIMEOUT, arriving)
            .await
            .map_err(|_elapsed| BodyError::TooSlow)?
        else {
            return Ok(None);
        };
        let bytes = arrived.map_err(|_| BodyError::Unreadable)?;
        self.allowance = self
            .allowance
            .checked_sub(bytes.len())
            .ok_or(BodyError::TooLarge)?;
        Ok(Some(bytes))
    }
}
