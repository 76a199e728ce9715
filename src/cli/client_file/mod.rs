//! Clients in a file, CSV or JSON, by the hundred: `client import` and `client export`.

mod columns;
mod export;
mod import;
mod plan;
mod read;
mod report;
mod secrets;

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context as _;
use strum::{Display, EnumString, VariantArray};

pub use columns::{Cell, Column, marked};
pub use export::{ExportClientsArgs, export};
pub use import::{ImportClientsArgs, import};

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumString, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum FileFormat {
    /// Values separated by commas, below a line that names the columns.
    Csv,
    /// An array of objects.
    Json,
}

impl FileFormat {
    /// The form that the extension of a file names.
    fn of_extension(file: &Path) -> Option<Self> {
        let extension = file.extension().and_then(OsStr::to_str)?;
        extension.to_ascii_lowercase().parse().ok()
    }

    /// The form that was asked for, or that the extension names.
    fn of(file: &Path, given: Option<Self>) -> anyhow::Result<Self> {
        given.or_else(|| Self::of_extension(file)).with_context(|| {
            format!(
                "the name of {} ends neither in .csv nor in .json; pass --format csv or --format json",
                file.display()
            )
        })
    }
}

/// Makes a file and writes it, until it is on the disk. Where that fails, nothing is left of it, so that it can be
/// repeated under the same name.
fn write_new(file: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut opened = options.write(true).create_new(true).mode(mode).open(file)?;
    let written = opened.write_all(content).and_then(|()| opened.sync_all());
    written.inspect_err(|_| {
        // What failed is what is told, whether or not this does.
        let _ = fs::remove_file(file);
    })
}

/// Why a row is not imported.
pub struct Refusal {
    /// The line that the row begins in.
    line: u64,
    /// The client, where the row names one.
    client_id: Option<String>,
    /// The column that is the matter, if it is one.
    column: Option<Column>,
    /// What is the matter, without the value.
    reason: String,
}

impl Refusal {
    fn of_line(line: u64, reason: String) -> Self {
        Self {
            line,
            client_id: None,
            column: None,
            reason,
        }
    }
}
