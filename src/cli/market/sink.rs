//! What takes the rows of files: on the thread that reads them, for the one that writes.

use std::ops::ControlFlow;

use indicatif::ProgressBar;
use market_files::{Progress as FileProgress, Row, Sink};
use tokio::sync::{mpsc, watch};

use super::super::progress;
use super::benchmark_rows::WageCount;
use super::rows::RowConverter;
use crate::market::imports::Progress;
use crate::market::sources::ImportBatch;

/// Takes rows on the thread that reads files, and sends them in batches to the one that writes them.
pub(super) struct ChannelSink {
    sender: mpsc::Sender<ImportBatch>,
    rows: RowConverter,
    bar: ProgressBar,
    progress: watch::Sender<Progress>,
}

impl ChannelSink {
    /// One that says on a bar, and to whoever watches `progress`, how far it is.
    pub fn new(sender: mpsc::Sender<ImportBatch>, progress: watch::Sender<Progress>) -> Self {
        let bar = progress::bar(
            0,
            "{bar:40} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left",
        );
        Self {
            sender,
            rows: RowConverter::default(),
            bar,
            progress,
        }
    }

    /// Begins one of several files that are read one after the other.
    pub fn begin_file(&self, file: usize, files: usize) {
        let count = |count| u32::try_from(count).unwrap_or(u32::MAX);
        self.progress.send_modify(|progress| {
            *progress = Progress {
                file: count(file),
                files: count(files),
                ..Progress::default()
            };
        });
    }

    /// Ends one of several files of wages.
    pub fn end_file(&mut self, is_last: bool) -> anyhow::Result<()> {
        self.rows.end_file(is_last).map_err(anyhow::Error::msg)
    }

    /// Wages that were read.
    pub fn wages(&self) -> WageCount {
        self.rows.wages()
    }

    /// Sends what is complete; `Break` where nobody writes any more.
    fn send(&mut self, is_end: bool) -> ControlFlow<()> {
        // Rows that are gathered to the end are for nobody either.
        if self.sender.is_closed() {
            return ControlFlow::Break(());
        }
        for batch in self.rows.take(is_end) {
            if self.sender.blocking_send(batch).is_err() {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    /// Sends what is left.
    pub fn finish(mut self) {
        let _ = self.send(true);
        self.bar.finish_and_clear();
    }
}

impl Sink for ChannelSink {
    fn row(&mut self, row: Row) -> ControlFlow<()> {
        self.rows.add(row);
        self.send(false)
    }

    fn progress(&mut self, read: FileProgress) {
        self.bar.set_length(read.total_bytes);
        self.bar.set_position(read.read_bytes);
        self.progress.send_modify(|progress| {
            progress.done_bytes = read.read_bytes;
            progress.total_bytes = read.total_bytes;
        });
    }
}
