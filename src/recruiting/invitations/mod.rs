//! Invitations: who is asked to do a campaign, and how far they are (contract s4, s5).

mod batch;
mod candidate;
mod invite;
mod link;
mod refresh;
mod status;
mod store;

pub use batch::{Batch, MAX_CANDIDATES};
pub use candidate::{Candidate, CandidateRow};
pub use invite::{Invited, Inviter, invite, read_rows};
pub use link::{InvitationToken, LinkDigest, link_context};
pub use refresh::{Assessment, Interview, RefreshQuery, Which};
pub use status::{Status, Step};
pub use store::{
    list_assessments_of_applications, list_assessments_of_campaign, list_interviews_of_applications,
    list_interviews_of_campaign,
};
