//! `market`: the data that the data APIs answer from.

mod benchmark_rows;
mod import;
mod rows;
mod sink;
mod telling;

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use sqlx::PgConnection;

use super::context::CommandContext;
use super::output::{instant, or_dash, table};
use crate::audit::Act;
use crate::clients;
use crate::db::Db;
use crate::ids::CustomerId;
use crate::market::publishing::{
    self, VersionDifference, diff_versions, find_library, list_versions, publish_version, retire_version,
};
use crate::market::versions::{LibraryId, VersionNumber};

/// Names that a difference shows of each kind.
const SHOWN_NAMES: usize = 20;

/// Subcommands of `market`.
#[derive(Subcommand)]
pub enum MarketCommand {
    /// Read files as their publishers offer them, and compose a draft of the next version
    #[command(after_help = "\
Examples:
  talentsoft-partner market import onet db_30_3_text.zip
  talentsoft-partner market import soc soc_2018_definitions.xlsx soc_2018_direct_match_title_file.xlsx
  talentsoft-partner market import oews all_data_M_2025.xlsx
  talentsoft-partner market import coded-titles ours.tsv --release 2026-11 --customer Acme
  talentsoft-partner market publish")]
    Import(import::ImportArgs),
    /// List the versions, the newest first
    List,
    /// Show what differs between two versions: titles, and how many wages and facts of occupations
    Diff {
        /// The one
        from: VersionNumber,
        /// The other
        to: VersionNumber,
        #[command(flatten)]
        library: LibraryArgs,
    },
    /// Publish the draft: from now on it is the latest version, on all replicas
    Publish {
        /// The number to publish it under, after that of the last version [default: the draft's own]
        #[arg(long = "as", value_name = "VERSION")]
        number: Option<VersionNumber>,
        #[command(flatten)]
        library: LibraryArgs,
    },
    /// Retire a version: callers do not find it any more
    Retire {
        /// Which, as `market list` shows it
        version: VersionNumber,
        #[command(flatten)]
        library: LibraryArgs,
    },
}

/// Whose library.
#[derive(Args, Clone)]
pub struct LibraryArgs {
    /// The library of this customer, by name or id [default: the one that all share]
    #[arg(long, value_name = "NAME-OR-ID")]
    customer: Option<String>,
}

impl LibraryArgs {
    /// Works on the library in one transaction.
    async fn change<T>(
        &self,
        context: &CommandContext<'_>,
        work: impl AsyncFnOnce(&mut PgConnection, &Act, LibraryId) -> Result<T, publishing::Error>,
    ) -> anyhow::Result<T> {
        context
            .with_database(async |db| {
                let customer_id = self.customer_id(db).await?;
                let act = context.act();
                let changed = db.transaction(async |db| {
                    let library_id = find_library(db, customer_id).await?;
                    work(db, &act, library_id).await
                });
                Ok(changed.await?)
            })
            .await
    }

    /// The customer whose library it is.
    async fn customer_id(&self, db: &Db) -> anyhow::Result<Option<CustomerId>> {
        let Some(name_or_id) = &self.customer else {
            return Ok(None);
        };
        let customer = db
            .read(async |db| clients::find_customer(db, name_or_id).await)
            .await?;
        Ok(Some(customer.customer_id))
    }
}

/// Runs one of them.
pub async fn run(context: &CommandContext<'_>, command: MarketCommand) -> anyhow::Result<()> {
    match command {
        MarketCommand::Import(args) => import::run(context, args).await,
        MarketCommand::List => list(context).await,
        MarketCommand::Diff { from, to, library } => diff(context, (from, to), &library).await,
        MarketCommand::Publish { number, library } => publish(context, number, &library).await,
        MarketCommand::Retire { version, library } => retire(context, version, &library).await,
    }
}

async fn list(context: &CommandContext<'_>) -> anyhow::Result<()> {
    let (versions, customers) = context
        .read(async |db| Ok((list_versions(db).await?, clients::list_customers(db).await?)))
        .await?;
    context.format.show(&versions, || {
        let rows = versions.iter().map(|version| {
            let owner = customers
                .iter()
                .find(|customer| Some(customer.customer_id) == version.customer_id);
            [
                version.version.to_string(),
                version.status.to_string(),
                owner.map_or_else(|| "all".to_owned(), |customer| customer.name.clone()),
                version.titles.to_string(),
                instant(version.created_at),
                or_dash(version.published_at, instant),
                version.sources.join(", "),
            ]
        });
        let header = [
            "VERSION",
            "STATUS",
            "LIBRARY",
            "TITLES",
            "COMPOSED",
            "PUBLISHED",
            "SOURCES",
        ];
        table(header, rows)
    })
}

async fn diff(
    context: &CommandContext<'_>,
    (from, to): (VersionNumber, VersionNumber),
    library: &LibraryArgs,
) -> anyhow::Result<()> {
    let difference = library
        .change(context, async |db, _, library_id| {
            diff_versions(db, library_id, from, to).await
        })
        .await?;
    context.format.show(&difference, || describe(&difference))
}

/// How many titles differ, and the first of them.
fn describe(difference: &VersionDifference) -> String {
    let kinds = [
        ("added", &difference.additions),
        ("removed", &difference.removals),
        ("altered", &difference.alterations),
    ];
    let describe = |(kind, names): (&str, &Vec<String>)| {
        let mut lines = vec![format!("{} {kind}", names.len())];
        lines.extend(
            names
                .iter()
                .take(SHOWN_NAMES)
                .map(|name| format!("  {}", super::output::clean(name))),
        );
        if names.len() > SHOWN_NAMES {
            lines.push(format!(
                "  … and {} more (--json has all)",
                names.len() - SHOWN_NAMES
            ));
        }
        lines.join("\n")
    };
    let mut text = kinds.map(describe).join("\n");
    for (what, counted) in [
        ("wages", difference.wages),
        ("facts of occupations", difference.facts),
    ] {
        let publishing::CountedDifference {
            additions,
            removals,
            alterations,
        } = counted;
        if counted != publishing::CountedDifference::default() {
            let _ = write!(
                text,
                "\n{what}: {additions} added, {removals} removed, {alterations} altered"
            );
        }
    }
    text
}

async fn publish(
    context: &CommandContext<'_>,
    number: Option<VersionNumber>,
    library: &LibraryArgs,
) -> anyhow::Result<()> {
    let published = library
        .change(context, async |db, act, library_id| {
            publish_version(db, act, library_id, number).await
        })
        .await?;
    let outcome = serde_json::json!({ "published": published });
    context
        .format
        .show(&outcome, || format!("Version {published} is published."))
}

async fn retire(
    context: &CommandContext<'_>,
    version: VersionNumber,
    library: &LibraryArgs,
) -> anyhow::Result<()> {
    library
        .change(context, async |db, act, library_id| {
            retire_version(db, act, library_id, version).await
        })
        .await?;
    let outcome = serde_json::json!({ "retired": version });
    context
        .format
        .show(&outcome, || format!("Version {version} is retired."))
}
