//! Campaigns as a body describes them: admins and the platform send the same.

use serde::{Deserialize, Serialize};

use crate::ids::{CampaignId, CustomerId};
use crate::recruiting::campaigns::{Campaign, CampaignChange, CampaignKind, Error, NewCampaign};

/// A page of campaigns.
#[derive(Serialize)]
pub struct CampaignsBody {
    /// The campaigns of the page.
    pub campaigns: Vec<Campaign>,
    /// Where the next page begins.
    pub next_cursor: Option<CampaignId>,
}

/// A campaign to add.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCampaignBody {
    customer_id: CustomerId,
    kind: CampaignKind,
    name: String,
    language: String,
}

impl NewCampaignBody {
    /// The campaign, if it can be one.
    pub fn read(&self) -> Result<NewCampaign, Error> {
        Ok(NewCampaign {
            customer_id: self.customer_id,
            kind: self.kind,
            name: self.name.parse()?,
            language: self.language.parse()?,
        })
    }
}

/// A change of a campaign: what is not named stays as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignChangeBody {
    name: Option<String>,
    language: Option<String>,
}

impl CampaignChangeBody {
    /// The change, if a campaign can be so.
    pub fn read(&self) -> Result<CampaignChange, Error> {
        Ok(CampaignChange {
            name: self.name.as_deref().map(str::parse).transpose()?,
            language: self.language.as_deref().map(str::parse).transpose()?,
        })
    }
}
