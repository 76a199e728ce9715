//! Reading reports for Talentsoft.

use super::store;
use crate::db::Db;
use crate::error::Failure;
use crate::ids::{CustomerId, InvitationId, ReportId};
use crate::recruiting::error::Error;

/// A report that Talentsoft may see.
pub struct Report {
    /// Its identifier.
    pub id: ReportId,
    /// Its name: 1 to 200 characters.
    pub name: String,
    /// Where its bytes are.
    pub content: Content,
}

/// Where a report is.
pub enum Content {
    /// With the partner.
    At(String),
    /// Here, in chunks.
    Kept {
        /// `application/pdf` or `text/html`.
        media_type: String,
        /// Bytes of the whole document.
        byte_length: u64,
    },
}

/// A whole report of an assessment of the customer's.
pub async fn find_report(
    db: &Db,
    customer_id: CustomerId,
    invitation_id: InvitationId,
    report_id: ReportId,
) -> Result<Report, Error> {
    let row = db
        .run(async |connection| {
            Ok::<_, Error>(store::find_report(connection, customer_id, invitation_id, report_id).await?)
        })
        .await?
        .ok_or(Error::UnknownReport)?;
    let content = match (row.url, row.media_type, row.byte_length.map(u64::try_from)) {
        (Some(url), None, _) => Content::At(url),
        (None, Some(media_type), Some(Ok(byte_length))) => Content::Kept {
            media_type,
            byte_length,
        },
        _ => return Err(Failure::internal("a report is neither here nor elsewhere").into()),
    };
    Ok(Report {
        id: report_id,
        name: row.name,
        content,
    })
}

/// The chunk at a position, which is there: a report that is erased while it is read ends in a failure, not early.
pub async fn read_chunk(db: &Db, report_id: ReportId, position: i32) -> Result<Vec<u8>, Failure> {
    db.run(async |connection| Ok::<_, Failure>(store::find_chunk(connection, report_id, position).await?))
        .await?
        .ok_or_else(|| Failure::internal(format!("report {report_id} has no chunk {position} any more")))
}
