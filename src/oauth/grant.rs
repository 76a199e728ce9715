//! The two grants: from credentials or an assertion to a token. Neither writes to the database, save to burn a single-use
//! assertion.

use std::sync::Arc;

use super::assertion::{self, Context};
use super::assertion_error::AssertionError;
use super::credentials::{Credentials, authenticate};
use super::error::{Error, InvalidClient};
use super::jws::Jws;
use super::replay;
use super::server::AuthorizationServer;
use super::store;
use super::token::{Holder, Token};
use crate::clients::{CachedClient, Grant, ScopeSet};
use crate::error::Failure;
use crate::ids::ClientId;
use crate::keys::Purpose;

/// What a client shows beside an assertion: nothing, its identifier, or credentials (RFC 7521 s4.1).
pub enum PresentedClient {
    /// Nothing, as Talentsoft does.
    Nothing,
    /// `client_id` alone.
    ClientId(ClientId),
    /// Credentials: they are validated.
    Credentials(Credentials),
}

/// A token and what to say about it.
pub struct Issued {
    /// The token.
    pub access_token: String,
    /// Seconds that it lives.
    pub ttl_seconds: u32,
    /// What it is for.
    pub scopes: ScopeSet,
    /// To whom.
    pub client: Arc<CachedClient>,
}

/// RFC 6749 s4.4: a token for the client itself. `scope` absent: all that the client has.
pub async fn client_credentials(
    server: &AuthorizationServer,
    credentials: Option<Credentials>,
    scope: Option<&str>,
) -> Result<Issued, Error> {
    let credentials = credentials.ok_or(Error::InvalidClient(InvalidClient::NoCredentials))?;
    let client = authenticate(server, credentials).await?;
    require_grant(&client, Grant::ClientCredentials)?;
    issue(server, client, Holder::Application, scope)
}

/// RFC 7523 s2.1: a token for the user that the assertion names.
pub async fn jwt_bearer(
    server: &AuthorizationServer,
    assertion: &str,
    beside: PresentedClient,
    scope: Option<&str>,
) -> Result<Issued, Error> {
    let jws = Jws::parse(assertion)?;
    let issuer: ClientId = assertion::issuer(&jws)?
        .parse()
        .map_err(|_| AssertionError::UnknownIssuer)?;
    match beside {
        PresentedClient::Nothing => {}
        PresentedClient::ClientId(client_id) if client_id == issuer => {}
        PresentedClient::ClientId(_) => return Err(AssertionError::OtherClient.into()),
        PresentedClient::Credentials(credentials) => {
            let client = authenticate(server, credentials).await?;
            // Without credentials a client that may not use the grant has no key here: its assertion is merely not valid.
            require_grant(&client, Grant::JwtBearer)?;
            if client.info.client_id != issuer {
                return Err(AssertionError::OtherClient.into());
            }
        }
    }
    let client = server
        .clients
        .find(&issuer)
        .await?
        .ok_or(AssertionError::UnknownIssuer)?;
    exchange(server, &client, &jws, scope)
        .await
        .map_err(|error| error.of_client(&issuer))
}

/// Exchanges an assertion that names `client`.
async fn exchange(
    server: &AuthorizationServer,
    client: &Arc<CachedClient>,
    jws: &Jws<'_>,
    scope: Option<&str>,
) -> Result<Issued, Error> {
    if !client.info.is_enabled {
        return Err(AssertionError::UnknownIssuer.into());
    }
    let now = server.clock.now();
    let context = Context {
        client,
        default_audiences: &server.settings.default_audiences,
        now,
    };
    let verified = assertion::verify(jws, &context)?;
    require_grant(client, Grant::JwtBearer)?;
    // What can still fail comes before the burning: a refused request leaves the assertion usable.
    let issued = issue(server, Arc::clone(client), verified.holder.clone(), scope)?;
    if let Some(fingerprint) = replay::fingerprint(client.info.settings.replay_policy, jws, &verified) {
        let is_first = server
            .db
            .run(async |connection| {
                let client_id = &client.info.client_id;
                let claimed =
                    store::claim_assertion(connection, client_id, &fingerprint, verified.forget_at).await;
                Ok::<_, Error>(claimed?)
            })
            .await?;
        if !is_first {
            return Err(AssertionError::Replayed.into());
        }
    }
    server.clients.note_use(&verified.secret, now);
    Ok(issued)
}

fn require_grant(client: &CachedClient, grant: Grant) -> Result<(), Error> {
    if client.info.settings.grants.contains(grant) {
        Ok(())
    } else {
        Err(Error::UnauthorizedClient(grant))
    }
}

fn issue(
    server: &AuthorizationServer,
    client: Arc<CachedClient>,
    holder: Holder,
    scope: Option<&str>,
) -> Result<Issued, Error> {
    let settings = &client.info.settings;
    let scopes = match scope {
        None => settings.scopes,
        Some(text) => text.parse::<ScopeSet>()?,
    };
    if !settings.scopes.is_superset(scopes) {
        return Err(Error::InvalidScope);
    }
    let now = server.clock.now();
    let ttl_seconds = settings
        .token_ttl_seconds
        .and_then(|seconds| u32::try_from(seconds).ok())
        .unwrap_or(server.settings.token_ttl_seconds);
    let token = Token {
        token_id: server.token_ids.next(now),
        client_id: client.info.client_id.clone(),
        customer_id: settings.customer_id,
        holder,
        scopes,
        generation: client.info.token_generation,
        issued_at: now,
        ttl_seconds,
    };
    let key = server
        .ring
        .sealing(Purpose::Token, now)
        .ok_or_else(|| Failure::internal("there is no token key"))?;
    let access_token = token
        .seal(&key, server.settings.issuer.as_str())
        .map_err(Failure::internal)?;
    Ok(Issued {
        access_token,
        ttl_seconds,
        scopes,
        client,
    })
}
