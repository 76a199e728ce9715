//! The keys that seal access tokens, client secrets and invitation links. The database holds them sealed under the master
//! key, and each replica holds them unsealed in memory.
//!
//! A new token key becomes active 90 seconds after it is written, when every replica has read it. Older keys still open what
//! they sealed.

mod error;
mod examine;
mod operations;
mod ring;
mod store;

pub use error::Error;
pub use examine::{Opened, open, open_all};
pub use operations::{
    KeyInfo, KeyState, MOST_COUNTED, count_dependents, ensure_keys, list, load, prune, retire, rewrap,
    rotate, secret_context, totp_context,
};
pub use ring::{InvalidPurpose, KeyRing, Purpose, RingKey, SealingKeyId};
