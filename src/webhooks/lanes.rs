//! Whose deliveries run at the moment: each receiver has a few places, one that fails has one, so that a dead receiver does
//! not keep the others waiting.
//!
//! A lane is the client of a callback, or the platform. What is counted here is of this replica alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Deliveries of one replica at once.
const PLACES: usize = 32;
/// Those of them to one receiver.
pub(super) const PLACES_OF_LANE: i64 = 4;
/// The same, while it fails.
const PLACES_OF_FAILING: i64 = 1;

/// The lanes of one replica; cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Lanes(Arc<Mutex<HashMap<String, Lane>>>);

#[derive(Default)]
struct Lane {
    running: usize,
    is_failing: bool,
}

/// The place of one delivery; free again when dropped, also by a panic.
pub(super) struct Place {
    lanes: Lanes,
    lane: String,
}

/// What may be begun.
pub(super) struct Room {
    /// In all.
    pub places: i64,
    /// Lanes that have not [`PLACES_OF_LANE`].
    pub lanes: Vec<String>,
    /// How many each of those has.
    pub places_of_lanes: Vec<i64>,
}

impl Lanes {
    /// Takes a place, which [`Lanes::room`] said is there.
    pub(super) fn take(&self, lane: &str) -> Place {
        self.lock().entry(lane.to_owned()).or_default().running += 1;
        Place {
            lanes: self.clone(),
            lane: lane.to_owned(),
        }
    }

    /// What may be begun now.
    pub(super) fn room(&self) -> Room {
        let lanes = self.lock();
        let running: usize = lanes.values().map(|lane| lane.running).sum();
        let (names, places) = lanes
            .iter()
            .map(|(name, lane)| (name.clone(), lane.places_left()))
            .unzip();
        Room {
            places: PLACES.saturating_sub(running).try_into().unwrap_or(0),
            lanes: names,
            places_of_lanes: places,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Lane>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    fn places_left(&self) -> i64 {
        let places = if self.is_failing {
            PLACES_OF_FAILING
        } else {
            PLACES_OF_LANE
        };
        (places - i64::try_from(self.running).unwrap_or(i64::MAX)).max(0)
    }
}

impl Place {
    /// Whether the receiver took what it was sent.
    pub(super) fn note(&self, is_failing: bool) {
        self.lanes.lock().entry(self.lane.clone()).or_default().is_failing = is_failing;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lanes = self.lanes.lock();
        if let Some(lane) = lanes.get_mut(&self.lane) {
            lane.running = lane.running.saturating_sub(1);
            if lane.running == 0 && !lane.is_failing {
                lanes.remove(&self.lane);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places_of(lanes: &Lanes, name: &str) -> Option<i64> {
        let room = lanes.room();
        let found = room.lanes.iter().position(|lane| lane == name);
        found.map(|at| room.places_of_lanes[at])
    }

    #[test]
    fn a_lane_has_its_places_and_one_that_fails_has_one() {
        let lanes = Lanes::default();
        let one = lanes.take("a");
        let another = lanes.take("a");
        assert_eq!(places_of(&lanes, "a"), Some(2));
        another.note(true);
        assert_eq!(places_of(&lanes, "a"), Some(0));
        drop((one, another));
        assert_eq!(places_of(&lanes, "a"), Some(1));
        let probe = lanes.take("a");
        assert_eq!(places_of(&lanes, "a"), Some(0));
        probe.note(false);
        assert_eq!(places_of(&lanes, "a"), Some(3));
        drop(probe);
        assert_eq!(places_of(&lanes, "a"), None);
    }

    #[test]
    fn all_lanes_share_the_places_of_the_replica() {
        let lanes = Lanes::default();
        let taken: Vec<Place> = (0..PLACES)
            .map(|number| lanes.take(&number.to_string()))
            .collect();
        assert_eq!(lanes.room().places, 0);
        drop(taken);
        assert_eq!(lanes.room().places, i64::try_from(PLACES).unwrap());
        assert!(lanes.room().lanes.is_empty());
    }
}
