//! The list of active campaigns, as recruiters are shown it.

use bytes::Bytes;
use sqlx::PgConnection;
use uuid::Uuid;

use super::campaign::{ActiveCampaign, CampaignKind, Filter};
use super::store;
use crate::db::{BatchLoader, BatchQuery, Db};
use crate::error::Failure;
use crate::ids::{CampaignId, CustomerId};
use crate::page::Page;

/// Whose list is asked for, and which part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Selection {
    /// Whose campaigns.
    pub customer_id: CustomerId,
    /// Which of them.
    pub kind: CampaignKind,
    /// Which part of the list.
    pub page: Page<CampaignId>,
}

impl Selection {
    /// The campaign that the page begins after: with none, one that is before all.
    pub(super) fn begins_after(&self) -> Uuid {
        self.page.after.map_or(Uuid::nil(), |id| id.0)
    }

    /// Of campaigns that were read for it, one more than the page has if there are more.
    fn listing(&self, mut campaigns: Vec<ActiveCampaign>) -> Result<Listing, Failure> {
        let has_more = self.page.cut(&mut campaigns);
        let last = campaigns.last().map(|campaign| campaign.campaign_id);
        Ok(Listing {
            json: serde_json::to_vec(&campaigns).map_err(Failure::internal)?.into(),
            continues_after: last.filter(|_| has_more),
        })
    }
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
///
/// Lists without a filter are read together, whosever they are: an index finds the rows of each page and no others, so none
/// makes the others wait, and where one fails it is the database that fails. A filter may have to look at all campaigns of a
/// customer before a page is full, so a search is a statement of its own, shared by those only who want the same.
pub struct Listings {
    pages: BatchLoader<Pages>,
    searches: BatchLoader<Searches>,
}

impl Default for Listings {
    fn default() -> Self {
        Self {
            pages: BatchLoader::new(Pages),
            searches: BatchLoader::new(Searches),
        }
    }
}

/// The list as it is now. Those who wait for the same one share it.
pub async fn list_active_campaigns(
    db: &Db,
    listings: &Listings,
    selection: Selection,
    filter: Filter,
) -> Result<Listing, Failure> {
    if filter == Filter::default() {
        listings.pages.load(db, selection).await
    } else {
        listings.searches.load(db, (selection, filter)).await
    }
}

/// Lists without a filter.
struct Pages;

impl BatchQuery for Pages {
    type Key = Selection;
    type Value = Listing;

    /// Twice as many cost no less each, and their rows and JSON would keep the thread from other requests for longer.
    const MAX_BATCH: usize = 16;
    /// What comes meanwhile shares the next: with a second one under way each list was dearer, and some came much later.
    const MAX_CONCURRENT: usize = 1;

    async fn load(&self, connection: &mut PgConnection, keys: &[Selection]) -> Result<Vec<Listing>, Failure> {
        let lists = store::list_active_pages(connection, keys).await?;
        let listing = |(selection, campaigns): (&Selection, _)| selection.listing(campaigns);
        keys.iter().zip(lists).map(listing).collect()
    }
}

/// Lists with a filter.
struct Searches;

impl BatchQuery for Searches {
    type Key = (Selection, Filter);
    type Value = Listing;

    const MAX_BATCH: usize = 1;
    /// Searches may take long, and leave the thread's other connections to everybody else.
    const MAX_CONCURRENT: usize = 2;

    async fn load(
        &self,
        connection: &mut PgConnection,
        keys: &[(Selection, Filter)],
    ) -> Result<Vec<Listing>, Failure> {
        let mut listings = Vec::new();
        for (selection, filter) in keys {
            let campaigns = store::search_active(connection, selection, filter).await?;
            listings.push(selection.listing(campaigns)?);
        }
        Ok(listings)
    }
}
