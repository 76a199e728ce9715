//! Reading reports for Talentsoft.

use sqlx::PgConnection;

use super::error::Error;
use super::report::MediaType;
use super::store;
use crate::error::Failure;
use crate::ids::{CustomerId, InvitationId, ReportId};
use crate::text::{HttpsUrl, Name};

/// A report that Talentsoft may see.
pub struct Report {
    /// Its identifier.
    pub report_id: ReportId,
    /// What recruiters read.
    pub name: Name,
    /// Where its bytes are.
    pub content: ReportContent,
}

/// Where the bytes of a report are.
pub enum ReportContent {
    /// With the partner.
    Linked(HttpsUrl),
    /// Here, in chunks.
    Uploaded {
        /// What it is written in.
        media_type: MediaType,
        /// Bytes of the whole document.
        byte_length: u64,
    },
}

/// A whole report of an assessment of the customer's that is completed: what is added before is not shown before.
pub async fn find_report(
    db: &mut PgConnection,
    customer_id: CustomerId,
    invitation_id: InvitationId,
    report_id: ReportId,
) -> Result<Report, Error> {
    let row = store::find_report(db, customer_id, invitation_id, report_id)
        .await?
        .ok_or(Error::UnknownReport)?;
    let content = match (row.url, row.media_type, row.byte_length.map(u64::try_from)) {
        (Some(url), None, _) => ReportContent::Linked(url),
        (None, Some(media_type), Some(Ok(byte_length))) => ReportContent::Uploaded {
            media_type,
            byte_length,
        },
        _ => return Err(Failure::internal("a report is neither here nor elsewhere").into()),
    };
    Ok(Report {
        report_id,
        name: row.name,
        content,
    })
}

/// The chunk at a position, which is there: a report that is erased while it is read ends in a failure, not early.
pub async fn read_chunk(
    db: &mut PgConnection,
    report_id: ReportId,
    position: i32,
) -> Result<Vec<u8>, Failure> {
    store::find_chunk(db, report_id, position)
        .await?
        .ok_or_else(|| Failure::internal(format!("report {report_id} has no chunk {position} any more")))
}
