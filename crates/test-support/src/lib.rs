//! What the tests of the service stand on.
//!
//! - [`TestApp`] is a service in this process, over HTTP on a database of its own, with a clock that stands still;
//!   [`platform::Stage`] is one with a customer and the partner's platform,
//!   [`profiles::ProfileStage`] one with a customer's subdomain; [`routes`] lists what it answers.
//! - [`Instance`] is a service in a process of its own, to stop, kill and flood; [`load`] floods it.
//! - [`command_line`] runs the program's commands.
//! - [`cluster`] is PostgreSQL as several servers; [`haproxy`], [`pgbouncer`], [`redis`] and [`nginx`] are what stands
//!   beside and between, [`patroni`] PostgreSQL that promotes by itself. All of them are a [`daemon`]'s processes, gone with the test.
//! - [`Registry`] puts customers and clients into a database, [`database`] makes databases.
//! - [`assertion`], [`candidate`] and [`receiver`] are what others send and take, [`Answer`] what they are answered.
//! - [`browser`] opens the console, [`identity_provider`] says who somebody is.
//! - [`spans`] is a collector of traces.
//! - [`log`] watches the log, and what spans say, for what must not be in it.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::new_without_default,
    clippy::return_self_not_must_use,
    missing_docs,
    reason = "it belongs to the tests: what cannot go on says so at once, and what a name says needs no second sentence"
)]

mod app;
pub mod assertion;
pub mod behind_nginx;
pub mod browser;
pub mod candidate;
pub mod cluster;
pub mod command_line;
pub mod connection;
pub mod daemon;
pub mod database;
pub mod example;
pub mod haproxy;
pub mod identity_provider;
pub mod instance;
pub mod load;
pub mod log;
pub mod market;
pub mod nginx;
pub mod patroni;
pub mod pgbouncer;
pub mod platform;
pub mod ports;
pub mod process;
pub mod profiles;
mod program;
pub mod receiver;
pub mod redis;
mod registry;
mod response;
pub mod routes;
pub mod spans;

use std::time::Duration;

pub use app::{Console, Setup, TestApp, application, frozen_instant};
pub use instance::Instance;
pub use registry::{Registry, TestClient, actor};
pub use response::{Answer, send};
use tokio::time::{Instant, sleep};

/// The issuer of every service under test.
pub const ISSUER: &str = "https://api.partner.example";
/// A secret of the form that Talentsoft gives out.
pub const SECRET: &str = "26a5c010885148d1afe2d535cb3e9ffaacbc714597bb4abdb2a6fca6d16658bf";
/// Another one.
pub const OTHER_SECRET: &str = "98fca0ed1d1548f5b41f2c4d26c1a4cae2c5f5f7a3cf4b6a8d3b6a0c7de51b11";
/// The master key of every service under test.
pub const MASTER_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
/// Seconds that a fresh token lives.
pub const TTL: i64 = 3600;

/// How long anything may take before a test gives up: no promise of the service, only patience with a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// Asks again until `is_met`, for what another task or process has to learn first; returns how long that took.
pub async fn eventually(what: &str, mut is_met: impl AsyncFnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !is_met().await {
        assert!(began.elapsed() < PATIENCE, "never: {what}");
        sleep(Duration::from_millis(5)).await;
    }
    began.elapsed()
}
