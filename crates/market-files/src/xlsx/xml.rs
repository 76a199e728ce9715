//! XML in pieces of bounded length and depth.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::error::{FileError, shown};
use crate::limits;
use crate::problem::Problem;
use crate::source::shared_read_failed;

/// Reads XML piece by piece.
pub(super) struct Xml<R> {
    reader: Reader<Rationed<R>>,
    buffer: Vec<u8>,
    depth: usize,
}

/// A piece of XML, without its comments and declarations; an empty element opens and closes.
pub(super) enum Piece<'x> {
    /// An element begins.
    Open(Tag, Element<'x>),
    /// An element ends.
    Close(Tag),
    /// Text, unescaped; a long one comes in several pieces.
    Text(Cow<'x, str>),
    /// The document ended.
    End,
}

/// The elements that matter, by their names without a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// `sheet`, in a workbook.
    Sheet,
    /// `Relationship`, in its list of parts.
    Relationship,
    /// `sheetData`, the cells of a sheet.
    SheetData,
    /// `row`.
    Row,
    /// `c`, a cell.
    Cell,
    /// `v`, the value of a cell.
    Value,
    /// `si`, a text that cells share.
    SharedString,
    /// `t`, a piece of text.
    Text,
    /// `rPh`, how a text is pronounced.
    Phonetic,
    /// Any other.
    Other,
}

impl Tag {
    fn of(name: &[u8]) -> Self {
        match name {
            b"sheet" => Self::Sheet,
            b"Relationship" => Self::Relationship,
            b"sheetData" => Self::SheetData,
            b"row" => Self::Row,
            b"c" => Self::Cell,
            b"v" => Self::Value,
            b"si" => Self::SharedString,
            b"t" => Self::Text,
            b"rPh" => Self::Phonetic,
            _ => Self::Other,
        }
    }
}

/// The beginning of an element.
pub(super) struct Element<'x>(BytesStart<'x>);

impl Element<'_> {
    /// The value of an attribute by its name without a prefix.
    pub(super) fn attribute(&self, name: &[u8]) -> Result<Option<String>, FileError> {
        let [value] = self.attributes([name])?;
        let Some(value) = value else {
            return Ok(None);
        };
        let value = value
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|error| broken(&error.to_string()))?;
        if value.len() > limits::XML_ATTRIBUTE {
            return Err(broken("an attribute is too long"));
        }
        Ok(Some(value.into_owned()))
    }

    /// Attributes by their names without a prefix, whose values are as they stand in the file.
    pub(super) fn attributes<const N: usize>(
        &self,
        names: [&[u8]; N],
    ) -> Result<[Option<Attribute<'_>>; N], FileError> {
        let mut found = [const { None }; N];
        for attribute in self.0.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| broken(&error.to_string()))?;
            let key = attribute.key.local_name();
            if let Some(index) = names.iter().position(|name| key.as_ref() == *name)
                && let Some(place) = found.get_mut(index)
            {
                *place = Some(attribute);
            }
        }
        Ok(found)
    }
}

impl<R: BufRead> Xml<R> {
    pub(super) fn new(reader: R) -> Self {
        let mut reader = Reader::from_reader(Rationed { reader, left: 0 });
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            buffer: Vec::new(),
            depth: 0,
        }
    }

    /// The next piece.
    pub(super) fn next(&mut self) -> Result<Piece<'_>, FileError> {
        self.buffer.clear();
        self.reader.get_mut().left = limits::XML_PIECE;
        let event = match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(_) if self.reader.get_ref().left == 0 => {
                return Err(broken("a tag or text in it is too long"));
            }
            Err(quick_xml::Error::Io(cause)) => return Err(shared_read_failed(cause)),
            Err(other) => return Err(broken(&other.to_string())),
        };
        Ok(match event {
            Event::Start(start) => {
                self.depth += 1;
                if self.depth > limits::XML_DEPTH {
                    return Err(broken("its elements are nested too deep"));
                }
                Piece::Open(Tag::of(start.local_name().into_inner()), Element(start))
            }
            Event::End(end) => {
                self.depth = self.depth.saturating_sub(1);
                Piece::Close(Tag::of(end.name().local_name().into_inner()))
            }
            Event::Text(text) => Piece::Text(text.decode().map_err(|_| broken("it is not in UTF-8"))?),
            Event::CData(text) => Piece::Text(text.decode().map_err(|_| broken("it is not in UTF-8"))?),
            Event::GeneralRef(reference) => Piece::Text(Cow::Owned(character(&reference)?.to_string())),
            Event::Eof => Piece::End,
            // What has no part in the text of cells is an empty text.
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {
                Piece::Text(Cow::Borrowed(""))
            }
        })
    }
}

/// The character that a reference stands for; entities that a document defines are not expanded.
fn character(reference: &BytesRef<'_>) -> Result<char, FileError> {
    let number = reference
        .resolve_char_ref()
        .map_err(|error| broken(&error.to_string()))?;
    if let Some(character) = number {
        return Ok(character);
    }
    match &**reference {
        b"amp" => Ok('&'),
        b"lt" => Ok('<'),
        b"gt" => Ok('>'),
        b"apos" => Ok('\''),
        b"quot" => Ok('"'),
        _ => Err(broken("it uses an entity that XML does not define")),
    }
}

/// XML that is not as a workbook has it.
pub(super) fn broken(detail: &str) -> FileError {
    FileError::new(Problem::BadWorkbook {
        detail: shown(detail),
    })
}

/// Gives out no more bytes than are left for a piece.
struct Rationed<R> {
    reader: R,
    left: usize,
}

impl<R: BufRead> Read for Rationed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl<R: BufRead> BufRead for Rationed<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::Error::other("nothing is left"));
        }
        self.reader.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.left = self.left.saturating_sub(amount);
        self.reader.consume(amount);
    }
}
