//! Rows of the sheets of an XLSX workbook (ISO/IEC 29500-1, part 18), read while they are unpacked.
//!
//! Only the texts that cells share are kept in memory.
//! Of what a workbook can say this reads the texts and numbers of cells, of formulas the last result.

mod sheet;
mod strings;
mod workbook;
mod xml;

pub(crate) use workbook::Workbook;
