//! Erasing the data of one person.

use serde_json::json;
use sqlx::PgConnection;

use super::store::{self, InvitationCounts, InvitationRef};
use crate::audit::Act;
use crate::error::Failure;
use crate::ids::{ApplicantId, CustomerId};
use crate::recruiting::reports::{self, Detached};
use crate::text::EmailAddress;
use crate::webhooks;

/// The person whose data is to be erased.
pub enum Person {
    /// A customer's candidate, as Talentsoft names one.
    Applicant(CustomerId, ApplicantId),
    /// Whoever has this address, in any case of letters, with whatever customer.
    Address(EmailAddress),
}

/// What was erased of a person.
pub struct Erased {
    /// How many invitations it were, and what they had; 0: there was nobody.
    pub counts: InvitationCounts,
    /// How many events of the outbox were about them.
    pub callbacks: i64,
    /// The addresses that they were sent to, each once.
    pub addresses: Vec<EmailAddress>,
    /// The uploads, which are to be deleted once the rest is committed.
    pub uploads: Detached,
}

/// Deletes the person's invitations with all that hangs on them: links, results, events to deliver. Uploaded reports, which
/// may be large, leave everybody's sight with them, and are deleted after that by
/// [`delete_detached`](reports::delete_detached). Nobody is no error: erasing twice is erasing once.
pub async fn erase(db: &mut PgConnection, act: &Act, person: &Person) -> Result<Erased, Failure> {
    let mut invitations = match person {
        Person::Applicant(customer_id, _) if !act.reaches(*customer_id) => Vec::new(),
        Person::Applicant(customer_id, applicant_id) => {
            store::lock_applicant(db, *customer_id, *applicant_id).await?
        }
        Person::Address(email) => store::lock_address(db, act.customer_id, email).await?,
    };
    let invitation_ids: Vec<_> = invitations
        .iter()
        .map(|invitation| invitation.invitation_id)
        .collect();
    let counts = store::count_all(db, &invitation_ids).await?;
    let callbacks = webhooks::count_about(db, &invitation_ids).await?;
    let uploads = reports::detach(db, &invitation_ids).await?;
    store::delete_invitations(db, &invitation_ids).await?;
    let mut addresses: Vec<EmailAddress> = Vec::new();
    for invitation in &invitations {
        if !addresses.contains(&invitation.email) {
            addresses.push(invitation.email.clone());
        }
    }
    // One event for each customer, which is all that may be said.
    invitations.sort_by_key(|invitation| invitation.customer_id);
    for group in invitations.chunk_by(|one, other| one.customer_id == other.customer_id) {
        if let Some(InvitationRef { customer_id, .. }) = group.first() {
            let detail = json!({ "customer_id": customer_id, "invitations": group.len() });
            act.record(db, "erased", ("candidate", customer_id), detail)
                .await?;
        }
    }
    Ok(Erased {
        counts,
        callbacks,
        addresses,
        uploads,
    })
}
