//! Removing uploaded reports: out of everybody's sight at once, and bit by bit from the disk.
//!
//! An upload has up to 20 MiB and an invitation up to 20 of them, which on a slow disk takes longer than one statement may.
//! So a report is first taken from its invitation, which costs a row and hides it for good; its chunks are deleted after that,
//! some in each transaction, and the row last. Whatever is interrupted in between is found by housekeeping.
//!
//! This is the one part of recruiting that begins transactions: the deletion of one report is several of them, for whoever
//! asks for it.

use chrono::TimeDelta;
use sqlx::PgConnection;
use uuid::Uuid;

use super::add::Upload;
use super::store;
use crate::audit::Act;
use crate::db::Db;
use crate::error::{self, Failure};
use crate::ids::{InvitationId, ReportId};

/// How long an upload may lie unfinished.
const UNFINISHED_TTL: TimeDelta = TimeDelta::hours(1);
/// Most chunks, of 256 KiB each, that are deleted in one transaction.
const CHUNKS_AT_ONCE: u32 = 64;
/// Most reports whose chunks housekeeping looks for at once.
const REPORTS_AT_ONCE: i64 = 64;

/// Uploads that belong to no invitation any more, and are to be deleted.
#[derive(Default)]
#[must_use]
pub struct Detached(Vec<ReportId>);

/// Takes the uploads from these invitations, finished or not, which are about to go.
pub(in crate::recruiting) async fn detach(
    db: &mut PgConnection,
    invitation_ids: &[InvitationId],
) -> Result<Detached, Failure> {
    let invitation_ids: Vec<Uuid> = invitation_ids.iter().map(|id| id.0).collect();
    Ok(Detached(store::detach_reports(db, &invitation_ids).await?))
}

/// Takes an upload that is not finished from its invitation.
pub async fn abandon_upload(db: &mut PgConnection, upload: &Upload) -> Result<Detached, Failure> {
    Ok(Detached(store::detach_unfinished(db, upload.report_id).await?))
}

/// Takes uploads from their invitations that were begun more than an hour ago and never finished, at most `limit` of them; answers how many.
pub async fn abandon_uploads(db: &mut PgConnection, act: &Act, limit: i64) -> Result<u64, Failure> {
    Ok(store::detach_abandoned(db, act.now - UNFINISHED_TTL, limit).await?)
}

/// Deletes these uploads. Those that cannot be deleted now are left to housekeeping, and the log says why.
pub async fn delete_detached(db: &Db, detached: &Detached) {
    if let Err(failure) = delete(db, detached).await {
        tracing::warn!(
            cause = error::chain(&failure),
            "reports that belong to nobody any more are left to housekeeping"
        );
    }
}

/// Deletes all uploads that belong to nobody any more; answers how many there were.
pub async fn delete_all_detached(db: &Db) -> Result<u64, Failure> {
    let mut total: u64 = 0;
    loop {
        let report_ids = db
            .read(async |db| Ok::<_, Failure>(store::list_detached(db, REPORTS_AT_ONCE).await?))
            .await?;
        if report_ids.is_empty() {
            return Ok(total);
        }
        total = total.saturating_add(delete(db, &Detached(report_ids)).await?);
    }
}

/// Answers how many there were.
async fn delete(db: &Db, Detached(report_ids): &Detached) -> Result<u64, Failure> {
    if report_ids.is_empty() {
        return Ok(0);
    }
    db.in_batches(CHUNKS_AT_ONCE, async |db, limit| {
        Ok(store::delete_chunks(db, report_ids, limit).await?)
    })
    .await?;
    db.change(async |db| Ok(store::delete_detached(db, report_ids).await?))
        .await
}
