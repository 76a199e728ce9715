//! Adding reports: by URL, or by an upload that nobody sees until it is whole.

use serde_json::json;
use sqlx::PgConnection;

use super::{remove, store};
use crate::audit::Act;
use crate::db::Db;
use crate::error::Failure;
use crate::ids::{InvitationId, ReportId};
use crate::recruiting::campaigns::CampaignKind;
use crate::recruiting::error::Error;
use crate::recruiting::invitations::Status;
use crate::recruiting::progress::{CallbackType, lock, tell};
use crate::text;

/// Most bytes of an uploaded report: 20 MiB.
pub const MAX_REPORT_BYTES: usize = 20 * 1024 * 1024;
/// Most reports of one invitation.
const MAX_REPORTS: i64 = 20;
/// What a PDF begins with (ISO 32000-1 s7.5.2).
const PDF_MARK: &[u8] = b"%PDF-";

/// What a report is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// `application/pdf`.
    Pdf,
    /// `text/html`, in UTF-8.
    Html,
}

impl MediaType {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Pdf, Self::Html];

    /// The name in the database and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Html => "text/html",
        }
    }

    /// Whether the beginning of a document looks like one of this type.
    fn is_begun_by(self, bytes: &[u8]) -> bool {
        match self {
            Self::Pdf => bytes.starts_with(PDF_MARK),
            Self::Html => true,
        }
    }
}

/// What is said about a report.
#[derive(Clone, Debug)]
pub struct NewReport {
    name: String,
    is_global: bool,
}

impl NewReport {
    /// Checks the name: 1 to 200 characters. `is_global` says that it is the report of the whole assessment.
    pub fn new(name: &str, is_global: bool) -> Result<Self, Error> {
        let name = text::name(name).ok_or(Error::InvalidReport(
            "the name of a report has 1 to 200 characters, none of them a control character",
        ))?;
        Ok(Self { name, is_global })
    }
}

/// A report that the partner serves itself.
#[derive(Clone, Debug)]
pub struct LinkedReport {
    new: NewReport,
    url: String,
}

impl LinkedReport {
    /// Checks the URL: https, at most 2000 bytes.
    pub fn new(new: NewReport, url: &str) -> Result<Self, Error> {
        let url = text::https_url(url).ok_or(Error::InvalidReport(
            "the URL of a report is an https URL of at most 2000 bytes without a user",
        ))?;
        Ok(Self { new, url })
    }
}

/// Whether the invitation may have another report; it is locked.
async fn admit(
    connection: &mut PgConnection,
    acting: &Act,
    invitation_id: InvitationId,
) -> Result<Status, Error> {
    let locked = lock(connection, acting, invitation_id).await?;
    if locked.kind != CampaignKind::Assessment.as_str() {
        return Err(Error::NoMoreReports(
            "a video interview has no reports; its result has a video_url",
        ));
    }
    let status = locked.status()?;
    if !matches!(status, Status::Started | Status::Completed) {
        return Err(Error::NoReportNow(status));
    }
    if store::count_completed(connection, invitation_id).await? >= MAX_REPORTS {
        return Err(Error::NoMoreReports("an invitation has 20 reports at most"));
    }
    Ok(status)
}

/// Adds a report that the partner serves itself.
pub async fn add_linked_report(
    connection: &mut PgConnection,
    acting: &Act,
    invitation_id: InvitationId,
    linked: &LinkedReport,
) -> Result<ReportId, Error> {
    let status = admit(connection, acting, invitation_id).await?;
    let report_id = ReportId::generate(acting.now);
    let row = store::NewRow {
        report_id,
        invitation_id,
        name: &linked.new.name,
        is_global: linked.new.is_global,
        media_type: None,
        url: Some(&linked.url),
        created_at: acting.now,
    };
    store::insert_report(connection, &row).await?;
    note_added(connection, acting, (invitation_id, report_id), status).await?;
    Ok(report_id)
}

/// An upload under way.
#[derive(Clone, Debug)]
pub struct Upload {
    report_id: ReportId,
    invitation_id: InvitationId,
    media_type: MediaType,
    chunks: i32,
    byte_length: i64,
}

/// Begins an upload: what follows is written with [`Upload::write`] and shown by [`finish_upload`].
pub async fn begin_upload(
    db: &Db,
    acting: &Act,
    invitation_id: InvitationId,
    new: &NewReport,
    media_type: MediaType,
) -> Result<Upload, Error> {
    let report_id = ReportId::generate(acting.now);
    db.transaction(async |transaction| {
        admit(transaction, acting, invitation_id).await?;
        let row = store::NewRow {
            report_id,
            invitation_id,
            name: &new.name,
            is_global: new.is_global,
            media_type: Some(media_type),
            url: None,
            created_at: acting.now,
        };
        Ok::<_, Error>(store::insert_report(transaction, &row).await?)
    })
    .await?;
    Ok(Upload {
        report_id,
        invitation_id,
        media_type,
        chunks: 0,
        byte_length: 0,
    })
}

impl Upload {
    /// Writes the next piece of the document.
    pub async fn write(&mut self, db: &Db, bytes: &[u8]) -> Result<(), Error> {
        if self.chunks == 0 && !self.media_type.is_begun_by(bytes) {
            return Err(Error::InvalidReport("a PDF begins with %PDF-"));
        }
        let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        db.run(async |connection| {
            let chunk = (self.report_id, self.chunks, bytes);
            Ok::<_, Error>(store::insert_chunk(connection, chunk).await?)
        })
        .await?;
        self.chunks = self.chunks.saturating_add(1);
        self.byte_length = self.byte_length.saturating_add(length);
        Ok(())
    }

    /// Forgets what was written.
    pub async fn discard(self, db: &Db) -> Result<(), Failure> {
        let detached = db
            .run(async |connection| remove::detach_upload(connection, self.report_id).await)
            .await?;
        remove::delete_detached(db, &detached).await?;
        Ok(())
    }
}

/// Shows an upload that is whole.
pub async fn finish_upload(
    connection: &mut PgConnection,
    acting: &Act,
    upload: &Upload,
) -> Result<ReportId, Error> {
    if upload.byte_length == 0 {
        return Err(Error::InvalidReport("the body is empty"));
    }
    let status = admit(connection, acting, upload.invitation_id).await?;
    let is_there =
        store::update_completed(connection, upload.report_id, upload.byte_length, acting.now).await?;
    if !is_there {
        return Err(Error::UnknownReport);
    }
    let added = (upload.invitation_id, upload.report_id);
    note_added(connection, acting, added, status).await?;
    Ok(upload.report_id)
}

/// The trail of a new report, and word to Talentsoft where the result was there before.
async fn note_added(
    connection: &mut PgConnection,
    acting: &Act,
    (invitation_id, report_id): (InvitationId, ReportId),
    status: Status,
) -> Result<(), Error> {
    if status == Status::Completed {
        tell(connection, acting, invitation_id, CallbackType::ResultChanged).await?;
    }
    let detail = json!({ "report_id": report_id });
    Ok(acting
        .record(connection, "report_added", ("invitation", &invitation_id), detail)
        .await?)
}
