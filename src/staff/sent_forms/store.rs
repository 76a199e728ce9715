//! SQL of forms that are done once.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::db::delete_before;

/// Notes that a form is being done; false where it was done before. Waits for a transaction that does it at this moment.
pub(super) async fn insert_form(
    db: &mut PgConnection,
    key: &[u8],
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query!(
        "insert into staff_sent_form (sent_form_key, outcome, created_at) values ($1, 'null', $2)
         on conflict (sent_form_key) do nothing",
        key,
        now,
    )
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

pub(super) async fn update_outcome(
    db: &mut PgConnection,
    key: &[u8],
    outcome: &Json<Value>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update staff_sent_form set outcome = $2 where sent_form_key = $1",
        key,
        outcome as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn find_outcome(
    db: &mut PgConnection,
    key: &[u8],
) -> Result<Option<Json<Value>>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select outcome as "outcome: Json<Value>" from staff_sent_form where sent_form_key = $1"#,
        key,
    )
    .fetch_optional(db)
    .await
}

pub(super) async fn delete_forms(
    db: &mut PgConnection,
    created_before: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    delete_before!(
        db,
        "staff_sent_form",
        "sent_form_key",
        "created_at",
        created_before,
        limit
    )
}
