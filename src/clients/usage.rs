//! When secrets were last used, until it is written to the database.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;

use super::cached::CachedSecret;
use crate::ids::SecretId;

/// The latest uses that are not written yet.
#[derive(Default)]
pub struct SecretUsage(Mutex<HashMap<SecretId, DateTime<Utc>>>);

impl SecretUsage {
    /// Notes that a secret was accepted, at most once a second.
    pub fn note(&self, secret: &CachedSecret, now: DateTime<Utc>) {
        let second = now.timestamp();
        if secret.noted_second.swap(second, Ordering::Relaxed) != second {
            self.0.lock().insert(secret.secret_id, now);
        }
    }

    /// Takes what was noted since the last call.
    #[must_use]
    pub fn take(&self) -> Vec<(SecretId, DateTime<Utc>)> {
        self.0.lock().drain().collect()
    }

    /// Gives back what could not be written.
    pub fn give_back(&self, uses: Vec<(SecretId, DateTime<Utc>)>) {
        let mut pending = self.0.lock();
        for (secret_id, at) in uses {
            pending.entry(secret_id).or_insert(at);
        }
    }
}
