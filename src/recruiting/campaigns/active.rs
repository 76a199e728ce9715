//! The list of active campaigns, as recruiters are shown it.

use bytes::Bytes;
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::campaign::{CampaignKind, Language};
use super::error::Error;
use super::store;
use crate::db::{BatchLoader, BatchQuery, Db};
use crate::error::Failure;
use crate::ids::{CampaignId, CustomerId};
use crate::page::Page;
use crate::text::{Name, fold};

/// Longest keyword, in characters.
const MAX_KEYWORD_CHARS: usize = 200;

/// An open campaign as Talentsoft sees it (contract s4).
#[derive(Clone, Debug, Serialize)]
pub(super) struct ActiveCampaign {
    pub campaign_id: CampaignId,
    pub name: Name,
    pub language: Language,
}

/// What a search looks for; the default finds all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CampaignSearch {
    /// Text in the name, without case and accents.
    pub folded_keyword: Option<String>,
    /// A language or a range of them: `fr` finds `fr-FR` (RFC 4647 s3.3.1). In lower case.
    pub language: Option<String>,
}

impl CampaignSearch {
    /// Looks for a keyword of at most 200 characters, in a language; a blank keyword finds all.
    pub fn new(keyword: Option<&str>, language: Option<&Language>) -> Result<Self, Error> {
        let keyword = keyword.map(str::trim).filter(|keyword| !keyword.is_empty());
        // PostgreSQL takes no text with a NUL, not even to compare with it.
        let is_invalid =
            |keyword: &str| keyword.chars().count() > MAX_KEYWORD_CHARS || keyword.contains('\0');
        if keyword.is_some_and(is_invalid) {
            return Err(Error::InvalidKeyword);
        }
        Ok(Self {
            folded_keyword: keyword.map(fold),
            language: language.map(|language| language.as_str().to_ascii_lowercase()),
        })
    }
}

/// Whose active campaigns are asked for, and which page of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ActiveCampaigns {
    /// The customer whose recruiters ask.
    pub customer_id: CustomerId,
    /// The kind of campaigns.
    pub kind: CampaignKind,
    /// The page.
    pub page: Page<CampaignId>,
}

impl ActiveCampaigns {
    /// The campaign that the page begins after: with none, one that is before all.
    pub(super) fn begins_after(&self) -> Uuid {
        self.page.after.map_or(Uuid::nil(), |id| id.0)
    }

    /// The page of the campaigns that were read for it, which are one more than the page has if there are more.
    fn page_of(&self, mut campaigns: Vec<ActiveCampaign>) -> Result<ActiveCampaignPage, Failure> {
        let has_more = self.page.cut(&mut campaigns);
        let last = campaigns.last().map(|campaign| campaign.campaign_id);
        Ok(ActiveCampaignPage {
            json: serde_json::to_vec(&campaigns).map_err(Failure::internal)?.into(),
            continues_after: last.filter(|_| has_more),
        })
    }
}

/// One page of a customer's active campaigns in the order in which they were added; cheap to clone.
#[derive(Clone, Debug)]
pub struct ActiveCampaignPage {
    /// The campaigns as a JSON array.
    pub json: Bytes,
    /// The last campaign of the page, where more follow.
    pub continues_after: Option<CampaignId>,
}

/// Reads the pages of active campaigns that are waited for.
///
/// Pages without a search are read together, whosever they are: an index finds the rows of each page and no others, so none
/// makes the others wait, and where one fails it is the database that fails. A search may have to look at all campaigns of a
/// customer before a page is full, so it is a statement of its own, shared by those only who want the same.
pub struct ActiveCampaignLoader {
    pages: BatchLoader<PageQuery>,
    searches: BatchLoader<SearchQuery>,
}

impl Default for ActiveCampaignLoader {
    fn default() -> Self {
        Self {
            pages: BatchLoader::new(PageQuery),
            searches: BatchLoader::new(SearchQuery),
        }
    }
}

/// The page as it is now. Those who wait for the same one share it.
///
/// It takes the database and not a connection: the loader takes one for all who wait together.
pub async fn list_active_campaigns(
    db: &Db,
    loader: &ActiveCampaignLoader,
    asked: ActiveCampaigns,
    search: CampaignSearch,
) -> Result<ActiveCampaignPage, Failure> {
    if search == CampaignSearch::default() {
        loader.pages.load(db, asked).await
    } else {
        loader.searches.load(db, (asked, search)).await
    }
}

/// Reads pages without a search.
struct PageQuery;

impl BatchQuery for PageQuery {
    type Key = ActiveCampaigns;
    type Value = ActiveCampaignPage;

    /// Twice as many cost no less each, and their rows and JSON would keep the thread from other requests for longer.
    const MAX_BATCH: usize = 16;
    /// What comes meanwhile shares the next: with a second one under way each list was dearer, and some came much later.
    const MAX_CONCURRENT: usize = 1;
    const FROM_STANDBY: bool = true;

    async fn load(
        &self,
        connection: &mut PgConnection,
        keys: &[ActiveCampaigns],
    ) -> Result<Vec<ActiveCampaignPage>, Failure> {
        let lists = store::list_active_pages(connection, keys).await?;
        let page = |(asked, campaigns): (&ActiveCampaigns, _)| asked.page_of(campaigns);
        keys.iter().zip(lists).map(page).collect()
    }
}

/// Reads pages with a search.
struct SearchQuery;

impl BatchQuery for SearchQuery {
    type Key = (ActiveCampaigns, CampaignSearch);
    type Value = ActiveCampaignPage;

    const MAX_BATCH: usize = 1;
    /// Searches may take long, and leave the thread's other connections to everybody else.
    const MAX_CONCURRENT: usize = 2;
    const FROM_STANDBY: bool = true;

    async fn load(
        &self,
        connection: &mut PgConnection,
        keys: &[(ActiveCampaigns, CampaignSearch)],
    ) -> Result<Vec<ActiveCampaignPage>, Failure> {
        let mut pages = Vec::new();
        for (asked, search) in keys {
            let campaigns = store::search_active(connection, asked, search).await?;
            pages.push(asked.page_of(campaigns)?);
        }
        Ok(pages)
    }
}
