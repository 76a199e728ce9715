//! Work on very many rows by short transactions: no statement comes near its time limit, other work gets its turn in between,
//! and what was committed stays when a later transaction fails.

use super::{Db, PgTransaction, TimedOut};
use crate::error::Failure;

/// What the batch size is divided by after a timeout.
const SHRINK_FACTOR: i64 = 4;
/// SQLSTATE `query_canceled`, by the statement timeout.
const QUERY_CANCELED: &str = "57014";

impl Db {
    /// Runs `work` again and again, in a transaction of its own each time, until it processes fewer rows than its limit;
    /// returns how many rows it processed in all.
    ///
    /// `work` is given the limit: `max_rows` at first, and less after each transaction that timed out, down to one. It must
    /// change the rows so that the next transaction does not find them again.
    pub async fn in_batches(
        &self,
        max_rows: u32,
        mut work: impl AsyncFnMut(&mut PgTransaction<'_>, i64) -> Result<u64, Failure>,
    ) -> Result<u64, Failure> {
        let mut limit = i64::from(max_rows);
        let mut total: u64 = 0;
        loop {
            match self
                .transaction(async |transaction| work(transaction, limit).await)
                .await
            {
                Ok(rows) => {
                    total = total.saturating_add(rows);
                    if i64::try_from(rows).is_ok_and(|rows| rows < limit) {
                        return Ok(total);
                    }
                }
                Err(failure) if limit > 1 && is_timeout(&failure) => limit = (limit / SHRINK_FACTOR).max(1),
                Err(failure) => return Err(failure),
            }
        }
    }
}

/// Whether time ran out, on the server or here: a smaller batch may succeed.
fn is_timeout(failure: &Failure) -> bool {
    let Failure::Unavailable(cause) = failure else {
        return false;
    };
    if cause.downcast_ref::<TimedOut>().is_some() {
        return true;
    }
    let code = cause
        .downcast_ref::<sqlx::Error>()
        .and_then(sqlx::Error::as_database_error)
        .and_then(sqlx::error::DatabaseError::code);
    code.as_deref() == Some(QUERY_CANCELED)
}
