//! Campaigns: what recruiters choose from when they invite candidates (contract s4, s5).

mod active;
mod campaign;
mod error;
mod manage;
mod store;

pub use active::{
    ActiveCampaignLoader, ActiveCampaignPage, ActiveCampaigns, CampaignSearch, list_active_campaigns,
};
pub use campaign::{Campaign, CampaignKind, InvalidLanguage, Language, NewCampaign};
pub use error::Error;
pub use manage::{
    CampaignChange, CampaignFilter, Closing, add_campaign, close_campaign, find_campaign, list_campaigns,
    lock_campaign, page_campaigns, update_campaign,
};
