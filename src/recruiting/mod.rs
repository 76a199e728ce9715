//! The Talentsoft dialect of the partner's resources (contract s4 and s5), and what happens to them.

pub mod campaigns;
mod error;
pub mod inbox;
pub mod invitations;
pub mod people;
pub mod progress;
pub mod reports;
mod service;

pub use campaigns::{
    Campaign, CampaignKind, CreationLink, Listings, NewCampaign, UrlTemplate, add_campaign, close_campaign,
    list_campaigns, list_creation_links, set_creation_link,
};
pub use error::Error;
pub use service::{InvitationSettings, Recruiting};
