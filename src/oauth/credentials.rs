//! Client authentication: `client_secret_basic` and `client_secret_post` (RFC 6749 s2.3.1).
//!
//! A secret that is known to be right costs a microsecond. Every other one costs exactly one argon2id, whether the client
//! is unknown, disabled, or the secret wrong or retired, so that the refusals cannot be told apart by their cost.

use std::sync::Arc;

use super::error::{ClientFlaw, Error};
use super::limits::{Attempt, Limits};
use crate::clients::{CachedClient, CachedSecret};
use crate::crypto::secret::{PresentedSecret, SecretHash};
use crate::error::Fault;
use crate::ids::ClientId;
use crate::state::App;

/// A client's identifier and secret as they came.
pub struct Credentials {
    /// Who it says it is.
    pub client_id: ClientId,
    /// What it proves it with.
    pub secret: PresentedSecret,
    /// Where from: failures are limited by address too.
    pub address: std::net::IpAddr,
}

/// The client that these credentials prove.
pub async fn authenticate(app: &App, credentials: Credentials) -> Result<Arc<CachedClient>, Error> {
    let client = app.clients.find(app.loader(), &credentials.client_id).await?;
    let now = app.clock.now();
    let digest = app.clients.digest(&credentials.secret);
    if let Some(client) = &client
        && let Some(secret) = client
            .live_secrets(now)
            .find(|secret| secret.is_known_as(&digest))
    {
        app.clients.note_use(secret, now);
        return Ok(Arc::clone(client));
    }
    let attempt = app
        .limits
        .begin_attempt(&credentials.client_id, credentials.address)?;
    if attempt == Attempt::Spare && app.passwords.is_busy() {
        return Err(Limits::no_place_to_spare());
    }
    let candidates = client
        .as_ref()
        .map(|client| client.secrets.clone())
        .unwrap_or_default();
    let verified = app
        .passwords
        .run(move || verify(&candidates, &credentials.secret))
        .await??;
    match (client, verified) {
        (None, _) => Err(Error::InvalidClient(ClientFlaw::Unknown)),
        (Some(client), _) if !client.info.is_enabled => Err(Error::InvalidClient(ClientFlaw::Disabled)),
        (Some(client), Some(secret)) if secret.is_live(now) => {
            secret.remember(digest);
            app.clients.note_use(&secret, now);
            Ok(client)
        }
        (Some(_), _) => Err(Error::InvalidClient(ClientFlaw::WrongSecret)),
    }
}

/// Computes one argon2id hash for each way the candidates were hashed in (one way, save after a change of parameters)
/// and compares it with all of them; with no candidates, one hash for nothing.
fn verify(
    candidates: &[Arc<CachedSecret>],
    presented: &PresentedSecret,
) -> Result<Option<Arc<CachedSecret>>, Fault> {
    let compute = |like: &SecretHash| {
        like.recompute(presented)
            .map_err(|error| Fault::internal(error.to_string()))
    };
    if candidates.is_empty() {
        compute(&SecretHash::decoy())?;
        return Ok(None);
    }
    let mut computed: Vec<SecretHash> = Vec::with_capacity(1);
    let mut matching = None;
    for candidate in candidates {
        if !computed.iter().any(|hash| hash.is_made_like(&candidate.hash)) {
            computed.push(compute(&candidate.hash)?);
        }
        if computed.iter().any(|hash| hash.matches(&candidate.hash)) {
            matching = Some(Arc::clone(candidate));
        }
    }
    Ok(matching)
}
