//! What the service promises when its database moves, on processes as they are run: PostgreSQL as several servers, what
//! stands between them and the service, and several instances of the service.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say so at once"
)]

mod testbed;
