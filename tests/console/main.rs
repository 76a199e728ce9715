//! The console over real HTTP on a real PostgreSQL, as a browser without JavaScript uses it.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should say so at once"
)]

mod access;
mod account;
mod again;
mod callbacks;
mod company;
mod crawl;
mod cursors;
mod elevation;
mod forgery;
mod headers;
mod invitations;
mod many;
mod market;
mod partners;
mod persons;
mod prefix;
mod refusals;
mod second_factor;
mod secrets;
mod service;
mod sign_in;
mod staff;

use test_support::{Console, Setup, TestApp};

/// A service with a console.
async fn console() -> TestApp {
    TestApp::start_with(Setup {
        console: Console::Local,
        ..Setup::default()
    })
    .await
}
