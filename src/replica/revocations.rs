//! What the change feed does about revoked tokens.

use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;

use super::within_timeout;
use crate::audit::Act;
use crate::error::Failure;
use crate::oauth::{self, AuthorizationServer, RevokedCursor, revocation};

/// Most revocations that are stored again by one statement.
const RESTORED_AT_ONCE: usize = 1000;

/// Reads the tokens that these transactions revoked. Returns the greatest delay among those that were not in memory yet.
pub(super) async fn read_of(
    server: &AuthorizationServer,
    connection: &mut PgConnection,
    transactions: &[Range<i64>],
    now: DateTime<Utc>,
) -> Result<Option<TimeDelta>, Failure> {
    let mut longest = None;
    let mut next: Vec<_> = transactions.iter().cloned().map(RevokedCursor::of).collect();
    while !next.is_empty() {
        let (revoked, following) = within_timeout(oauth::list_revoked(connection, &next, now)).await?;
        let added = revoked.iter().filter(|token| server.note_revoked(token));
        longest = longest.max(added.map(|token| now - token.revoked_at).max());
        next = following;
    }
    Ok(longest)
}

/// Stores the revocations again of which this replica heard last, where the database has lost them.
pub(super) async fn restore(
    server: &AuthorizationServer,
    connection: &mut PgConnection,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let act = Act::by_system(now);
    let mut restored = 0;
    for tokens in server.recent_revocations.list(now).chunks(RESTORED_AT_ONCE) {
        restored += within_timeout(revocation::restore(connection, &act, tokens)).await?;
    }
    if restored > 0 {
        tracing::warn!(
            tokens = restored,
            "the database had lost revocations; they are stored again"
        );
    }
    Ok(())
}
