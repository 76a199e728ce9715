//! SQL of what has happened to invitations.

use sqlx::PgConnection;

use super::{FoundInvitation, History};
use crate::ids::{ApplicantId, ApplicationId, CustomerId, InvitationId};
use crate::text::EmailAddress;

/// The invitations for an application. Each customer's are looked up by the index of applications.
pub(super) async fn list_of_application(
    connection: &mut PgConnection,
    customer_id: Option<CustomerId>,
    application_id: ApplicationId,
    limit: i64,
) -> Result<Vec<FoundInvitation>, sqlx::Error> {
    sqlx::query_as!(
        FoundInvitation,
        "select invitation_id, application_id, invitation.customer_id, campaign.name as campaign, status, invitation.created_at
         from invitation join campaign using (campaign_id)
         where invitation.customer_id = any(array(select customer_id from customer where $1::uuid is null or customer_id = $1))
             and invitation.kind = any(array['video', 'assessment']) and application_id = $2
         order by invitation_id desc limit $3",
        customer_id.map(|id| id.0),
        application_id.0,
        limit,
    )
    .fetch_all(connection)
    .await
}

/// The invitations of a customer's candidate.
pub(super) async fn list_of_applicant(
    connection: &mut PgConnection,
    customer_id: CustomerId,
    applicant_id: ApplicantId,
    limit: i64,
) -> Result<Vec<FoundInvitation>, sqlx::Error> {
    sqlx::query_as!(
        FoundInvitation,
        "select invitation_id, application_id, invitation.customer_id, campaign.name as campaign, status, invitation.created_at
         from invitation join campaign using (campaign_id)
         where invitation.customer_id = $1 and applicant_id = $2
         order by invitation_id desc limit $3",
        customer_id.0,
        applicant_id.0,
        limit,
    )
    .fetch_all(connection)
    .await
}

/// The invitations that were sent to an address.
pub(super) async fn list_of_address(
    connection: &mut PgConnection,
    customer_id: Option<CustomerId>,
    email: &EmailAddress,
    limit: i64,
) -> Result<Vec<FoundInvitation>, sqlx::Error> {
    sqlx::query_as!(
        FoundInvitation,
        "select invitation_id, application_id, invitation.customer_id, campaign.name as campaign, status, invitation.created_at
         from invitation join campaign using (campaign_id)
         where lower(email) = any($2) and ($1::uuid is null or invitation.customer_id = $1)
         order by invitation_id desc limit $3",
        customer_id.map(|id| id.0),
        &email.stored_forms(),
        limit,
    )
    .fetch_all(connection)
    .await
}

/// One invitation.
pub(super) async fn find_history(
    connection: &mut PgConnection,
    customer_id: Option<CustomerId>,
    invitation_id: InvitationId,
) -> Result<Option<History>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select invitation_id, application_id, invitation.customer_id, campaign.name as campaign, status,
               invitation.created_at, status_changed_at, expires_at, result_at,
               nullif(superseded_by, '00000000-0000-0000-0000-000000000000') as "superseded_by: InvitationId",
               array(select completed_at from report where report.invitation_id = invitation.invitation_id
                   and completed_at is not null order by completed_at) as "reports_at!"
           from invitation join campaign using (campaign_id)
           where invitation_id = $1 and ($2::uuid is null or invitation.customer_id = $2)"#,
        invitation_id.0,
        customer_id.map(|id| id.0),
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| History {
        invitation: FoundInvitation {
            invitation_id: row.invitation_id,
            application_id: row.application_id,
            customer_id: row.customer_id,
            campaign: row.campaign,
            status: row.status,
            created_at: row.created_at,
        },
        status_changed_at: row.status_changed_at,
        expires_at: row.expires_at,
        result_at: row.result_at,
        reports_at: row.reports_at,
        superseded_by: row.superseded_by,
    }))
}
