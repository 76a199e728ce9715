//! The Talentsoft dialect of the partner's resources (contract s4 and s5), and what happens to them.

pub mod campaigns;
mod error;
pub mod invitations;
pub mod routes;

pub use campaigns::{Campaign, CampaignKind, NewCampaign, add_campaign, close_campaign, list_campaigns};
pub use error::Error;
