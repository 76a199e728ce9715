//! Whether a token that opens is still valid: its time, its revocation, its client.

use std::sync::Arc;

use super::revocation::look_up;
use super::revocation_set::Revocation;
use super::token::{Flaw, Token};
use crate::app::App;
use crate::clients::CachedClient;
use crate::error::Fault;

/// A token that is not valid, or of which that could not be found out.
#[derive(Debug, thiserror::Error)]
pub enum Invalid {
    /// The token is not, or no longer, valid.
    #[error("the access token is not valid: {0:?}")]
    Token(TokenFlaw),
    /// Ours.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<Flaw> for Invalid {
    fn from(_: Flaw) -> Self {
        Self::Token(TokenFlaw::Malformed)
    }
}

/// Why a token is not good: for logs and metrics only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFlaw {
    /// It does not open.
    Malformed,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
    /// Its client is gone or disabled.
    ClientDisabled,
    /// All tokens of its client from its time were revoked.
    ClientRevoked,
}

/// Whether a token that opens is still good (also for introspection and the command line).
pub async fn check_token(app: &App, token: &Token) -> Result<Arc<CachedClient>, Invalid> {
    let client = app.clients.find(app.loader(), &token.client_id).await?;
    let revocation = look_up(app, token).await?;
    check_against(app, token, revocation, client.as_ref()).map(Arc::clone)
}

/// The same of a token of which the rest is known.
pub fn check_against<'a>(
    app: &App,
    token: &Token,
    revocation: Revocation,
    client: Option<&'a Arc<CachedClient>>,
) -> Result<&'a Arc<CachedClient>, Invalid> {
    let invalid = |flaw| Err(Invalid::Token(flaw));
    if app.clock.now() >= token.expires_at() {
        return invalid(TokenFlaw::Expired);
    }
    if revocation == Revocation::Revoked {
        return invalid(TokenFlaw::Revoked);
    }
    match client {
        None => invalid(TokenFlaw::ClientDisabled),
        Some(client) if !client.info.is_enabled => invalid(TokenFlaw::ClientDisabled),
        Some(client) if client.info.token_generation != token.generation => invalid(TokenFlaw::ClientRevoked),
        Some(client) => Ok(client),
    }
}
