//! The service against a model of its rules: a program of its own, because the thousands of lines that it logs would slow
//! down every test that looks through the log.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should say so at once"
)]

#[path = "../it/harness/mod.rs"]
#[expect(dead_code, reason = "it is that of the other tests, which need all of it")]
mod harness;
mod interleavings;
