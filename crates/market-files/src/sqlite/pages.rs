//! The pages of a database.

use std::io::{Read, Seek, SeekFrom};

use super::{SIGNATURE, bad};
use crate::error::FileError;
use crate::source::Meter;

/// The length of the header, which stands before the content of the first page.
const HEADER_LEN: usize = 100;

/// The pages of a database, read one at a time.
pub(super) struct Pages<R> {
    reader: R,
    page_size: usize,
    /// The bytes of a page that its content may use.
    usable: usize,
    /// The number of pages.
    pub(super) count: u32,
    meter: Meter,
}

/// A page: its content, and where its tree begins in it.
pub(super) struct Page {
    pub(super) bytes: Vec<u8>,
    pub(super) start: usize,
}

impl<R: Read + Seek> Pages<R> {
    /// Reads the header of a database of so many bytes.
    pub(super) fn open(mut reader: R, size: u64, meter: Meter) -> Result<Self, FileError> {
        let mut header = [0; HEADER_LEN];
        reader.read_exact(&mut header).map_err(|_| bad("it is cut off"))?;
        if !header.starts_with(SIGNATURE) {
            return Err(bad("it does not begin as one"));
        }
        // One stands for 65 536, which does not fit.
        let page_size = match number(&header, 16, 2) {
            Some(1) => 65_536,
            Some(size) if size >= 512 && size.is_power_of_two() => size,
            _ => return Err(bad("its pages have no size")),
        };
        let reserved = number(&header, 20, 1).unwrap_or_default();
        if reserved > 32 {
            return Err(bad("its pages have no room"));
        }
        if number(&header, 56, 4) != Some(1) {
            return Err(bad("its text is not in UTF-8"));
        }
        let count = u32::try_from(size / u64::from(page_size)).map_err(|_| bad("it has too many pages"))?;
        Ok(Self {
            reader,
            page_size: usize::try_from(page_size).unwrap_or(usize::MAX),
            usable: usize::try_from(page_size - reserved).unwrap_or(usize::MAX),
            count,
            meter,
        })
    }

    /// Reads a page by its number from 1.
    pub(super) fn read(&mut self, page: u32) -> Result<Page, FileError> {
        if page == 0 || page > self.count {
            return Err(bad("a page is missing, or it is cut off"));
        }
        let mut bytes = vec![0; self.page_size];
        let offset = u64::from(page - 1) * self.page_size as u64;
        let failed = |cause| FileError::io("read", cause);
        self.reader.seek(SeekFrom::Start(offset)).map_err(failed)?;
        self.reader.read_exact(&mut bytes).map_err(failed)?;
        self.meter.count(self.page_size as u64);
        bytes.truncate(self.usable);
        let start = if page == 1 { HEADER_LEN } else { 0 };
        Ok(Page { bytes, start })
    }

    pub(super) fn usable(&self) -> usize {
        self.usable
    }
}

/// A number of up to four bytes, the highest first.
pub(super) fn number(bytes: &[u8], offset: usize, len: usize) -> Option<u32> {
    let bytes = bytes.get(offset..offset.checked_add(len)?)?;
    Some(
        bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u32::from(*byte)),
    )
}

/// A number of variable length, with the number of its bytes.
pub(super) fn varint(bytes: &[u8], offset: usize) -> Option<(u64, usize)> {
    let mut number = 0_u64;
    for index in 0..8 {
        let byte = *bytes.get(offset.checked_add(index)?)?;
        number = number << 7 | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            return Some((number, index + 1));
        }
    }
    let byte = *bytes.get(offset.checked_add(8)?)?;
    Some((number << 8 | u64::from(byte), 9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_variable_length_have_seven_bits_in_a_byte_and_eight_in_the_ninth() {
        for (bytes, expected) in [
            (&[0x05][..], Some((5, 1))),
            (&[0x81, 0x00], Some((128, 2))),
            (&[0xFF; 9], Some((u64::MAX, 9))),
            (&[0xFF; 8], None),
            (&[], None),
        ] {
            assert_eq!(varint(bytes, 0), expected, "{bytes:?}");
        }
    }
}
