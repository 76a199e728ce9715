//! The service against a model of its rules: a program of its own, because the thousands of lines that it logs would slow
//! down every test that looks through the log.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on should say so at once"
)]

mod interleavings;
mod profiles;
