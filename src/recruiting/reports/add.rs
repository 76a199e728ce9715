//! Adding reports: by URL, or by an upload that nobody sees until it is whole.

use serde_json::json;
use sqlx::PgConnection;

use super::error::Error;
use super::report::{DocumentCheck, MediaType};
use super::store;
use crate::audit::Act;
use crate::ids::{InvitationId, ReportId};
use crate::recruiting::campaigns::CampaignKind;
use crate::recruiting::invitations::{Status, lock_invitation};
use crate::text::{HttpsUrl, Name};
use crate::webhooks::{CallbackType, enqueue_callbacks};

/// Most bytes of an uploaded report: 20 MiB.
pub const MAX_REPORT_BYTES: usize = 20 * 1024 * 1024;
/// Most reports of one invitation.
const MAX_REPORTS: i64 = 20;

/// What is said about a report.
#[derive(Clone, Debug)]
pub struct NewReport {
    /// What recruiters read.
    pub name: Name,
    /// Whether it is the report of the whole assessment.
    pub is_global: bool,
}

/// A report that the partner serves itself.
#[derive(Clone, Debug)]
pub struct LinkedReport {
    /// What is said about it.
    pub new: NewReport,
    /// Where it is.
    pub url: HttpsUrl,
}

/// Refuses the report that the invitation may not have. The invitation is locked; answers its status.
async fn admit(db: &mut PgConnection, act: &Act, invitation_id: InvitationId) -> Result<Status, Error> {
    let locked = lock_invitation(db, act, invitation_id).await?;
    let invitation = locked.ok_or(Error::UnknownInvitation)?;
    if invitation.kind != CampaignKind::Assessment {
        return Err(Error::OfVideo);
    }
    if !matches!(invitation.status, Status::Started | Status::Completed) {
        return Err(Error::NotStarted(invitation.status));
    }
    if store::count_completed(db, invitation_id).await? >= MAX_REPORTS {
        return Err(Error::TooMany);
    }
    Ok(invitation.status)
}

/// Adds a report that the partner serves itself.
pub async fn add_linked_report(
    db: &mut PgConnection,
    act: &Act,
    invitation_id: InvitationId,
    linked: &LinkedReport,
) -> Result<ReportId, Error> {
    let status = admit(db, act, invitation_id).await?;
    let report_id = ReportId::generate(act.now);
    let row = store::InsertedReport {
        report_id,
        invitation_id,
        name: &linked.new.name,
        is_global: linked.new.is_global,
        media_type: None,
        url: Some(&linked.url),
        created_at: act.now,
    };
    store::insert_report(db, &row).await?;
    note_added(db, act, (invitation_id, report_id), status).await?;
    Ok(report_id)
}

/// An upload under way.
#[derive(Clone, Debug)]
pub struct Upload {
    pub(super) report_id: ReportId,
    invitation_id: InvitationId,
    check: DocumentCheck,
    chunks: i32,
    byte_length: i64,
}

/// Begins an upload: what follows is written with [`Upload::write`] and shown by [`finish_upload`].
pub async fn begin_upload(
    db: &mut PgConnection,
    act: &Act,
    invitation_id: InvitationId,
    new: &NewReport,
    media_type: MediaType,
) -> Result<Upload, Error> {
    let report_id = ReportId::generate(act.now);
    admit(db, act, invitation_id).await?;
    let row = store::InsertedReport {
        report_id,
        invitation_id,
        name: &new.name,
        is_global: new.is_global,
        media_type: Some(media_type),
        url: None,
        created_at: act.now,
    };
    store::insert_report(db, &row).await?;
    Ok(Upload {
        report_id,
        invitation_id,
        check: DocumentCheck::of(media_type),
        chunks: 0,
        byte_length: 0,
    })
}

impl Upload {
    /// Writes the next piece of the document, in one statement. All but the last have 1 KiB or more.
    pub async fn write(&mut self, db: &mut PgConnection, bytes: &[u8]) -> Result<(), Error> {
        self.check.take(bytes)?;
        let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        store::insert_chunk(db, (self.report_id, self.chunks, bytes)).await?;
        self.chunks = self.chunks.saturating_add(1);
        self.byte_length = self.byte_length.saturating_add(length);
        Ok(())
    }
}

/// Shows an upload that is whole.
pub async fn finish_upload(db: &mut PgConnection, act: &Act, upload: &Upload) -> Result<ReportId, Error> {
    if upload.byte_length == 0 {
        return Err(Error::EmptyDocument);
    }
    upload.check.finish()?;
    let status = admit(db, act, upload.invitation_id).await?;
    if !store::update_completed(db, upload.report_id, upload.byte_length, act.now).await? {
        return Err(Error::UnknownReport);
    }
    let added = (upload.invitation_id, upload.report_id);
    note_added(db, act, added, status).await?;
    Ok(upload.report_id)
}

/// Records a new report, and writes the event for Talentsoft where the result was there before.
async fn note_added(
    db: &mut PgConnection,
    act: &Act,
    (invitation_id, report_id): (InvitationId, ReportId),
    status: Status,
) -> Result<(), Error> {
    if status == Status::Completed {
        enqueue_callbacks(db, act, &[invitation_id], CallbackType::ResultChanged).await?;
    }
    let detail = json!({ "report_id": report_id });
    act.record(db, "report_added", ("invitation", &invitation_id), detail)
        .await?;
    Ok(())
}
