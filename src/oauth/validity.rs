//! Whether a token that opens is still valid: its time, its revocation, its client.

use std::sync::Arc;

use chrono::{DateTime, Utc};

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
    check_against(token, revocation, client.as_ref(), server.now()?).map(Arc::clone)
}

/// The client of a token that opens, if the token is still valid: from what is known of its revocation and its client.
pub fn check_against<'a>(
    token: &Token,
    revocation: Revocation,
    client: Option<&'a Arc<CachedClient>>,
    now: DateTime<Utc>,
) -> Result<&'a Arc<CachedClient>, TokenCheckError> {
    let invalid = |reason| Err(TokenCheckError::Invalid(reason));
    if now >= token.expires_at() {
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

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;
    use crate::clients::{ClientInfo, ClientSettings, ClientVersion, Scope};
    use crate::crypto::secret::SecretHashing;
    use crate::ids::{CustomerId, TokenId};
    use crate::oauth::token::Holder;

    fn customer(number: u128) -> CustomerId {
        CustomerId(Uuid::from_u128(number))
    }

    fn client() -> ClientInfo {
        ClientInfo {
            client_id: "client".parse().unwrap(),
            settings: ClientSettings::marketplace(customer(1)),
            is_enabled: true,
            created_at: DateTime::UNIX_EPOCH,
            token_generation: 2,
            version: ClientVersion::default(),
            secret_hashing: SecretHashing::fresh(),
        }
    }

    fn token() -> Token {
        Token {
            token_id: TokenId(Uuid::nil()),
            client_id: "client".parse().unwrap(),
            customer_id: Some(customer(1)),
            holder: Holder::Application,
            scopes: [Scope::Videos].into_iter().collect(),
            generation: 2,
            issued_at: DateTime::UNIX_EPOCH,
            ttl_seconds: 60,
        }
    }

    /// Why a token is not valid at this second of its life.
    fn why_not(
        token: &Token,
        revocation: Revocation,
        client: Option<ClientInfo>,
        second: i64,
    ) -> Option<InvalidToken> {
        let client = client.map(|info| Arc::new(CachedClient::of(info, &[])));
        let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
        match check_against(token, revocation, client.as_ref(), now).err()? {
            TokenCheckError::Invalid(reason) => Some(reason),
            TokenCheckError::Failure(failure) => panic!("{failure}"),
        }
    }

    #[test]
    fn a_token_is_valid_until_it_expires_or_is_revoked() {
        let why_not = |revocation, second| why_not(&token(), revocation, Some(client()), second);
        assert_eq!(why_not(Revocation::NotRevoked, 0), None);
        assert_eq!(why_not(Revocation::NotRevoked, 59), None);
        assert_eq!(why_not(Revocation::NotRevoked, 60), Some(InvalidToken::Expired));
        assert_eq!(why_not(Revocation::Revoked, 0), Some(InvalidToken::Revoked));
    }

    #[test]
    fn a_token_is_valid_only_while_its_client_is_what_it_was() {
        let why_not = |token, client| why_not(&token, Revocation::NotRevoked, client, 0);
        assert_eq!(why_not(token(), None), Some(InvalidToken::ClientDisabled));
        let disabled = ClientInfo {
            is_enabled: false,
            ..client()
        };
        assert_eq!(
            why_not(token(), Some(disabled)),
            Some(InvalidToken::ClientDisabled)
        );
        for generation in [1, 3] {
            let token = Token {
                generation,
                ..token()
            };
            assert_eq!(why_not(token, Some(client())), Some(InvalidToken::ClientRevoked));
        }
        for customer_id in [None, Some(customer(2))] {
            let token = Token {
                customer_id,
                ..token()
            };
            assert_eq!(
                why_not(token, Some(client())),
                Some(InvalidToken::CustomerChanged)
            );
        }
    }
}
