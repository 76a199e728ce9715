//! Invitations: who is asked to do a campaign, and how far they are (contract s4, s5).

mod candidate;
mod invite;
mod link;
mod status;
mod store;

pub use candidate::{Candidate, CandidateRow};
pub use invite::{Invited, Inviter, MAX_CANDIDATES, invite};
pub use link::{InvitationToken, LinkDigest, link_context};
pub use status::{Status, Step};
