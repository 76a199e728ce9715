//! The most that is read of anything, so that memory and time stay bounded whatever a file says.

/// Bytes in a MiB.
pub(crate) const MIB: u64 = 1024 * 1024;
/// The largest text, and the largest part of a zip when unpacked; OEWS's largest sheet has about 600 MiB.
pub(crate) const UNPACKED_MIB: u64 = 2048;
/// The largest zip or workbook; OEWS's largest has about 80 MiB.
pub(crate) const ZIP_MIB: u64 = 512;
/// How many times its size a part of a zip may expand to; the official files reach about 25.
pub(crate) const RATIO: u64 = 100;
/// The ratio does not count below this size, in bytes: short repetitive parts reach any ratio.
pub(crate) const RATIO_FREE: u64 = 4 * MIB;
/// Entries of a zip; an O*NET database has about 45.
pub(crate) const ZIP_ENTRIES: usize = 2_000;
/// Files of a folder and of the folders in it.
pub(crate) const FOLDER_FILES: usize = 10_000;

/// A line of a text, in bytes.
pub(crate) const LINE: usize = 256 * 1024;
/// A row of a CSV or of a sheet, in bytes.
pub(crate) const ROW: usize = 256 * 1024;
/// The lines that a quoted field may go on for.
pub(crate) const QUOTED_LINES: u64 = 100;
/// The columns of a text; more is refused.
pub(crate) const COLUMNS: usize = 256;
/// The rows of a sheet among which the header is looked for.
pub(crate) const PREAMBLE: usize = 50;

/// The text that all cells of a workbook share, in bytes.
pub(crate) const SHARED_TEXT: usize = 64 * 1024 * 1024;
/// The number of texts that cells share.
pub(crate) const SHARED_STRINGS: usize = 2_000_000;
/// One piece of XML: a tag or a text.
pub(crate) const XML_PIECE: usize = 1024 * 1024;
/// The value of an attribute of XML, in bytes.
pub(crate) const XML_ATTRIBUTE: usize = 1024;
/// How deep elements of XML may be nested.
pub(crate) const XML_DEPTH: usize = 32;

/// The rows of one file of O*NET or SOC; the largest has about 65 000.
pub(crate) const OFFICIAL_ROWS: u64 = 500_000;
/// The rows of a list of coded titles, or of the partner's own.
pub(crate) const OWN_ROWS: u64 = 500_000;
/// The rows of a file of OEWS; the largest has about 415 000.
pub(crate) const WAGE_ROWS: u64 = 1_000_000;
/// The rows of OEWS's flat file, 17 for each estimate; the current one has about 6 000 000.
pub(crate) const SERIES_ROWS: u64 = 20_000_000;
/// The areas or the occupations of OEWS; each are about 1 000.
pub(crate) const NAME_ROWS: u64 = 50_000;
/// A record of a database, in bytes.
pub(crate) const RECORD: usize = 16 * 1024;

/// A title, a name or a code, in characters.
pub(crate) const NAME: usize = 300;
/// A description, in characters.
pub(crate) const DESCRIPTION: usize = 10_000;
/// The occupations of an own title, and its skills.
pub(crate) const LIST: usize = 100;
