//! SQL of invitations as the platform reads them.

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

/// Whether the invitation of a place is there, with its number.
pub(super) async fn is_place(connection: &mut PgConnection, place: Cursor) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from invitation
           where invitation_id = $1 and created_in = $2::bigint::text::xid8) as "is_place!""#,
        place.invitation_id.0,
        place.created_in,
    )
    .fetch_one(connection)
    .await
}

/// The first invitation, by its identifier, from `earliest` on.
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

/// The place before all of those from `first` to `last`, by their identifiers.
pub(super) async fn find_place(
    connection: &mut PgConnection,
    first: InvitationId,
    last: InvitationId,
) -> Result<Option<Cursor>, sqlx::Error> {
    let created_in = sqlx::query_scalar!(
        // Materialized: they are few, and to be found by their identifiers.
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

/// Invitations of the feed with their places: of transactions that are all over, for what is still to be committed is later in
/// this order. One customer's are found by an index of their own: a call costs what it lists, however many the others have.
pub(super) async fn list_invitations(
    connection: &mut PgConnection,
    customer_id: Option<CustomerId>,
    after: Cursor,
    limit: i64,
) -> Result<Vec<(Cursor, InvitationDetails)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select invitation_id, customer_id, campaign_id, kind, applicant_id, application_id, lastname, firstname, email, phone,
               invited_by, status, created_at, status_changed_at, expires_at, overall_score, scores, video_url, result_at,
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
        let place = Cursor {
            created_in: row.created_in,
            invitation_id: row.invitation_id,
        };
        let details = InvitationDetails {
            reports: row.reports.0,
            invitation: invitation_of!(row),
        };
        (place, details)
    });
    Ok(listed.collect())
}
