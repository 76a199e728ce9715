//! Campaigns: what recruiters choose from when they invite candidates (contract s4, s5).

mod campaign;
mod creation_link;
mod fold;
pub mod routes;
mod store;

pub use campaign::{Campaign, CampaignKind, NewCampaign, add_campaign, close_campaign, list_campaigns};
pub use creation_link::{CreationLink, UrlTemplate, list_creation_links, set_creation_link};
