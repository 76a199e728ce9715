//! Client authentication: `client_secret_basic` and `client_secret_post` (RFC 6749 s2.3.1).
//!
//! A secret that is known to be right costs a microsecond. Every other one that is checked costs exactly one argon2id, or two
//! where HTTP Basic has it in two forms, whether the client is disabled, or the secret wrong or retired. For an identifier
//! that nobody has, few are computed, and the others wait as long ([`PasswordPool::run_decoy`]), so that the refusals cannot
//! be told apart by their time. Where one secret is presented for one client many times at once, it is verified once, and all share the
//! result. Whoever is in the right waits for its turn, up to [`MAX_WAIT`] in all; past that the answer is 503.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Weak};

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use super::error::{Error, InvalidClient};
use super::limits::{FailureLimits, Priority};
use super::server::AuthorizationServer;
use crate::clients::{CachedClient, CachedSecret};
use crate::crypto::hash_memory::HashMemory;
use crate::crypto::password::{MAX_WAIT, PasswordPool, QueueFull};
use crate::crypto::secret::{PresentedSecret, SecretDigest, SecretHash};
use crate::error::Failure;
use crate::ids::ClientId;

/// A client's identifier and secret as they were presented.
pub struct Credentials {
    /// The client that the caller says it is.
    pub client_id: ClientId,
    /// The secret that is to prove it.
    pub secret: PresentedSecret,
    /// The secret as it stands in HTTP Basic, where that is something else: it is never let in, but the log says where it would
    /// be right, because its client does not form-encode (RFC 6749 s2.3.1).
    pub undecoded_secret: Option<PresentedSecret>,
    /// The caller's address, because failures are limited by address too; `None` where a proxy does not tell it.
    pub address: Option<IpAddr>,
}

/// The client that these credentials authenticate.
pub async fn authenticate(
    server: &AuthorizationServer,
    credentials: Credentials,
) -> Result<Arc<CachedClient>, Error> {
    let authenticated = check(server, credentials).await;
    if authenticated.is_err() {
        Box::pin(server.refusal_pace.keep()).await;
    }
    authenticated
}

async fn check(server: &AuthorizationServer, credentials: Credentials) -> Result<Arc<CachedClient>, Error> {
    let digests = Digests::of(server, &credentials);
    let known = server.clients.peek(&credentials.client_id);
    if let Some(recognised) = recognise(server, known.clone(), &digests, credentials.address) {
        return recognised;
    }
    let turn = Turn {
        digests,
        deadline: Instant::now() + MAX_WAIT,
    };
    Box::pin(check_unrecognised(server, credentials, &turn, known)).await
}

/// Checks a secret that no client in memory is known by.
async fn check_unrecognised(
    server: &AuthorizationServer,
    credentials: Credentials,
    turn: &Turn,
    known: Option<Arc<CachedClient>>,
) -> Result<Arc<CachedClient>, Error> {
    if known.is_none() {
        let address = credentials.address;
        if let Err(refused) = server.limits.failures.check_address(address) {
            return check_beyond_address(server, credentials, turn, refused).await;
        }
        let client = server.clients.find_beyond_memory(&credentials.client_id).await?;
        if let Some(recognised) = recognise(server, client, &turn.digests, address) {
            return recognised;
        }
    }
    check_by_hash(server, credentials, turn).await
}

/// Checks a secret that is to be hashed, because it is not known to be right.
async fn check_by_hash(
    server: &AuthorizationServer,
    credentials: Credentials,
    turn: &Turn,
) -> Result<Arc<CachedClient>, Error> {
    let (client_id, address, digests) = (&credentials.client_id, credentials.address, &turn.digests);
    // The same secret presented many times at once is verified once: those who wait for the lock find the result.
    let verification = server.verifications.join(client_id, &digests.secret);
    let result = timeout_at(turn.deadline, verification.lock()).await;
    let mut result = result.map_err(|_elapsed| QueueFull)?;
    let client = server.clients.find(client_id).await?;
    if let Some(recognised) = recognise(server, client.clone(), digests, address) {
        return recognised;
    }
    let failures = &server.limits.failures;
    let attempt = match failures
        .begin_attempt_until(client_id, address, turn.deadline)
        .await
    {
        Ok(attempt) => attempt,
        Err(refused @ Error::TooManyFailures { .. }) => {
            return check_beyond_address(server, credentials, turn, refused).await;
        }
        Err(error) => return Err(error),
    };
    if *result == VerificationResult::WrongSecret {
        attempt.failed();
        return Err(refusal(client.as_deref()));
    }
    if attempt.priority() == Priority::Low && server.passwords.is_busy() {
        return Err(FailureLimits::too_many_for_client());
    }
    let client_id = client_id.clone();
    verify(server, client, credentials, turn).await?;
    // The client may have changed while the hash was computed: it counts as it is now.
    let client = server.clients.find(&client_id).await?;
    let refused = refusal(client.as_deref());
    recognise(server, client, digests, address).unwrap_or_else(|| {
        *result = VerificationResult::WrongSecret;
        attempt.failed();
        Err(refused)
    })
}

/// Checks a secret although too many failed from its address: who makes identifiers up there is not to keep a registered
/// client out. A wrong secret is refused as `refused` says, and after the same time whether or not somebody has the
/// identifier. An identifier that nobody has does not get to ask the database.
async fn check_beyond_address(
    server: &AuthorizationServer,
    credentials: Credentials,
    turn: &Turn,
    refused: Error,
) -> Result<Arc<CachedClient>, Error> {
    let (client_id, address) = (credentials.client_id.clone(), credentials.address);
    let mut checked = None;
    if server.clients.may_be_registered(&client_id) {
        let client = server.clients.find(&client_id).await?;
        if let Some(Ok(client)) = recognise(server, client.clone(), &turn.digests, address) {
            return Ok(client);
        }
        let failures = &server.limits.failures;
        let is_checked = failures.take_beyond_address(&client_id, address);
        checked = client.filter(|_| is_checked);
    }
    let is_checked = checked.is_some();
    verify(server, checked, credentials, turn).await?;
    if is_checked {
        let client = server.clients.find(&client_id).await?;
        if let Some(Ok(client)) = recognise(server, client, &turn.digests, address) {
            return Ok(client);
        }
    }
    Err(refused)
}

/// What a presented secret is recognised by, and until when it may wait to be hashed.
struct Turn {
    digests: Digests,
    deadline: Instant,
}

/// The digests by which secrets are recognised that were verified before.
struct Digests {
    secret: SecretDigest,
    undecoded_secret: Option<SecretDigest>,
}

impl Digests {
    fn of(server: &AuthorizationServer, credentials: &Credentials) -> Self {
        let digest = |secret| server.clients.digest(secret);
        Self {
            secret: digest(&credentials.secret),
            undecoded_secret: credentials.undecoded_secret.as_ref().map(digest),
        }
    }
}

/// Why a client is not authenticated by a secret that is none of its own.
fn refusal(client: Option<&CachedClient>) -> Error {
    Error::InvalidClient(match client {
        None => InvalidClient::Unknown,
        Some(client) if !client.info.is_enabled => InvalidClient::Disabled,
        Some(_) => InvalidClient::WrongSecret,
    })
}

/// What is known of a secret without hashing it: the client whose live secret it is, or that it would be one if it were not
/// decoded. `None`: nothing.
fn recognise(
    server: &AuthorizationServer,
    client: Option<Arc<CachedClient>>,
    digests: &Digests,
    address: Option<IpAddr>,
) -> Option<Result<Arc<CachedClient>, Error>> {
    let client = client?;
    // Not by a clock that may be wrong: who revokes a token need not be asked to wait until it is right.
    let now = server.clock.database_now();
    let known = |digest: &SecretDigest| {
        let mut live = client.live_secrets(now);
        live.find(|secret| secret.is_known_as(digest))
    };
    if let Some(secret) = known(&digests.secret) {
        server.clients.usage().note(secret.secret_id, address, now);
        return Some(Ok(client));
    }
    digests.undecoded_secret.as_ref().and_then(known)?;
    Some(Err(Error::InvalidClient(InvalidClient::UndecodedSecret)))
}

/// Hashes what was presented, and remembers it where it is a secret of the client.
async fn verify(
    server: &AuthorizationServer,
    client: Option<Arc<CachedClient>>,
    credentials: Credentials,
    turn: &Turn,
) -> Result<(), Error> {
    let is_registered = client.is_some();
    let candidates = client.map(|client| client.secrets.clone()).unwrap_or_default();
    let hashes = 1 + u32::from(credentials.undecoded_secret.is_some());
    let presented = [Some(credentials.secret), credentials.undecoded_secret];
    let digests = [Some(turn.digests.secret), turn.digests.undecoded_secret];
    let pool = server.passwords.clone();
    let hash = move |memory: &mut HashMemory| {
        for (presented, digest) in presented.iter().flatten().zip(digests.iter().flatten()) {
            if let Some(secret) = find_matching(&pool, &candidates, presented, memory)? {
                secret.remember(*digest);
                break;
            }
        }
        Ok::<_, Failure>(())
    };
    if is_registered {
        return Ok(server.passwords.run_until(turn.deadline, hash).await??);
    }
    Ok(server.passwords.run_decoy(turn.deadline, hashes, hash).await?)
}

/// A client, and the digest of a secret that is presented for it.
type VerificationKey = (ClientId, [u8; 32]);

/// The result of a verification, for those who waited for it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum VerificationResult {
    /// There is none yet, or the secret was right, which its digest says from then on.
    #[default]
    None,
    /// The secret was not right a moment ago.
    WrongSecret,
}

/// The verifications of presented secrets that are in progress.
#[derive(Default)]
pub struct Verifications(parking_lot::Mutex<HashMap<VerificationKey, Weak<Mutex<VerificationResult>>>>);

impl Verifications {
    /// The lock of this verification: its holder verifies the secret, and the others wait.
    fn join(&self, client_id: &ClientId, digest: &SecretDigest) -> Arc<Mutex<VerificationResult>> {
        let mut in_progress = self.0.lock();
        let key = (client_id.clone(), digest.to_bytes());
        if let Some(verification) = in_progress.get(&key).and_then(Weak::upgrade) {
            return verification;
        }
        in_progress.retain(|_, verification| verification.strong_count() > 0);
        let verification = Arc::<Mutex<VerificationResult>>::default();
        in_progress.insert(key, Arc::downgrade(&verification));
        verification
    }
}

/// The candidate whose hash the presented secret has.
///
/// Computes one argon2id hash for each way in which the candidates were made (the same for all, unless a version before added
/// one) and compares it with all of them. Without candidates it computes one for nothing, which takes as long.
fn find_matching(
    pool: &PasswordPool,
    candidates: &[Arc<CachedSecret>],
    presented: &PresentedSecret,
    memory: &mut HashMemory,
) -> Result<Option<Arc<CachedSecret>>, Failure> {
    let mut compute = |like: &SecretHash| {
        pool.timed(|| like.recompute(presented, memory))
            .map_err(|error| Failure::internal(error.to_string()))
    };
    if candidates.is_empty() {
        compute(&SecretHash::decoy(pool.usual_costs()))?;
        return Ok(None);
    }
    let mut computed: Vec<SecretHash> = Vec::with_capacity(1);
    let mut matching = None;
    for candidate in candidates {
        if !computed.iter().any(|hash| hash.is_made_like(&candidate.hash)) {
            computed.push(compute(&candidate.hash)?);
            pool.note_costs(candidate.hash.hashing().costs);
        }
        if computed.iter().any(|hash| hash.matches(&candidate.hash)) {
            matching = Some(Arc::clone(candidate));
        }
    }
    Ok(matching)
}
