//! Reads the official files of occupational data, as people download them, into plain rows.
//!
//! - [`read_onet`]: a database of O*NET in text files, a folder or a zip, of either layout (up to release 30.2, since
//!   30.3); or a workbook of its titles.
//! - [`read_soc`]: the definitions and direct match titles of SOC 2018, workbooks.
//! - [`read_coded_titles`]: titles that people coded, tab- or comma-separated.
//! - [`read_titles`]: the partner's own library, comma-separated.
//! - [`read_oews`]: employment and wages: a workbook, comma-separated, the flat files, or an `SQLite` database of them.
//!
//! Files are found by their base names and columns by their names.
//! Rows go to a [`Sink`] one by one, so that memory stays bounded, and a [`Summary`] says what was read, what was skipped
//! and why, and what was missing.
//! A file that is not as it should be is refused as a whole by a [`FileError`], one line that names the file, the line, the
//! column and what to do; whatever bytes it has, nothing panics and nothing grows without bounds (`limits`).
//!
//! From the bytes upwards: `source` opens files, folders and zips; `text` and `xlsx` make rows of them (`record`), `sqlite`
//! values; `table`
//! finds columns by name and `fields` reads values; `intake` hands rows on; `onet`, `soc`, `coded`, `own` and `oews` know the
//! files.
//!
//! Everything here blocks; asynchronous callers go through `spawn_blocking`.

mod code;
mod coded;
mod error;
mod fields;
mod intake;
mod limits;
mod oews;
mod onet;
mod own;
mod problem;
mod record;
mod row;
mod seen;
mod sink;
mod soc;
mod source;
mod sqlite;
mod summary;
mod table;
mod text;
mod xlsx;

pub use code::OccupationCode;
pub use coded::read_coded_titles;
pub use error::{FileError, Place};
pub use oews::read_oews;
pub use onet::read_onet;
pub use own::read_titles;
pub use problem::Problem;
pub use row::{
    Area, CodedTitle, Education, EducationScale, Estimate, JobZone, Occupation, OccupationLevel, OwnTitle,
    Related, Row, Skill, SkillKind, Software, Title, TitleKind, Wage,
};
pub use sink::{Progress, Sink};
pub use soc::read_soc;
pub use summary::{FileSummary, MissingFile, SkipReason, Skipped, Summary};
