//! Whether a token that opens is still valid: its time, its revocation, its client.

use std::sync::Arc;

use super::revocation::find_revocation;
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
    /// The service failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<MalformedToken> for TokenCheckError {
    fn from(_: MalformedToken) -> Self {
        Self::Invalid(InvalidToken::Malformed)
    }
}

/// Why a token is not valid: for logs and metrics only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidToken {
    /// The token does not open.
    Malformed,
    /// The token has expired.
    Expired,
    /// The token was revoked.
    Revoked,
    /// The client of the token is disabled or does not exist.
    ClientDisabled,
    /// The tokens of this generation of the client were revoked together.
    ClientRevoked,
    /// The client of the token has come to belong to another customer since.
    CustomerChanged,
}

/// The client of a token that opens, if the token is still valid. Asks the database for what is not in memory.
pub async fn check_token(
    server: &AuthorizationServer,
    token: &Token,
) -> Result<Arc<CachedClient>, TokenCheckError> {
    let client = server.clients.find(&token.client_id).await?;
    let revocation = find_revocation(server, token).await?;
    check_against(server, token, revocation, client.as_ref()).map(Arc::clone)
}

/// The client of a token that opens, if the token is still valid: from what is known of its revocation and its client.
pub fn check_against<'a>(
    server: &AuthorizationServer,
    token: &Token,
    revocation: Revocation,
    client: Option<&'a Arc<CachedClient>>,
) -> Result<&'a Arc<CachedClient>, TokenCheckError> {
    let invalid = |reason| Err(TokenCheckError::Invalid(reason));
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
        // Otherwise a client that was given to another customer would still reach the data of the first.
        Some(client) if client.info.settings.customer_id != token.customer_id => {
            invalid(InvalidToken::CustomerChanged)
        }
        Some(client) => Ok(client),
    }
}
