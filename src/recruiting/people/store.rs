//! SQL of forgetting. Rows are locked in the order of their unique key, as batches of candidates lock them.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::ids::{ApplicantId, CustomerId};

/// Deletes some of their reports; answers how many.
pub(super) async fn delete_reports_of_applicant(
    connection: &mut PgConnection,
    (customer_id, applicant_id): (CustomerId, ApplicantId),
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from report where report_id = any(array(
             select report_id from report join invitation using (invitation_id)
             where customer_id = $1 and applicant_id = $2
             order by report_id limit $3 for update of report))",
        customer_id.0,
        applicant_id.0,
        limit,
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

/// Deletes some of their reports; answers how many.
pub(super) async fn delete_reports_of_address(
    connection: &mut PgConnection,
    (customer_id, email): (Option<CustomerId>, &str),
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from report where report_id = any(array(
             select report_id from report join invitation using (invitation_id)
             where lower(email) = lower($2) and ($1::uuid is null or customer_id = $1)
             order by report_id limit $3 for update of report))",
        customer_id.map(|id| id.0),
        email,
        limit,
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

/// Answers the customer of each deleted invitation.
pub(super) async fn delete_applicant(
    connection: &mut PgConnection,
    customer_id: CustomerId,
    applicant_id: ApplicantId,
) -> Result<Vec<CustomerId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"with doomed as (
            select invitation_id from invitation where customer_id = $1 and applicant_id = $2
            order by campaign_id, application_id, applicant_id for update
        )
        delete from invitation using doomed where invitation.invitation_id = doomed.invitation_id
        returning customer_id as "customer_id: CustomerId""#,
        customer_id.0,
        applicant_id.0,
    )
    .fetch_all(connection)
    .await
}

/// Answers the customer of each deleted invitation, in the order of customers.
pub(super) async fn delete_address(
    connection: &mut PgConnection,
    customer_id: Option<CustomerId>,
    email: &str,
) -> Result<Vec<CustomerId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"with doomed as (
            select invitation_id from invitation
            where lower(email) = lower($2) and ($1::uuid is null or customer_id = $1)
            order by campaign_id, application_id, applicant_id for update
        ), deleted as (
            delete from invitation using doomed where invitation.invitation_id = doomed.invitation_id
            returning customer_id
        )
        select customer_id as "customer_id: CustomerId" from deleted order by 1"#,
        customer_id.map(|id| id.0),
        email,
    )
    .fetch_all(connection)
    .await
}

/// Deletes invitations in which nothing happened since then; those that somebody is changing are not quiet.
pub(super) async fn delete_quiet(
    connection: &mut PgConnection,
    quiet_since: DateTime<Utc>,
    limit: i64,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"with quiet as (
            select invitation_id from invitation
            where status_changed_at < $1 and coalesce(result_at, status_changed_at) < $1
            order by status_changed_at limit $2 for update skip locked
        ), deleted as (
            delete from invitation using quiet where invitation.invitation_id = quiet.invitation_id returning 1
        )
        select count(*) as "count!" from deleted"#,
        quiet_since,
        limit,
    )
    .fetch_one(connection)
    .await
}
