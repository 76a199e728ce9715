//! The readers on small files of the official formats, made here: what they read, and in what words they refuse.
#![expect(
    clippy::format_push_string,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails where something unexpected happens, and makes its files simply"
)]

mod coded;
mod damaged;
mod kinds;
mod oews;
mod onet;
mod onet_refused;
mod own;
mod soc;
mod support;
mod texts;
mod workbooks;
mod zips;
