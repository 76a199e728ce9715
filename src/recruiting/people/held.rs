//! What is held of a candidate.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use super::store;
use crate::audit::Act;
use crate::error::Failure;
use crate::ids::{CustomerId, InvitationId};
use crate::text::EmailAddress;
use crate::webhooks;

/// The invitations that a person got from one customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldInvitations {
    /// The customer.
    pub customer_id: CustomerId,
    /// How many there are.
    pub invitations: i64,
    /// How many of them have a result.
    pub results: i64,
    /// How many reports they have, uploaded ones among them.
    pub reports: i64,
    /// How many of those were uploaded.
    pub uploads: i64,
    /// When the first was made.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub first_at: DateTime<Utc>,
    /// When something last happened to one.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub last_at: DateTime<Utc>,
}

/// The latest invitation that was sent to this address, in any case of letters, of those that the actor reaches.
pub async fn find_latest_of(
    db: &mut PgConnection,
    act: &Act,
    email: &EmailAddress,
) -> Result<Option<InvitationId>, Failure> {
    Ok(store::find_latest_of(db, act.customer_id, email).await?)
}

/// The address that an invitation was sent to, if the actor reaches it.
pub async fn address_of(
    db: &mut PgConnection,
    act: &Act,
    invitation_id: InvitationId,
) -> Result<Option<EmailAddress>, Failure> {
    let found = store::find_address(db, invitation_id).await?;
    Ok(found
        .filter(|found| act.reaches(found.customer_id))
        .map(|found| found.email))
}

/// How many events of the outbox are about the invitations of this address that the actor reaches, delivered ones as long as they
/// are kept.
pub async fn count_callbacks(db: &mut PgConnection, act: &Act, email: &EmailAddress) -> Result<i64, Failure> {
    let invitation_ids = store::list_ids(db, act.customer_id, email).await?;
    webhooks::count_about(db, &invitation_ids).await
}

/// The invitations of this address that the actor reaches, by customer.
pub async fn list_held(
    db: &mut PgConnection,
    act: &Act,
    email: &EmailAddress,
) -> Result<Vec<HeldInvitations>, Failure> {
    Ok(store::list_held(db, act.customer_id, email).await?)
}
