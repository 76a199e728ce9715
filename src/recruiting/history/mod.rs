//! What has happened to invitations, for the partner's staff: found by what may be known of one, and told without the person's
//! name or address.

mod store;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::invitations::Status;
use crate::audit::Act;
use crate::error::Failure;
use crate::ids::{ApplicantId, ApplicationId, CustomerId, InvitationId};
use crate::text::{EmailAddress, Name};

/// What is known of an invitation that is looked for. Personal data may be in it: it has no `Debug`.
pub enum Known {
    /// Its identifier.
    Invitation(InvitationId),
    /// The application, as Talentsoft names it.
    Application(ApplicationId),
    /// A customer's candidate, as Talentsoft names the person.
    Applicant(CustomerId, ApplicantId),
    /// The candidate's address, in any case of letters.
    Address(EmailAddress),
}

/// An invitation that was found.
#[derive(Clone, Debug)]
pub struct FoundInvitation {
    /// Its identifier.
    pub invitation_id: InvitationId,
    /// The application that it is for.
    pub application_id: ApplicationId,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// The name of its campaign.
    pub campaign: Name,
    /// How far it is.
    pub status: Status,
    /// When the candidate was invited.
    pub created_at: DateTime<Utc>,
}

/// What has happened to an invitation.
#[derive(Clone, Debug)]
pub struct History {
    /// The invitation.
    pub invitation: FoundInvitation,
    /// Since when it has its status.
    pub status_changed_at: DateTime<Utc>,
    /// When its link ends.
    pub expires_at: DateTime<Utc>,
    /// When its result was stored.
    pub result_at: Option<DateTime<Utc>>,
    /// When its reports were complete.
    pub reports_at: Vec<DateTime<Utc>>,
    /// The invitation that took its place.
    pub superseded_by: Option<InvitationId>,
}

/// The invitations of which this is known, the newest first, at most `limit`.
pub async fn find_known(
    db: &mut PgConnection,
    act: &Act,
    known: &Known,
    limit: i64,
) -> Result<Vec<FoundInvitation>, Failure> {
    let customer_id = act.customer_id;
    let found = match known {
        Known::Invitation(invitation_id) => {
            let found = store::find_history(db, customer_id, *invitation_id).await?;
            found.into_iter().map(|history| history.invitation).collect()
        }
        Known::Application(application_id) => {
            store::list_of_application(db, customer_id, *application_id, limit).await?
        }
        Known::Applicant(customer_id, _) if !act.reaches(*customer_id) => Vec::new(),
        Known::Applicant(customer_id, applicant_id) => {
            store::list_of_applicant(db, *customer_id, *applicant_id, limit).await?
        }
        Known::Address(email) => store::list_of_address(db, customer_id, email, limit).await?,
    };
    Ok(found)
}

/// What has happened to an invitation, if the actor reaches it.
pub async fn find_history(
    db: &mut PgConnection,
    act: &Act,
    invitation_id: InvitationId,
) -> Result<Option<History>, Failure> {
    Ok(store::find_history(db, act.customer_id, invitation_id).await?)
}
