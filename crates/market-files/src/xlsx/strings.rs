//! The texts that the cells of a workbook share.

use std::io::BufRead;

use super::xml::{Piece, Tag, Xml, broken};
use crate::error::FileError;
use crate::limits;

/// The texts that cells share, by index, one after the other in one text.
#[derive(Debug, Default)]
pub(super) struct SharedStrings {
    text: String,
    ends: Vec<usize>,
}

impl SharedStrings {
    /// Reads `sharedStrings.xml`.
    pub(super) fn read(reader: impl BufRead) -> Result<Self, FileError> {
        let mut strings = Self::default();
        let mut xml = Xml::new(reader);
        let mut collector = Collector::default();
        loop {
            match xml.next()? {
                Piece::Open(tag, _) => collector.open(tag),
                Piece::Text(text) => {
                    if collector.takes() {
                        strings.text.push_str(&text);
                    }
                }
                Piece::Close(Tag::SharedString) => strings.end()?,
                Piece::Close(tag) => collector.close(tag),
                Piece::End => return Ok(strings),
            }
            if strings.text.len() > limits::SHARED_TEXT {
                return Err(broken("its texts take more than 64 MiB"));
            }
        }
    }

    fn end(&mut self) -> Result<(), FileError> {
        if self.ends.len() == limits::SHARED_STRINGS {
            return Err(broken("it has more than 2 000 000 texts"));
        }
        self.ends.push(self.text.len());
        Ok(())
    }

    /// The text of an index from 0.
    pub(super) fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.text.get(start..end)
    }
}

/// Tells the texts of a rich text from how they are pronounced.
#[derive(Debug, Default)]
pub(super) struct Collector {
    is_text: bool,
    is_phonetic: bool,
}

impl Collector {
    pub(super) fn open(&mut self, tag: Tag) {
        self.set(tag, true);
    }

    pub(super) fn close(&mut self, tag: Tag) {
        self.set(tag, false);
    }

    fn set(&mut self, tag: Tag, is_open: bool) {
        match tag {
            Tag::Text => self.is_text = is_open,
            Tag::Phonetic => self.is_phonetic = is_open,
            _ => {}
        }
    }

    pub(super) fn takes(&self) -> bool {
        self.is_text && !self.is_phonetic
    }
}
