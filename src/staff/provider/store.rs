//! SQL of visits to the identity provider.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::db::delete_before;
use crate::ids::SessionNumber;

pub(super) struct VisitRow {
    pub purpose: String,
    pub session_number: Option<SessionNumber>,
    pub next_path: Option<String>,
    pub began_at: DateTime<Utc>,
}

pub(super) async fn insert_visit(
    connection: &mut PgConnection,
    hash: &[u8],
    row: &VisitRow,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into staff_provider_visit (visit_hash, purpose, session_number, next_path, began_at)
         values ($1, $2, $3, $4, $5)",
        hash,
        row.purpose,
        row.session_number.map(|number| number.0),
        row.next_path,
        row.began_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes a visit out, so that it comes back once.
pub(super) async fn take_visit(
    connection: &mut PgConnection,
    hash: &[u8],
) -> Result<Option<VisitRow>, sqlx::Error> {
    sqlx::query_as!(
        VisitRow,
        "delete from staff_provider_visit where visit_hash = $1 returning purpose, session_number, next_path, began_at",
        hash,
    )
    .fetch_optional(connection)
    .await
}

pub(super) async fn delete_visits(
    connection: &mut PgConnection,
    began_before: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    delete_before!(
        connection,
        "staff_provider_visit",
        "visit_hash",
        "began_at",
        began_before,
        limit
    )
}
