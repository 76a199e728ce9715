//! Reads files and prints what was read: `cargo run -p market-files --example summary -- onet PATH`.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::env;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use market_files::{FileError, Progress, Row, Sink, Summary};

/// Counts rows and reports of progress.
#[derive(Default)]
struct Counter {
    rows: u64,
    reports: u64,
    last: Option<Progress>,
}

impl Sink for Counter {
    fn row(&mut self, _row: Row) -> ControlFlow<()> {
        self.rows += 1;
        ControlFlow::Continue(())
    }

    fn progress(&mut self, progress: Progress) {
        self.reports += 1;
        self.last = Some(progress);
    }
}

fn read(kind: &str, paths: &[PathBuf], sink: &mut dyn Sink) -> Result<Summary, FileError> {
    let path = paths.first().map_or(Path::new(""), PathBuf::as_path);
    match kind {
        "onet" => market_files::read_onet(path, sink),
        "soc" => market_files::read_soc(paths, sink),
        "coded-titles" => market_files::read_coded_titles(path, sink),
        "oews" => market_files::read_oews(path, sink),
        _ => market_files::read_titles(path, sink),
    }
}

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let kind = arguments.next().unwrap_or_default();
    let paths: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    let mut counter = Counter::default();
    let begun = Instant::now();
    let result = read(&kind, &paths, &mut counter);
    let took = begun.elapsed();
    match result {
        Ok(summary) => print(&summary),
        Err(error) => {
            println!("{error}");
            return ExitCode::FAILURE;
        }
    }
    println!(
        "{} rows in {took:?}, {} reports of progress, the last {:?}",
        counter.rows, counter.reports, counter.last
    );
    ExitCode::SUCCESS
}

fn print(summary: &Summary) {
    if let Some(release) = &summary.release {
        println!("release {release}");
    }
    for file in &summary.files {
        println!("{}: {} rows, {} handed on", file.file, file.rows, file.handed_on);
        for skipped in &file.skipped {
            println!("  {skipped}");
        }
    }
    for missing in &summary.missing {
        println!("{missing}");
    }
}
