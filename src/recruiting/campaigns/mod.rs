//! Campaigns: what recruiters choose from when they invite candidates (contract s4, s5).

mod campaign;
mod creation_link;
mod fold;
mod listing;
mod manage;
mod store;

pub use campaign::{Campaign, CampaignKind, Filter, NewCampaign, list_campaigns};
pub use creation_link::{
    CreationLink, UrlTemplate, find_creation_link, list_creation_links, set_creation_link,
};
pub use listing::{Listing, Listings, Selection, list_active_campaigns};
pub use manage::{
    CampaignChange, CampaignFilter, add_campaign, close_campaign, ensure_closed, find_campaign,
    insert_campaign, page_campaigns, update_campaign,
};
