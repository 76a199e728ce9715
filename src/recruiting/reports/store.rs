//! SQL of reports.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::report::MediaType;
use crate::ids::{CustomerId, InvitationId, ReportId};
use crate::text::{HttpsUrl, Name};

/// A report to insert. A report with a URL is complete at once.
pub(super) struct InsertedReport<'a> {
    pub report_id: ReportId,
    pub invitation_id: InvitationId,
    pub name: &'a Name,
    pub is_global: bool,
    pub media_type: Option<MediaType>,
    pub url: Option<&'a HttpsUrl>,
    pub created_at: DateTime<Utc>,
}

pub(super) async fn insert_report(
    connection: &mut PgConnection,
    row: &InsertedReport<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into report (report_id, invitation_id, name, is_global, media_type, url, created_at, completed_at)
         values ($1, $2, $3, $4, $5, $6, $7::timestamptz, case when $6::text is not null then $7::timestamptz end)",
        row.report_id.0,
        row.invitation_id.0,
        row.name.as_str(),
        row.is_global,
        row.media_type.map(MediaType::as_str),
        row.url.map(HttpsUrl::as_str),
        row.created_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn count_completed(
    connection: &mut PgConnection,
    invitation_id: InvitationId,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from report where invitation_id = $1 and completed_at is not null"#,
        invitation_id.0,
    )
    .fetch_one(connection)
    .await
}

pub(super) async fn insert_chunk(
    connection: &mut PgConnection,
    (report_id, position, bytes): (ReportId, i32, &[u8]),
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into report_chunk (report_id, position, bytes) values ($1, $2, $3)",
        report_id.0,
        position,
        bytes,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Completes an upload; `false` if it has been deleted or detached meanwhile.
pub(super) async fn update_completed(
    connection: &mut PgConnection,
    report_id: ReportId,
    byte_length: i64,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query!(
        "update report set byte_length = $2, completed_at = $3
         where report_id = $1 and completed_at is null and invitation_id is not null",
        report_id.0,
        byte_length,
        now,
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Detaches an upload from its invitation unless it is complete; returns its identifier if so.
pub(super) async fn detach_unfinished(
    connection: &mut PgConnection,
    report_id: ReportId,
) -> Result<Vec<ReportId>, sqlx::Error> {
    sqlx::query_scalar!(
        "update report set invitation_id = null where report_id = $1 and completed_at is null
         returning report_id",
        report_id.0,
    )
    .fetch_all(connection)
    .await
}

/// Detaches at most `limit` incomplete uploads from their invitations; returns how many. It skips those that are being completed.
pub(super) async fn detach_abandoned(
    connection: &mut PgConnection,
    begun_before: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let updated = sqlx::query!(
        "update report set invitation_id = null where report_id = any(array(
             select report_id from report
             where completed_at is null and created_at <= $1 and invitation_id is not null
             order by created_at limit $2 for update skip locked))",
        begun_before,
        limit,
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected())
}

/// Detaches all uploads from these invitations; returns which. Reports with a URL have no chunks, and are deleted with their
/// invitation.
pub(super) async fn detach_reports(
    connection: &mut PgConnection,
    invitation_ids: &[Uuid],
) -> Result<Vec<ReportId>, sqlx::Error> {
    sqlx::query_scalar!(
        "update report set invitation_id = null where invitation_id = any($1) and url is null
         returning report_id",
        invitation_ids,
    )
    .fetch_all(connection)
    .await
}

fn ids(report_ids: &[ReportId]) -> Vec<Uuid> {
    report_ids.iter().map(|id| id.0).collect()
}

/// At most `limit` detached uploads.
pub(super) async fn list_detached(
    connection: &mut PgConnection,
    limit: i64,
) -> Result<Vec<ReportId>, sqlx::Error> {
    sqlx::query_scalar!(
        "select report_id from report where invitation_id is null order by report_id limit $1",
        limit,
    )
    .fetch_all(connection)
    .await
}

/// Deletes at most `limit` chunks of these uploads, but none that another transaction is deleting; returns how many.
pub(super) async fn delete_chunks(
    connection: &mut PgConnection,
    report_ids: &[ReportId],
    limit: i64,
) -> Result<u64, sqlx::Error> {
    // Locked rows keep their ctid, so each is deleted without a search by its key.
    let deleted = sqlx::query!(
        "delete from report_chunk where ctid = any(array(
             select ctid from report_chunk where report_id = any($1) limit $2 for update skip locked))",
        &ids(report_ids),
        limit,
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

/// Deletes these detached uploads, with chunks that were added meanwhile; returns how many. They are locked in order, so that
/// transactions that delete the same uploads wait for each other without a deadlock.
pub(super) async fn delete_detached(
    connection: &mut PgConnection,
    report_ids: &[ReportId],
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from report where report_id = any(array(
             select report_id from report where report_id = any($1) and invitation_id is null
             order by report_id for update))",
        &ids(report_ids),
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

pub(super) struct ReportRow {
    pub name: Name,
    pub media_type: Option<MediaType>,
    pub byte_length: Option<i64>,
    pub url: Option<HttpsUrl>,
}

/// A complete report of a completed assessment of this customer.
pub(super) async fn find_report(
    connection: &mut PgConnection,
    customer_id: CustomerId,
    invitation_id: InvitationId,
    report_id: ReportId,
) -> Result<Option<ReportRow>, sqlx::Error> {
    sqlx::query_as!(
        ReportRow,
        "select report.name, report.media_type, report.byte_length, report.url
         from report join invitation using (invitation_id)
         where report_id = $1 and invitation_id = $2 and customer_id = $3 and kind = 'assessment'
             and invitation.status = 'completed' and completed_at is not null",
        report_id.0,
        invitation_id.0,
        customer_id.0,
    )
    .fetch_optional(connection)
    .await
}

pub(super) async fn find_chunk(
    connection: &mut PgConnection,
    report_id: ReportId,
    position: i32,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        "select bytes from report_chunk where report_id = $1 and position = $2",
        report_id.0,
        position,
    )
    .fetch_optional(connection)
    .await
}
