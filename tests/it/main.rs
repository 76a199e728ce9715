//! The service over real HTTP on a real PostgreSQL, and its command line: a module for each wing, a file for each endpoint
//! or promise.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should say so at once"
)]

mod admin;
mod alerts;
mod api_document;
mod build_script;
mod check;
mod cli;
mod config;
mod db;
mod documents;
mod error_catalogue;
mod faults;
mod guard;
mod housekeeping;
mod market;
mod oauth;
mod ops;
mod packaging;
mod platform;
mod refusals;
mod replica;
mod talentsoft;
mod traces;
mod tutorials;
mod webhooks;
mod wire;
