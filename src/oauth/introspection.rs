//! Token introspection (RFC 7662): whether a token is active, and what it says.

use std::sync::Arc;

use serde::Serialize;

use super::error::Error;
use super::server::AuthorizationServer;
use super::token::{Holder, Token};
use super::validity::{TokenCheckError, check_token};
use crate::clients::{CachedClient, Scope, ScopeSet};
use crate::ids::{ClientId, CustomerId, TokenId};

/// Who asks about a token.
pub enum Requester {
    /// A client may introspect its own tokens, and all tokens where it has scope `introspect`.
    Client(Arc<CachedClient>),
    /// The bearer of a token with scope `introspect` may introspect all tokens.
    Bearer,
}

impl Requester {
    fn may_introspect(&self, token: &Token) -> bool {
        match self {
            Self::Bearer => true,
            Self::Client(client) => {
                client.info.client_id == token.client_id
                    || client.info.settings.scopes.contains(Scope::Introspect)
            }
        }
    }
}

/// The answer: `{"active":false}` and nothing else, or everything (RFC 7662 s2.2).
#[derive(Serialize)]
#[serde(untagged)]
pub enum Introspection {
    /// The token is unknown, expired, revoked, or of a disabled client, or this requester may not introspect it.
    Inactive {
        /// Always false.
        active: bool,
    },
    /// The token is valid at this moment.
    Active(Box<ActiveToken>),
}

/// What is answered about a valid token (RFC 7662 s2.2).
#[derive(Serialize)]
pub struct ActiveToken {
    active: bool,
    scope: ScopeSet,
    client_id: ClientId,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    token_type: &'static str,
    token_kind: &'static str,
    exp: i64,
    iat: i64,
    sub: String,
    aud: String,
    iss: String,
    jti: TokenId,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<CustomerId>,
}

/// Describes a token to `requester`.
pub async fn introspect(
    server: &AuthorizationServer,
    requester: &Requester,
    text: &str,
) -> Result<Introspection, Error> {
    const INACTIVE: Introspection = Introspection::Inactive { active: false };
    let Ok(token) = Token::open(text, &server.ring, server.settings.issuer.as_str()) else {
        return Ok(INACTIVE);
    };
    if !requester.may_introspect(&token) {
        return Ok(INACTIVE);
    }
    match check_token(server, &token).await {
        Ok(client) => Ok(Introspection::Active(Box::new(describe(server, token, &client)))),
        Err(TokenCheckError::Failure(failure)) => Err(failure.into()),
        Err(TokenCheckError::Invalid(_)) => Ok(INACTIVE),
    }
}

fn describe(server: &AuthorizationServer, token: Token, client: &CachedClient) -> ActiveToken {
    let (token_kind, username, name) = match &token.holder {
        Holder::Application => ("application", None, None),
        Holder::User { email, name } => ("user", Some(email.as_str().to_owned()), name.clone()),
    };
    ActiveToken {
        active: true,
        scope: token.scopes.intersection(client.info.settings.scopes),
        sub: username.clone().unwrap_or_else(|| token.client_id.to_string()),
        username,
        name,
        token_type: "Bearer",
        token_kind,
        exp: token.expires_at().timestamp(),
        iat: token.issued_at.timestamp(),
        aud: server.settings.issuer.to_string(),
        iss: server.settings.issuer.to_string(),
        jti: token.token_id,
        customer_id: token.customer_id,
        client_id: token.client_id,
    }
}
