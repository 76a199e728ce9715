//! Where attempts to present a secret wait: some of each address are checked at once, the others one after the other.
//!
//! An attempt that is being checked counts until it is known to be right, so there may be no room for another one although
//! nothing has failed. Then that one waits until one of those is over, and is not refused.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::failures::Source;
use crate::crypto::password::QueueFull;

/// Attempts of one address that may be checked at once: enough to keep every core busy with them.
const PLACES_OF_ADDRESS: usize = 8;
/// Attempts of one address that are checked or wait: more than are checked in the time that one waits at most.
const ATTEMPTS_OF_ADDRESS: usize = 4096;

/// The addresses with attempts that are checked, or wait for that.
#[derive(Default)]
pub(super) struct Places(Mutex<HashMap<IpAddr, Arc<Address>>>);

struct Address {
    places: Arc<Semaphore>,
    /// Whose counts the attempts moved on that may yet be right.
    counted: Mutex<Vec<Source>>,
    /// Wakes who waits for one of them to be over.
    ended: Notify,
}

/// An attempt that is checked or waits. With the last one its address is forgotten.
struct Entry<'a> {
    places: &'a Places,
    network: IpAddr,
    address: Arc<Address>,
}

/// A place of an address. The others of the address hear of its end.
pub(super) struct Place<'a> {
    entry: Entry<'a>,
    counted: Option<[Source; 2]>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Places {
    /// A place of this address when its turn comes, if that is before the deadline.
    pub(super) async fn enter(&self, network: IpAddr, deadline: Instant) -> Result<Place<'_>, QueueFull> {
        let entry = self.add_entry(network);
        if Arc::strong_count(&entry.address) > ATTEMPTS_OF_ADDRESS {
            return Err(QueueFull);
        }
        let turn = Arc::clone(&entry.address.places).acquire_owned();
        let permit = timeout_at(deadline, turn).await.map_err(|_elapsed| QueueFull)?;
        Ok(Place {
            entry,
            counted: None,
            permit: permit.ok(),
        })
    }

    /// Whether an attempt counts against this source that may yet be right.
    pub(super) fn has_counted(&self, network: IpAddr, source: &Source) -> bool {
        let addresses = self.0.lock();
        let address = addresses.get(&network);
        address.is_some_and(|address| address.has_counted(source))
    }

    fn add_entry(&self, network: IpAddr) -> Entry<'_> {
        let mut addresses = self.0.lock();
        let address = addresses.entry(network).or_insert_with(|| {
            Arc::new(Address {
                places: Arc::new(Semaphore::new(PLACES_OF_ADDRESS)),
                counted: Mutex::default(),
                ended: Notify::new(),
            })
        });
        Entry {
            places: self,
            network,
            address: Arc::clone(address),
        }
    }

    /// How many addresses have attempts.
    #[cfg(test)]
    pub(super) fn addresses(&self) -> usize {
        self.0.lock().len()
    }
}

impl Address {
    fn has_counted(&self, source: &Source) -> bool {
        self.counted.lock().contains(source)
    }
}

impl Place<'_> {
    /// From now on the attempt of this place counts against these sources.
    pub(super) fn set_counted(&mut self, sources: [Source; 2]) {
        self.entry.address.counted.lock().extend(sources.clone());
        self.counted = Some(sources);
    }

    /// Waits until no attempt counts against this source any more that may yet be right, or one of the address is over; false
    /// where none does. It fails at the deadline.
    pub(super) async fn wait_for_others(
        &self,
        source: &Source,
        deadline: Instant,
    ) -> Result<bool, QueueFull> {
        let address = &self.entry.address;
        let mut ended = std::pin::pin!(address.ended.notified());
        // Before it looks, so that no end is missed in between.
        ended.as_mut().enable();
        if !address.has_counted(source) {
            return Ok(false);
        }
        timeout_at(deadline, ended).await.map_err(|_elapsed| QueueFull)?;
        Ok(true)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let address = &self.entry.address;
        if let Some(sources) = self.counted.take() {
            let mut counted = address.counted.lock();
            for source in &sources {
                if let Some(at) = counted.iter().position(|counted| counted == source) {
                    counted.swap_remove(at);
                }
            }
        }
        self.permit = None;
        address.ended.notify_waiters();
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        let mut addresses = self.places.0.lock();
        // The map's own and this one; another is made under this lock only.
        if Arc::strong_count(&self.address) == 2 {
            addresses.remove(&self.network);
        }
    }
}
