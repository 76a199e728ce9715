//! Every page, from fixtures, in both languages and for every role: what must hold for all of them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what helps a test is a test"
)]

#[path = "../fixtures/mod.rs"]
mod fixtures;
mod markup;
mod rotation;
mod style;
mod texts;
