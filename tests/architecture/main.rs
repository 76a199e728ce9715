//! Keeps the doors shut: what may be used where, and which room may use which. `docs/ARCHITECTURE.md` has the reasons.
//!
//! The checks read the text of `src`. Whoever needs another door opens it here, where
//! a reviewer sees it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what helps a test is a test"
)]

mod doors;
mod layers;
mod source;
mod words;
