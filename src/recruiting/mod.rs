//! The Talentsoft dialect of the partner's resources (contract s4 and s5): campaigns.

mod campaign;
mod error;
mod fold;
mod listing;
pub mod routes;
mod store;

pub use campaign::{Campaign, CampaignKind, NewCampaign, add_campaign, close_campaign, list_campaigns};
pub use error::Error;
pub use listing::Listings;
