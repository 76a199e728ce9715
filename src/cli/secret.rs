//! `secret`: adds, lists and retires the secrets of a client.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::context::CommandContext;
use super::input::SecretArgs;
use super::output::{instant, or_dash, properties, table};
use crate::clients::{self, SecretInfo, SecretState};
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
  talentsoft-partner secret retire CLIENT_ID SECRET_ID             the old one is refused from now on")]
    Add(AddSecretArgs),
    /// List the secrets of a client, and when each was last used
    List {
        /// The `client_id` of the client
        client_id: ClientId,
    },
    /// Retire a secret: it is refused from now on
    Retire {
        /// The `client_id` of the client
        client_id: ClientId,
        /// Secret to retire, as `secret list` shows it
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
        SecretCommand::Retire { client_id, secret_id } => retire(context, &client_id, secret_id).await,
    }
}

async fn add(context: &CommandContext<'_>, args: &AddSecretArgs) -> anyhow::Result<()> {
    let new = args.secret.obtain()?;
    let generated = args.secret.to_show(&new);
    let shown = generated.as_ref().map(PresentedSecret::expose);
    let act = context.act();
    context
        .with_app(async |app| {
            let client = app
                .db
                .read(async |db| clients::find_client(db, &args.client_id).await)
                .await?;
            let new = clients::hash_secret(&app.oauth.passwords, new, client.secret_salt).await?;
            let added = app
                .db
                .transaction(async |db| clients::add_secret(db, &act, &app.ring, &args.client_id, &new).await)
                .await?;
            let mut value = to_json(&args.client_id, &added)?;
            if let (Some(secret), Some(object)) = (shown, value.as_object_mut()) {
                object.insert("client_secret".to_owned(), json!(secret));
            }
            context
                .format
                .show(&value, || describe_added(&args.client_id, &added, shown))
        })
        .await
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

async fn retire(
    context: &CommandContext<'_>,
    client_id: &ClientId,
    secret_id: SecretId,
) -> anyhow::Result<()> {
    let secrets = context
        .change(async |db, act| {
            clients::retire_secret(db, act, client_id, secret_id).await?;
            Ok(clients::list_secrets(db, act, client_id).await?)
        })
        .await?;
    let retired = secrets.iter().find(|secret| secret.secret_id == secret_id);
    let value = to_json(client_id, retired.context("the retired secret is gone")?)?;
    let live = secrets
        .iter()
        .filter(|secret| secret.state == SecretState::Live)
        .count();
    context.format.show(&value, || match live {
        0 => format!(
            "Retired secret {secret_id} of client {client_id}. It was the last: the client can get no token until \
             `secret add` gives it one."
        ),
        1 => format!("Retired secret {secret_id} of client {client_id}; it has 1 live secret left."),
        more => format!("Retired secret {secret_id} of client {client_id}; it has {more} live secrets left."),
    })
}

fn to_json(client_id: &ClientId, secret: &SecretInfo) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(secret)?;
    if let Some(object) = value.as_object_mut() {
        object.insert("client_id".to_owned(), json!(client_id));
    }
    Ok(value)
}
