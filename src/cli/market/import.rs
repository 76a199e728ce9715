//! `market import`: files become a source, and a draft of the next version, in one transaction.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use market_files::{FileSummary, Summary};
use serde::Serialize;
use sqlx::PgConnection;
use tokio::sync::{mpsc, watch};
use tokio::task::spawn_blocking;

use super::super::context::CommandContext;
use super::super::signals;
use super::LibraryArgs;
use super::benchmark_rows::WageCount;
use super::sink::ChannelSink;
use super::telling::told;
use crate::audit::Act;
use crate::ids::{CustomerId, ImportId};
use crate::market::built_in::{self, import_built_in};
use crate::market::imports::{Import, Phase, Progress};
use crate::market::publishing::{DraftOutcome, compose_draft, find_library};
use crate::market::sources::{ImportOutcome, ImportWriter, SourceKind};
use crate::market::versions::VersionNumber;

/// The revision of SOC that all of these files use.
const CLASSIFICATION: &str = "2018";
/// Batches that may wait to be written while the next is read.
const BATCHES_AHEAD: usize = 4;

/// What to import.
#[derive(Args)]
pub struct ImportArgs {
    #[command(subcommand)]
    files: ImportFiles,
}

/// Files, by their format, or what comes with the service. A source of the same format that was imported before is replaced in the next version.
#[derive(Subcommand)]
enum ImportFiles {
    /// What comes with the service; it is published by itself where nothing else was
    BuiltIn {
        #[command(flatten)]
        library: LibraryArgs,
    },
    /// A database of O*NET in text files: its folder, or the zip as it was downloaded
    Onet {
        /// Folder or zip
        path: PathBuf,
        #[command(flatten)]
        source: SourceArgs,
    },
    /// The definitions and the direct match titles of SOC 2018, as xlsx
    Soc {
        /// Both files, in any order
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        #[command(flatten)]
        source: SourceArgs,
    },
    /// Employment and wages of OEWS: a workbook such as `all_data_M_2025.xlsx`, a CSV of it, the folder of the flat files, or an `SQLite` database of them
    Oews {
        /// The file; several where the nation, the states and the metropolitan areas have one each
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        #[command(flatten)]
        source: SourceArgs,
    },
    /// Raw titles with the codes that somebody gave them, as TSV or CSV: title, soc, and if known n, share, socs
    CodedTitles {
        /// The file
        path: PathBuf,
        #[command(flatten)]
        source: SourceArgs,
    },
    /// Titles of your own, as CSV: name, socs, and if known id, `plural_name`, `is_supervisor`, `level_band`, skills
    Titles {
        /// The file
        path: PathBuf,
        #[command(flatten)]
        source: SourceArgs,
    },
}

/// What the source is called, and whose it is.
#[derive(Args, Clone)]
struct SourceArgs {
    /// The release, such as 30.3, for `/meta` and `market list` [default: what the files say; otherwise today]
    #[arg(long, value_name = "TEXT")]
    release: Option<String>,
    #[command(flatten)]
    library: LibraryArgs,
}

impl ImportFiles {
    fn kind(&self) -> SourceKind {
        match self {
            Self::BuiltIn { .. } => SourceKind::BuiltIn,
            Self::Onet { .. } => SourceKind::Onet,
            Self::Soc { .. } => SourceKind::Soc,
            Self::Oews { .. } => SourceKind::Oews,
            Self::CodedTitles { .. } => SourceKind::CodedTitles,
            Self::Titles { .. } => SourceKind::Titles,
        }
    }

    /// Whose library they are for, and the release that the options name.
    fn target(&self) -> (&LibraryArgs, Option<&str>) {
        match self {
            Self::BuiltIn { library } => (library, Some(built_in::RELEASE)),
            Self::Onet { source, .. }
            | Self::Soc { source, .. }
            | Self::Oews { source, .. }
            | Self::CodedTitles { source, .. }
            | Self::Titles { source, .. } => (&source.library, source.release.as_deref()),
        }
    }

    /// Reads the files; blocks.
    fn read(&self, sink: &mut ChannelSink) -> anyhow::Result<Summary> {
        if let Self::Oews { paths, .. } = self {
            return read_oews(paths, sink);
        }
        Ok(match self {
            Self::BuiltIn { .. } | Self::Oews { .. } => Ok(Summary::default()),
            Self::Onet { path, .. } => market_files::read_onet(path, sink),
            Self::Soc { paths, .. } => market_files::read_soc(paths, sink),
            Self::CodedTitles { path, .. } => market_files::read_coded_titles(path, sink),
            Self::Titles { path, .. } => market_files::read_titles(path, sink),
        }?)
    }
}

/// Reads files of wages one after the other; together they must have the nation, and no area twice.
fn read_oews(paths: &[PathBuf], sink: &mut ChannelSink) -> anyhow::Result<Summary> {
    let mut summary = Summary {
        release: paths.first().and_then(|path| oews_release(path)),
        ..Summary::default()
    };
    for (number, path) in (1..).zip(paths) {
        sink.begin_file(number, paths.len());
        let read = market_files::read_oews(path, sink)?;
        sink.end_file(number == paths.len())?;
        summary.files.extend(read.files);
        summary.missing.extend(read.missing);
    }
    Ok(summary)
}

/// The release by the year in the name of a file: OEWS is about May.
fn oews_release(path: &Path) -> Option<String> {
    let name = path.file_stem()?.to_str()?;
    let numbers = name.split(|letter: char| !letter.is_ascii_digit());
    let year = numbers
        .rev()
        .find(|number| number.len() == 4 && number.starts_with("20"))?;
    Some(format!("May {year}"))
}

/// What an import came to, for scripts.
#[derive(Serialize)]
struct Imported {
    kind: SourceKind,
    release: String,
    /// Rows below headers, by file.
    files: Vec<FileLine>,
    /// What was skipped, and what is missing.
    notes: Vec<String>,
    /// Wages that were read; nothing where there were none.
    #[serde(skip_serializing_if = "Option::is_none")]
    wages: Option<WageCount>,
    draft: Option<Draft>,
}

#[derive(Serialize)]
struct FileLine {
    file: String,
    rows: u64,
}

#[derive(Serialize)]
struct Draft {
    version: VersionNumber,
    titles: usize,
    additions: usize,
    removals: usize,
    alterations: usize,
}

/// Imports, and says what was read, what was not, and what the draft has. SIGTERM and SIGINT end it as a failure does.
pub(super) async fn run(context: &CommandContext<'_>, args: ImportArgs) -> anyhow::Result<()> {
    let stop = signals::stop(|| {})?;
    let imported = context
        .with_database(async |db| {
            let customer_id = args.files.target().0.customer_id(db).await?;
            let act = context.act();
            let (progress, seen) = watch::channel(Progress::default());
            let announced = Import {
                import_id: ImportId::generate(act.now),
                customer_id,
                kind: args.files.kind(),
                started_at: act.now,
            };
            // Boxed, because it is large.
            let work = Box::pin(
                db.long_transaction(async |db| import(db, &act, customer_id, args.files, &progress).await),
            );
            let work = async {
                let stopped =
                    || bail!("the import was stopped; `market list` shows whether it has left a draft");
                stop.run_until_cancelled(work).await.unwrap_or_else(stopped)
            };
            told(db, &announced, seen, work).await
        })
        .await?;
    context.format.show(&imported, || describe(&imported))
}

async fn import(
    db: &mut PgConnection,
    act: &Act,
    customer_id: Option<CustomerId>,
    files: ImportFiles,
    progress: &watch::Sender<Progress>,
) -> anyhow::Result<Imported> {
    let kind = files.kind();
    let library_id = find_library(db, customer_id).await?;
    let given_release = files.target().1.map(str::to_owned);
    let (summary, wages, outcome, release) = if kind == SourceKind::BuiltIn {
        let outcome = import_built_in(db, act, library_id).await?;
        (
            Summary::default(),
            WageCount::default(),
            outcome,
            built_in::RELEASE.to_owned(),
        )
    } else {
        let mut writer = ImportWriter::begin(db, act, library_id, kind, CLASSIFICATION).await?;
        let (summary, wages) = write_files(db, &mut writer, files, progress.clone()).await?;
        let release = release(given_release, &summary, act)?;
        let outcome = writer.finish(db, act, &release).await?;
        (summary, wages, outcome, release)
    };
    progress.send_modify(|progress| progress.phase = Phase::Composing);
    let draft = match outcome {
        ImportOutcome::Unchanged => None,
        ImportOutcome::Imported { .. } => draft(compose_draft(db, act, library_id).await?),
    };
    let file_line = |file: &FileSummary| FileLine {
        file: file.file.clone(),
        rows: file.rows,
    };
    Ok(Imported {
        kind,
        release,
        files: summary.files.iter().map(file_line).collect(),
        notes: notes(&summary, wages),
        wages: (wages.rows > 0).then_some(wages),
        draft,
    })
}

/// Reads the files on a thread of their own, and writes their rows as they come.
async fn write_files(
    db: &mut PgConnection,
    writer: &mut ImportWriter,
    files: ImportFiles,
    progress: watch::Sender<Progress>,
) -> anyhow::Result<(Summary, WageCount)> {
    let (sender, mut batches) = mpsc::channel(BATCHES_AHEAD);
    let reading = spawn_blocking(move || {
        let mut sink = ChannelSink::new(sender, progress);
        let summary = files.read(&mut sink)?;
        let wages = sink.wages();
        sink.finish();
        anyhow::Ok((summary, wages))
    });
    while let Some(batch) = batches.recv().await {
        writer.write(db, &batch).await?;
    }
    reading
        .await
        .context("the files could not be read to their end")?
}

fn draft(outcome: DraftOutcome) -> Option<Draft> {
    match outcome {
        DraftOutcome::Unchanged => None,
        DraftOutcome::Composed {
            number,
            titles,
            additions,
            removals,
            alterations,
        } => Some(Draft {
            version: number,
            titles,
            additions,
            removals,
            alterations,
        }),
    }
}

/// What the release is called: as the option says, as the files say, or the day.
fn release(given: Option<String>, summary: &Summary, act: &Act) -> anyhow::Result<String> {
    let release = given
        .or_else(|| summary.release.clone())
        .unwrap_or_else(|| act.now.format("%Y-%m-%d").to_string());
    if !(1..=100).contains(&release.chars().count()) || release.chars().any(char::is_control) {
        bail!("a release is 1 to 100 characters, none of them a control character");
    }
    Ok(release)
}

fn notes(summary: &Summary, wages: WageCount) -> Vec<String> {
    let skipped = summary.files.iter().flat_map(|file| {
        file.skipped
            .iter()
            .map(move |skipped| format!("{}: {skipped}", file.file))
    });
    skipped
        .chain(summary.missing.iter().map(ToString::to_string))
        .chain((wages.skipped > 0).then(|| {
            format!(
                "{} rows skipped: their area is no nation, state or metropolitan area",
                wages.skipped
            )
        }))
        .collect()
}

fn describe(imported: &Imported) -> String {
    let mut lines: Vec<String> = imported
        .files
        .iter()
        .map(|file| format!("{}: {} rows", super::super::output::clean(&file.file), file.rows))
        .collect();
    lines.extend(
        imported
            .notes
            .iter()
            .map(|note| super::super::output::clean(note)),
    );
    lines.extend(
        imported
            .wages
            .map(|wages| format!("Wages: {} rows of {} areas.", wages.rows, wages.areas)),
    );
    lines.push(match &imported.draft {
        None => "Nothing is new: the library has this content already.".to_owned(),
        Some(draft) => format!(
            "Draft {}: {} titles, {} added, {} removed, {} altered. Publish it with `market publish`.",
            draft.version, draft.titles, draft.additions, draft.removals, draft.alterations
        ),
    });
    lines.join("\n")
}
