//! Drives Debian's Chromium by `WebDriver`, for tests.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "what helps a test is a test"
)]

mod browser;

pub use browser::Browser;
