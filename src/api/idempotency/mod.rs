//! Idempotency keys: a request that is repeated under its key is done once, and gets the same reply each time.
//!
//! The key, the changes of the operation and its reply are committed together, so that none is stored without the others. A
//! request that comes while another under the same key is being answered waits for it, on the key's row. A refusal is a reply
//! too where its cause is in the request itself. After any other refusal, and after a failure of the service, nothing is kept
//! and the key stays free: what was not there may be there when the same request comes again. An answer that shows a secret is
//! not kept: a problem is, which says that the secret was shown.

mod store;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderName;
use aws_lc_rs::digest::{Context, SHA256};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{Connection, PgConnection};

use super::call::{BodyDigest, Call, digest_bytes};
use super::guard::ScopeMarker;
use super::problems::{ApiError, RefusalCause};
use super::reply::Reply;
use crate::error::Failure;
use crate::wire::problem::Problem;

/// How long a reply is kept.
const TTL: TimeDelta = TimeDelta::hours(24);
const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const MAX_BYTES: usize = 255;

/// Why an idempotency key is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The header is not one key.
    #[error("Idempotency-Key must be sent once, with 1 to 255 printable ASCII characters")]
    Invalid,
    /// Another request was made under this key before.
    #[error("a different request was made under this Idempotency-Key; use a new key for each request")]
    Reused,
}

impl ApiError for KeyError {
    fn cause(&self) -> RefusalCause<'_> {
        match self {
            Self::Invalid => RefusalCause::bad_request("invalid-idempotency-key"),
            Self::Reused => RefusalCause::conflict("idempotency-key-reused"),
        }
    }
}

/// The error of a wing whose operations take idempotency keys.
pub trait KeptError: From<Failure> + From<KeyError> + ApiError {
    /// The refusal to keep as the reply; `None` where the same request may succeed later.
    fn to_keep(&self) -> Option<Problem> {
        match ApiError::cause(self) {
            cause @ RefusalCause::Refused(status, _) => is_final(status).then(|| cause.problem(self)),
            RefusalCause::Failed(_) => None,
        }
    }
}

/// Whether a request that is refused with this status is refused so however often it comes: its own content is the cause.
///
/// The statuses are listed, so that one which is new to the service leaves the key free until somebody decides.
const fn is_final(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::UNPROCESSABLE_ENTITY
    )
}

/// The idempotency key of one request, if it has one.
pub struct Key {
    text: Option<String>,
    /// The digest of the request, so far over method, path and media type.
    request: Context,
}

impl Key {
    /// Reads the header field `Idempotency-Key`.
    pub fn of<S: ScopeMarker>(call: &Call<S>, media_type: &str) -> Result<Self, KeyError> {
        let request = call.request();
        let mut values = request.headers().get_all(HEADER);
        let text = match (values.next(), values.next()) {
            (None, _) => None,
            (Some(value), None) => Some(value.as_bytes()),
            (Some(_), Some(_)) => return Err(KeyError::Invalid),
        };
        let is_valid = |text: &[u8]| {
            (1..=MAX_BYTES).contains(&text.len()) && text.iter().all(|byte| (0x20..=0x7e).contains(byte))
        };
        let text = text
            .map(|text| {
                let text = is_valid(text).then(|| String::from_utf8(text.to_vec()).ok());
                text.flatten().ok_or(KeyError::Invalid)
            })
            .transpose()?;
        let mut context = Context::new(&SHA256);
        let path = request.uri().path_and_query().map_or("", |path| path.as_str());
        // No path and no media type holds a line break.
        context.update(format!("{} {path}\n{media_type}\n", request.method()).as_bytes());
        Ok(Self {
            text,
            request: context,
        })
    }

    /// Whether the request has a key.
    #[must_use]
    pub const fn is_sent(&self) -> bool {
        self.text.is_some()
    }

    /// Runs `operation` in one transaction and keeps its reply, unless it ran under this key before: then it returns the
    /// reply of that time.
    pub async fn once<S: ScopeMarker, E: KeptError>(
        self,
        call: &Call<S>,
        body: BodyDigest,
        operation: impl AsyncFnOnce(&mut PgConnection) -> Result<Reply, E>,
    ) -> Result<Reply, E> {
        let Some(key) = self.text else {
            return call
                .change(async |transaction| operation(transaction).await)
                .await;
        };
        let mut request = self.request;
        request.update(&body);
        let row = store::KeyedRequest {
            client_id: call.caller().client_id(),
            key: &key,
            request_digest: digest_bytes(&request.finish()),
            created_at: call.now(),
        };
        let done = call.change(async |transaction| {
            if store::claim_key(transaction, &row, row.created_at - TTL)
                .await
                .map_err(Failure::from)?
            {
                run(transaction, &row, operation).await
            } else {
                replay(transaction, &row).await.map(Ok)
            }
        });
        done.await?
    }
}

/// Runs the operation and keeps its reply. The inner error is a refusal that was kept; the outer one rolls back.
async fn run<E: KeptError>(
    connection: &mut PgConnection,
    key: &store::KeyedRequest<'_>,
    operation: impl AsyncFnOnce(&mut PgConnection) -> Result<Reply, E>,
) -> Result<Result<Reply, E>, E> {
    // A refusal undoes what the operation changed so far, but not the key.
    let mut savepoint = connection.begin().await.map_err(Failure::from)?;
    let done = operation(&mut savepoint).await;
    let kept = match &done {
        Ok(reply) => {
            savepoint.commit().await.map_err(Failure::from)?;
            let (status, body) = match &reply.kept {
                Some((status, body)) => (*status, body.clone()),
                None => (reply.status, String::from_utf8_lossy(&reply.body).into_owned()),
            };
            store::KeptReply {
                status: to_row(status)?,
                location: reply.location.clone(),
                body,
            }
        }
        Err(error) => {
            let Some(problem) = error.to_keep() else {
                return done.map(Ok);
            };
            savepoint.rollback().await.map_err(Failure::from)?;
            store::KeptReply {
                status: to_row(problem.status())?,
                location: None,
                body: problem.to_json(),
            }
        }
    };
    store::update_reply(connection, key, &kept)
        .await
        .map_err(Failure::from)?;
    Ok(done)
}

fn to_row(status: StatusCode) -> Result<i16, Failure> {
    i16::try_from(status.as_u16()).map_err(Failure::internal)
}

/// The reply to the first request under this key.
async fn replay<E: KeptError>(
    connection: &mut PgConnection,
    key: &store::KeyedRequest<'_>,
) -> Result<Reply, E> {
    let found = store::find_reply(connection, key).await.map_err(Failure::from)?;
    // It was deleted between two statements; the next attempt finds the key free.
    let found = found.ok_or_else(|| Failure::unavailable("the key was deleted at this moment"))?;
    if found.request_digest != key.request_digest {
        return Err(KeyError::Reused.into());
    }
    let status = u16::try_from(found.status).map_err(Failure::internal)?;
    let status = StatusCode::from_u16(status).map_err(Failure::internal)?;
    Ok(Reply::replayed(status, found.location, found.body))
}

/// Deletes at most `limit` keys that are older than a day; returns how many.
pub async fn prune(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    store::delete_old(connection, now - TTL, limit).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_reply_has_the_status_that_was_sent() {
        for status in [StatusCode::OK, StatusCode::CREATED, StatusCode::CONFLICT] {
            assert_eq!(to_row(status).unwrap(), i16::try_from(status.as_u16()).unwrap());
        }
    }

    #[test]
    fn only_a_refusal_whose_cause_is_the_request_is_final() {
        let refused = (400..600).filter(|status| is_final(StatusCode::from_u16(*status).unwrap()));
        assert_eq!(refused.collect::<Vec<_>>(), [400, 415, 422]);
    }
}
