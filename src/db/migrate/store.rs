//! SQL of migrating: what the schema says of itself, and how long a lock is waited for.

use sqlx::{AssertSqlSafe, Executor, PgConnection};

/// The migration that a program has to know to use this schema.
pub(super) async fn find_floor(connection: &mut PgConnection) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!("select migration from schema_floor")
        .fetch_optional(connection)
        .await
}

/// Lets each statement on this connection wait so many milliseconds for a lock, and work as long as it needs.
pub(super) async fn set_limits(
    connection: &mut PgConnection,
    lock_timeout_ms: u128,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "select set_config('lock_timeout', $1, false) as lock_timeout,
                set_config('statement_timeout', '0', false) as statement_timeout",
        lock_timeout_ms.to_string()
    )
    .fetch_one(connection)
    .await?;
    Ok(())
}

/// Runs one statement of a migration, outside of any transaction.
pub(super) async fn run_alone(connection: &mut PgConnection, statement: &str) -> Result<(), sqlx::Error> {
    connection.execute(AssertSqlSafe(statement.to_owned())).await?;
    Ok(())
}
