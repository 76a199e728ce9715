//! The authorization server of one process: what issuing, checking and revoking tokens share.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;

use super::credentials::Verifications;
use super::limits::Limits;
use super::revocation_set::RevocationSet;
use super::token_ids::TokenIds;
use crate::clients::ClientCache;
use crate::clock::Clock;
use crate::crypto::password::PasswordPool;
use crate::db::Db;
use crate::error::Failure;
use crate::keys::KeyRing;
use crate::text::PublicUrl;

/// Hashes that may wait, for each thread that computes one.
const QUEUE_PER_THREAD: usize = 32;

/// How tokens are issued unless a client's settings say otherwise.
#[derive(Clone, Debug)]
pub struct TokenSettings {
    /// `PARTNER_PUBLIC_URL`: the issuer.
    pub issuer: PublicUrl,
    /// `aud` values that an assertion may name, for clients without audiences of their own.
    pub default_audiences: Vec<String>,
    /// `PARTNER_TOKEN_TTL`: lifetime of a token in seconds, 60 to 3600.
    pub token_ttl_seconds: u32,
}

impl TokenSettings {
    /// The defaults of a service at this URL.
    ///
    /// The audiences are the issuer itself (the API base URL of contract s2.2, the issuer of 7523bis) and the two token
    /// endpoints (RFC 7523 s3(3)).
    #[must_use]
    pub fn at(public_url: &PublicUrl) -> Self {
        Self {
            issuer: public_url.clone(),
            default_audiences: vec![
                public_url.to_string(),
                public_url.join("/token"),
                public_url.join("/connect/token"),
            ],
            token_ttl_seconds: 3600,
        }
    }
}

/// The authorization server: what it keeps in memory, and where it looks for the rest.
pub struct AuthorizationServer {
    /// How tokens are issued.
    pub settings: TokenSettings,
    /// The clock by which tokens, assertions and secrets expire.
    pub clock: Clock,
    /// For what memory does not know: a client, whether a token was revoked, whether a single-use assertion was used.
    ///
    /// Most requests are decided from memory, so issuing and checking take a connection only where they find that they
    /// need one, and then for a single statement. Whatever makes several changes takes the connection of its caller, who
    /// begins the transaction.
    pub db: Db,
    /// The sealing keys.
    pub ring: Arc<KeyRing>,
    /// The registered clients.
    pub clients: Arc<ClientCache>,
    /// Gives each token its identifier.
    pub token_ids: TokenIds,
    /// Tokens that were revoked before they expired.
    pub revocations: RevocationSet,
    /// The threads on which presented secrets are hashed.
    pub passwords: PasswordPool,
    /// The verifications of presented secrets that are in progress.
    pub verifications: Verifications,
    /// Limits of failed attempts and of requests.
    pub limits: Limits,
}

impl AuthorizationServer {
    /// Takes a process number from the database, and begins with empty limits and no revoked token in memory.
    pub async fn start(
        settings: TokenSettings,
        clock: Clock,
        db: Db,
        ring: Arc<KeyRing>,
        clients: Arc<ClientCache>,
    ) -> Result<Self, Failure> {
        let token_ids = db.run(async |db| TokenIds::begin(db).await).await?;
        // Half the cores at most: hashing must not starve the requests that need none.
        let threads = (available_parallelism().map_or(1, NonZeroUsize::get) / 2).max(1);
        Ok(Self {
            limits: Limits::new(&clock),
            settings,
            clock,
            db,
            ring,
            clients,
            token_ids,
            revocations: RevocationSet::default(),
            passwords: PasswordPool::new(threads, threads * QUEUE_PER_THREAD),
            verifications: Verifications::default(),
        })
    }
}
