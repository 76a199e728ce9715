//! SQL of reports.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::add::MediaType;
use crate::ids::{CustomerId, InvitationId, ReportId};

/// A report to add; whole where it has a URL.
pub(super) struct NewRow<'a> {
    pub report_id: ReportId,
    pub invitation_id: InvitationId,
    pub name: &'a str,
    pub is_global: bool,
    pub media_type: Option<MediaType>,
    pub url: Option<&'a str>,
    pub created_at: DateTime<Utc>,
}

pub(super) async fn insert_report(
    connection: &mut PgConnection,
    row: &NewRow<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into report (report_id, invitation_id, name, is_global, media_type, url, created_at, completed_at)
         values ($1, $2, $3, $4, $5, $6, $7::timestamptz, case when $6::text is not null then $7::timestamptz end)",
        row.report_id.0,
        row.invitation_id.0,
        row.name,
        row.is_global,
        row.media_type.map(MediaType::as_str),
        row.url,
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

/// Shows an upload; `false` when it is gone.
pub(super) async fn update_completed(
    connection: &mut PgConnection,
    report_id: ReportId,
    byte_length: i64,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query!(
        "update report set byte_length = $2, completed_at = $3 where report_id = $1 and completed_at is null",
        report_id.0,
        byte_length,
        now,
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

pub(super) async fn delete_unfinished(
    connection: &mut PgConnection,
    report_id: ReportId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from report where report_id = $1 and completed_at is null",
        report_id.0
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Some of them. Those that somebody finishes at the moment are left alone.
pub(super) async fn delete_abandoned(
    connection: &mut PgConnection,
    begun_before: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from report where report_id in (
             select report_id from report where completed_at is null and created_at <= $1
             order by created_at limit $2 for update skip locked)",
        begun_before,
        limit,
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

pub(super) struct ReportRow {
    pub name: String,
    pub media_type: Option<String>,
    pub byte_length: Option<i64>,
    pub url: Option<String>,
}

/// A whole report of an assessment of this customer's.
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
             and completed_at is not null",
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
