//! SQL of the change feed.

use sqlx::PgConnection;

/// The oldest transaction that is still running: what this or a later one writes, a present snapshot may not show.
pub(super) async fn oldest_running(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as "xmin!""#)
        .fetch_one(connection)
        .await
}

/// A changed client and its present version.
pub(super) struct ChangedClient {
    pub client_id: String,
    pub version: i64,
}

/// Clients changed by that or a later transaction.
pub(super) async fn list_changed_clients(
    connection: &mut PgConnection,
    changed_since: i64,
) -> Result<Vec<ChangedClient>, sqlx::Error> {
    sqlx::query_as!(
        ChangedClient,
        r#"select client_id, changed_in::text::bigint as "version!" from client
           where changed_in >= $1::bigint::text::xid8"#,
        changed_since,
    )
    .fetch_all(connection)
    .await
}

/// How many keys there are and which transaction last wrote one: differs after every change, deletions included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct KeysVersion {
    pub count: i64,
    pub changed_in: i64,
}

pub(super) async fn keys_version(connection: &mut PgConnection) -> Result<KeysVersion, sqlx::Error> {
    sqlx::query_as!(
        KeysVersion,
        r#"select count(*) as "count!", coalesce(max(changed_in::text::bigint), 0) as "changed_in!" from sealing_key"#
    )
    .fetch_one(connection)
    .await
}

/// Rows from another server, restored here, may name transactions that this one has yet to reach: they would look new to
/// every poll, and invitations would not be listed until then. They are taken for changes of now.
pub(super) async fn adopt_restored(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
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
        "update invitation set created_in = default where created_in > pg_snapshot_xmax(pg_current_snapshot())"
    )
    .execute(connection)
    .await?;
    Ok(())
}
