//! The checks against endpoints of their own: a correct partner, one with a defect for each check, and servers that
//! hardly speak HTTP; and the architecture of the crate.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails where something unexpected happens"
)]

mod architecture;
mod behaviour;
mod documents;
mod harness;
mod odd_servers;
mod partner;
mod rust_tokens;
mod secrecy;
mod wrong_servers;
