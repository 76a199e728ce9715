//! SQL of tokens and assertions: of both, only that they must not be accepted again is ever stored.

use std::collections::HashSet;
use std::ops::Range;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::issued::IssuedCount;
use super::replay::Fingerprint;
use super::token::Token;
use crate::audit::Act;
use crate::db::delete_before;
use crate::hours::HourCount;
use crate::ids::{ClientId, TokenId};

/// A use of a single-use assertion.
pub(super) struct AssertionUse {
    pub client_id: ClientId,
    pub fingerprint: Fingerprint,
    /// Until when it has to be remembered.
    pub expires_at: DateTime<Utc>,
}

/// Stores that these assertions were used; returns those that were not used before, each once.
pub(super) async fn insert_used_assertions(
    db: &mut PgConnection,
    uses: &[AssertionUse],
) -> Result<HashSet<(ClientId, Fingerprint)>, sqlx::Error> {
    let client_ids: Vec<&str> = uses.iter().map(|used| used.client_id.as_str()).collect();
    let fingerprints: Vec<&[u8]> = uses.iter().map(|used| used.fingerprint.as_slice()).collect();
    let expire_at: Vec<DateTime<Utc>> = uses.iter().map(|used| used.expires_at).collect();
    // In the order of the key, so that two of these never wait for each other in a circle.
    let inserted = sqlx::query!(
        r#"insert into used_assertion (client_id, fingerprint, expires_at)
           select client_id, fingerprint, expires_at
           from unnest($1::text[], $2::bytea[], $3::timestamptz[]) as used (client_id, fingerprint, expires_at)
           order by client_id, fingerprint
           on conflict on constraint used_assertion_pkey do nothing
           returning client_id as "client_id: ClientId", fingerprint"#,
        &client_ids as &[&str],
        &fingerprints as &[&[u8]],
        &expire_at,
    )
    .fetch_all(db)
    .await?;
    let inserted = inserted.into_iter();
    Ok(inserted
        .filter_map(|row| Some((row.client_id, row.fingerprint.try_into().ok()?)))
        .collect())
}

/// Until when it is stored that the assertion with this fingerprint was used; `None` where it was not used.
pub(super) async fn find_used_assertion(
    db: &mut PgConnection,
    client_id: &ClientId,
    fingerprint: &Fingerprint,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!(
        "select expires_at from used_assertion where client_id = $1 and fingerprint = $2",
        client_id.as_str(),
        fingerprint.as_slice(),
    )
    .fetch_optional(db)
    .await
}

/// A token that was revoked before it expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedToken {
    /// Its identifier.
    pub token_id: TokenId,
    /// Whom it was issued to.
    pub client_id: ClientId,
    /// When it would have expired: from then on its revocation need not be known.
    pub expires_at: DateTime<Utc>,
    /// When it was revoked.
    pub revoked_at: DateTime<Utc>,
}

impl RevokedToken {
    /// This token, revoked by this act.
    pub(super) fn of(token: &Token, act: &Act) -> Self {
        Self {
            token_id: token.token_id,
            client_id: token.client_id.clone(),
            expires_at: token.expires_at(),
            revoked_at: act.now,
        }
    }
}

/// Stores those of these revocations that are not stored, where their clients are registered; returns their tokens.
pub(super) async fn insert_revoked(
    db: &mut PgConnection,
    tokens: &[&RevokedToken],
) -> Result<HashSet<TokenId>, sqlx::Error> {
    let token_ids: Vec<uuid::Uuid> = tokens.iter().map(|token| token.token_id.0).collect();
    let client_ids: Vec<&str> = tokens.iter().map(|token| token.client_id.as_str()).collect();
    let expire_at: Vec<DateTime<Utc>> = tokens.iter().map(|token| token.expires_at).collect();
    let revoked_at: Vec<DateTime<Utc>> = tokens.iter().map(|token| token.revoked_at).collect();
    // In the order of the key, so that two of these never wait for each other in a circle.
    let inserted = sqlx::query_scalar!(
        r#"insert into revoked_token (token_id, client_id, expires_at, revoked_at)
           select token_id, client_id, revoked.expires_at, revoked.revoked_at
           from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[])
                as revoked (token_id, client_id, expires_at, revoked_at)
           join client using (client_id)
           order by token_id
           on conflict on constraint revoked_token_pkey do nothing
           returning token_id as "token_id: TokenId""#,
        &token_ids,
        &client_ids as &[&str],
        &expire_at,
        &revoked_at,
    )
    .fetch_all(db)
    .await?;
    Ok(inserted.into_iter().collect())
}

/// Whether the token was revoked.
pub(super) async fn is_revoked(db: &mut PgConnection, token_id: TokenId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from revoked_token where token_id = $1) as "is_revoked!""#,
        token_id.0,
    )
    .fetch_one(db)
    .await
}

/// Where to go on reading what some transactions revoked: after this token of this transaction, and before another
/// transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokedCursor {
    changed_in: i64,
    token_id: uuid::Uuid,
    before: i64,
}

impl RevokedCursor {
    /// From the beginning of what these transactions revoked.
    #[must_use]
    pub fn of(transactions: Range<i64>) -> Self {
        Self {
            changed_in: transactions.start,
            token_id: uuid::Uuid::nil(),
            before: transactions.end,
        }
    }
}

/// Revoked tokens on a full page.
const REVOKED_PAGE: i64 = 1_000;

/// One page of the revoked tokens at these places that have not expired by `now`, and where the next page goes on: nowhere
/// when this was the last one. The places are in their order and do not overlap.
pub async fn list_revoked(
    db: &mut PgConnection,
    cursors: &[RevokedCursor],
    now: DateTime<Utc>,
) -> Result<(Vec<RevokedToken>, Vec<RevokedCursor>), sqlx::Error> {
    let changed_in: Vec<i64> = cursors.iter().map(|cursor| cursor.changed_in).collect();
    let after: Vec<uuid::Uuid> = cursors.iter().map(|cursor| cursor.token_id).collect();
    let before: Vec<i64> = cursors.iter().map(|cursor| cursor.before).collect();
    let rows = sqlx::query!(
        r#"select revoked.token_id as "token_id: TokenId", revoked.client_id as "client_id: ClientId",
                  revoked.expires_at, revoked.revoked_at, revoked.changed_in::text::bigint as "changed_in!"
           from unnest($1::bigint[], $2::uuid[], $3::bigint[]) as place (changed_in, token_id, before)
           cross join lateral (
               select token_id, client_id, expires_at, revoked_at, changed_in from revoked_token
               where (changed_in, token_id) > (place.changed_in::text::xid8, place.token_id)
                   and changed_in < place.before::text::xid8 and expires_at > $4
               order by changed_in, token_id limit $5
           ) as revoked
           order by revoked.changed_in, revoked.token_id limit $5"#,
        &changed_in,
        &after,
        &before,
        now,
        REVOKED_PAGE,
    )
    .fetch_all(db)
    .await?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|count| count == REVOKED_PAGE);
    let last = rows.last().filter(|_| is_full);
    let last = last.map(|row| (row.changed_in, row.token_id.0));
    let following = last.map_or_else(Vec::new, |(changed_in, token_id)| {
        let left = cursors.iter().filter(|cursor| cursor.before > changed_in);
        let left = left.map(|cursor| match cursor.changed_in {
            later if later > changed_in => *cursor,
            _ => RevokedCursor {
                changed_in,
                token_id,
                ..*cursor
            },
        });
        left.collect()
    });
    let tokens = rows.into_iter().map(|row| RevokedToken {
        token_id: row.token_id,
        client_id: row.client_id,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
    });
    Ok((tokens.collect(), following))
}

/// Deletes at most `limit` revoked tokens that have expired by `now`, but none that another transaction deletes; returns
/// how many.
pub async fn prune_revoked(
    db: &mut PgConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    // A row that is locked keeps its ctid, so none of them is looked up again by its key.
    let deleted = sqlx::query!(
        "delete from revoked_token where ctid = any(array(
             select ctid from revoked_token where expires_at <= $1
             order by expires_at limit $2 for update skip locked))",
        now,
        limit,
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}

/// Deletes at most `limit` used assertions that have expired by `now`, but none that another transaction deletes; returns
/// how many.
pub async fn prune_used_assertions(
    db: &mut PgConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    // A row that is locked keeps its ctid, so none of them is looked up again by its key.
    let deleted = sqlx::query!(
        "delete from used_assertion where ctid = any(array(
             select ctid from used_assertion where expires_at <= $1
             order by expires_at limit $2 for update skip locked))",
        now,
        limit,
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}

/// Adds counts of issued tokens, each to its client's and all to that of all clients together.
pub(super) async fn add_issued(db: &mut PgConnection, counts: &[IssuedCount]) -> Result<(), sqlx::Error> {
    let clients: Vec<&str> = counts.iter().map(|(client_id, ..)| client_id.as_str()).collect();
    let hours: Vec<DateTime<Utc>> = counts.iter().map(|(_, hour, _)| *hour).collect();
    let issued: Vec<i64> = counts
        .iter()
        .map(|(.., issued)| i64::try_from(*issued).unwrap_or(i64::MAX))
        .collect();
    // In the order of the key, so that two replicas never wait for each other in a circle; a client may be in it twice.
    sqlx::query!(
        "with counted as (
             select client_id, hour, issued from unnest($1::text[], $2::timestamptz[], $3::bigint[])
                 as counted (client_id, hour, issued)
         )
         insert into token_count as own (client_id, hour, issued)
         select client_id, hour, sum(issued)::bigint from (
             select client_id, hour, issued from counted union all select '', hour, issued from counted
         ) as each group by client_id, hour order by client_id, hour
         on conflict on constraint token_count_pkey do update set issued = own.issued + excluded.issued",
        &clients as &[&str],
        &hours,
        &issued,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Counts of issued tokens of a client, or of all together, by hour.
pub(super) async fn list_issued(
    db: &mut PgConnection,
    client_id: Option<&ClientId>,
    since: DateTime<Utc>,
) -> Result<Vec<HourCount>, sqlx::Error> {
    sqlx::query_as!(
        HourCount,
        "select hour, issued as count from token_count where client_id = $1 and hour >= $2 order by hour",
        client_id.map_or("", ClientId::as_str),
        since,
    )
    .fetch_all(db)
    .await
}

/// Deletes at most `limit` counts of hours that began before `before`; returns how many.
pub(super) async fn delete_issued(
    db: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    delete_before!(db, "token_count", "ctid", "hour", before, limit)
}
