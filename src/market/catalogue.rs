//! The published versions, in memory: which there are, and which of them a caller sees.
//!
//! Read at the first call after a start and after each change that the feed tells of, so that a service without market
//! clients never reads them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;
use tokio::sync::Mutex;

use super::built_in::publish_built_in;
use super::error::Error;
use super::versions::{self, PublishedVersion, VersionName};
use crate::db::Db;
use crate::error::Failure;
use crate::ids::CustomerId;

/// The published versions of every library, the newest first.
type Libraries = BTreeMap<Option<CustomerId>, Vec<Arc<PublishedVersion>>>;

/// The published versions.
#[derive(Default)]
pub struct Catalogue {
    known: RwLock<Option<Arc<Libraries>>>,
    /// Held by whoever publishes the built-in library, so that the others wait for it.
    publishing: Mutex<()>,
    /// Counts the changes that the feed told of, so that nothing is kept that was read before one.
    changes: AtomicU64,
}

impl Catalogue {
    /// The change feed's call: versions were published or retired.
    pub fn forget(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        *self.known.write() = None;
    }

    /// The versions that this customer's callers see, the newest first: those of its own library, or of the one that all
    /// share.
    pub async fn versions(
        &self,
        db: &Db,
        customer_id: Option<CustomerId>,
    ) -> Result<Vec<Arc<PublishedVersion>>, Failure> {
        self.look(db, customer_id, <[_]>::to_vec).await
    }

    /// Whether fewer than `count` of the versions that this customer's callers see are newer.
    pub async fn is_among_newest(
        &self,
        db: &Db,
        customer_id: Option<CustomerId>,
        version: &PublishedVersion,
        count: usize,
    ) -> Result<bool, Failure> {
        let newer = |newer: &&Arc<PublishedVersion>| newer.sequence > version.sequence;
        self.look(db, customer_id, |versions| {
            versions.iter().filter(newer).count() < count
        })
        .await
    }

    /// What `look` sees in the versions that this customer's callers see.
    async fn look<T>(
        &self,
        db: &Db,
        customer_id: Option<CustomerId>,
        look: impl FnOnce(&[Arc<PublishedVersion>]) -> T,
    ) -> Result<T, Failure> {
        let libraries = self.complete_libraries(db).await?;
        let own = customer_id.and_then(|id| libraries.get(&Some(id)));
        let versions = own.or_else(|| libraries.get(&None));
        Ok(look(versions.map(Vec::as_slice).unwrap_or_default()))
    }

    /// The version of this name that the customer's callers see.
    pub async fn version(
        &self,
        db: &Db,
        customer_id: Option<CustomerId>,
        name: &str,
    ) -> Result<Arc<PublishedVersion>, Error> {
        let unknown = || Error::UnknownVersion(name.chars().take(40).collect());
        let wanted: VersionName = name.parse().map_err(|_| unknown())?;
        let find = |versions: &[Arc<PublishedVersion>]| match wanted {
            VersionName::Latest => versions.first().cloned(),
            VersionName::Number(number) => {
                let mut versions = versions.iter();
                versions.find(|version| version.number == number).cloned()
            }
        };
        self.look(db, customer_id, find).await?.ok_or_else(unknown)
    }

    /// The libraries, with the built-in one where nothing was published yet.
    async fn complete_libraries(&self, db: &Db) -> Result<Arc<Libraries>, Failure> {
        let libraries = self.libraries(db).await?;
        if libraries.contains_key(&None) {
            return Ok(libraries);
        }
        let _turn = self.publishing.lock().await;
        let libraries = self.libraries(db).await?;
        if libraries.contains_key(&None) {
            return Ok(libraries);
        }
        publish_built_in(db, db.clock().database_now()).await?;
        self.forget();
        self.libraries(db).await
    }

    async fn libraries(&self, db: &Db) -> Result<Arc<Libraries>, Failure> {
        if let Some(known) = self.known.read().clone() {
            return Ok(known);
        }
        let changes = self.changes.load(Ordering::SeqCst);
        let rows = db
            .read(async |connection| Ok::<_, Failure>(versions::list_published(connection).await?))
            .await?;
        let mut libraries = Libraries::new();
        for (customer_id, version) in rows {
            libraries.entry(customer_id).or_default().push(Arc::new(version));
        }
        let libraries = Arc::new(libraries);
        let mut known = self.known.write();
        // Under the lock of `forget`: what was read before a change is answered with, and not kept.
        if changes == self.changes.load(Ordering::SeqCst) {
            *known = Some(Arc::clone(&libraries));
        }
        Ok(libraries)
    }
}
