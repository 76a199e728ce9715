//! A client as it is kept in memory, with what its secrets and assertions are checked by.

use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};

use super::registry::ClientInfo;
use crate::crypto::assertion_key::AssertionKey;
#[cfg(test)]
use crate::crypto::secret::HashCosts;
use crate::crypto::secret::{SecretDigest, SecretHash};
use crate::ids::SecretId;

/// A client with what is needed to check its secrets and assertions.
pub struct CachedClient {
    /// The client.
    pub info: ClientInfo,
    /// Its secrets that were not retired when it was loaded.
    pub secrets: Vec<Arc<CachedSecret>>,
    /// Seconds of the cache's life at which it was last known to be as the database has it.
    pub(super) checked_at: AtomicU64,
    pub(super) is_being_checked: AtomicBool,
}

/// A secret of a cached client.
pub struct CachedSecret {
    /// Its identifier.
    pub secret_id: SecretId,
    /// Its argon2id hash.
    pub hash: SecretHash,
    /// The HMAC key, where the client may use the assertion grant.
    pub assertion_key: Option<AssertionKey>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    /// Recognises the secret in a microsecond: known at once where the secret could be unsealed, else after its first
    /// verification.
    pub(super) digest: Arc<OnceLock<SecretDigest>>,
}

impl CachedSecret {
    /// Whether it is accepted at `now`.
    #[must_use]
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_none_or(|expires_at| now < expires_at)
    }

    /// Whether a presented secret with this digest is known to be this one.
    #[must_use]
    pub fn is_known_as(&self, digest: &SecretDigest) -> bool {
        self.digest.get().is_some_and(|known| known.matches(digest))
    }

    /// Remembers the digest of this secret after it was verified.
    pub fn remember(&self, digest: SecretDigest) {
        // Whoever was first wrote the same.
        let _ = self.digest.set(digest);
    }
}

impl CachedClient {
    /// The secrets that are accepted at `now`; none when the client is disabled.
    pub fn live_secrets(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Arc<CachedSecret>> {
        self.secrets
            .iter()
            .filter(move |secret| self.info.is_enabled && secret.is_live(now))
    }
}

#[cfg(test)]
impl CachedClient {
    /// A client with these secrets that was never in a database.
    pub(crate) fn of(info: ClientInfo, secrets: &[&[u8]]) -> Self {
        let secret = |bytes: &&[u8]| CachedSecret {
            secret_id: SecretId::generate(info.created_at),
            hash: SecretHash::decoy(HashCosts::PRESENT),
            assertion_key: Some(AssertionKey::new(bytes)),
            expires_at: None,
            digest: Arc::default(),
        };
        Self {
            secrets: secrets.iter().map(secret).map(Arc::new).collect(),
            info,
            checked_at: AtomicU64::new(0),
            is_being_checked: AtomicBool::new(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::crypto::secret::SecretDigester;

    fn secret(expires_at: Option<DateTime<Utc>>) -> CachedSecret {
        CachedSecret {
            secret_id: SecretId::generate(DateTime::UNIX_EPOCH),
            hash: SecretHash::decoy(HashCosts::PRESENT),
            assertion_key: None,
            expires_at,
            digest: Arc::default(),
        }
    }

    #[test]
    fn a_secret_is_live_until_the_instant_at_which_it_expires() {
        let expires_at = DateTime::UNIX_EPOCH + TimeDelta::seconds(60);
        let expiring = secret(Some(expires_at));
        assert!(expiring.is_live(expires_at - TimeDelta::microseconds(1)));
        assert!(!expiring.is_live(expires_at));
        assert!(secret(None).is_live(expires_at));
    }

    #[test]
    fn a_secret_is_known_by_its_own_digest_once_it_was_verified() {
        let (digester, secret) = (SecretDigester::new(), secret(None));
        let (own, other) = (digester.digest_bytes(b"own"), digester.digest_bytes(b"other"));
        assert!(!secret.is_known_as(&own));
        secret.remember(own);
        assert!(secret.is_known_as(&own));
        assert!(!secret.is_known_as(&other));
    }
}
