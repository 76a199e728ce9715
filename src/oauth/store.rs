//! SQL of tokens and assertions: of both, only that they must not be accepted again is ever stored.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::issued::IssuedCount;
use super::replay::Fingerprint;
use crate::hours::HourCount;
use crate::ids::{ClientId, TokenId};

/// Stores that a single-use assertion was used; false when it was used before.
pub(super) async fn claim_assertion(
    db: &mut PgConnection,
    client_id: &ClientId,
    fingerprint: &Fingerprint,
    expires_at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query!(
        "insert into used_assertion (client_id, fingerprint, expires_at) values ($1, $2, $3)
         on conflict on constraint used_assertion_pkey do nothing",
        client_id.as_str(),
        fingerprint.as_slice(),
        expires_at,
    )
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
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

/// Stores a revocation; false when the token was revoked before.
pub(super) async fn insert_revoked(db: &mut PgConnection, token: &RevokedToken) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query!(
        "insert into revoked_token (token_id, client_id, expires_at, revoked_at) values ($1, $2, $3, $4)
         on conflict on constraint revoked_token_pkey do nothing",
        token.token_id.0,
        token.client_id.as_str(),
        token.expires_at,
        token.revoked_at,
    )
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Stores those of the revocations that are not stored, where their clients are registered; returns how many.
pub(super) async fn insert_missing_revoked(
    db: &mut PgConnection,
    tokens: &[RevokedToken],
) -> Result<u64, sqlx::Error> {
    let token_ids: Vec<uuid::Uuid> = tokens.iter().map(|token| token.token_id.0).collect();
    let client_ids: Vec<String> = tokens.iter().map(|token| token.client_id.to_string()).collect();
    let expire_at: Vec<DateTime<Utc>> = tokens.iter().map(|token| token.expires_at).collect();
    let revoked_at: Vec<DateTime<Utc>> = tokens.iter().map(|token| token.revoked_at).collect();
    let inserted = sqlx::query!(
        "insert into revoked_token (token_id, client_id, expires_at, revoked_at)
         select token_id, client_id, lost.expires_at, lost.revoked_at
         from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[])
              as lost (token_id, client_id, expires_at, revoked_at)
         join client using (client_id)
         order by token_id
         on conflict on constraint revoked_token_pkey do nothing",
        &token_ids,
        &client_ids,
        &expire_at,
        &revoked_at,
    )
    .execute(db)
    .await?;
    Ok(inserted.rows_affected())
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

/// A position in the list of revoked tokens: after this token of this transaction, and before another transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokedCursor {
    changed_in: i64,
    token_id: uuid::Uuid,
    before: i64,
}

impl RevokedCursor {
    /// From the beginning of what transactions from this one on revoked.
    #[must_use]
    pub fn since(changed_in: i64) -> Self {
        Self {
            changed_in,
            token_id: uuid::Uuid::nil(),
            before: i64::MAX,
        }
    }

    /// From the beginning of what transactions before this one revoked.
    #[must_use]
    pub fn before(changed_in: i64) -> Self {
        Self {
            before: changed_in,
            ..Self::since(0)
        }
    }
}

/// Revoked tokens on a full page.
const REVOKED_PAGE: i64 = 1_000;

/// One page of the revoked tokens that have not expired by `now`, and the cursor of the next page, if there is one.
pub async fn list_revoked(
    db: &mut PgConnection,
    cursor: RevokedCursor,
    now: DateTime<Utc>,
) -> Result<(Vec<RevokedToken>, Option<RevokedCursor>), sqlx::Error> {
    let rows = sqlx::query!(
        r#"select token_id as "token_id: TokenId", client_id as "client_id: ClientId", expires_at, revoked_at,
                  changed_in::text::bigint as "changed_in!"
           from revoked_token
           where (changed_in, token_id) > ($1::bigint::text::xid8, $2) and changed_in < $3::bigint::text::xid8
             and expires_at > $4
           order by revoked_token.changed_in, token_id limit $5"#,
        cursor.changed_in,
        cursor.token_id,
        cursor.before,
        now,
        REVOKED_PAGE,
    )
    .fetch_all(db)
    .await?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|count| count == REVOKED_PAGE);
    let next = rows.last().filter(|_| is_full).map(|row| RevokedCursor {
        changed_in: row.changed_in,
        token_id: row.token_id.0,
        ..cursor
    });
    let tokens = rows.into_iter().map(|row| RevokedToken {
        token_id: row.token_id,
        client_id: row.client_id,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
    });
    Ok((tokens.collect(), next))
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
    let result = sqlx::query!(
        "delete from token_count where ctid = any(array(
            select ctid from token_count where hour < $1 order by hour limit $2 for update skip locked))",
        before,
        limit,
    )
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}
