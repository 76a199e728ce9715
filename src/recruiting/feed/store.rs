//! SQL of the feed of new invitations, and of single invitations for the platform.

use sqlx::PgConnection;
use sqlx::types::Json;

use super::cursor::Cursor;
use super::details::InvitationDetails;
use crate::ids::{CustomerId, InvitationId};
use crate::recruiting::invitations::{LinkDigest, invitation_of};
use crate::recruiting::reports::ReportSummary;

pub(super) async fn find_invitation(
    connection: &mut PgConnection,
    customer_id: Option<CustomerId>,
    invitation_id: InvitationId,
) -> Result<Option<InvitationDetails>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select invitation_id, customer_id, campaign_id, kind, applicant_id, application_id, lastname, firstname, email, phone,
               invited_by, status, created_at, status_changed_at, expires_at, overall_score, scores, video_url, result_at,
               nullif(superseded_by, '00000000-0000-0000-0000-000000000000') as "superseded_by: InvitationId",
               (select coalesce(jsonb_agg(jsonb_build_object('report_id', report_id, 'name', name, 'is_global', is_global,
                    'media_type', media_type, 'byte_length', byte_length, 'url', url) order by report_id), '[]')
                from report where report.invitation_id = invitation.invitation_id
                    and completed_at is not null) as "reports!: Json<Vec<ReportSummary>>"
           from invitation where invitation_id = $1 and ($2::uuid is null or customer_id = $2)"#,
        invitation_id.0,
        customer_id.map(|id| id.0),
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| InvitationDetails {
        reports: row.reports.0,
        invitation: invitation_of!(row),
    }))
}

pub(super) async fn find_by_link(
    connection: &mut PgConnection,
    customer_id: Option<CustomerId>,
    digest: &LinkDigest,
) -> Result<Option<InvitationDetails>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select invitation_id, customer_id, campaign_id, kind, applicant_id, application_id, lastname, firstname, email, phone,
               invited_by, status, created_at, status_changed_at, expires_at, overall_score, scores, video_url, result_at,
               nullif(superseded_by, '00000000-0000-0000-0000-000000000000') as "superseded_by: InvitationId",
               (select coalesce(jsonb_agg(jsonb_build_object('report_id', report_id, 'name', name, 'is_global', is_global,
                    'media_type', media_type, 'byte_length', byte_length, 'url', url) order by report_id), '[]')
                from report where report.invitation_id = invitation.invitation_id
                    and completed_at is not null) as "reports!: Json<Vec<ReportSummary>>"
           from invitation where link_digest = $1 and ($2::uuid is null or customer_id = $2)"#,
        digest.0,
        customer_id.map(|id| id.0),
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| InvitationDetails {
        reports: row.reports.0,
        invitation: invitation_of!(row),
    }))
}

/// Whether the invitation of the cursor exists and was created by the cursor's transaction.
pub(super) async fn cursor_exists(
    connection: &mut PgConnection,
    cursor: Cursor,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from invitation
           where invitation_id = $1 and created_in = $2::bigint::text::xid8) as "is_place!""#,
        cursor.invitation_id.0,
        cursor.created_in,
    )
    .fetch_one(connection)
    .await
}

/// The invitation with the smallest identifier that is not smaller than `earliest`.
pub(super) async fn find_first(
    connection: &mut PgConnection,
    earliest: InvitationId,
) -> Result<Option<InvitationId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select invitation_id from invitation
           where invitation_id >= $1 order by invitation_id limit 1"#,
        earliest.0,
    )
    .fetch_optional(connection)
    .await
}

/// The cursor before all invitations whose identifiers are from `first` to `last`.
pub(super) async fn find_cursor(
    connection: &mut PgConnection,
    first: InvitationId,
    last: InvitationId,
) -> Result<Option<Cursor>, sqlx::Error> {
    let created_in = sqlx::query_scalar!(
        // Materialized, so that the planner finds these few rows by their identifiers.
        r#"with recent as materialized (
               select created_in from invitation where invitation_id between $1 and $2)
           select created_in::text::bigint as "created_in!" from recent order by recent.created_in limit 1"#,
        first.0,
        last.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(created_in.map(|created_in| Cursor {
        created_in,
        ..Cursor::BEGINNING
    }))
}

/// The invitations of the feed after a cursor, each with its own cursor. Only transactions are read before which all others have
/// ended, so no invitation can appear later at an earlier place.
///
/// Another index finds the invitations of a single customer, so the cost does not depend on how many the others have.
pub(super) async fn list_invitations(
    connection: &mut PgConnection,
    customer_id: Option<CustomerId>,
    after: Cursor,
    limit: i64,
) -> Result<Vec<(Cursor, InvitationDetails)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select invitation_id, customer_id, campaign_id, kind, applicant_id, application_id, lastname, firstname, email, phone,
               invited_by, status, created_at, status_changed_at, expires_at, overall_score, scores, video_url, result_at,
               nullif(superseded_by, '00000000-0000-0000-0000-000000000000') as "superseded_by: InvitationId",
               created_in::text::bigint as "created_in!",
               (select coalesce(jsonb_agg(jsonb_build_object('report_id', report_id, 'name', name, 'is_global', is_global,
                    'media_type', media_type, 'byte_length', byte_length, 'url', url) order by report_id), '[]')
                from report where report.invitation_id = invitation.invitation_id
                    and completed_at is not null) as "reports!: Json<Vec<ReportSummary>>"
           from invitation
           where invitation_id = any(array(
               (select invitation_id from invitation
                where $3::uuid is null and (created_in, invitation_id) > ($1::bigint::text::xid8, $2::uuid)
                    and created_in < pg_snapshot_xmin(pg_current_snapshot())
                order by created_in, invitation_id limit $4)
               union all
               (select invitation_id from invitation
                where customer_id = $3 and (created_in, invitation_id) > ($1::bigint::text::xid8, $2::uuid)
                    and created_in < pg_snapshot_xmin(pg_current_snapshot())
                order by created_in, invitation_id limit $4)))
           order by invitation.created_in, invitation_id"#,
        after.created_in,
        after.invitation_id.0,
        customer_id.map(|id| id.0),
        limit,
    )
    .fetch_all(connection)
    .await?;
    let listed = rows.into_iter().map(|row| {
        let cursor = Cursor {
            created_in: row.created_in,
            invitation_id: row.invitation_id,
        };
        let details = InvitationDetails {
            reports: row.reports.0,
            invitation: invitation_of!(row),
        };
        (cursor, details)
    });
    Ok(listed.collect())
}
