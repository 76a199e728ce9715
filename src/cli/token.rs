//! `token`: shows what is sealed inside an access token, and revokes one.

use anyhow::Context as _;
use clap::Subcommand;
use serde::Serialize;
use serde_json::json;

use super::context::CommandContext;
use super::input::TextArgs;
use super::output::{instant, or_dash, properties};
use crate::audit::Act;
use crate::clients::Scope;
use crate::clock;
use crate::oauth::token::{Holder, MalformedToken, Token};
use crate::oauth::{InvalidToken, TokenCheckError, check_token, revocation};

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

/// What `token inspect` prints: a token, and whether it is active now.
#[derive(Serialize)]
struct Inspection {
    is_active: bool,
    reason: Option<&'static str>,
    explanation: Option<String>,
    token: Option<TokenContent>,
}

/// What is sealed inside a token.
#[derive(Serialize)]
struct TokenContent {
    token_id: String,
    kind: &'static str,
    client_id: String,
    customer_id: Option<String>,
    email: Option<String>,
    name: Option<String>,
    scopes: Vec<&'static str>,
    token_generation: i64,
    #[serde(serialize_with = "crate::clock::serialize")]
    issued_at: chrono::DateTime<chrono::Utc>,
    #[serde(serialize_with = "crate::clock::serialize")]
    expires_at: chrono::DateTime<chrono::Utc>,
}

async fn inspect(context: &CommandContext<'_>, text: &str) -> anyhow::Result<()> {
    let inspection = context
        .with_app(async |app| {
            let token = match Token::open(text, &app.ring, app.settings.public_url.as_str()) {
                Ok(token) => token,
                Err(error) => return Ok(unopened(&error, app.settings.public_url.as_str())),
            };
            let reason = match check_token(&app.oauth, &token).await {
                Ok(_) => None,
                Err(TokenCheckError::Invalid(invalid)) => Some(reason(invalid)),
                Err(refusal) => return Err(refusal.into()),
            };
            Ok(Inspection {
                is_active: reason.is_none(),
                reason: reason.map(|(reason, _)| reason),
                explanation: reason.map(|(_, explanation)| explanation.to_owned()),
                token: Some(content(&token)),
            })
        })
        .await?;
    context.format.show(&inspection, || describe(&inspection))
}

fn unopened(error: &MalformedToken, issuer: &str) -> Inspection {
    Inspection {
        is_active: false,
        reason: Some("does_not_open"),
        explanation: Some(format!(
            "{error} (the issuer here is PARTNER_PUBLIC_URL, {issuer})"
        )),
        token: None,
    }
}

fn reason(invalid: InvalidToken) -> (&'static str, &'static str) {
    match invalid {
        InvalidToken::Malformed => ("does_not_open", "it does not open"),
        InvalidToken::Expired => ("expired", "it has expired"),
        InvalidToken::Revoked => ("revoked", "it was revoked"),
        InvalidToken::ClientDisabled => ("client_disabled", "its client is disabled"),
        InvalidToken::ClientRevoked => (
            "client_tokens_revoked",
            "all tokens that its client got until then were revoked",
        ),
        InvalidToken::CustomerChanged => (
            "client_customer_changed",
            "its client belongs to another customer now",
        ),
    }
}

fn content(token: &Token) -> TokenContent {
    let (kind, name) = match &token.holder {
        Holder::Application => ("application", None),
        Holder::User { name, .. } => ("user", name.clone()),
    };
    TokenContent {
        token_id: token.token_id.to_string(),
        kind,
        client_id: token.client_id.to_string(),
        customer_id: token.customer_id.map(|id| id.to_string()),
        email: token.user().map(|email| email.as_str().to_owned()),
        name,
        scopes: token.scopes.iter().map(Scope::as_str).collect(),
        token_generation: token.generation,
        issued_at: token.issued_at,
        expires_at: token.expires_at(),
    }
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
            let token = Token::open(text, &app.ring, issuer).with_context(|| {
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
