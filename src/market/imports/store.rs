//! SQL of imports that go on. All instants that are compared are the database server's.

use std::time::Duration;

use sqlx::PgConnection;

use super::{Import, ListedImport, Progress};
use crate::ids::ImportId;

/// Adds an import, or says how far it is. One whose row was deleted meanwhile has it again.
pub(super) async fn upsert_import(
    connection: &mut PgConnection,
    import: &Import,
    progress: Progress,
) -> Result<(), sqlx::Error> {
    let count = |count| i32::try_from(count).unwrap_or(i32::MAX);
    let bytes = |bytes| i64::try_from(bytes).unwrap_or(i64::MAX);
    sqlx::query!(
        "insert into market_import (import_id, customer_id, kind, phase, file, files, done_bytes, total_bytes, started_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict on constraint market_import_pkey do update set
             phase = excluded.phase, file = excluded.file, files = excluded.files, done_bytes = excluded.done_bytes,
             total_bytes = excluded.total_bytes, heard_at = now()",
        import.import_id.0,
        import.customer_id.map(|id| id.0),
        <&str>::from(import.kind),
        <&str>::from(progress.phase),
        count(progress.file),
        count(progress.files),
        bytes(progress.done_bytes),
        bytes(progress.total_bytes),
        import.started_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes an import that has ended.
pub(super) async fn delete_import(
    connection: &mut PgConnection,
    import_id: ImportId,
) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from market_import where import_id = $1", import_id.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// The imports that were heard of within `heard_within`, the oldest first.
pub(super) async fn list_imports(
    connection: &mut PgConnection,
    heard_within: Duration,
) -> Result<Vec<ListedImport>, sqlx::Error> {
    sqlx::query_as!(
        ListedImport,
        "select import_id, customer_id, kind, phase, file, files, done_bytes, total_bytes, started_at, heard_at
         from market_import where heard_at > now() - make_interval(secs => $1) order by started_at, import_id",
        heard_within.as_secs_f64(),
    )
    .fetch_all(connection)
    .await
}

/// Deletes the imports that were not; returns how many.
pub(super) async fn delete_unheard(
    connection: &mut PgConnection,
    heard_within: Duration,
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from market_import where heard_at <= now() - make_interval(secs => $1)",
        heard_within.as_secs_f64(),
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
