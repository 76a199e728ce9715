//! Everything that speaks HTTP to somebody: a folder for each dialect, and what they share.

mod call;
pub mod docs;
pub mod guard;
pub mod idempotency;
pub mod oauth;
pub mod ops;
pub mod platform;
pub mod talentsoft;
