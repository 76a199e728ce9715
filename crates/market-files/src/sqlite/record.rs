//! A record: the values of a row.

use std::str;

use super::bad;
use super::pages::{number, varint};
use crate::error::FileError;

/// The values of a row.
pub(crate) struct Record<'p> {
    values: Vec<Value<'p>>,
}

enum Value<'p> {
    Null,
    Integer(i64),
    Text(&'p [u8]),
    /// A number with a point, or bytes.
    Other,
}

impl<'p> Record<'p> {
    /// Reads a record: a header with the types of the values, then the values.
    pub(super) fn parse(payload: &'p [u8]) -> Result<Self, FileError> {
        Self::try_parse(payload).ok_or_else(|| bad("a record is damaged"))
    }

    fn try_parse(payload: &'p [u8]) -> Option<Self> {
        let (header_len, mut at) = varint(payload, 0)?;
        let header = payload.get(..usize::try_from(header_len).ok()?)?;
        let mut body = header.len();
        let mut values = Vec::new();
        while at < header.len() {
            let (kind, len) = varint(header, at)?;
            at += len;
            let (value, size) = value(payload, body, kind)?;
            body = body.checked_add(size)?;
            values.push(value);
        }
        Some(Self { values })
    }

    /// A text; empty where there is none.
    pub(crate) fn text(&self, column: usize) -> Result<&'p str, FileError> {
        match self.values.get(column) {
            Some(Value::Text(text)) => str::from_utf8(text).map_err(|_| bad("a text is not in UTF-8")),
            Some(Value::Null) | None => Ok(""),
            Some(Value::Integer(_) | Value::Other) => Err(bad("a number stands where a text is needed")),
        }
    }

    /// A whole number.
    pub(crate) fn integer(&self, column: usize) -> Result<i64, FileError> {
        match self.values.get(column) {
            Some(Value::Integer(integer)) => Ok(*integer),
            _ => Err(bad("a whole number is missing")),
        }
    }
}

/// The value of a type at an offset, with its size.
fn value(payload: &[u8], at: usize, kind: u64) -> Option<(Value<'_>, usize)> {
    let integer = |len: usize| Some((Value::Integer(signed(payload, at, len)?), len));
    match kind {
        0 => Some((Value::Null, 0)),
        1..=4 => integer(usize::try_from(kind).ok()?),
        5 => integer(6),
        6 => integer(8),
        7 => Some((Value::Other, 8)),
        8 => Some((Value::Integer(0), 0)),
        9 => Some((Value::Integer(1), 0)),
        10 | 11 => None,
        _ => {
            let len = usize::try_from((kind - 12) / 2).ok()?;
            let bytes = payload.get(at..at.checked_add(len)?)?;
            let is_text = kind % 2 == 1;
            Some((if is_text { Value::Text(bytes) } else { Value::Other }, len))
        }
    }
}

/// A number of up to eight bytes in two's complement, the highest first.
fn signed(payload: &[u8], at: usize, len: usize) -> Option<i64> {
    let bytes = payload.get(at..at.checked_add(len)?)?;
    let is_negative = bytes.first()? & 0x80 != 0;
    let start = if is_negative { -1 } else { 0 };
    Some(
        bytes
            .iter()
            .fold(start, |number, byte| number << 8 | i64::from(*byte)),
    )
}

/// The offset of a cell that a page lists, two bytes long.
pub(super) fn pointer(bytes: &[u8], offset: usize) -> Option<usize> {
    number(bytes, offset, 2).and_then(|pointer| usize::try_from(pointer).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_texts_and_whole_numbers() {
        // Types: null, text of two bytes, one byte, two bytes, zero, one.
        let payload = [7, 0, 17, 1, 2, 8, 9, b'h', b'i', 0xFE, 0x01, 0x02];
        let record = Record::parse(&payload).unwrap();
        assert_eq!(record.text(0).unwrap(), "");
        assert_eq!(record.text(1).unwrap(), "hi");
        let integers: Vec<i64> = (2..6).map(|column| record.integer(column).unwrap()).collect();
        assert_eq!(integers, [-2, 258, 0, 1]);
        assert!(record.text(2).is_err() && record.integer(1).is_err() && record.integer(9).is_err());
    }

    #[test]
    fn a_record_that_ends_too_early_is_damaged() {
        for payload in [
            &[][..],
            &[3, 17],
            &[2, 17, b'h'],
            &[2, 10],
            &[0xFF; 9],
            &[11, 0xFF, 0xFF, 0xFF, 0xFF],
        ] {
            assert!(Record::parse(payload).is_err(), "{payload:?}");
        }
    }
}
