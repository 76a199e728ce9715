//! `client import`: registers the clients of a file, all of them or none.
//!
//! Rows are read and planned first; then secrets are hashed, on as many threads as there are cores; then one transaction
//! writes everything, which takes a millisecond or so for each client. Who is killed before its end has changed nothing.

use std::collections::HashMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::available_parallelism;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use indicatif::ProgressBar;
use sqlx::PgConnection;

use super::plan::{Owner, Planned, Registered, Step, plan};
use super::report::{Report, RowReport, RowResult};
use super::{Column, FileFormat, Refusal, read, secrets};
use crate::app::App;
use crate::audit::Act;
use crate::cli::context::CommandContext;
use crate::cli::input::one_of;
use crate::cli::progress;
use crate::clients::{self, ClientSettings, Enabled, HashedSecret, NewClient, NewSecret};
use crate::crypto::password::PasswordPool;
use crate::crypto::secret::{PresentedSecret, SecretHashing};
use crate::ids::ClientId;
use crate::keys::KeyRing;

/// New clients of which the secrets and what is recorded are written by one statement each.
const CLIENTS_AT_ONCE: usize = 100;

/// Arguments of `client import`.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct ImportClientsArgs {
    /// File to read; `-` for standard input
    file: PathBuf,

    /// Form of the file, csv or json [default: as the extension of the file says]
    #[arg(long, value_name = "FORMAT", value_parser = one_of::<FileFormat>)]
    format: Option<FileFormat>,

    /// Say what would become of each row, and change nothing
    #[arg(long)]
    dry_run: bool,

    /// Change clients that are registered with other settings; without it their rows are refused
    #[arg(long)]
    pub update: bool,

    /// Add the customers that are named and not there yet
    #[arg(long)]
    pub add_customers: bool,

    /// Import the other rows where some are refused; without it nothing is imported then
    #[arg(long)]
    skip_refused: bool,

    /// Generate a secret for each new client whose row has none, and show it, once
    #[arg(long)]
    generate_secrets: bool,

    /// Write generated secrets to this file, which must not be there yet and only its owner may read, instead of showing them:
    /// JSON where its name ends in .json, otherwise CSV
    #[arg(long, value_name = "FILE", requires = "generate_secrets")]
    secrets_file: Option<PathBuf>,

    /// Accept secrets of fewer than 32 bytes (RFC 7518 s3.2 asks for 32)
    #[arg(long)]
    pub allow_weak_secrets: bool,
}

impl ImportClientsArgs {
    /// Whether new clients without a secret get one.
    pub fn generates_secrets(&self) -> bool {
        self.generate_secrets
    }
}

/// A row on its way: a plan, or why there is none.
type Entry = (u64, Result<Planned, Refusal>);

/// Imports the file, and reports what became of each row.
pub async fn import(context: &CommandContext<'_>, args: &ImportClientsArgs) -> anyhow::Result<()> {
    let format = FileFormat::of(&args.file, args.format)?;
    if let Some(file) = &args.secrets_file {
        secrets::require_new(file)?;
    }
    let rows = read::read(&args.file, format)?;
    context
        .with_app(async |app| {
            let registered = app.db.read(async |db| Registered::read(db, &rows).await).await?;
            let mut entries = plan(rows, &registered, args);
            let passwords = own_pool();
            compare_secrets(app, &passwords, &context.act(), &mut entries).await?;
            let refused = entries.iter().filter(|(_, planned)| planned.is_err()).count();
            let must_stop = refused > 0 && !args.skip_refused;
            if args.dry_run || must_stop {
                let mut report = Report::of(entries.iter_mut().map(take_report).collect());
                report.is_dry_run = args.dry_run;
                context.format.show(&report, || report.describe())?;
            } else {
                write(context, app, &passwords, args, entries).await?;
            }
            if must_stop {
                bail!(
                    "{refused} rows are refused, so nothing {} imported; correct them, or pass --skip-refused to import the \
                     others",
                    if args.dry_run { "would be" } else { "was" }
                );
            }
            Ok(())
        })
        .await
}

/// The pool of this command: nobody else waits for it, so it has all cores.
fn own_pool() -> PasswordPool {
    let threads = available_parallelism().map_or(1, NonZeroUsize::get);
    PasswordPool::new(threads, threads)
}

/// Hashes secrets as fast as the pool does; the results have the order of the secrets.
async fn hash_all(
    passwords: &PasswordPool,
    secrets: Vec<(NewSecret, SecretHashing)>,
) -> anyhow::Result<Vec<HashedSecret>> {
    let bar = bar_of(secrets.len(), "secrets hashed");
    let hashes = stream::iter(secrets).map(|(secret, hashing)| {
        let bar = bar.clone();
        async move {
            let hashed = clients::hash_secret(passwords, secret, hashing).await?;
            bar.inc(1);
            anyhow::Ok(hashed)
        }
    });
    // One waits for each that runs.
    let at_once = 2 * available_parallelism().map_or(1, NonZeroUsize::get);
    let hashed = hashes.buffered(at_once).try_collect().await;
    bar.finish_and_clear();
    hashed
}

fn bar_of(length: usize, what: &str) -> ProgressBar {
    let template = format!("{{bar:40}} {{pos}} of {{len}} {what}, {{per_sec}}, {{eta}} left");
    progress::bar(u64::try_from(length).unwrap_or_default(), &template)
}

/// Refuses the rows that have another secret than their clients, which are registered already.
async fn compare_secrets(
    app: &App,
    passwords: &PasswordPool,
    act: &Act,
    entries: &mut [Entry],
) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    let mut presented = Vec::new();
    for (index, (_, planned)) in entries.iter_mut().enumerate() {
        if let Ok(planned) = planned
            && let Some((secret, client)) = planned.to_compare.take()
        {
            rows.push(index);
            presented.push((secret, client.secret_hashing));
        }
    }
    let hashed = hash_all(passwords, presented).await?;
    for (index, secret) in rows.into_iter().zip(hashed) {
        let Some((line, planned)) = entries.get_mut(index) else {
            continue;
        };
        let Ok(Planned { client_id, .. }) = planned else {
            continue;
        };
        let found = app
            .db
            .read(async |db| clients::find_secret(db, act, client_id, &secret).await)
            .await?;
        if found.is_none() {
            *planned = Err(Refusal {
                line: *line,
                client_id: Some(client_id.to_string()),
                column: Some(Column::ClientSecret),
                reason:
                    "the client is registered, and this is none of its live secrets; `secret add` adds one"
                        .to_owned(),
            });
        }
    }
    Ok(())
}

/// Hashes the secrets of new clients, writes all rows in one transaction, and reports them before its end: nobody is registered
/// whose generated secret was not told.
async fn write(
    context: &CommandContext<'_>,
    app: &App,
    passwords: &PasswordPool,
    args: &ImportClientsArgs,
    entries: Vec<Entry>,
) -> anyhow::Result<()> {
    let mut presented = Vec::new();
    let mut generated = Vec::new();
    for (_, planned) in &entries {
        if let Ok(planned) = planned
            && let Step::Create {
                secret, is_generated, ..
            } = &planned.step
        {
            if *is_generated {
                generated.push((planned.client_id.clone(), secret.secret.clone()));
            }
            presented.push((secret.clone(), SecretHashing::fresh()));
        }
    }
    let hashed = hash_all(passwords, presented).await?;
    let bar = bar_of(entries.len(), "clients written");
    let act = context.act();
    let mut is_told = false;
    let written = app.db.long_transaction(async |db| {
        write_all(db, &act, &app.ring, bar.wrap_iter(entries.iter()), hashed).await?;
        bar.finish_and_clear();
        tell(context, args, entries, generated)?;
        is_told = true;
        anyhow::Ok(())
    });
    let written = written.await;
    bar.finish_and_clear();
    // The end of a transaction may get lost on its way back.
    written.with_context(|| match args.secrets_file.as_deref().filter(|file| file.exists()) {
        None if is_told => {
            "the import was not completed, or nobody said so; what was reported is so if `client list` shows its clients, otherwise \
             run it again"
                .to_owned()
        }
        None => "the import was not completed; run it again".to_owned(),
        Some(file) => format!(
            "the import was not completed, or nobody said so; keep {} if `client list` shows its clients, otherwise delete it and \
             run the import again",
            file.display()
        ),
    })
}

/// Writes the generated secrets to their file, and shows the report, with the secrets where there is no file.
fn tell(
    context: &CommandContext<'_>,
    args: &ImportClientsArgs,
    mut entries: Vec<Entry>,
    generated: Vec<(ClientId, PresentedSecret)>,
) -> anyhow::Result<()> {
    let file = args.secrets_file.as_deref().filter(|_| !generated.is_empty());
    if let Some(file) = file {
        let format = FileFormat::of_extension(file).unwrap_or(FileFormat::Csv);
        secrets::write(file, format, &generated)?;
    }
    let shown: HashMap<ClientId, PresentedSecret> = match &args.secrets_file {
        Some(_) => HashMap::new(),
        None => generated.into_iter().collect(),
    };
    let report = |entry: &mut Entry| {
        let secret = entry
            .1
            .as_ref()
            .ok()
            .and_then(|planned| shown.get(&planned.client_id).cloned());
        let report = take_report(entry);
        match secret {
            Some(secret) => report.with_secret(secret),
            None => report,
        }
    };
    let mut report = Report::of(entries.iter_mut().map(report).collect());
    report.is_imported = true;
    let told = if shown.is_empty() {
        context.format.show(&report, || report.describe())
    } else {
        context.format.show_whole(&report, || report.describe())
    };
    if let (Some(file), Err(_)) = (file, &told) {
        // Nobody has these secrets, and the file would stand in the way of the next import.
        let _ = fs::remove_file(file);
    }
    told
}

async fn write_all(
    db: &mut PgConnection,
    act: &Act,
    ring: &KeyRing,
    entries: impl Iterator<Item = &Entry>,
    hashed: Vec<HashedSecret>,
) -> anyhow::Result<()> {
    let mut hashed = hashed.into_iter();
    let mut added = HashMap::new();
    let mut new = NewClients::default();
    for (_, planned) in entries {
        let Ok(planned) = planned else {
            continue;
        };
        match &planned.step {
            Step::Keep => {}
            Step::Update { differing, before } => {
                update(db, act, planned, before).await?;
                if differing.contains(&Column::IsEnabled) {
                    clients::set_client_enabled(db, act, &planned.client_id, planned.enabled).await?;
                }
            }
            Step::Create { owner, .. } => {
                let secret = hashed.next().context("a secret was not hashed")?;
                let mut settings = planned.settings.clone();
                settings.customer_id = match owner {
                    Owner::None => None,
                    Owner::Known(customer) => Some(customer.customer_id),
                    Owner::New(name) => match added.get(name) {
                        Some(customer_id) => Some(*customer_id),
                        None => {
                            let customer = clients::add_customer(db, act, name).await?;
                            added.insert(name.clone(), customer.customer_id);
                            Some(customer.customer_id)
                        }
                    },
                };
                new.clients.push(NewClient {
                    client_id: planned.client_id.clone(),
                    settings,
                    secret,
                });
                if planned.enabled == Enabled::No {
                    new.disabled.push(planned.client_id.clone());
                }
                if new.clients.len() == CLIENTS_AT_ONCE {
                    std::mem::take(&mut new).add(db, act, ring).await?;
                }
            }
        }
    }
    new.add(db, act, ring).await
}

/// Clients that are added together.
#[derive(Default)]
struct NewClients {
    clients: Vec<NewClient>,
    /// Those of them that are to be disabled.
    disabled: Vec<ClientId>,
}

impl NewClients {
    async fn add(self, db: &mut PgConnection, act: &Act, ring: &KeyRing) -> anyhow::Result<()> {
        clients::add_clients(db, act, ring, self.clients).await?;
        for client_id in &self.disabled {
            clients::set_client_enabled(db, act, client_id, Enabled::No).await?;
        }
        Ok(())
    }
}

async fn update(
    db: &mut PgConnection,
    act: &Act,
    planned: &Planned,
    before: &ClientSettings,
) -> anyhow::Result<()> {
    let change = |settings: &mut ClientSettings| {
        ensure!(
            settings == before,
            "client `{}` was changed meanwhile; run the import again",
            planned.client_id
        );
        *settings = planned.settings.clone();
        Ok(())
    };
    clients::update_client(db, act, &planned.client_id, change).await?;
    Ok(())
}

/// What is said of a row.
fn take_report((line, planned): &mut Entry) -> RowReport {
    let refusal = match planned {
        Ok(planned) => {
            let (result, changed) = match &planned.step {
                Step::Create { .. } => (RowResult::Created, &[][..]),
                Step::Update { differing, .. } => (RowResult::Updated, differing.as_slice()),
                Step::Keep => (RowResult::Unchanged, &[][..]),
            };
            return RowReport::imported(*line, planned.client_id.to_string(), result, changed);
        }
        Err(refusal) => refusal,
    };
    RowReport::refused(Refusal {
        line: refusal.line,
        client_id: refusal.client_id.take(),
        column: refusal.column,
        reason: std::mem::take(&mut refusal.reason),
    })
}
