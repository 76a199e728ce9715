//! The keys that seal tokens and client secrets: kept in the database under the master key, unsealed in memory.
//!
//! A new token key is written with an `active_at` a minute ahead, so that every replica has read it before any seals with
//! it; older keys go on opening what they sealed.

mod error;
mod operations;
mod ring;
mod store;

pub use error::Error;
pub use operations::{
    KeyInfo, KeyState, ensure_keys, list, load, prune, retire, rewrap, rotate, secret_context,
};
pub use ring::{InvalidPurpose, KeyRing, Purpose, RingKey, SealingKeyId};
