//! Reading that ends with an error where a file expands further than any official one.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};
use std::rc::Rc;
use std::sync::Arc;

use crate::error::FileError;
use crate::limits;
use crate::problem::Problem;
use crate::sink::Progress;

/// Counts the bytes that were read of all that are going to be read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter(Rc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    read: Cell<u64>,
    total: Cell<u64>,
}

impl Meter {
    /// Adds what is going to be read, in bytes, as a zip or a file system says it.
    pub(crate) fn expect(&self, bytes: u64) {
        self.0.total.set(self.0.total.get().saturating_add(bytes));
    }

    /// Counts what was left out, or was less than expected, as read.
    pub(crate) fn finish(&self) {
        self.0.read.set(self.0.total.get());
    }

    /// Counts bytes that were read.
    pub(crate) fn count(&self, bytes: u64) {
        self.0.read.set(self.0.read.get().saturating_add(bytes));
    }

    pub(crate) fn progress(&self) -> Progress {
        let total_bytes = self.0.total.get();
        Progress {
            read_bytes: self.0.read.get().min(total_bytes),
            total_bytes,
        }
    }
}

/// Reads no more than a part of a zip may expand to.
#[derive(Debug)]
pub(crate) struct Bounded<R> {
    reader: R,
    read: u64,
    limit: Overrun,
    limit_bytes: u64,
    meter: Meter,
}

impl<R> Bounded<R> {
    /// `packed` is the size in the zip; a text that stands on its own has none.
    pub(crate) fn new(reader: R, packed: Option<u64>, meter: Meter) -> Self {
        let by_size = limits::UNPACKED_MIB * limits::MIB;
        let by_ratio = packed.map_or(u64::MAX, |packed| {
            packed.saturating_mul(limits::RATIO).max(limits::RATIO_FREE)
        });
        let limit = if by_ratio < by_size {
            Overrun::Ratio
        } else {
            Overrun::Size
        };
        Self {
            reader,
            read: 0,
            limit,
            limit_bytes: by_size.min(by_ratio),
            meter,
        }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        let bytes = u64::try_from(read).unwrap_or(u64::MAX);
        self.read = self.read.saturating_add(bytes);
        self.meter.count(bytes);
        if self.read > self.limit_bytes {
            return Err(io::Error::other(self.limit));
        }
        Ok(read)
    }
}

/// Which limit was exceeded.
#[derive(Debug, Clone, Copy)]
enum Overrun {
    Size,
    Ratio,
}

impl fmt::Display for Overrun {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("expands too far")
    }
}

impl std::error::Error for Overrun {}

/// What a failed read means: a limit, a damaged zip, or the system.
pub(crate) fn read_failed(cause: io::Error) -> FileError {
    if let Some(overrun) = cause.get_ref().and_then(|inner| inner.downcast_ref::<Overrun>()) {
        return FileError::new(match overrun {
            Overrun::Size => Problem::ExpandsTooFar {
                limit_mib: limits::UNPACKED_MIB,
            },
            Overrun::Ratio => Problem::ExpandsTooMuch { ratio: limits::RATIO },
        });
    }
    match cause.kind() {
        io::ErrorKind::InvalidData
        | io::ErrorKind::InvalidInput
        | io::ErrorKind::UnexpectedEof
        | io::ErrorKind::Other => FileError::new(Problem::Damaged {
            cause: cause.to_string(),
        }),
        _ => FileError::io("read", cause),
    }
}

/// The same of an error that somebody else may hold too.
pub(crate) fn shared_read_failed(cause: Arc<io::Error>) -> FileError {
    let copied = |cause: Arc<io::Error>| io::Error::new(cause.kind(), cause.to_string());
    read_failed(Arc::try_unwrap(cause).unwrap_or_else(copied))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(packed: Option<u64>, bytes: u64) -> Option<String> {
        let endless = io::repeat(b'x').take(bytes);
        let mut bounded = Bounded::new(endless, packed, Meter::default());
        let result = io::copy(&mut bounded, &mut io::sink());
        result.err().map(|cause| read_failed(cause).problem().to_string())
    }

    #[test]
    fn a_part_ends_where_it_expands_too_much_whatever_the_zip_says_of_its_size() {
        let bound = limits::RATIO_FREE;
        assert_eq!(said(Some(10), bound), None);
        let too_much =
            "this expands to more than 100 times its size, which no official file does; the zip is not read";
        assert_eq!(said(Some(10), bound + 1).as_deref(), Some(too_much));
        assert_eq!(said(Some(bound), bound * 2), None);
        assert_eq!(said(None, bound * 2), None);
    }

    #[test]
    fn progress_never_goes_beyond_what_is_expected() {
        let meter = Meter::default();
        meter.expect(10);
        io::copy(
            &mut Bounded::new(io::repeat(0).take(30), None, meter.clone()),
            &mut io::sink(),
        )
        .unwrap();
        let full = Progress {
            read_bytes: 10,
            total_bytes: 10,
        };
        assert_eq!(meter.progress(), full);
    }
}
