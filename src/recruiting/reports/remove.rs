//! Removing uploaded reports: out of everybody's sight at once, and bit by bit from the disk.
//!
//! An upload has up to 20 MiB and an invitation up to 20 of them, which on a slow disk takes longer than one statement may.
//! So a report is first taken from its invitation, which costs a row and hides it for good; its chunks are deleted after that,
//! some in each transaction, and the row last. Whatever is interrupted in between is found by housekeeping.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::store;
use crate::db::Db;
use crate::error::Failure;
use crate::ids::{InvitationId, ReportId};

/// How long an upload may lie unfinished.
const UNFINISHED_TTL: TimeDelta = TimeDelta::hours(1);
/// Most unfinished uploads that are given up in one transaction.
const UPLOADS_AT_ONCE: u32 = 500;
/// Most chunks, of 256 KiB each, that go in one transaction.
const CHUNKS_AT_ONCE: u32 = 64;
/// Most reports whose chunks housekeeping looks for at once.
const REPORTS_AT_ONCE: i64 = 64;

/// Takes the uploads from these invitations, finished or not, which are about to go; [`delete_detached`] deletes them.
pub(in crate::recruiting) async fn detach(
    connection: &mut PgConnection,
    invitation_ids: &[InvitationId],
) -> Result<Detached, Failure> {
    let invitation_ids: Vec<Uuid> = invitation_ids.iter().map(|id| id.0).collect();
    Ok(Detached(
        store::detach_reports(connection, &invitation_ids).await?,
    ))
}

/// Takes an upload that is not finished from its invitation.
pub(super) async fn detach_upload(
    connection: &mut PgConnection,
    report_id: ReportId,
) -> Result<Detached, Failure> {
    Ok(Detached(store::detach_unfinished(connection, report_id).await?))
}

/// Uploads that belong to nobody any more.
pub(in crate::recruiting) struct Detached(Vec<Uuid>);

/// Deletes these uploads; answers how many it were.
pub(in crate::recruiting) async fn delete_detached(db: &Db, detached: &Detached) -> Result<u64, Failure> {
    let Detached(report_ids) = detached;
    db.in_batches(CHUNKS_AT_ONCE, async |transaction, limit| {
        Ok(store::delete_chunks(transaction, report_ids, limit).await?)
    })
    .await?;
    db.run(async |connection| Ok(store::delete_detached(connection, report_ids).await?))
        .await
}

/// Deletes all uploads that belong to nobody any more; answers how many it were.
pub(in crate::recruiting) async fn delete_all_detached(db: &Db) -> Result<u64, Failure> {
    let mut total: u64 = 0;
    loop {
        let report_ids = db
            .run(async |connection| {
                Ok::<_, Failure>(store::list_detached(connection, REPORTS_AT_ONCE).await?)
            })
            .await?;
        if report_ids.is_empty() {
            return Ok(total);
        }
        total = total.saturating_add(delete_detached(db, &Detached(report_ids)).await?);
    }
}

/// Gives up uploads that were begun more than an hour ago and never finished, and deletes all that belong to nobody any
/// more; answers how many were deleted.
pub async fn prune(db: &Db, now: DateTime<Utc>) -> Result<u64, Failure> {
    let begun_before = now - UNFINISHED_TTL;
    db.in_batches(UPLOADS_AT_ONCE, async |transaction, limit| {
        Ok(store::detach_abandoned(transaction, begun_before, limit).await?)
    })
    .await?;
    delete_all_detached(db).await
}
