//! Work on very many rows: by short transactions, so that no statement comes near its limit, other work gets in between, and
//! what was done stays done when a later one fails.

use super::{Db, PgTransaction, TooSlow};
use crate::error::Failure;

/// What a batch is divided by when it took too long.
const SHRINKING: i64 = 4;

impl Db {
    /// Runs `work` again and again, in a transaction of its own each time, until it finds fewer rows than it may take; answers
    /// how many it took in all. It is told how many it may take at once: `most_rows`, and fewer after a transaction that was
    /// too slow, down to one. It takes rows so that the next transaction does not find them again.
    pub async fn in_batches(
        &self,
        most_rows: u32,
        mut work: impl AsyncFnMut(&mut PgTransaction<'_>, i64) -> Result<u64, Failure>,
    ) -> Result<u64, Failure> {
        let mut batch = i64::from(most_rows);
        let mut total: u64 = 0;
        loop {
            match self
                .transaction(async |transaction| work(transaction, batch).await)
                .await
            {
                Ok(rows) => {
                    total = total.saturating_add(rows);
                    if i64::try_from(rows).is_ok_and(|rows| rows < batch) {
                        return Ok(total);
                    }
                }
                Err(failure) if batch > 1 && is_too_slow(&failure) => batch = (batch / SHRINKING).max(1),
                Err(failure) => return Err(failure),
            }
        }
    }
}

/// Whether time ran out, there or here: less work may succeed. SQLSTATE 57014 is `query_canceled`, by the statement timeout.
fn is_too_slow(failure: &Failure) -> bool {
    let Failure::Unavailable(cause) = failure else {
        return false;
    };
    if cause.downcast_ref::<TooSlow>().is_some() {
        return true;
    }
    let code = cause
        .downcast_ref::<sqlx::Error>()
        .and_then(sqlx::Error::as_database_error)
        .and_then(sqlx::error::DatabaseError::code);
    code.as_deref() == Some("57014")
}
