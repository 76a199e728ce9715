//! `check` against partners: one that does everything right, one for each thing that can be wrong, and some that are
//! hardly partners at all.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should say so at once"
)]

mod architecture;
mod conduct;
mod documents;
mod harness;
mod odd_servers;
mod partner;
mod rust_tokens;
mod secrecy;
mod wrong_servers;
