//! Whether a token that opens is still valid: its time, its revocation, its client.

use std::sync::Arc;

use super::revocation::look_up;
use super::revocation_set::Revocation;
use super::server::AuthorizationServer;
use super::token::{MalformedToken, Token};
use crate::clients::CachedClient;
use crate::error::Failure;

/// A token that is not valid, or of which that could not be found out.
#[derive(Debug, thiserror::Error)]
pub enum TokenCheckError {
    /// The token is not, or no longer, valid.
    #[error("the access token is not valid: {0:?}")]
    Invalid(InvalidToken),
    /// Ours.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<MalformedToken> for TokenCheckError {
    fn from(_: MalformedToken) -> Self {
        Self::Invalid(InvalidToken::Malformed)
    }
}

/// Why a token is not good: for logs and metrics only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidToken {
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
pub async fn check_token(
    server: &AuthorizationServer,
    token: &Token,
) -> Result<Arc<CachedClient>, TokenCheckError> {
    let client = server.clients.find(&token.client_id).await?;
    let revocation = look_up(server, token).await?;
    check_against(server, token, revocation, client.as_ref()).map(Arc::clone)
}

/// The same of a token of which the rest is known.
pub fn check_against<'a>(
    server: &AuthorizationServer,
    token: &Token,
    revocation: Revocation,
    client: Option<&'a Arc<CachedClient>>,
) -> Result<&'a Arc<CachedClient>, TokenCheckError> {
    let invalid = |flaw| Err(TokenCheckError::Invalid(flaw));
    if server.clock.now() >= token.expires_at() {
        return invalid(InvalidToken::Expired);
    }
    if revocation == Revocation::Revoked {
        return invalid(InvalidToken::Revoked);
    }
    match client {
        None => invalid(InvalidToken::ClientDisabled),
        Some(client) if !client.info.is_enabled => invalid(InvalidToken::ClientDisabled),
        Some(client) if client.info.token_generation != token.generation => {
            invalid(InvalidToken::ClientRevoked)
        }
        Some(client) => Ok(client),
    }
}
