//! Forgetting one person.

use serde_json::json;
use sqlx::PgConnection;

use super::store::{self, InvitationRef};
use crate::audit::Act;
use crate::db::Db;
use crate::error;
use crate::ids::{ApplicantId, CustomerId};
use crate::recruiting::error::Error;
use crate::recruiting::reports::{self, Detached};
use crate::text::EmailAddress;

/// Who is to be forgotten.
pub enum Person {
    /// A customer's candidate, as Talentsoft names one.
    Applicant(CustomerId, ApplicantId),
    /// Whoever has this address, in any case of letters, with whatever customer.
    Address(EmailAddress),
}

/// Deletes the person's invitations with all that hangs on them: links, results, reports, events to deliver; answers how
/// many invitations it were. Nobody is no error: erasing twice is erasing once.
///
/// One transaction takes all of it from everybody's sight. Uploaded reports, which may be large, are deleted after it; where
/// that fails, housekeeping does it within a minute or so, and the log says why.
pub async fn erase(db: &Db, acting: &Act, person: &Person) -> Result<usize, Error> {
    if let (Some(own), Person::Applicant(customer_id, _)) = (acting.customer_id, person)
        && own != *customer_id
    {
        return Ok(0);
    }
    let (erased, uploads) = db
        .transaction(async |transaction| delete_invitations(transaction, acting, person).await)
        .await?;
    if let Err(failure) = reports::delete_detached(db, &uploads).await {
        tracing::warn!(
            cause = error::chain(&failure),
            "reports of somebody who was erased are left to housekeeping"
        );
    }
    Ok(erased)
}

/// Answers how many there were, and their uploads, which are to be deleted.
async fn delete_invitations(
    connection: &mut PgConnection,
    acting: &Act,
    person: &Person,
) -> Result<(usize, Detached), Error> {
    let mut doomed = match person {
        Person::Applicant(customer_id, applicant_id) => {
            store::lock_applicant(connection, *customer_id, *applicant_id).await?
        }
        Person::Address(email) => store::lock_address(connection, acting.customer_id, email.as_str()).await?,
    };
    let invitation_ids: Vec<_> = doomed.iter().map(|invitation| invitation.invitation_id).collect();
    let uploads = reports::detach(connection, &invitation_ids).await?;
    store::delete_invitations(connection, &invitation_ids).await?;
    // One event for each customer, which is all that may be said.
    doomed.sort_by_key(|invitation| invitation.customer_id);
    for group in doomed.chunk_by(|one, other| one.customer_id == other.customer_id) {
        if let Some(InvitationRef { customer_id, .. }) = group.first() {
            let detail = json!({ "customer_id": customer_id, "invitations": group.len() });
            acting
                .record(connection, "erased", ("candidate", customer_id), detail)
                .await?;
        }
    }
    Ok((doomed.len(), uploads))
}
