//! What the service promises when things go wrong, on processes as they are run: stopped, killed, cut off, flooded.
#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that cannot go on should say so at once, and one that measures says what"
)]

mod crash;
mod heartbeats;
mod limits;
mod outage;
mod private_postgres;
mod redis_counts;
mod replicas;
mod reports;
mod rolling;
mod rotation;
mod shared_limits;
mod slow_clients;
mod starting;
mod stopping;
mod webhooks;
