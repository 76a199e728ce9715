//! Invitations: who is asked to do a campaign, and how far they are (contract s4, s5).

mod candidate;
mod error;
mod invitation;
mod invite;
mod link;
mod refresh;
mod result;
mod status;
mod store;

pub use candidate::{CallbackRule, Candidate, InvalidCallbackUrl, callback_rule};
pub use error::Error;
pub use invitation::Invitation;
pub(super) use invitation::invitation_of;
pub use invite::{Invited, Inviter, MAX_CANDIDATES, NoOpenCampaign, invite, invite_in_one_statement};
pub use link::{InvitationToken, LinkDigest, link_context};
pub use refresh::{
    Applications, Assessment, AssessmentReport, Interview, RefreshTarget, list_assessments, list_interviews,
};
pub use result::{InvalidResult, InvitationResult, Score};
pub use status::{ImpossibleStatus, Status, Transition};
pub(super) use store::lock_invitation;
