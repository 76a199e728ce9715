//! SQL of erasing people. Rows are locked in the order of their unique key, in which batches of candidates lock them too, so
//! that there is no deadlock.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::held::HeldInvitations;
use crate::ids::{ApplicantId, CustomerId, InvitationId};
use crate::text::EmailAddress;

/// A locked invitation that is to be deleted.
pub(super) struct InvitationRef {
    pub invitation_id: InvitationId,
    pub customer_id: CustomerId,
    pub email: EmailAddress,
}

/// Locks the invitations of a customer's candidate.
pub(super) async fn lock_applicant(
    connection: &mut PgConnection,
    customer_id: CustomerId,
    applicant_id: ApplicantId,
) -> Result<Vec<InvitationRef>, sqlx::Error> {
    sqlx::query_as!(
        InvitationRef,
        "select invitation_id, customer_id, email from invitation where customer_id = $1 and applicant_id = $2
           order by campaign_id, application_id, applicant_id, superseded_by for update",
        customer_id.0,
        applicant_id.0,
    )
    .fetch_all(connection)
    .await
}

/// Locks the invitations of the people with this address in any case of letters, of one customer or of all.
pub(super) async fn lock_address(
    connection: &mut PgConnection,
    customer_id: Option<CustomerId>,
    email: &EmailAddress,
) -> Result<Vec<InvitationRef>, sqlx::Error> {
    sqlx::query_as!(
        InvitationRef,
        "select invitation_id, customer_id, email from invitation where lower(email) = any($2) and ($1::uuid is null or customer_id = $1)
           order by campaign_id, application_id, applicant_id, superseded_by for update",
        customer_id.map(|id| id.0),
        &email.stored_forms(),
    )
    .fetch_all(connection)
    .await
}

/// Locks at most `limit` invitations that have not changed since `quiet_since`, and skips those that are being changed.
pub(super) async fn lock_quiet(
    connection: &mut PgConnection,
    quiet_since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<InvitationId>, sqlx::Error> {
    sqlx::query_scalar!(
        "select invitation_id from invitation
           where status_changed_at < $1 and coalesce(result_at, status_changed_at) < $1
           order by status_changed_at limit $2 for update skip locked",
        quiet_since,
        limit,
    )
    .fetch_all(connection)
    .await
}

/// How many invitations there are, and what they have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InvitationCounts {
    /// Invitations.
    pub invitations: i64,
    /// How many of them have a result.
    pub results: i64,
    /// Reports, uploaded ones among them.
    pub reports: i64,
    /// How many of them were uploaded.
    pub uploads: i64,
}

/// What these invitations have.
pub(super) async fn count_all(
    connection: &mut PgConnection,
    invitation_ids: &[InvitationId],
) -> Result<InvitationCounts, sqlx::Error> {
    let invitation_ids: Vec<Uuid> = invitation_ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        InvitationCounts,
        r#"select count(*) as "invitations!", count(result_at) as "results!",
               (select count(*) from report where report.invitation_id = any($1)) as "reports!",
               (select count(*) from report where report.invitation_id = any($1) and url is null) as "uploads!"
           from invitation where invitation_id = any($1)"#,
        &invitation_ids,
    )
    .fetch_one(connection)
    .await
}

/// The invitations of the people with this address.
pub(super) async fn list_ids(
    connection: &mut PgConnection,
    customer_id: Option<CustomerId>,
    email: &EmailAddress,
) -> Result<Vec<InvitationId>, sqlx::Error> {
    sqlx::query_scalar!(
        "select invitation_id from invitation where lower(email) = any($2) and ($1::uuid is null or customer_id = $1)
           order by invitation_id",
        customer_id.map(|id| id.0),
        &email.stored_forms(),
    )
    .fetch_all(connection)
    .await
}

/// Deletes invitations, and with them the rows that refer to them.
pub(super) async fn delete_invitations(
    connection: &mut PgConnection,
    invitation_ids: &[InvitationId],
) -> Result<(), sqlx::Error> {
    let invitation_ids: Vec<Uuid> = invitation_ids.iter().map(|id| id.0).collect();
    sqlx::query!(
        "delete from invitation where invitation_id = any($1)",
        &invitation_ids
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The latest invitation of the people with this address.
pub(super) async fn find_latest_of(
    connection: &mut PgConnection,
    customer_id: Option<CustomerId>,
    email: &EmailAddress,
) -> Result<Option<InvitationId>, sqlx::Error> {
    sqlx::query_scalar!(
        "select invitation_id from invitation where lower(email) = any($2) and ($1::uuid is null or customer_id = $1)
           order by invitation_id desc limit 1",
        customer_id.map(|id| id.0),
        &email.stored_forms(),
    )
    .fetch_optional(connection)
    .await
}

/// Whose an invitation is, and its address.
pub(super) async fn find_address(
    connection: &mut PgConnection,
    invitation_id: InvitationId,
) -> Result<Option<InvitationRef>, sqlx::Error> {
    sqlx::query_as!(
        InvitationRef,
        "select invitation_id, customer_id, email from invitation where invitation_id = $1",
        invitation_id.0,
    )
    .fetch_optional(connection)
    .await
}

/// What there is of the people with this address, by customer.
pub(super) async fn list_held(
    connection: &mut PgConnection,
    customer_id: Option<CustomerId>,
    email: &EmailAddress,
) -> Result<Vec<HeldInvitations>, sqlx::Error> {
    sqlx::query_as!(
        HeldInvitations,
        r#"select customer_id, count(*) as "invitations!", count(result_at) as "results!",
               coalesce(sum((select count(*) from report where report.invitation_id = invitation.invitation_id)), 0)::bigint
                   as "reports!",
               coalesce(sum((select count(*) from report where report.invitation_id = invitation.invitation_id and url is null)),
                   0)::bigint as "uploads!",
               min(created_at) as "first_at!", max(greatest(status_changed_at, result_at)) as "last_at!"
           from invitation where lower(email) = any($2) and ($1::uuid is null or customer_id = $1)
           group by customer_id order by customer_id"#,
        customer_id.map(|id| id.0),
        &email.stored_forms(),
    )
    .fetch_all(connection)
    .await
}
