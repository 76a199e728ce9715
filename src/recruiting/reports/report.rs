//! A report: a document about a result.

use serde::{Deserialize, Serialize};

use crate::ids::ReportId;
use crate::text::{HttpsUrl, Name};

/// What a PDF begins with (ISO 32000-1 s7.5.2).
const PDF_MARK: &[u8] = b"%PDF-";

/// What an uploaded report is written in.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    sqlx::Type,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[sqlx(type_name = "text")]
pub enum MediaType {
    /// A PDF.
    #[serde(rename = "application/pdf")]
    #[sqlx(rename = "application/pdf")]
    #[strum(serialize = "application/pdf")]
    Pdf,
    /// HTML in UTF-8.
    #[serde(rename = "text/html")]
    #[sqlx(rename = "text/html")]
    #[strum(serialize = "text/html")]
    Html,
}

impl MediaType {
    /// The name in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether the beginning of a document looks like one of this type.
    pub(super) fn is_begun_by(self, bytes: &[u8]) -> bool {
        match self {
            Self::Pdf => bytes.starts_with(PDF_MARK),
            Self::Html => true,
        }
    }
}

/// What the platform reads of a report.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReportSummary {
    /// Its identifier.
    pub report_id: ReportId,
    /// What recruiters read.
    pub name: Name,
    /// Whether it is the report of the whole assessment.
    pub is_global: bool,
    /// The type of an upload.
    pub media_type: Option<MediaType>,
    /// The length of an upload.
    pub byte_length: Option<i64>,
    /// Where a report is that the partner serves itself.
    pub url: Option<HttpsUrl>,
}
