//! SQL of forms that wait.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::db::delete_before;
use crate::ids::{KeptFormId, SessionNumber};

pub(super) struct KeptFormRow {
    pub path: String,
    pub form_name: String,
    pub fields: Json<Vec<(String, String)>>,
}

pub(super) async fn insert_form(
    connection: &mut PgConnection,
    id: KeptFormId,
    session: SessionNumber,
    row: &KeptFormRow,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into staff_kept_form (kept_form_id, session_number, path, form_name, fields, created_at)
         values ($1, $2, $3, $4, $5, $6)",
        id.0,
        session.0,
        row.path,
        row.form_name,
        Json(&row.fields.0) as _,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes the forms of a session but for so many of the latest.
pub(super) async fn delete_older_than_latest(
    connection: &mut PgConnection,
    session: SessionNumber,
    most: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from staff_kept_form where session_number = $1 and kept_form_id not in (
            select kept_form_id from staff_kept_form where session_number = $1
            order by created_at desc, kept_form_id desc limit $2)",
        session.0,
        most,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn find_form(
    connection: &mut PgConnection,
    session: SessionNumber,
    id: KeptFormId,
    created_after: DateTime<Utc>,
) -> Result<Option<KeptFormRow>, sqlx::Error> {
    sqlx::query_as!(
        KeptFormRow,
        r#"select path, form_name, fields as "fields: Json<Vec<(String, String)>>" from staff_kept_form
           where kept_form_id = $1 and session_number = $2 and created_at > $3"#,
        id.0,
        session.0,
        created_after,
    )
    .fetch_optional(connection)
    .await
}

pub(super) async fn delete_forms(
    connection: &mut PgConnection,
    created_before: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    delete_before!(
        connection,
        "staff_kept_form",
        "kept_form_id",
        "created_at",
        created_before,
        limit
    )
}
