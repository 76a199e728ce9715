//! What the partner's own people may know of a token: everything that is sealed inside, and whether it is active.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::server::AuthorizationServer;
use super::token::{Holder, MalformedToken, Token};
use super::validity::{InvalidToken, TokenCheckError, check_token};
use crate::clients::Scope;
use crate::error::Failure;

/// A token, and whether it is active now.
#[derive(Serialize)]
pub struct Inspection {
    /// Whether it is accepted.
    pub is_active: bool,
    /// A short name of why it is not.
    pub reason: Option<&'static str>,
    /// The same in words.
    pub explanation: Option<String>,
    /// What is sealed inside; none where it does not open.
    pub token: Option<TokenContent>,
}

/// What is sealed inside a token.
#[derive(Serialize)]
pub struct TokenContent {
    /// Its identifier.
    pub token_id: String,
    /// `application` or `user`.
    pub kind: &'static str,
    /// Whom it was issued to.
    pub client_id: String,
    /// Whose data it reaches; none: everybody's.
    pub customer_id: Option<String>,
    /// The user's address.
    pub email: Option<String>,
    /// The user's name.
    pub name: Option<String>,
    /// What it is for.
    pub scopes: Vec<&'static str>,
    /// The generation that it belongs to.
    pub token_generation: i64,
    /// When it was issued.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub issued_at: DateTime<Utc>,
    /// When it expires.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub expires_at: DateTime<Utc>,
}

/// The token of this text, whoever it was issued to and whether or not it is active.
pub fn open(server: &AuthorizationServer, text: &str) -> Result<Token, MalformedToken> {
    Token::open(text, &server.ring, server.settings.issuer.as_str())
}

/// Opens a token and checks it.
pub async fn inspect(server: &AuthorizationServer, text: &str) -> Result<Inspection, Failure> {
    let token = match open(server, text) {
        Ok(token) => token,
        Err(error) => {
            return Ok(Inspection {
                is_active: false,
                reason: Some("does_not_open"),
                explanation: Some(error.to_string()),
                token: None,
            });
        }
    };
    let reason = match check_token(server, &token).await {
        Ok(_) => None,
        Err(TokenCheckError::Invalid(invalid)) => Some(reason(invalid)),
        Err(TokenCheckError::Failure(failure)) => return Err(failure),
    };
    Ok(Inspection {
        is_active: reason.is_none(),
        reason: reason.map(|(reason, _)| reason),
        explanation: reason.map(|(_, explanation)| explanation.to_owned()),
        token: Some(content(&token)),
    })
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
