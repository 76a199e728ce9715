//! The registry in memory: what tokens are issued and checked from, without a word to the database.
//!
//! Filled on first use, bounded, dropped when the change feed says that a client changed, and compared with the database by
//! age as a safety net. When the database is away, what is here goes on serving.

mod reading;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::task::spawn_local;
use tokio::time::Instant;

use super::cached::CachedClient;
use super::registered_ids::RegisteredIds;
use super::registry::ClientVersion;
use super::store;
use super::usage::SecretUsage;
use crate::crypto::secret::{PresentedSecret, SecretDigest, SecretDigester};
use crate::db::Db;
use crate::error::Failure;
use crate::ids::{ClientId, SecretId};
use crate::keys::KeyRing;

/// Clients kept in memory.
const CAPACITY: usize = 100_000;
/// Identifiers remembered as belonging to nobody.
const ABSENT_CAPACITY: usize = 10_000;
/// How often one load reads a client that changes under its eyes. The last is answered with, and not kept.
const MAX_READS: u32 = 3;
/// An entry older than this is compared with the database behind its next use, should a change ever have been missed.
const MAX_AGE: Duration = Duration::from_mins(5);

/// The cache.
///
/// An entry that is being loaded has its place already: a change that arrives meanwhile takes the place away, and what was
/// read is not kept: it is read again.
pub struct ClientCache {
    db: Db,
    /// The keys that sealed secrets open with.
    ring: Arc<KeyRing>,
    present: Cache<ClientId, Arc<CachedClient>>,
    absent: Cache<ClientId, Instant>,
    registered: RegisteredIds,
    /// Those that were read before the database began to tell another history. They serve only while the database is away.
    former: Cache<ClientId, Arc<CachedClient>>,
    /// Counts those histories, so that nothing is kept that was read from the one before.
    histories: AtomicU64,
    /// By secret, so that a secret that was verified is known in every later entry of its client.
    digests: Cache<SecretId, Arc<OnceLock<SecretDigest>>>,
    digester: SecretDigester,
    /// Counts batches of changed clients, so that nobody is noted as absent beside one.
    changes: AtomicU64,
    usage: SecretUsage,
    hits: AtomicU64,
    misses: AtomicU64,
    began: Instant,
}

impl ClientCache {
    /// An empty cache of the clients in `db`.
    #[must_use]
    pub fn new(db: Db, ring: Arc<KeyRing>) -> Self {
        Self {
            db,
            ring,
            present: Cache::new(CAPACITY),
            absent: Cache::new(ABSENT_CAPACITY),
            registered: RegisteredIds::default(),
            former: Cache::new(CAPACITY),
            histories: AtomicU64::new(0),
            digests: Cache::new(CAPACITY),
            digester: SecretDigester::new(),
            changes: AtomicU64::new(0),
            usage: SecretUsage::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            began: Instant::now(),
        }
    }

    /// The client with this identifier if it is in memory: no I/O. `None` says nothing about the registry.
    #[must_use]
    pub fn peek(&self, client_id: &ClientId) -> Option<Arc<CachedClient>> {
        let found = self.present.get(client_id);
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// Whether a client may have this identifier, as far as is known without asking the database.
    #[must_use]
    pub fn may_be_registered(&self, client_id: &ClientId) -> bool {
        self.registered.may_contain(client_id)
    }

    /// Whether a client with this identifier is in memory.
    #[must_use]
    pub fn knows(&self, client_id: &ClientId) -> bool {
        self.present.peek(client_id).is_some()
    }

    /// The client with this identifier, from memory or from the database.
    pub async fn find(&self, client_id: &ClientId) -> Result<Option<Arc<CachedClient>>, Failure> {
        if let Some(client) = self.peek(client_id) {
            return Ok(Some(client));
        }
        Box::pin(self.find_beyond_memory(client_id)).await
    }

    /// The client with this identifier, of which [`Self::peek`] has just found nothing.
    pub async fn find_beyond_memory(
        &self,
        client_id: &ClientId,
    ) -> Result<Option<Arc<CachedClient>>, Failure> {
        if self.is_absent(client_id) {
            return Ok(None);
        }
        let changes = self.changes.load(Ordering::SeqCst);
        // While the database is away nobody knows who was registered meanwhile: the read fails at once.
        let is_free = self.registered.may_contain(client_id) || !self.db.is_up();
        let lookup = (!is_free)
            .then(|| self.registered.begin_lookup(client_id))
            .flatten();
        if !is_free && lookup.is_none() {
            self.note_absent(client_id, changes);
            self.registered.wait_like_a_lookup().await;
            return Ok(None);
        }
        match self.load(client_id).await {
            // Where the database is there, what it says now counts, also when it does not say it at once.
            Err(failure @ Failure::Unavailable(_)) if !self.db.is_up() => {
                self.former.get(client_id).map(Some).ok_or(failure)
            }
            Err(failure) => Err(failure),
            Ok(loaded) => {
                self.former.remove(client_id);
                Ok(loaded)
            }
        }
    }

    /// Reads a client from the database into the cache; those who ask for the same one wait for the same read.
    async fn load(&self, client_id: &ClientId) -> Result<Option<Arc<CachedClient>>, Failure> {
        let mut reads_left = MAX_READS;
        loop {
            let place = match self.present.get_value_or_guard_async(client_id).await {
                Ok(client) => return Ok(Some(client)),
                Err(place) => place,
            };
            // Who read before has found nobody.
            if self.is_absent(client_id) {
                return Ok(None);
            }
            let changes = self.changes.load(Ordering::SeqCst);
            let histories = self.histories.load(Ordering::SeqCst);
            let began = Instant::now();
            let read = self
                .db
                .read(async |connection| self.read_client(connection, client_id).await)
                .await?;
            self.registered.note_duration(began.elapsed());
            let Some(client) = read else {
                self.note_absent(client_id, changes);
                return Ok(None);
            };
            self.registered.add([client_id]);
            let client = Arc::new(client);
            reads_left -= 1;
            // Where a change took the place away, what was read may be older than the change: it is read again.
            let mut is_kept = place.insert(Arc::clone(&client)).is_ok();
            if histories != self.histories.load(Ordering::SeqCst) {
                self.present.remove(client_id);
                is_kept = false;
            }
            if is_kept || reads_left == 0 {
                return Ok(Some(client));
            }
        }
    }

    /// Whether it was found out lately that nobody has this identifier.
    fn is_absent(&self, client_id: &ClientId) -> bool {
        self.absent
            .get(client_id)
            .is_some_and(|noted_at| noted_at.elapsed() < MAX_AGE)
    }

    /// Remembers that nobody has this identifier, unless clients changed since `changes` were counted.
    fn note_absent(&self, client_id: &ClientId, changes: u64) {
        self.absent.insert(client_id.clone(), Instant::now());
        if changes != self.changes.load(Ordering::SeqCst) {
            self.absent.remove(client_id);
        }
    }

    /// The change feed's call: these are all registered clients.
    pub fn set_registered(&self, client_ids: &[ClientId]) {
        self.registered.replace(client_ids);
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.absent.clear();
    }

    /// The change feed's call: these clients changed, to these versions. What is in memory in another version is dropped at
    /// once, without waiting for the database, and returned: a stale entry could let a disabled client in.
    #[must_use]
    pub fn drop_changed(&self, changed: &[(ClientId, ClientVersion)]) -> Vec<ClientId> {
        if changed.is_empty() {
            return Vec::new();
        }
        self.registered
            .add(changed.iter().map(|(client_id, _)| client_id));
        self.changes.fetch_add(1, Ordering::SeqCst);
        let mut dropped = Vec::new();
        for (client_id, version) in changed {
            self.absent.remove(client_id);
            self.former.remove(client_id);
            let known = self.present.peek(client_id);
            if known
                .as_ref()
                .is_none_or(|client| client.info.version != *version)
            {
                // Also where nothing is known: a load in progress loses its place.
                self.present.remove(client_id);
                dropped.extend(known.map(|_| client_id.clone()));
            }
        }
        dropped
    }

    /// The change feed's call: the database tells another history, in which any client may be another one or none. Each is
    /// read again at its next use.
    pub fn start_over(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.histories.fetch_add(1, Ordering::SeqCst);
        self.absent.clear();
        for (client_id, client) in self.present.iter() {
            self.former.insert(client_id.clone(), client);
            self.present.remove(&client_id);
        }
    }

    /// Loads clients that were dropped, so that those who use them need not wait; what fails waits for its next use.
    async fn reload(&self, dropped: &[ClientId]) {
        for client_id in dropped {
            if self.load(client_id).await.is_err() {
                return;
            }
        }
    }

    /// Loads clients that were dropped without making anybody wait for it. Needs a `LocalSet`.
    pub fn reload_in_background(self: &Arc<Self>, dropped: Vec<ClientId>) {
        let cache = Arc::clone(self);
        spawn_local(async move { cache.reload(&dropped).await });
    }

    /// Compares an entry with the database if it is old, without making anybody wait for it. Needs a `LocalSet`.
    pub fn revalidate_if_old(self: &Arc<Self>, client: &CachedClient) {
        if self.claim_check(client) {
            let (cache, client_id) = (Arc::clone(self), client.info.client_id.clone());
            spawn_local(async move { cache.check(&client_id).await });
        }
    }

    /// Compares an old entry with the database, and drops it if it is not the same: the safety net, should a change ever
    /// have been missed. When the database is away, the entry goes on serving and its next use tries again.
    async fn check(&self, client_id: &ClientId) {
        let version = self
            .db
            .read(async |connection| Ok::<_, Failure>(store::find_version(connection, client_id).await?))
            .await;
        self.settle_check(client_id, &version);
    }

    /// Ends a check: `version` is what the database said, `None` of a client that it does not have.
    fn settle_check(&self, client_id: &ClientId, version: &Result<Option<ClientVersion>, Failure>) {
        let Some(client) = self.present.peek(client_id) else {
            return;
        };
        match version {
            Ok(version) if *version != Some(client.info.version) => {
                self.present.remove(client_id);
            }
            Ok(_) => client
                .checked_at
                .store(self.began.elapsed().as_secs(), Ordering::Relaxed),
            Err(_) => {}
        }
        client.is_being_checked.store(false, Ordering::Relaxed);
    }

    /// Whether this entry is due for a check by age; says so to one caller only.
    fn claim_check(&self, client: &CachedClient) -> bool {
        let age = self
            .began
            .elapsed()
            .as_secs()
            .saturating_sub(client.checked_at.load(Ordering::Relaxed));
        age > MAX_AGE.as_secs() && !client.is_being_checked.swap(true, Ordering::Relaxed)
    }

    /// The digest of a presented secret, to compare with [`super::cached::CachedSecret::is_known_as`].
    #[must_use]
    pub fn digest(&self, secret: &PresentedSecret) -> SecretDigest {
        self.digester.digest(secret)
    }

    /// When secrets were last used.
    #[must_use]
    pub fn usage(&self) -> &SecretUsage {
        &self.usage
    }

    /// Look-ups answered from memory, and those that were not, since the start.
    #[must_use]
    pub fn statistics(&self) -> (u64, u64) {
        (
            self.hits.load(Ordering::Relaxed),
            self.misses.load(Ordering::Relaxed),
        )
    }

    /// How many identifiers that nobody is known to have were looked up in the database, since the start.
    #[must_use]
    pub fn unknown_lookups(&self) -> u64 {
        self.registered.lookups()
    }

    /// Clients in memory.
    #[must_use]
    pub fn len(&self) -> usize {
        self.present.len()
    }

    /// Whether no client is in memory.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;
