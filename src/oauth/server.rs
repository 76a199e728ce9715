//! The authorization server of one process: what issuing, checking and revoking tokens share.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;

use chrono::{DateTime, Utc};

use super::credentials::Verifications;
use super::issued::IssuedTokens;
use super::limits::Limits;
use super::pace::RefusalPace;
use super::recent_revocations::RecentRevocations;
use super::replay::Claiming;
use super::revocation::Revoking;
use super::revocation_set::RevocationSet;
use super::store::RevokedToken;
use super::token_ids::TokenIds;
use crate::clients::ClientCache;
use crate::clock::Clock;
use crate::crypto::password::PasswordPool;
use crate::db::{BatchWriter, Db};
use crate::error::Failure;
use crate::keys::KeyRing;
use crate::text::PublicUrl;

/// Hashes that may wait, for each thread that computes one: more than are computed in the time that one waits at most.
const QUEUE_PER_THREAD: usize = 1024;

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
    /// Those of which this was heard last, should the database lose them.
    pub recent_revocations: RecentRevocations,
    /// The threads on which presented secrets are hashed.
    pub passwords: PasswordPool,
    /// The verifications of presented secrets that are in progress.
    pub verifications: Verifications,
    /// Limits of failed attempts and of requests.
    pub limits: Limits,
    /// How fast those are refused who have proved nothing.
    pub refusal_pace: RefusalPace,
    /// How many tokens were issued, until that is written down.
    pub issued: IssuedTokens,
    /// Stores that single-use assertions were used.
    pub(super) claiming: BatchWriter<Claiming>,
    /// Revokes tokens for their clients.
    pub(super) revoking: BatchWriter<Revoking>,
}

impl AuthorizationServer {
    /// Begins with empty limits and no revoked token in memory.
    #[must_use]
    pub fn new(
        settings: TokenSettings,
        clock: Clock,
        db: Db,
        ring: Arc<KeyRing>,
        clients: Arc<ClientCache>,
    ) -> Self {
        // On every core, for these threads stand back where requests want it.
        let threads = available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            limits: Limits::new(&clock),
            settings,
            clock,
            db,
            ring,
            clients,
            token_ids: TokenIds::begin(),
            revocations: RevocationSet::default(),
            recent_revocations: RecentRevocations::default(),
            passwords: PasswordPool::new(threads, threads * QUEUE_PER_THREAD),
            verifications: Verifications::default(),
            refusal_pace: RefusalPace::default(),
            issued: IssuedTokens::default(),
            claiming: BatchWriter::new(Claiming),
            revoking: BatchWriter::new(Revoking),
        }
    }

    /// The present instant, by which tokens are issued and accepted.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] where the clock is too far from the database's: tokens would live too long or not at all.
    pub fn now(&self) -> Result<DateTime<Utc>, Failure> {
        self.clock.checked_now().map_err(Failure::unavailable)
    }

    /// Refuses a token from now on, because its revocation is stored; false where that was known.
    pub fn note_revoked(&self, token: &RevokedToken) -> bool {
        let is_new = self.revocations.add(token);
        if is_new {
            self.recent_revocations.add(token.clone());
        }
        is_new
    }
}
