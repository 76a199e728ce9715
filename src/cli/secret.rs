//! `secret`: adds, lists, retires and restores the secrets of a client.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::context::CommandContext;
use super::input::SecretArgs;
use super::output::{instant, or_dash, properties, table};
use super::usage::MAX_HOURS;
use crate::clients::{self, Retirement, SecretInfo, SecretState};
use crate::crypto::secret::PresentedSecret;
use crate::ids::{ClientId, SecretId};

/// Subcommands of `secret`.
#[derive(Subcommand)]
pub enum SecretCommand {
    /// Add a secret; the other secrets of the client stay valid
    #[command(after_help = "\
Rotating a secret without a gap:
  talentsoft-partner secret add CLIENT_ID --secret-file new.txt    both secrets are valid from now on
  talentsoft-partner secret list CLIENT_ID                         shows when the old one was last used
  talentsoft-partner secret retire CLIENT_ID SECRET_ID             the old one is refused from now on
  talentsoft-partner secret restore CLIENT_ID SECRET_ID            takes that back, within a day")]
    Add(AddSecretArgs),
    /// List the secrets of a client, and when each was last used
    List {
        /// The `client_id` of the client
        client_id: ClientId,
    },
    /// Show how often each secret of a client was used, and from where
    Uses {
        /// The `client_id` of the client
        client_id: ClientId,
        /// So many hours up to now, 192 at most
        #[arg(long, default_value = "24", value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=MAX_HOURS))]
        hours: u16,
    },
    /// Retire a secret: it is refused from now on
    Retire {
        /// The `client_id` of the client
        client_id: ClientId,
        /// Secret to retire, as `secret list` shows it
        secret_id: SecretId,
        /// For good: it cannot be restored, and its sealed form is deleted at once. For a secret that leaked; also for one that is retired already
        #[arg(long = "final")]
        is_final: bool,
    },
    /// Take the retirement of a secret back, within a day: it is accepted again from now on
    Restore {
        /// The `client_id` of the client
        client_id: ClientId,
        /// Secret to restore, as `secret list` shows it
        secret_id: SecretId,
    },
}

/// Arguments of `secret add`.
#[derive(Args)]
pub struct AddSecretArgs {
    /// The `client_id` of the client
    client_id: ClientId,
    #[command(flatten)]
    secret: SecretArgs,
}

/// Runs a subcommand of `secret`.
pub async fn run(context: &CommandContext<'_>, command: SecretCommand) -> anyhow::Result<()> {
    match command {
        SecretCommand::Add(args) => add(context, &args).await,
        SecretCommand::List { client_id } => list(context, &client_id).await,
        SecretCommand::Uses { client_id, hours } => uses(context, &client_id, hours).await,
        SecretCommand::Retire {
            client_id,
            secret_id,
            is_final,
        } => {
            let retirement = if is_final {
                Retirement::Final
            } else {
                Retirement::Restorable
            };
            retire(context, &client_id, secret_id, retirement).await
        }
        SecretCommand::Restore { client_id, secret_id } => restore(context, &client_id, secret_id).await,
    }
}

async fn add(context: &CommandContext<'_>, args: &AddSecretArgs) -> anyhow::Result<()> {
    let new = args.secret.obtain()?;
    let generated = args.secret.to_show(&new);
    let act = context.act();
    context
        .with_app(async |app| {
            let client = app
                .db
                .read(async |db| clients::find_client(db, &args.client_id).await)
                .await?;
            let new = clients::hash_secret(&app.oauth.passwords, new, client.secret_hashing).await?;
            let add = async |db: &mut PgConnection| {
                anyhow::Ok(clients::add_secret(db, &act, &app.ring, &args.client_id, &new).await?)
            };
            let show = |added: &SecretInfo| show_added(context, &args.client_id, added, generated.as_ref());
            let shown = args.secret.shown();
            context.change_and_show(&app.db, shown, add, show).await
        })
        .await
}

/// Shows a secret that was added, with its value where that was generated.
fn show_added(
    context: &CommandContext<'_>,
    client_id: &ClientId,
    added: &SecretInfo,
    generated: Option<&PresentedSecret>,
) -> anyhow::Result<()> {
    let mut value = to_json(client_id, added)?;
    let Some(secret) = generated.map(PresentedSecret::expose) else {
        let text = || describe_added(client_id, added, None);
        return context.format.show(&value, text);
    };
    if let Some(object) = value.as_object_mut() {
        object.insert("client_secret".to_owned(), json!(secret));
    }
    let text = || describe_added(client_id, added, Some(secret));
    context.format.show_whole(&value, text)
}

fn describe_added(client_id: &ClientId, added: &SecretInfo, secret: Option<&str>) -> String {
    let until = added
        .expires_at
        .map_or_else(String::new, |at| format!(" until {}", instant(at)));
    let text = format!(
        "Added secret {} to client {client_id}{until}; its other secrets stay valid.",
        added.secret_id
    );
    match secret {
        None => text,
        Some(secret) => {
            let pair = properties([
                ("client_id", client_id.to_string()),
                ("client_secret", secret.to_owned()),
            ]);
            format!("{text}\n{pair}\nThe secret is shown this once and will not be shown again.")
        }
    }
}

async fn list(context: &CommandContext<'_>, client_id: &ClientId) -> anyhow::Result<()> {
    let act = context.act();
    let secrets = context
        .read(async |db| Ok(clients::list_secrets(db, &act, client_id).await?))
        .await?;
    let values: Vec<Value> = secrets
        .iter()
        .map(|secret| to_json(client_id, secret))
        .collect::<Result<_, _>>()?;
    context.format.show(&values, || {
        let rows = secrets.iter().map(|secret| {
            [
                secret.secret_id.to_string(),
                secret.state.to_string(),
                if secret.checks_assertions { "yes" } else { "no" }.to_owned(),
                instant(secret.created_at),
                or_dash(secret.expires_at, instant),
                or_dash(secret.retired_at, instant),
                secret.last_used_at.map_or_else(|| "never".to_owned(), instant),
            ]
        });
        table(
            [
                "SECRET_ID",
                "STATE",
                "ASSERTIONS",
                "ADDED",
                "EXPIRES",
                "RETIRED",
                "LAST_USED",
            ],
            rows,
        )
    })
}

/// Each secret once for each address that used it, and once where none did.
async fn uses(context: &CommandContext<'_>, client_id: &ClientId, hours: u16) -> anyhow::Result<()> {
    let act = context.act();
    let uses = context
        .read(async |db| Ok(clients::list_secret_uses(db, &act, client_id, hours).await?))
        .await?;
    context.format.show(&uses, || {
        let rows = uses.iter().flat_map(|uses| {
            let of_secret = |cells: [String; 4]| {
                let [address, count, first, last] = cells;
                [uses.secret_id.to_string(), address, count, first, last]
            };
            let none = || of_secret(["-".to_owned(), "0".to_owned(), "-".to_owned(), "-".to_owned()]);
            let rows: Vec<_> = uses
                .addresses
                .iter()
                .map(|used| {
                    of_secret([
                        used.address.clone().unwrap_or_else(|| "others".to_owned()),
                        used.count.to_string(),
                        instant(used.first_at),
                        instant(used.last_at),
                    ])
                })
                .collect();
            if rows.is_empty() { vec![none()] } else { rows }
        });
        table(["SECRET_ID", "FROM", "USES", "FIRST", "LAST"], rows)
    })
}

async fn retire(
    context: &CommandContext<'_>,
    client_id: &ClientId,
    secret_id: SecretId,
    retirement: Retirement,
) -> anyhow::Result<()> {
    let secrets = context
        .change(async |db, act| {
            clients::retire_secret(db, act, client_id, secret_id, retirement).await?;
            Ok(clients::list_secrets(db, act, client_id).await?)
        })
        .await?;
    let retired = secrets.iter().find(|secret| secret.secret_id == secret_id);
    let retired = retired.context("the retired secret is gone")?;
    let value = to_json(client_id, retired)?;
    let live = secrets
        .iter()
        .filter(|secret| secret.state == SecretState::Live)
        .count();
    let undo = match retired.restorable_until {
        Some(until) => format!("Until {}, `secret restore` takes this back.", instant(until)),
        None => "This cannot be taken back.".to_owned(),
    };
    context.format.show(&value, || match live {
        0 => format!(
            "Retired secret {secret_id} of client {client_id}. It was the last: the client can get no token until \
             `secret add` gives it one. {undo}"
        ),
        1 => format!("Retired secret {secret_id} of client {client_id}; it has 1 live secret left. {undo}"),
        more => {
            format!("Retired secret {secret_id} of client {client_id}; it has {more} live secrets left. {undo}")
        }
    })
}

async fn restore(
    context: &CommandContext<'_>,
    client_id: &ClientId,
    secret_id: SecretId,
) -> anyhow::Result<()> {
    let restored = context
        .change(async |db, act| Ok(clients::restore_secret(db, act, client_id, secret_id).await?))
        .await?;
    context.format.show(&to_json(client_id, &restored)?, || {
        format!("Restored secret {secret_id} of client {client_id}: it is accepted again.")
    })
}

fn to_json(client_id: &ClientId, secret: &SecretInfo) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(secret)?;
    if let Some(object) = value.as_object_mut() {
        object.insert("client_id".to_owned(), json!(client_id));
    }
    Ok(value)
}
