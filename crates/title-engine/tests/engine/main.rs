//! The engine as its callers see it, on a small library.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail at once")]

mod library;
mod normalizing;
mod properties;
mod searching;
mod work;
