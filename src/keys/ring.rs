//! The unsealed keys in memory. They are replaced as a whole when they change.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use serde::Serialize;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use crate::crypto::seal::{MasterKey, SealKey};

/// The number of a sealing key. A token contains the number of the key that sealed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct SealingKeyId(pub i32);

impl fmt::Display for SealingKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for SealingKeyId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// What a key seals. Database and command line use the same names.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Display, EnumString, IntoStaticStr, Serialize, VariantArray, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = InvalidPurpose, parse_err_fn = InvalidPurpose::of)]
pub enum Purpose {
    /// Access tokens, and the cursors of the console's lists.
    Token,
    /// Client secrets at rest.
    Secret,
    /// The tokens of invitation links at rest.
    Link,
}

/// The text is not a purpose.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a purpose; it is `token`, `secret` or `link`")]
pub struct InvalidPurpose(String);

impl InvalidPurpose {
    fn of(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// One unsealed key.
#[derive(Debug)]
pub struct RingKey {
    /// The number of the key.
    pub id: SealingKeyId,
    /// What it seals.
    pub purpose: Purpose,
    /// When it was made. Together with the number, this distinguishes the keys of two databases.
    pub created_at: DateTime<Utc>,
    /// When it begins to seal.
    pub active_at: DateTime<Utc>,
    /// The key.
    pub key: SealKey,
}

/// All unsealed keys, and the master key that unseals the keys of the database.
#[derive(Debug)]
pub struct KeyRing {
    keys: ArcSwap<Vec<Arc<RingKey>>>,
    master_key: MasterKey,
}

impl KeyRing {
    /// A ring without keys.
    #[must_use]
    pub fn new(master_key: MasterKey) -> Self {
        Self {
            keys: ArcSwap::default(),
            master_key,
        }
    }

    /// The key that seals the others in the database.
    #[must_use]
    pub fn master_key(&self) -> &MasterKey {
        &self.master_key
    }

    /// The key that seals at `now`: the newest active one, or the oldest of all where none is active yet.
    #[must_use]
    pub fn sealing(&self, purpose: Purpose, now: DateTime<Utc>) -> Option<Arc<RingKey>> {
        let keys = self.keys.load();
        let of_purpose = || keys.iter().filter(|key| key.purpose == purpose);
        of_purpose()
            .filter(|key| key.active_at <= now)
            .max_by_key(|key| (key.active_at, key.id))
            .or_else(|| of_purpose().min_by_key(|key| key.id))
            .map(Arc::clone)
    }

    /// The key that opens what the key with this number sealed.
    #[must_use]
    pub fn opening(&self, purpose: Purpose, id: SealingKeyId) -> Option<Arc<RingKey>> {
        self.keys
            .load()
            .iter()
            .find(|key| key.id == id && key.purpose == purpose)
            .map(Arc::clone)
    }

    /// A ring with the given keys.
    #[cfg(test)]
    pub(crate) fn of(keys: Vec<RingKey>) -> Self {
        let ring = Self::new(MasterKey::for_tests());
        ring.replace(keys.into_iter().map(Arc::new).collect());
        ring
    }

    pub(super) fn snapshot(&self) -> Arc<Vec<Arc<RingKey>>> {
        self.keys.load_full()
    }

    pub(super) fn replace(&self, keys: Vec<Arc<RingKey>>) {
        self.keys.store(Arc::new(keys));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::seal::generate_key;

    fn key(id: i32, active_at: i64) -> Arc<RingKey> {
        Arc::new(RingKey {
            id: SealingKeyId(id),
            purpose: Purpose::Token,
            created_at: DateTime::UNIX_EPOCH,
            active_at: DateTime::from_timestamp(active_at, 0).unwrap(),
            key: SealKey::new(&generate_key()).unwrap(),
        })
    }

    #[test]
    fn a_new_key_opens_at_once_but_seals_only_from_its_active_instant() {
        let ring = KeyRing::new(MasterKey::for_tests());
        ring.replace(vec![key(1, 0), key(2, 100)]);
        let at = |seconds| {
            ring.sealing(Purpose::Token, DateTime::from_timestamp(seconds, 0).unwrap())
                .unwrap()
                .id
        };
        assert_eq!(at(99), SealingKeyId(1));
        assert_eq!(at(100), SealingKeyId(2));
        assert!(ring.opening(Purpose::Token, SealingKeyId(2)).is_some());
        assert!(ring.opening(Purpose::Secret, SealingKeyId(2)).is_none());
        assert!(
            ring.sealing(Purpose::Secret, DateTime::from_timestamp(0, 0).unwrap())
                .is_none()
        );
    }

    #[test]
    fn a_clock_before_every_key_still_finds_one() {
        let ring = KeyRing::new(MasterKey::for_tests());
        ring.replace(vec![key(2, 100), key(1, 50)]);
        let early = DateTime::from_timestamp(0, 0).unwrap();
        assert_eq!(ring.sealing(Purpose::Token, early).unwrap().id, SealingKeyId(1));
    }
}
