//! The Talentsoft dialect of the partner's resources (contract s4 and s5), and what happens to them.

pub mod campaigns;
pub mod creation_links;
mod error;
pub mod inbox;
pub mod invitations;
pub mod people;
pub mod progress;
mod reach;
pub mod reports;
mod service;

pub use campaigns::{Campaign, CampaignKind, NewCampaign, add_campaign, close_campaign};
pub use error::Error;
pub use service::{InvitationSettings, Recruiting};
