//! The tree of a table: pages of cells, in order.

use std::borrow::Cow;
use std::io::{Read, Seek};

use super::bad;
use super::pages::{Page, Pages, number, varint};
use super::record::{Record, pointer};
use crate::error::FileError;
use crate::limits;
use crate::problem::Problem;

/// How deep a tree may be; with the smallest pages that is enough for any file.
const DEPTH: usize = 20;

/// The kinds of pages: of tables with row numbers, and of tables that are stored as their key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    TableBranch,
    TableLeaf,
    KeyBranch,
    KeyLeaf,
}

/// A page of the tree that was entered, and the cell of it that is next.
struct Entered {
    page: Page,
    kind: Kind,
    cells: usize,
    next: usize,
    /// The child left of the next cell was visited.
    is_left_done: bool,
}

/// Reads all rows below a page in order, up to a limit.
pub(super) fn scan<R: Read + Seek>(
    pages: &mut Pages<R>,
    (root, limit): (u32, u64),
    read: &mut dyn FnMut(&Record<'_>) -> Result<(), FileError>,
) -> Result<(), FileError> {
    // No more pages are visited than there are, so that a loop among them comes to an end.
    let mut count = 0;
    let mut left = pages.count;
    let mut path = vec![enter(pages, root, &mut left)?];
    while let Some(entered) = path.last_mut() {
        if entered.is_finished() {
            path.pop();
        } else if let Some(child) = entered.next_child()? {
            if path.len() == DEPTH {
                return Err(bad("its pages are in a loop"));
            }
            path.push(enter(pages, child, &mut left)?);
        } else if let Some(payload) = entered.next_payload(pages)? {
            count += 1;
            if count > limit {
                return Err(FileError::new(Problem::TooManyRows { limit }));
            }
            read(&Record::parse(&payload)?)?;
        }
    }
    Ok(())
}

fn enter<R: Read + Seek>(pages: &mut Pages<R>, number: u32, left: &mut u32) -> Result<Entered, FileError> {
    *left = left
        .checked_sub(1)
        .ok_or_else(|| bad("its pages are in a loop"))?;
    let page = pages.read(number)?;
    Entered::new(page).ok_or_else(|| bad("a page is damaged"))
}

impl Entered {
    fn new(page: Page) -> Option<Self> {
        let kind = match page.bytes.get(page.start)? {
            0x05 => Kind::TableBranch,
            0x0D => Kind::TableLeaf,
            0x02 => Kind::KeyBranch,
            0x0A => Kind::KeyLeaf,
            _ => return None,
        };
        Some(Self {
            cells: pointer(&page.bytes, page.start + 3)?,
            kind,
            page,
            next: 0,
            is_left_done: false,
        })
    }

    fn is_branch(&self) -> bool {
        matches!(self.kind, Kind::TableBranch | Kind::KeyBranch)
    }

    /// Nothing of the page is left.
    fn is_finished(&self) -> bool {
        self.next > self.cells || (!self.is_branch() && self.next == self.cells)
    }

    /// The offset of a cell.
    fn cell(&self, index: usize) -> Result<usize, FileError> {
        let header_len = if self.is_branch() { 12 } else { 8 };
        let place = self.page.start + header_len + 2 * index;
        pointer(&self.page.bytes, place).ok_or_else(|| bad("a page is damaged"))
    }

    /// The child that comes before the next cell, or after the last.
    fn next_child(&mut self) -> Result<Option<u32>, FileError> {
        if !self.is_branch() || self.is_left_done || self.next > self.cells {
            return Ok(None);
        }
        self.is_left_done = true;
        let place = if self.next == self.cells {
            self.next += 1;
            self.page.start + 8
        } else {
            self.cell(self.next)?
        };
        let child = number(&self.page.bytes, place, 4).ok_or_else(|| bad("a page is damaged"))?;
        Ok(Some(child))
    }

    /// The record of the next cell, if its kind of page has any.
    fn next_payload<R: Read + Seek>(
        &mut self,
        pages: &mut Pages<R>,
    ) -> Result<Option<Cow<'_, [u8]>>, FileError> {
        if self.next >= self.cells {
            return Ok(None);
        }
        let cell = self.cell(self.next)?;
        self.next += 1;
        self.is_left_done = false;
        let at = match self.kind {
            // The key of a branch of a table is no record.
            Kind::TableBranch => return Ok(None),
            Kind::TableLeaf | Kind::KeyLeaf => cell,
            Kind::KeyBranch => cell + 4,
        };
        let damaged = || bad("a page is damaged");
        let (size, len) = varint(&self.page.bytes, at).ok_or_else(damaged)?;
        let size = usize::try_from(size).ok().filter(|size| *size <= limits::RECORD);
        let size = size.ok_or_else(|| bad("a record is longer than 16 KiB"))?;
        let mut at = at + len;
        if self.kind == Kind::TableLeaf {
            at += varint(&self.page.bytes, at).ok_or_else(damaged)?.1;
        }
        let local = local_size(size, pages.usable(), self.kind);
        let here = self.page.bytes.get(at..at + local).ok_or_else(damaged)?;
        if local == size {
            return Ok(Some(Cow::Borrowed(here)));
        }
        let overflow = number(&self.page.bytes, at + local, 4).ok_or_else(damaged)?;
        let mut payload = here.to_vec();
        follow(pages, overflow, size, &mut payload)?;
        Ok(Some(Cow::Owned(payload)))
    }
}

/// Reads the rest of a record from the pages that it flows over to.
fn follow<R: Read + Seek>(
    pages: &mut Pages<R>,
    mut next: u32,
    size: usize,
    payload: &mut Vec<u8>,
) -> Result<(), FileError> {
    while payload.len() < size {
        let page = pages.read(next)?;
        next = number(&page.bytes, 0, 4).ok_or_else(|| bad("a page is damaged"))?;
        let content = page.bytes.get(4..).unwrap_or_default();
        payload.extend(content.iter().take(size - payload.len()));
    }
    Ok(())
}

/// How much of a record its page has, by the rules of the file format.
fn local_size(size: usize, usable: usize, kind: Kind) -> usize {
    let most = match kind {
        Kind::TableBranch | Kind::TableLeaf => usable - 35,
        Kind::KeyBranch | Kind::KeyLeaf => (usable - 12) * 64 / 255 - 23,
    };
    if size <= most {
        return size;
    }
    let least = (usable - 12) * 32 / 255 - 23;
    let fitting = least + (size - least) % (usable - 4);
    if fitting <= most { fitting } else { least }
}
