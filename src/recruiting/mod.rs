//! Recruiting (contract s4, s5): campaigns, the candidates that are invited to them, and what comes of it. Here are the rules
//! and their SQL; each part has an error of its own, and an operation takes the connection and the act first.

pub mod campaigns;
pub mod creation_links;
pub mod feed;
pub mod history;
pub mod invitations;
pub mod people;
pub mod progress;
mod reach;
pub mod reports;
mod service;

pub use campaigns::{Campaign, CampaignKind, NewCampaign, add_campaign, close_campaign};
pub use service::{InvitationSettings, Recruiting};
