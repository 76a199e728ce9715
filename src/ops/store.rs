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

/// Whether a key was changed by that or a later transaction.
pub(super) async fn has_changed_keys(
    connection: &mut PgConnection,
    changed_since: i64,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from sealing_key where changed_in >= $1::bigint::text::xid8) as "changed!""#,
        changed_since,
    )
    .fetch_one(connection)
    .await
}
