//! The service over real HTTP on a real PostgreSQL: one file for each endpoint or promise.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should say so at once"
)]

mod access_matrix;
mod assertion_grant;
mod auth_check;
mod bad_input;
mod campaign_lists;
mod campaigns;
mod check;
mod client_authentication;
mod client_credentials;
mod clocks;
mod conformance;
mod creation_link;
mod current_user;
mod deadlines;
mod documents;
mod faults;
mod fuzz;
mod harness;
mod housekeeping;
mod introspection;
mod inviting;
mod joint_reads;
mod limits;
mod ops;
mod people;
mod platform_campaigns;
mod platform_idempotency;
mod platform_invitations;
mod platform_progress;
mod refreshing;
mod replicas;
mod reports;
mod reverse_proxy;
mod revocation;
mod revoked_list;
mod tls;
mod tracing;
mod webhooks;
