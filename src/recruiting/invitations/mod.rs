//! Invitations: who is asked to do a campaign, and how far they are (contract s4, s5).

mod batch;
mod candidate;
mod dialect;
mod invite;
mod link;
mod refresh;
pub mod routes;
mod status;
mod store;

pub use batch::{Batch, MAX_CANDIDATES};
pub use candidate::{Candidate, CandidateRow};
pub use invite::{Invited, Inviter, invite};
pub use link::{InvitationToken, LinkDigest, link_context};
pub use status::{Status, Step};
