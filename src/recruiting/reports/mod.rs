//! Reports: documents about a result, uploaded in chunks or at a URL of the partner's (contract s5).
//!
//! Neither way is a report whole in memory, and no connection to the database is held while somebody's network is waited
//! for: each chunk is a short statement of its own.

mod add;
mod error;
mod read;
mod remove;
mod report;
mod store;

pub use add::{
    LinkedReport, MAX_REPORT_BYTES, NewReport, Upload, add_linked_report, begin_upload, finish_upload,
};
pub use error::Error;
pub use read::{Report, ReportContent, find_report, read_chunk};
pub(super) use remove::detach;
pub use remove::{Detached, abandon_upload, abandon_uploads, delete_all_detached, delete_detached};
pub use report::{MediaType, ReportSummary};
