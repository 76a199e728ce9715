//! SQL of the change feed.

use std::ops::Range;

use sqlx::PgConnection;

use crate::ids::ClientId;

/// A client that was changed, and its version now.
pub(super) struct ChangedClient {
    pub client_id: ClientId,
    pub version: i64,
}

/// The clients that these transactions changed last.
pub(super) async fn list_changed_clients(
    connection: &mut PgConnection,
    transactions: &[Range<i64>],
) -> Result<Vec<ChangedClient>, sqlx::Error> {
    let (starts, ends): (Vec<i64>, Vec<i64>) =
        transactions.iter().map(|range| (range.start, range.end)).unzip();
    sqlx::query_as!(
        ChangedClient,
        r#"select changed.client_id, changed.changed_in::text::bigint as "version!"
           from unnest($1::bigint[], $2::bigint[]) as ended (since, before)
           cross join lateral (
               select client_id, changed_in from client
               where changed_in >= ended.since::text::xid8 and changed_in < ended.before::text::xid8
               order by changed_in
           ) as changed"#,
        &starts,
        &ends,
    )
    .fetch_all(connection)
    .await
}

/// Identifiers of clients after this one, in their order, at most so many.
pub(super) async fn list_client_ids(
    connection: &mut PgConnection,
    after: &str,
    limit: i64,
) -> Result<Vec<ClientId>, sqlx::Error> {
    sqlx::query!(
        "select client_id from client where client_id > $1 order by client_id limit $2",
        after,
        limit,
    )
    .map(|row| row.client_id)
    .fetch_all(connection)
    .await
}

/// Differs after every change of what is small and read as a whole: the sealing keys, how many there are (deletions), and
/// the versions of market data.
///
/// Of each, the identifiers of the transactions that last wrote a row are added up. The latest of them would stay the same
/// where a transaction ends after one that began later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Versions {
    pub key_count: i64,
    pub keys: i64,
    pub market: i64,
}

pub(super) async fn find_versions(connection: &mut PgConnection) -> Result<Versions, sqlx::Error> {
    sqlx::query_as!(
        Versions,
        r#"select count(*) as "key_count!", coalesce(sum(changed_in::text::bigint), 0)::bigint as "keys!",
               (select coalesce(sum(changed_in::text::bigint), 0)::bigint from market_version) as "market!"
           from sealing_key"#
    )
    .fetch_one(connection)
    .await
}

/// Whether rows have transaction ids from the future. A database that was restored from another server has such rows: until
/// this server reaches those ids, every poll would take them for new, and invitations would not be listed.
pub(super) async fn has_future_transaction_ids(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        // The last of each table, for the indexes have those at hand.
        r#"select coalesce(bool_or(latest > pg_snapshot_xmax(pg_current_snapshot())), false) as "has_some!"
           from (values ((select changed_in from client order by changed_in desc limit 1)),
                        ((select changed_in from revoked_token order by changed_in desc limit 1)),
                        ((select changed_in from sealing_key order by changed_in desc limit 1)),
                        ((select changed_in from market_version order by changed_in desc limit 1)),
                        ((select created_in from invitation order by created_in desc limit 1))) as newest (latest)"#
    )
    .fetch_one(connection)
    .await
}

/// Marks those rows as changed now.
pub(super) async fn update_future_transaction_ids(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update client set changed_in = default where changed_in > pg_snapshot_xmax(pg_current_snapshot())"
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "update revoked_token set changed_in = default where changed_in > pg_snapshot_xmax(pg_current_snapshot())"
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!("update sealing_key set changed_in = default where changed_in > pg_snapshot_xmax(pg_current_snapshot())")
        .execute(&mut *connection)
        .await?;
    sqlx::query!(
        "update market_version set changed_in = default where changed_in > pg_snapshot_xmax(pg_current_snapshot())"
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "update invitation set created_in = default where created_in > pg_snapshot_xmax(pg_current_snapshot())"
    )
    .execute(connection)
    .await?;
    Ok(())
}
