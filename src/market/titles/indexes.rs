//! The indexes in memory: how many there are, and who builds one.
//!
//! An index takes a second of a processor and a megabyte for a thousand titles, so each is built once, whoever asks for it
//! meanwhile, and the one that was not asked for for the longest time makes room. A library has no more than its two newest
//! versions, which alone are normalized with and searched.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use tokio::task::spawn_local;

use super::index::{TitleIndex, build};
use crate::db::Db;
use crate::error::Failure;
use crate::market::versions::{LibraryId, PublishedVersion, Sequence};

/// How many versions of a library are normalized with and searched: the newest.
pub const INDEXED_VERSIONS: usize = 2;

type Key = (LibraryId, Sequence);

/// The indexes in memory.
pub struct TitleIndexes {
    /// Most of them.
    most: NonZeroUsize,
    /// The one that was asked for last is the last.
    places: Mutex<Vec<(Key, Arc<Place>)>>,
    /// How often one was in memory, or being built.
    hits: AtomicU64,
    /// How often one had to be built.
    misses: AtomicU64,
}

/// Where one index is, or will be.
#[derive(Default)]
struct Place {
    index: OnceLock<Arc<TitleIndex>>,
    /// Held by whoever builds it.
    building: Arc<tokio::sync::Mutex<()>>,
}

impl TitleIndexes {
    /// None; at most `most` from now on.
    #[must_use]
    pub fn new(most: NonZeroUsize) -> Self {
        Self {
            most,
            places: Mutex::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// How often one was asked for since the start, by whether it was in memory or being built (`hit`) or had to be (`miss`).
    #[must_use]
    pub fn looked_up(&self) -> [(&'static str, u64); 2] {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        [("hit", count(&self.hits)), ("miss", count(&self.misses))]
    }

    /// How many are in memory, or being built.
    #[must_use]
    pub fn count(&self) -> usize {
        self.places.lock().len()
    }

    /// Forgets all of them.
    pub fn clear(&self) {
        self.places.lock().clear();
    }

    /// The index of a version; whoever asks while it is built waits for the same one. Needs a `LocalSet`.
    pub async fn index(&self, db: &Db, version: &Arc<PublishedVersion>) -> Result<Arc<TitleIndex>, Failure> {
        let place = self.place((version.library_id, version.sequence));
        if let Some(index) = self.find(&place) {
            return Ok(index);
        }
        let turn = Arc::clone(&place.building).lock_owned().await;
        if let Some(index) = self.find(&place) {
            return Ok(index);
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        let (db, version) = (db.clone(), Arc::clone(version));
        // It is built also where nobody waits for it any more: who gives up and asks again would never see its end, and the
        // thread that builds cannot be stopped.
        let building = spawn_local(async move {
            let built = build(&db, &version).await;
            if let Ok(index) = &built {
                let _ = place.index.set(Arc::clone(index));
            }
            drop(turn);
            built
        });
        building.await.map_err(Failure::internal)?
    }

    fn find(&self, place: &Place) -> Option<Arc<TitleIndex>> {
        let index = place.index.get()?;
        self.hits.fetch_add(1, Ordering::Relaxed);
        Some(Arc::clone(index))
    }

    /// The place of an index, which is the last to make room from now on.
    fn place(&self, key: Key) -> Arc<Place> {
        let mut places = self.places.lock();
        if let Some(at) = places.iter().position(|(of, _)| *of == key) {
            if let Some(asked_for) = places.get_mut(at..) {
                asked_for.rotate_left(1);
            }
        } else {
            if let Some(oldest) = oldest_to_make_room(&places, key, self.most) {
                places.remove(oldest);
            }
            places.push((key, Arc::default()));
        }
        places
            .last()
            .map(|(_, place)| Arc::clone(place))
            .unwrap_or_default()
    }
}

/// Which place makes room for that of `key`: the oldest of its library where that has as many as it may, or else the oldest
/// where there are `most`.
fn oldest_to_make_room(places: &[(Key, Arc<Place>)], key: Key, most: NonZeroUsize) -> Option<usize> {
    let is_of_library = |(of, _): &(Key, Arc<Place>)| of.0 == key.0;
    if places.iter().filter(|place| is_of_library(place)).count() >= INDEXED_VERSIONS {
        return places.iter().position(is_of_library);
    }
    (places.len() >= most.get()).then_some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(library: i32, sequence: i32) -> Key {
        (LibraryId(library), Sequence(sequence))
    }

    fn keys(indexes: &TitleIndexes) -> Vec<Key> {
        indexes.places.lock().iter().map(|(key, _)| *key).collect()
    }

    #[test]
    fn the_one_that_was_not_asked_for_for_the_longest_time_makes_room() {
        let indexes = TitleIndexes::new(NonZeroUsize::new(3).unwrap());
        for library in 1..=3 {
            indexes.place(key(library, 1));
        }
        let first = indexes.place(key(1, 1));
        assert_eq!(keys(&indexes), [key(2, 1), key(3, 1), key(1, 1)]);
        indexes.place(key(4, 1));
        assert_eq!(keys(&indexes), [key(3, 1), key(1, 1), key(4, 1)]);
        assert!(Arc::ptr_eq(&first, &indexes.place(key(1, 1))));
        indexes.clear();
        assert!(!Arc::ptr_eq(&first, &indexes.place(key(1, 1))));
    }

    #[test]
    fn a_library_has_two_and_the_third_takes_the_place_of_its_own_oldest() {
        let indexes = TitleIndexes::new(NonZeroUsize::new(10).unwrap());
        indexes.place(key(2, 1));
        for sequence in 1..=3 {
            indexes.place(key(1, sequence));
        }
        assert_eq!(keys(&indexes), [key(2, 1), key(1, 2), key(1, 3)]);
        // One place only is one place, whosever it is.
        let indexes = TitleIndexes::new(NonZeroUsize::MIN);
        indexes.place(key(1, 1));
        indexes.place(key(1, 2));
        indexes.place(key(2, 1));
        assert_eq!(keys(&indexes), [key(2, 1)]);
    }
}
