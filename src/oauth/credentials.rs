//! Client authentication: `client_secret_basic` and `client_secret_post` (RFC 6749 s2.3.1).
//!
//! A secret that is known to be right costs a microsecond. Every other one that is checked costs exactly one argon2id,
//! whether the client is unknown, disabled, or the secret wrong or retired, so that the refusals cannot be told apart by
//! their cost. One secret presented for one client many times at once is checked once, and all share what came of it.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, Weak};

use tokio::sync::Mutex;

use super::error::{Error, InvalidClient};
use super::limits::{FailureLimits, Priority};
use super::server::AuthorizationServer;
use crate::clients::{CachedClient, CachedSecret};
use crate::crypto::secret::{PresentedSecret, SecretDigest, SecretHash};
use crate::error::Failure;
use crate::ids::ClientId;

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
pub async fn authenticate(
    server: &AuthorizationServer,
    credentials: Credentials,
) -> Result<Arc<CachedClient>, Error> {
    let digest = server.clients.digest(&credentials.secret);
    if !server.clients.knows(&credentials.client_id) {
        // Who failed too often does not get to ask the database either.
        server.limits.failures.check_address(credentials.address)?;
    }
    let client = server.clients.find(&credentials.client_id).await?;
    if let Some(client) = recognised(server, client, &digest) {
        return Ok(client);
    }
    // The same secret presented many times at once is checked once: those who wait see what came of it.
    let check = server.pending.enter(&credentials.client_id, &digest);
    let mut outcome = check.lock().await;
    let client = server.clients.find(&credentials.client_id).await?;
    if let Some(client) = recognised(server, client.clone(), &digest) {
        return Ok(client);
    }
    let attempt = server
        .limits
        .failures
        .begin_attempt(&credentials.client_id, credentials.address)?;
    if *outcome == Outcome::Wrong {
        attempt.failed();
        return Err(refusal(client.as_deref()));
    }
    if attempt.priority() == Priority::Low && server.passwords.is_busy() {
        return Err(FailureLimits::too_many_for_client());
    }
    let candidates = client
        .as_ref()
        .map(|client| client.secrets.clone())
        .unwrap_or_default();
    let secret = credentials.secret;
    let verified = server
        .passwords
        .run(move || verify(&candidates, &secret))
        .await??;
    if let Some(secret) = verified {
        secret.remember(digest);
    }
    // What may have changed while the hash was computed counts as it is now.
    let client = server.clients.find(&credentials.client_id).await?;
    let refused = refusal(client.as_deref());
    recognised(server, client, &digest).ok_or_else(|| {
        *outcome = Outcome::Wrong;
        attempt.failed();
        refused
    })
}

/// Why a client is not authenticated by a secret that is not known to be one of its own.
fn refusal(client: Option<&CachedClient>) -> Error {
    Error::InvalidClient(match client {
        None => InvalidClient::Unknown,
        Some(client) if !client.info.is_enabled => InvalidClient::Disabled,
        Some(_) => InvalidClient::WrongSecret,
    })
}

/// The client, where it has a live secret that is known to be the one with this digest.
fn recognised(
    server: &AuthorizationServer,
    client: Option<Arc<CachedClient>>,
    digest: &SecretDigest,
) -> Option<Arc<CachedClient>> {
    let client = client?;
    let now = server.clock.now();
    let secret = client
        .live_secrets(now)
        .find(|secret| secret.is_known_as(digest))?;
    server.clients.note_use(secret, now);
    Some(client)
}

/// A client and a digest of the secret presented for it.
type Presented = (ClientId, [u8; 32]);

/// What came of a check, for those who waited for it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Outcome {
    /// Nothing yet, or the secret is known now.
    #[default]
    Open,
    /// It was not right a moment ago.
    Wrong,
}

/// The checks of secrets that are in progress, by client and secret.
#[derive(Default)]
pub struct PendingVerifications(std::sync::Mutex<HashMap<Presented, Weak<Mutex<Outcome>>>>);

impl PendingVerifications {
    /// The lock of this check: whoever holds it checks, and the others wait.
    fn enter(&self, client_id: &ClientId, digest: &SecretDigest) -> Arc<Mutex<Outcome>> {
        let mut checks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (client_id.clone(), digest.to_bytes());
        if let Some(check) = checks.get(&key).and_then(Weak::upgrade) {
            return check;
        }
        checks.retain(|_, check| check.strong_count() > 0);
        let check = Arc::<Mutex<Outcome>>::default();
        checks.insert(key, Arc::downgrade(&check));
        check
    }
}

/// Computes one argon2id hash for each way the candidates were hashed in (one way, save after a change of parameters)
/// and compares it with all of them; with no candidates, one hash for nothing.
fn verify(
    candidates: &[Arc<CachedSecret>],
    presented: &PresentedSecret,
) -> Result<Option<Arc<CachedSecret>>, Failure> {
    let compute = |like: &SecretHash| {
        like.recompute(presented)
            .map_err(|error| Failure::internal(error.to_string()))
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
