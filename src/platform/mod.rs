//! The partner's own side, `/platform/v1/…` (scope `platform`): its platform feeds campaigns in, takes invitations up, and
//! pushes status, results and reports.
//!
//! Here is the wire alone; what happens is in `recruiting`. A client that belongs to a customer reaches that customer's data
//! only, and one that belongs to none reaches all; what is out of reach is answered as what does not exist.

mod call;
mod campaigns;
mod candidates;
mod customers;
mod error;
mod idempotency;
mod invitations;
mod progress;
mod query;
mod reports;
pub mod routes;
mod store;

pub use error::Error;
pub use idempotency::prune;
