//! Who takes the rows while files are read, and hears how far reading is.

use std::ops::ControlFlow;

use crate::row::Row;

/// Takes the rows of files one by one, so that none of them has to be kept here.
pub trait Sink {
    /// Takes a row; `Break` ends reading with [`Problem::Stopped`](crate::Problem::Stopped).
    ///
    /// Rows that were taken before an error are of no use: reading fails as a whole.
    fn row(&mut self, row: Row) -> ControlFlow<()>;

    /// Hears how far reading is, now and then and at the end.
    fn progress(&mut self, progress: Progress) {
        let _ = progress;
    }
}

/// How far reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that were read, counted as they are when unpacked; at most `total_bytes`.
    pub read_bytes: u64,
    /// Bytes of all files that are going to be read.
    pub total_bytes: u64,
}
