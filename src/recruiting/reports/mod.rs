//! Reports: documents about a result, uploaded in chunks or at a URL of the partner's (contract s5).
//!
//! Neither way is a report whole in memory, and no connection to the database is held while somebody's network is waited
//! for: each chunk is a short statement of its own.

mod add;
mod read;
mod remove;
mod store;

pub use add::{
    LinkedReport, MAX_REPORT_BYTES, MediaType, NewReport, Upload, add_linked_report, begin_upload,
    finish_upload,
};
pub use read::{Content, Report, find_report, read_chunk};
pub use remove::prune;
pub(super) use remove::{Detached, delete_all_detached, delete_detached, detach};
