//! `token`: shows what is sealed inside an access token, and revokes one.

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::json;

use super::context::CommandContext;
use super::input::TextArgs;
use super::output::{instant, or_dash, properties};
use crate::audit::Act;
use crate::clock;
use crate::oauth::inspection::{self, Inspection};
use crate::oauth::revocation;

/// Subcommands of `token`.
#[derive(Subcommand)]
pub enum TokenCommand {
    /// Show everything that is sealed inside a token, and whether it is active
    #[command(after_help = "\
A token opens only with the keys of this database and the PARTNER_PUBLIC_URL of the service that issued it.

Example:
  talentsoft-partner token inspect --file token.txt")]
    Inspect(TextArgs),
    /// Revoke a token before it expires
    #[command(after_help = "\
Example:
  pbpaste | talentsoft-partner token revoke")]
    Revoke(TextArgs),
}

/// Runs a subcommand of `token`.
pub async fn run(context: &CommandContext<'_>, command: TokenCommand) -> anyhow::Result<()> {
    match command {
        TokenCommand::Inspect(args) => inspect(context, &args.read()?).await,
        TokenCommand::Revoke(args) => revoke(context, &args.read()?).await,
    }
}

async fn inspect(context: &CommandContext<'_>, text: &str) -> anyhow::Result<()> {
    let inspection = context
        .with_app(async |app| {
            let mut inspection = inspection::inspect(&app.oauth, text).await?;
            if inspection.token.is_none() {
                let error = inspection.explanation.unwrap_or_default();
                let issuer = app.settings.public_url.as_str();
                inspection.explanation = Some(format!(
                    "{error} (the issuer here is PARTNER_PUBLIC_URL, {issuer})"
                ));
            }
            Ok(inspection)
        })
        .await?;
    context.format.show(&inspection, || describe(&inspection))
}

fn describe(inspection: &Inspection) -> String {
    let state = match &inspection.explanation {
        None => "yes".to_owned(),
        Some(explanation) => format!("no: {explanation}"),
    };
    let active = ("active", state);
    let Some(token) = &inspection.token else {
        return properties([active]);
    };
    properties([
        active,
        ("token id", token.token_id.clone()),
        ("kind", token.kind.to_owned()),
        ("client_id", token.client_id.clone()),
        ("customer id", or_dash(token.customer_id.clone(), |id| id)),
        ("email", or_dash(token.email.clone(), |email| email)),
        ("name", or_dash(token.name.clone(), |name| name)),
        ("scopes", token.scopes.join(",")),
        ("token generation", token.token_generation.to_string()),
        ("issued", instant(token.issued_at)),
        ("expires", instant(token.expires_at)),
    ])
}

async fn revoke(context: &CommandContext<'_>, text: &str) -> anyhow::Result<()> {
    let token = context
        .with_app(async |app| {
            let issuer = app.settings.public_url.as_str();
            let token = inspection::open(&app.oauth, text).with_context(|| {
                format!("the token cannot be read (the issuer here is PARTNER_PUBLIC_URL, {issuer})")
            })?;
            let now = app.clock.database_now();
            if token.expires_at() > now {
                let act = Act::new(context.actor.clone(), now);
                let revoking = app
                    .db
                    .transaction(async |db| revocation::revoke(db, &act, &token).await);
                app.oauth.note_revoked(&revoking.await?);
            }
            Ok(token)
        })
        .await?;
    let is_expired = token.expires_at() <= context.clock.database_now();
    let value = json!({
        "token_id": token.token_id,
        "client_id": token.client_id,
        "expires_at": clock::rfc3339(token.expires_at()),
        "is_revoked": !is_expired,
        "is_expired": is_expired,
    });
    context.format.show(&value, || {
        if is_expired {
            format!(
                "Token {} has already expired; there is nothing to revoke.",
                token.token_id
            )
        } else {
            format!("Revoked token {} of client {}.", token.token_id, token.client_id)
        }
    })
}
