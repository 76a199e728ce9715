//! Events by their invitations, with which they go.

mod store;

use sqlx::PgConnection;

use crate::error::Failure;
use crate::ids::InvitationId;

/// How many events are about these invitations, whatever has become of them.
pub async fn count_about(db: &mut PgConnection, invitation_ids: &[InvitationId]) -> Result<i64, Failure> {
    Ok(store::count_about(db, invitation_ids).await?)
}
