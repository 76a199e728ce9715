//! `key`: lists, rotates and retires the sealing keys, and replaces the master key that seals them.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::json;

use super::context::CommandContext;
use super::output::{instant, table};
use crate::config::read_master_key;
use crate::crypto::seal::MasterKey;
use crate::keys::{self, KeyInfo, Purpose, SealingKeyId};

/// Subcommands of `key`.
#[derive(Subcommand)]
pub enum KeyCommand {
    /// List the keys, without the key material
    List,
    /// Generate a new key; what earlier keys sealed stays valid
    #[command(after_help = "\
A new token key is used 90 seconds later, when every replica knows it; the former one still opens its tokens.
Under a new secret key all secrets are sealed again at once.
A new link key seals the links of new invitations; the former one is deleted with the last of its invitations.")]
    Rotate {
        /// What the key seals: token, secret or link
        purpose: Purpose,
    },
    /// Delete a token key that leaked; every replica refuses the tokens that it sealed within a second
    #[command(after_help = "\
When a token key leaked:
  talentsoft-partner key rotate token
  then, when `key list` shows the new key as active, 90 seconds later
  talentsoft-partner key retire ID, with the number of the key that leaked

Token keys that were replaced are deleted automatically after 24 hours.")]
    Retire {
        /// Number of the key, as `key list` shows it; the key in use cannot be retired
        id: SealingKeyId,
    },
    /// Print a new master key; needs no database
    #[command(after_help = "\
Example:
  (umask 077; talentsoft-partner key new-master > new-master.key)")]
    NewMaster,
    /// Seal all keys under a new master key; tokens, secrets and running services are not affected
    #[command(after_help = "\
Replacing the master key:
  (umask 077; talentsoft-partner key new-master > new-master.key)
  talentsoft-partner key rewrap --new-master-key-file new-master.key
  then set PARTNER_MASTER_KEY_FILE to the new file, for every later start and command")]
    Rewrap {
        /// File that holds the new master key; the current one is read from the configuration
        #[arg(long, value_name = "FILE")]
        new_master_key_file: PathBuf,
    },
}

/// Runs a subcommand of `key`.
pub async fn run(context: &CommandContext<'_>, command: KeyCommand) -> anyhow::Result<()> {
    match command {
        KeyCommand::List => list(context).await,
        KeyCommand::Rotate { purpose } => rotate(context, purpose).await,
        KeyCommand::Retire { id } => retire(context, id).await,
        KeyCommand::NewMaster => {
            let key = MasterKey::generate_text();
            context
                .format
                .show_whole(&json!({ "master_key": key.as_str() }), || key.to_string())
        }
        KeyCommand::Rewrap { new_master_key_file } => rewrap(context, &new_master_key_file).await,
    }
}

async fn list(context: &CommandContext<'_>) -> anyhow::Result<()> {
    let act = context.act();
    let keys = context.read(async |db| Ok(keys::list(db, &act).await?)).await?;
    context.format.show(&keys, || describe(&keys))
}

async fn rotate(context: &CommandContext<'_>, purpose: Purpose) -> anyhow::Result<()> {
    let act = context.act();
    let key = context
        .with_app(async |app| {
            let rotated = app.db.transaction(async |db| {
                let id = keys::rotate(db, &act, app.ring.master_key(), purpose).await?;
                Ok::<_, keys::Error>((id, keys::list(db, &act).await?))
            });
            let (id, keys) = rotated.await?;
            let mut keys = keys.into_iter();
            keys.find(|key| key.id == id).context("the new key is gone")
        })
        .await?;
    context.format.show(&key, || {
        let id = key.id;
        match purpose {
            Purpose::Token => format!(
                "Generated token key {id}; it is used from {} on.",
                instant(key.active_at)
            ),
            Purpose::Secret => format!("Generated secret key {id}; all secrets are sealed under it."),
            Purpose::Link => {
                format!("Generated link key {id}; the links of new invitations are sealed under it.")
            }
        }
    })
}

async fn retire(context: &CommandContext<'_>, id: SealingKeyId) -> anyhow::Result<()> {
    context
        .change(async |db, act| Ok(keys::retire(db, act, id).await?))
        .await?;
    context.format.show(&json!({ "retired_key": id }), || {
        format!("Retired token key {id}; the tokens that it sealed are refused, and clients need new ones.")
    })
}

async fn rewrap(context: &CommandContext<'_>, file: &Path) -> anyhow::Result<()> {
    let new = read_master_key(file, "--new-master-key-file")?;
    let act = context.act();
    let count = context
        .with_app(async |app| {
            let master_key = app.ring.master_key();
            let rewrapped = app
                .db
                .transaction(async |db| keys::rewrap(db, &act, master_key, &new).await);
            Ok(rewrapped.await?)
        })
        .await?;
    let value = json!({ "rewrapped_keys": count, "master_key_id": new.id() });
    context.format.show(&value, || {
        format!(
            "Sealed {count} keys under master key {}. From now on every start and command needs it: set \
             PARTNER_MASTER_KEY_FILE to {}.",
            new.id(),
            file.display()
        )
    })
}

fn describe(keys: &[KeyInfo]) -> String {
    let rows = keys.iter().map(|key| {
        [
            key.id.to_string(),
            key.purpose.to_string(),
            key.state.to_string(),
            key.master_key_id.clone(),
            instant(key.created_at),
            instant(key.active_at),
        ]
    });
    table(
        ["ID", "PURPOSE", "STATE", "MASTER_KEY", "MADE", "SEALS_FROM"],
        rows,
    )
}
