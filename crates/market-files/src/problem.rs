//! What is wrong with a file, in words that say what to do.

use std::io;

/// What is wrong with a file; [`FileError`](crate::FileError) says where.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The system could not open or read it.
    #[error("cannot {action} this: {cause}")]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// The error of the system.
        cause: io::Error,
    },
    /// A directory, device, pipe or socket stands where a file is needed.
    #[error("this is {found}, not {wanted}; name what was downloaded")]
    WrongKind {
        /// What is there, with its article.
        found: &'static str,
        /// What must be there, with its article.
        wanted: &'static str,
    },
    /// A link inside a folder or a zip, which could lead anywhere.
    #[error("this is a symbolic link; put the file itself in its place")]
    SymbolicLink,
    /// There are no bytes, or nothing but blank lines.
    #[error("the file is empty; download it again")]
    Empty,
    /// The file is larger than any official one.
    #[error("the file is larger than {limit_mib} MiB, which no official file is; check what was downloaded")]
    TooLarge {
        /// The limit, in MiB.
        limit_mib: u64,
    },
    /// A folder has too many entries to be a folder of O*NET.
    #[error("the folder holds more than {limit} files; name the folder that has `Occupation Data.txt`")]
    TooManyFiles {
        /// The limit.
        limit: usize,
    },

    /// The file is text, but not in UTF-8.
    #[error("the file is in UTF-16; save it as UTF-8 (in Excel: \"CSV UTF-8\")")]
    Utf16,
    /// Bytes that are not UTF-8.
    #[error(
        "byte 0x{byte:02X} at character {character} is not UTF-8 (is the file in Latin-1 or Windows-1252?); save it as UTF-8"
    )]
    InvalidUtf8 {
        /// The first byte that does not fit.
        byte: u8,
        /// Its place in the line, counted in characters from 1.
        character: usize,
    },
    /// A zero byte, which text does not have.
    #[error("a zero byte stands at character {character}, so this is not a text in UTF-8; save it as UTF-8")]
    ZeroByte {
        /// Its place in the line, counted in characters from 1.
        character: usize,
    },
    /// A carriage return stands within a line, as in files of old Macs.
    #[error("a carriage return stands within the line; save the file with line ends of Unix or Windows")]
    StrayCarriageReturn,
    /// A line does not end within the limit.
    #[error("the line is longer than {limit_kib} KiB; check that each row stands on a line of its own")]
    LineTooLong {
        /// The limit, in KiB.
        limit_kib: usize,
    },
    /// A row does not end within the limit.
    #[error(
        "the row is longer than {limit_kib} KiB; check its fields, and that each quote that opens is closed"
    )]
    RowTooLong {
        /// The limit, in KiB.
        limit_kib: usize,
    },
    /// A quote was opened and never closed.
    #[error(
        "a quote that opens in this row is not closed {within}; close it, or double it if it is part of the text"
    )]
    OpenQuote {
        /// Where the end was looked for: in so many lines, or before the end of the file.
        within: String,
    },
    /// A row has more or fewer fields than the header.
    #[error(
        "the number of fields is {found}, but the header has {expected}; correct the row, or download the file again"
    )]
    FieldCount {
        /// The number of columns of the header.
        expected: usize,
        /// The number of fields of the row.
        found: usize,
    },
    /// A row has more fields than any official file.
    #[error("the row has more than {limit} fields; check what separates them")]
    TooManyFields {
        /// The limit.
        limit: usize,
    },
    /// The file has more rows than are read.
    #[error("the file has more than {limit} rows, the most that are read; split it, or leave rows out")]
    TooManyRows {
        /// The limit.
        limit: u64,
    },

    /// The header lacks columns that are needed.
    #[error("the header lacks {missing}; it has {found}")]
    MissingColumns {
        /// The columns that are missing, in words.
        missing: String,
        /// The columns that are there, in words.
        found: String,
    },
    /// No row of a sheet has the names of the columns.
    #[error(
        "none of the first {looked_at} rows of a sheet names the columns {wanted}; check that it is the right file"
    )]
    NoHeader {
        /// How many rows of each sheet were looked at.
        looked_at: usize,
        /// The columns of each layout, in words.
        wanted: String,
    },
    /// Two columns have the same name.
    #[error("the header has this column twice; remove or rename one")]
    RepeatedColumn,

    /// A field that must have a value has none.
    #[error("the field is empty; fill it in, or remove the row")]
    EmptyField,
    /// A field is longer than its column allows.
    #[error("the field has more than {limit} characters; shorten it")]
    FieldTooLong {
        /// The limit, in characters.
        limit: usize,
    },
    /// A list in a field has too many values.
    #[error("the list has more than {limit} values; shorten it")]
    ListTooLong {
        /// The limit.
        limit: usize,
    },
    /// A code is neither `NN-NNNN` nor `NN-NNNN.NN`.
    #[error("`{value}` is not an occupation code; it must be like 15-1252 or 15-1252.00")]
    MalformedCode {
        /// What stands there, shortened.
        value: String,
    },
    /// A code is right in itself, but not of the kind that the file has.
    #[error("`{value}` must be a code like {example}")]
    WrongCode {
        /// What stands there, shortened.
        value: String,
        /// A code of the right kind.
        example: &'static str,
    },
    /// A field must be a number within bounds.
    #[error("`{value}` is not {wanted}")]
    NotANumber {
        /// What stands there, shortened.
        value: String,
        /// What must stand there, with the bounds.
        wanted: String,
    },
    /// A field must be one of a few words.
    #[error("`{value}` is not one of {allowed}")]
    NotAllowed {
        /// What stands there, shortened.
        value: String,
        /// The words that are allowed.
        allowed: &'static str,
    },
    /// A field must be an identifier of a title.
    #[error(
        "`{value}` is not `ET` and 16 upper-case hexadecimal digits; leave it empty where the title has no identifier yet"
    )]
    NotATitleId {
        /// What stands there, shortened.
        value: String,
    },
    /// What must be unique stands there twice.
    #[error("`{value}` stands in line {first_line} already; remove one of the two")]
    Duplicate {
        /// What stands there twice.
        value: String,
        /// The line of the first.
        first_line: u64,
    },
    /// Rows of one occupation, which must follow one another, are apart.
    #[error("rows of `{code}` stand further up, apart from this one; sort the file by occupation")]
    Scattered {
        /// The code of the occupation.
        code: String,
    },

    /// A file without which the rest has no meaning is missing.
    #[error("there is no `{file}` in it{hint}; {advice}")]
    MissingFile {
        /// The base name of the file.
        file: &'static str,
        /// What stands there instead, if that explains it; begins with a comma.
        hint: String,
        /// What to do.
        advice: &'static str,
    },
    /// A base name stands in the folder or zip more than once.
    #[error("`{base}` is there twice, as `{first}` and `{second}`; keep one database only")]
    Ambiguous {
        /// The base name.
        base: String,
        /// The path of one file.
        first: String,
        /// The path of the other.
        second: String,
    },
    /// Files of two releases lie together.
    #[error("`{old}` is of O*NET 30.2 or before and `{new}` of 30.3 or after; keep one database only")]
    MixedLayouts {
        /// A file of the old layout.
        old: &'static str,
        /// A file of the new layout.
        new: &'static str,
    },

    /// The file is no zip, or no workbook.
    #[error("this is {found}, not {wanted}; {advice}")]
    WrongFormat {
        /// What it looks like, with its article.
        found: &'static str,
        /// What is needed, with its article.
        wanted: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// A zip or a part of one cannot be read to its end.
    #[error("the zip is cut off or damaged ({cause}); download it again")]
    Damaged {
        /// What was noticed.
        cause: String,
    },
    /// A part of a zip expands beyond what is read.
    #[error("this expands to more than {limit_mib} MiB, which no official file does; the zip is not read")]
    ExpandsTooFar {
        /// The limit, in MiB.
        limit_mib: u64,
    },
    /// A part of a zip is compressed more than text can be.
    #[error(
        "this expands to more than {ratio} times its size, which no official file does; the zip is not read"
    )]
    ExpandsTooMuch {
        /// The greatest ratio that is read.
        ratio: u64,
    },
    /// The zip has more entries than any official one.
    #[error("the zip has more than {limit} entries, or is in the ZIP64 format; download the official file")]
    TooManyEntries {
        /// The limit.
        limit: usize,
    },
    /// A name in a zip leads out of it, or is not a name.
    #[error("the zip names a file `{name}`, which leads out of the zip; download the official file")]
    UnsafeName {
        /// The name, shortened.
        name: String,
    },
    /// A part of a zip needs a password.
    #[error("this is encrypted; remove the password")]
    Encrypted,
    /// A part of a zip is compressed by a method that is not read.
    #[error("this is compressed by another method than deflate; pack it again as an ordinary zip")]
    CompressionMethod,
    /// The XML of a workbook cannot be read.
    #[error(
        "the workbook is damaged or not XLSX ({detail}); open it in a spreadsheet program and save it as XLSX"
    )]
    BadWorkbook {
        /// What was noticed.
        detail: String,
    },

    /// A database of `SQLite` cannot be read.
    #[error("the database is damaged or of another kind ({detail}); get it again")]
    BadDatabase {
        /// What was noticed.
        detail: String,
    },
    /// A code of a series of OEWS is none.
    #[error("`{value}` is not the code of a series; it must be like OEUN000000000000015125204")]
    MalformedSeries {
        /// What stands there, shortened.
        value: String,
    },
    /// A code is not in the file that explains it.
    #[error("`{value}` is not in {list}; use files of one release")]
    Unexplained {
        /// The code.
        value: String,
        /// The file or table.
        list: &'static str,
    },
    /// The series are of several years.
    #[error(
        "there are estimates of {first} and of {other}; use the file of the current ones, `oe.data.0.Current`"
    )]
    SeveralYears {
        /// A year.
        first: String,
        /// Another.
        other: String,
    },

    /// Whoever takes the rows asked to stop.
    #[error("reading was stopped")]
    Stopped,
}
