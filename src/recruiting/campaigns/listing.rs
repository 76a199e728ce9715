//! The list of active campaigns, as recruiters are shown it.

use bytes::Bytes;

use super::campaign::{CampaignKind, Filter};
use super::store;
use crate::db::{Db, JointReads};
use crate::error::Fault;
use crate::ids::{CampaignId, CustomerId};
use crate::recruiting::page::Page;

/// Which list is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Selection {
    /// Whose campaigns.
    pub customer_id: CustomerId,
    /// Which of them.
    pub kind: CampaignKind,
    /// Which of those.
    pub filter: Filter,
    /// Which part of the list.
    pub page: Page<CampaignId>,
}

/// One page of a customer's active campaigns in the order they were added; cheap to clone.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The campaigns as a JSON array.
    pub json: Bytes,
    /// The last campaign of the page, where more follow.
    pub continues_after: Option<CampaignId>,
}

/// The lists that are waited for.
pub type Listings = JointReads<Selection, Listing, Fault>;

/// The list as it is now. Those who wait for the same one share it.
pub async fn list_active_campaigns(
    db: &Db,
    listings: &Listings,
    selection: Selection,
) -> Result<Listing, Fault> {
    let wanted = selection.clone();
    listings
        .read(db, wanted, async |connection| {
            let mut campaigns = store::list_active(connection, &selection).await?;
            let has_more = selection.page.cut(&mut campaigns);
            let last = campaigns.last().map(|campaign| campaign.campaign_id);
            Ok(Listing {
                json: serde_json::to_vec(&campaigns).map_err(Fault::internal)?.into(),
                continues_after: last.filter(|_| has_more),
            })
        })
        .await
}
