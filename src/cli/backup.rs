//! `backup` and `restore`: the rows of the whole database in a folder, and back into an empty one.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use super::context::CommandContext;
use super::database::{Ownership, find};
use super::output::{instant, table};
use super::progress;
use crate::backup::{self, BackupFolder, Finding, Restored, Tokens};
use crate::crypto::seal::MasterKey;
use crate::keys;

/// What the bar of both shows: how much there will be is not known.
const BAR: &str = "{spinner} {bytes}, {bytes_per_sec}";

/// Arguments of `backup`.
#[derive(Args)]
pub struct BackupArgs {
    /// Folder to make, which must not be there yet
    folder: PathBuf,
}

/// Arguments of `restore`.
#[derive(Args)]
pub struct RestoreArgs {
    /// Folder that `backup` made
    #[arg(required_unless_present = "check")]
    folder: Option<PathBuf>,

    /// Change nothing: say whether the backup, or without a folder the database, is consistent
    #[arg(long)]
    check: bool,

    /// Leave tokens valid that were issued before, those included that were revoked after the backup was made
    #[arg(long, conflicts_with = "check")]
    keep_tokens: bool,
}

/// Makes a backup.
pub async fn run_backup(context: &CommandContext<'_>, args: &BackupArgs) -> anyhow::Result<()> {
    let bar = progress::bar(0, BAR);
    let manifest = context
        .with_database(async |db| {
            let ring = context.key_ring(db).await?;
            // A backup under another master key than that of the database could be opened by neither.
            db.read(async |db| keys::load(db, &ring).await).await?;
            let written = db.long_snapshot(async |db| {
                let note = |bytes| bar.inc(u64::try_from(bytes).unwrap_or_default());
                backup::write(db, ring.master_key(), &args.folder, note).await
            });
            Ok(written.await?)
        })
        .await?;
    bar.finish_and_clear();
    let done = json!({
        "folder": args.folder, "taken_at": crate::clock::rfc3339(manifest.taken_at), "tables": manifest.tables.len(),
        "rows": manifest.rows(), "master_key_id": manifest.master_key_id, "log_position": manifest.server.log_position,
    });
    context.format.show(&done, || {
        format!(
            "Backed up {} tables with {} rows to {}, as of {}.\nIt is of no use without the master key {}, which is not in it: keep \
             that elsewhere.",
            manifest.tables.len(),
            manifest.rows(),
            args.folder.display(),
            instant(manifest.taken_at),
            manifest.master_key_id
        )
    })
}

/// Restores a backup, or checks one, or the database.
pub async fn run_restore(context: &CommandContext<'_>, args: &RestoreArgs) -> anyhow::Result<()> {
    match (&args.folder, args.check) {
        (Some(folder), true) => check_backup(context, &BackupFolder::at(folder)),
        (None, _) => check_database(context).await,
        (Some(folder), false) => {
            let tokens = if args.keep_tokens {
                Tokens::Kept
            } else {
                Tokens::Ended
            };
            restore(context, &BackupFolder::at(folder), tokens).await
        }
    }
}

fn check_backup(context: &CommandContext<'_>, folder: &BackupFolder) -> anyhow::Result<()> {
    let manifest = folder.manifest()?;
    let master_key = context.database.master_key()?;
    let findings = backup::check_backup(folder, &manifest, master_key.as_ref())?;
    let report = json!({
        "is_consistent": true, "is_master_key_checked": master_key.is_some(), "findings": findings, "backup": manifest,
    });
    context.format.show(&report, || {
        let note = match &master_key {
            Some(_) => String::new(),
            None => format!(
                " Whether the master key fits was not checked, for none is set; it needs {}.",
                manifest.master_key_id
            ),
        };
        format!(
            "{}\nThe backup of {} is consistent.{note}",
            describe(&findings),
            instant(manifest.taken_at)
        )
    })
}

fn describe(findings: &[Finding]) -> String {
    let rows = findings.iter().map(|finding| {
        [
            finding.check.to_owned(),
            if finding.is_ok { "ok" } else { "wrong" }.to_owned(),
            finding.detail.clone(),
        ]
    });
    table(["CHECK", "RESULT", "DETAIL"], rows)
}

async fn check_database(context: &CommandContext<'_>) -> anyhow::Result<()> {
    let findings = context
        .with_database(async |db| {
            let ring = context.key_ring(db).await?;
            let checked = db.long_snapshot(async |db| backup::check_database(db, ring.master_key()).await);
            Ok(checked.await?)
        })
        .await?;
    let is_consistent = findings.iter().all(|finding| finding.is_ok);
    let report = json!({ "is_consistent": is_consistent, "findings": findings });
    context.format.show(&report, || {
        let end = if is_consistent {
            "\nThe database is consistent."
        } else {
            ""
        };
        format!("{}{end}", describe(&findings))
    })?;
    if !is_consistent {
        bail!("the database is not consistent");
    }
    Ok(())
}

async fn restore(context: &CommandContext<'_>, folder: &BackupFolder, tokens: Tokens) -> anyhow::Result<()> {
    let master_key = master_key(context)?;
    let opened = find(context.database, Ownership::Shared, 1, &context.clock).await?;
    let bar = progress::bar(0, BAR);
    let work = async {
        opened
            .db
            .find_primary()
            .await
            .context("the database cannot be reached")?;
        let note = |bytes| bar.inc(u64::try_from(bytes).unwrap_or_default());
        let restored = backup::restore(&opened.db, &context.act(), &master_key, folder, tokens, note).await?;
        // The backup may be of an earlier version.
        opened.db.migrate().await?;
        anyhow::Ok(restored)
    };
    let restored = work.await;
    bar.finish_and_clear();
    let restored = opened.close_after(restored).await?;
    context.format.show(&restored, || describe_restored(&restored))
}

fn master_key(context: &CommandContext<'_>) -> anyhow::Result<MasterKey> {
    match context.database.master_key()? {
        Some(master_key) => Ok(master_key),
        None => bail!(
            "there is no master key: put the one of the backup into {}",
            context.database.own_master_key_file()?.display()
        ),
    }
}

fn describe_restored(restored: &Restored) -> String {
    let at = instant(restored.taken_at);
    let mut lines = vec![format!(
        "Restored {} tables with {} rows, as of {at}.",
        restored.tables, restored.rows
    )];
    if !restored.left_out.is_empty() {
        lines.push(format!(
            "Left out, because no migration makes them: {}.",
            restored.left_out.join(", ")
        ));
    }
    lines.push(if restored.are_tokens_ended {
        "All tokens that were issued before are over; clients get new ones.".to_owned()
    } else {
        "Tokens stay valid, those included that were revoked after the backup; `client revoke-tokens` ends those of a client."
            .to_owned()
    });
    lines.push(format!(
        "What was changed after {at} is lost: do again what disabled clients, retired secrets and keys, changed passwords or erased \
         people since."
    ));
    lines.join("\n")
}
