//! The two grants: from credentials or an assertion to a token. A token is not stored; the only thing that is written is
//! that a single-use assertion was used.

use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::assertion::{self, VerificationContext};
use super::assertion_error::AssertionError;
use super::credentials::{Credentials, authenticate};
use super::error::{Error, InvalidClient};
use super::jws::Jws;
use super::replay;
use super::server::AuthorizationServer;
use super::store::AssertionUse;
use super::token::{Holder, Token};
use crate::clients::{CachedClient, Grant, Scope, ScopeSet, TokenTtl};
use crate::error::Failure;
use crate::ids::{ClientId, SecretId};
use crate::keys::Purpose;
use crate::telemetry::trace::{self, Attribute, InSpan, Kind};

/// Longest lifetime of tokens with scope `admin`, in seconds.
const ADMIN_TTL_SECONDS: u32 = 600;

/// What a token request presents of its client: nothing, its identifier, or credentials (RFC 7521 s4.1).
pub enum PresentedClient {
    /// Nothing, as Talentsoft does.
    Nothing,
    /// `client_id` alone.
    ClientId(ClientId),
    /// Credentials: they are validated.
    Credentials(Credentials),
}

/// An access token, and what the response says about it.
pub struct IssuedToken {
    /// The sealed token, as the client presents it.
    pub access_token: String,
    /// Its lifetime in seconds.
    pub ttl_seconds: u32,
    /// Its scopes: those that were asked for, or all that the client has.
    pub scopes: ScopeSet,
    /// The client that it was issued to.
    pub client: Arc<CachedClient>,
}

/// Runs a grant in a span of its own.
async fn in_grant_span(
    grant: Grant,
    granting: Pin<&mut impl Future<Output = Result<IssuedToken, Error>>>,
) -> Result<IssuedToken, Error> {
    let span = trace::child("grant", Kind::Internal);
    let issued = InSpan::new(span.clone(), granting).await;
    if let Some(span) = span {
        span.set(Attribute::Grant(grant.short_name()));
        if let Err(error) = &issued {
            span.set(Attribute::Reason(error.reason()));
        }
        span.end();
    }
    issued
}

/// RFC 6749 s4.4: a token for the client itself. `scope` absent: all that the client has.
pub async fn client_credentials(
    server: &AuthorizationServer,
    credentials: Option<Credentials>,
    scope: Option<&str>,
) -> Result<IssuedToken, Error> {
    let granting = pin!(issue_to_client(server, credentials, scope));
    in_grant_span(Grant::ClientCredentials, granting).await
}

async fn issue_to_client(
    server: &AuthorizationServer,
    credentials: Option<Credentials>,
    scope: Option<&str>,
) -> Result<IssuedToken, Error> {
    let credentials = credentials.ok_or(Error::InvalidClient(InvalidClient::NoCredentials))?;
    let client = authenticate(server, credentials).await?;
    require_grant(&client, Grant::ClientCredentials)?;
    let now = server.now()?;
    let issued = issue(server, client, Holder::Application, scope, now)?;
    server.issued.note(&issued.client.info.client_id, now);
    Ok(issued)
}

/// An assertion, and where it comes from.
#[derive(Clone, Copy)]
pub struct PresentedAssertion<'a> {
    /// The JWS in compact form.
    pub text: &'a str,
    /// The caller's address; `None` where a proxy does not tell it.
    pub address: Option<IpAddr>,
}

/// RFC 7523 s2.1: a token for the user that the assertion names.
pub async fn jwt_bearer(
    server: &AuthorizationServer,
    assertion: PresentedAssertion<'_>,
    presented: PresentedClient,
    scope: Option<&str>,
) -> Result<IssuedToken, Error> {
    let granting = pin!(issue_for_assertion(server, assertion, presented, scope));
    let issued = in_grant_span(Grant::JwtBearer, granting)
        .await
        .map_err(|error| error.with_assertion(assertion.text));
    if let Err(Error::InvalidGrant { .. }) = issued {
        Box::pin(server.refusal_pace.keep()).await;
    }
    issued
}

async fn issue_for_assertion(
    server: &AuthorizationServer,
    assertion: PresentedAssertion<'_>,
    presented: PresentedClient,
    scope: Option<&str>,
) -> Result<IssuedToken, Error> {
    let jws = Jws::parse(assertion.text)?;
    let issuer: ClientId = assertion::issuer(&jws)?
        .parse()
        .map_err(|_| AssertionError::UnknownIssuer)?;
    match presented {
        PresentedClient::Nothing => {}
        PresentedClient::ClientId(client_id) if client_id == issuer => {}
        PresentedClient::ClientId(_) => return Err(AssertionError::OtherClient.into()),
        PresentedClient::Credentials(credentials) => {
            let client = Box::pin(authenticate(server, credentials)).await?;
            if is_admin(&client) {
                return Err(Error::AdminAssertion);
            }
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
    let (issued, secret_id) = exchange(server, &client, &jws, scope)
        .await
        .map_err(|error| error.with_client(&issuer))?;
    let now = server.clock.database_now();
    server.clients.usage().note(secret_id, assertion.address, now);
    server.issued.note(&issuer, now);
    Ok(issued)
}

/// Exchanges an assertion that names `client`; also answers which secret its MAC was made with.
async fn exchange(
    server: &AuthorizationServer,
    client: &Arc<CachedClient>,
    jws: &Jws<'_>,
    scope: Option<&str>,
) -> Result<(IssuedToken, SecretId), Error> {
    // Whatever its assertion says: an admin reaches all customers, and is nobody's recruiter.
    if is_admin(client) {
        return Err(AssertionError::AdminClient.into());
    }
    let now = server.now()?;
    let context = VerificationContext {
        client,
        default_audiences: &server.settings.default_audiences,
        now,
    };
    let verified = assertion::verify(jws, &context)?;
    require_grant(client, Grant::JwtBearer)?;
    // Whatever can still fail comes before the assertion is used up: a refused request leaves it usable.
    let issued = issue(server, Arc::clone(client), verified.holder.clone(), scope, now)?;
    if let Some(fingerprint) = replay::fingerprint(client.info.settings.replay_policy, jws, &verified) {
        let used = AssertionUse {
            client_id: client.info.client_id.clone(),
            fingerprint,
            expires_at: verified.refused_from,
        };
        if !Box::pin(server.claiming.write(&server.db, used)).await? {
            return Err(AssertionError::Replayed.into());
        }
    }
    Ok((issued, verified.secret.secret_id))
}

fn require_grant(client: &CachedClient, grant: Grant) -> Result<(), Error> {
    if client.info.settings.grants.contains(grant) {
        Ok(())
    } else {
        Err(Error::UnauthorizedClient(grant))
    }
}

fn is_admin(client: &CachedClient) -> bool {
    client.info.settings.scopes.contains(Scope::Admin)
}

fn issue(
    server: &AuthorizationServer,
    client: Arc<CachedClient>,
    holder: Holder,
    scope: Option<&str>,
    now: DateTime<Utc>,
) -> Result<IssuedToken, Error> {
    let settings = &client.info.settings;
    let scopes = match scope {
        None => settings.scopes,
        Some(text) => text.parse::<ScopeSet>()?,
    };
    if !settings.scopes.is_superset(scopes) {
        return Err(Error::InvalidScope);
    }
    let ttl_seconds = settings
        .token_ttl_seconds
        .map_or(server.settings.token_ttl_seconds, TokenTtl::get);
    let ttl_seconds = if scopes.contains(Scope::Admin) {
        ttl_seconds.min(ADMIN_TTL_SECONDS)
    } else {
        ttl_seconds
    };
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
    Ok(IssuedToken {
        access_token,
        ttl_seconds,
        scopes,
        client,
    })
}
