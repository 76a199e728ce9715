//! Idempotency keys: a POST that is sent again under its key does nothing again, and is answered alike.
//!
//! The key, what the operation does, and its answer are committed together, so that none is there without the others. A
//! request that comes while another under the same key is at work waits for it, on the key's row. What the operation
//! refuses is an answer too; a failure of ours is none, and leaves the key free.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderName;
use aws_lc_rs::digest::{Context, SHA256};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{Connection, PgConnection};

mod store;

use crate::api::call::{BodyDigest, Reply, finish};
use crate::api::platform::Error;
use crate::app::App;
use crate::error::Failure;
use crate::ids::ClientId;

/// How long an answer is kept.
const TTL: TimeDelta = TimeDelta::hours(24);
const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const MAX_BYTES: usize = 255;

/// A key as it came: of one client, for one request.
pub(crate) struct Key<'a> {
    client_id: &'a ClientId,
    text: Option<String>,
    /// Over method, path and media type so far.
    request: Context,
}

impl<'a> Key<'a> {
    /// Reads the header, where it is there.
    pub(crate) fn of(
        client_id: &'a ClientId,
        request: &HttpRequest,
        media_type: &str,
    ) -> Result<Self, Error> {
        let mut values = request.headers().get_all(HEADER);
        let text = match (values.next(), values.next()) {
            (None, _) => None,
            (Some(value), None) => Some(value.as_bytes()),
            (Some(_), Some(_)) => return Err(Error::InvalidKey),
        };
        let is_good = |text: &[u8]| {
            (1..=MAX_BYTES).contains(&text.len()) && text.iter().all(|byte| (0x20..=0x7e).contains(byte))
        };
        let text = text
            .map(|text| {
                let text = is_good(text).then(|| String::from_utf8(text.to_vec()).ok());
                text.flatten().ok_or(Error::InvalidKey)
            })
            .transpose()?;
        let mut context = Context::new(&SHA256);
        let path = request.uri().path_and_query().map_or("", |path| path.as_str());
        // No path and no media type holds a line break.
        context.update(format!("{} {path}\n{media_type}\n", request.method()).as_bytes());
        Ok(Self {
            client_id,
            text,
            request: context,
        })
    }

    /// Whether there is one.
    pub(crate) const fn is_sent(&self) -> bool {
        self.text.is_some()
    }

    /// Runs `operation`, unless it was run under this key: then its answer is given again.
    pub(crate) async fn once(
        self,
        app: &App,
        body: BodyDigest,
        operation: impl AsyncFnOnce(&mut PgConnection) -> Result<Reply, Error>,
    ) -> Result<Reply, Error> {
        let Some(key) = self.text else {
            return app
                .db
                .transaction(async |transaction| operation(transaction).await)
                .await;
        };
        let mut request = self.request;
        request.update(&body);
        let row = store::NewKey {
            client_id: self.client_id,
            key: &key,
            request_digest: finish(&request.finish()),
            created_at: app.clock.now(),
        };
        app.db
            .transaction(async |transaction| {
                if store::claim_key(transaction, &row, row.created_at - TTL).await? {
                    run(transaction, &row, operation).await
                } else {
                    replay(transaction, &row).await
                }
            })
            .await
    }
}

/// Runs the operation and keeps its answer, both or neither.
async fn run(
    connection: &mut PgConnection,
    key: &store::NewKey<'_>,
    operation: impl AsyncFnOnce(&mut PgConnection) -> Result<Reply, Error>,
) -> Result<Reply, Error> {
    // What a refused operation began must go, and its key must stay.
    let mut savepoint = connection.begin().await?;
    let reply = match operation(&mut savepoint).await {
        Ok(reply) => {
            savepoint.commit().await?;
            reply
        }
        Err(error) if error.is_refusal() => {
            savepoint.rollback().await?;
            Reply::refused(&error)
        }
        Err(error) => return Err(error),
    };
    let kept = store::KeptReply {
        status: i16::try_from(reply.status.as_u16()).map_err(Failure::internal)?,
        location: reply.location.clone(),
        body: reply.body.clone(),
    };
    store::update_reply(connection, key, &kept).await?;
    Ok(reply)
}

/// The answer of the request that was first under this key.
async fn replay(connection: &mut PgConnection, key: &store::NewKey<'_>) -> Result<Reply, Error> {
    let found = store::find_reply(connection, key).await?;
    // Forgotten between two statements; the next attempt finds the key free.
    let found = found.ok_or_else(|| Failure::unavailable("the key was forgotten at this moment"))?;
    if found.request_digest != key.request_digest {
        return Err(Error::KeyReused);
    }
    let status = u16::try_from(found.status).map_err(Failure::internal)?;
    let status = StatusCode::from_u16(status).map_err(Failure::internal)?;
    Ok(Reply {
        status,
        location: found.location,
        body: found.body,
        is_replayed: true,
        reason: status.is_client_error().then_some("refused before"),
    })
}

/// Forgets keys whose time is over, so many at most; answers how many.
pub async fn prune(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    store::delete_old(connection, now - TTL, limit).await
}
