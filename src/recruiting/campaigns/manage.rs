//! Adding, changing, closing and listing campaigns.

use serde_json::json;
use sqlx::PgConnection;

use super::campaign::{Campaign, CampaignKind, Language, NewCampaign};
use super::error::Error;
use super::store;
use crate::audit::Act;
use crate::clock::rfc3339;
use crate::ids::{CampaignId, CustomerId};
use crate::page::Page;
use crate::recruiting::reach::{OutOfReach, reach};
use crate::text::{Name, fold};

/// Adds a campaign.
pub async fn add_campaign(db: &mut PgConnection, act: &Act, new: &NewCampaign) -> Result<Campaign, Error> {
    if !act.reaches(new.customer_id) {
        return Err(Error::UnknownCustomer);
    }
    let campaign = Campaign {
        campaign_id: CampaignId::generate(act.now),
        customer_id: new.customer_id,
        kind: new.kind,
        name: new.name.clone(),
        language: new.language.clone(),
        created_at: act.now,
        closed_at: None,
    };
    store::insert_campaign(db, &campaign, &fold(campaign.name.as_str())).await?;
    let detail = json!({ "customer_id": campaign.customer_id, "kind": campaign.kind, "name": campaign.name });
    act.record(db, "added", ("campaign", &campaign.campaign_id), detail)
        .await?;
    Ok(campaign)
}

/// A campaign, open or closed.
pub async fn find_campaign(
    db: &mut PgConnection,
    act: &Act,
    campaign_id: CampaignId,
) -> Result<Campaign, Error> {
    store::find_campaign(db, campaign_id, act.customer_id)
        .await?
        .ok_or(Error::UnknownCampaign)
}

/// What is to change in a campaign; `None` leaves what is there.
#[derive(Debug, Default)]
pub struct CampaignChange {
    /// The new name.
    pub name: Option<Name>,
    /// The new language.
    pub language: Option<Language>,
}

/// Changes a campaign, open or closed.
pub async fn update_campaign(
    db: &mut PgConnection,
    act: &Act,
    campaign_id: CampaignId,
    change: &CampaignChange,
) -> Result<Campaign, Error> {
    let mut campaign = lock_campaign(db, act, campaign_id).await?;
    let name = change.name.as_ref().unwrap_or(&campaign.name).clone();
    let language = change.language.as_ref().unwrap_or(&campaign.language).clone();
    if (&name, &language) == (&campaign.name, &campaign.language) {
        return Ok(campaign);
    }
    let before = json!({ "name": campaign.name, "language": campaign.language });
    (campaign.name, campaign.language) = (name, language);
    store::update_campaign(db, &campaign, &fold(campaign.name.as_str())).await?;
    let after = json!({ "name": campaign.name, "language": campaign.language });
    let detail = json!({ "customer_id": campaign.customer_id, "before": before, "after": after });
    act.record(db, "changed", ("campaign", &campaign_id), detail)
        .await?;
    Ok(campaign)
}

/// A campaign that was asked to be closed.
#[derive(Clone, Debug)]
pub enum Closing {
    /// It was open until now.
    Closed(Campaign),
    /// It had been closed before, and nothing changed.
    AlreadyClosed(Campaign),
}

/// Closes a campaign: recruiters do not see it any more.
pub async fn close_campaign(
    db: &mut PgConnection,
    act: &Act,
    campaign_id: CampaignId,
) -> Result<Closing, Error> {
    let campaign = lock_campaign(db, act, campaign_id).await?;
    if campaign.closed_at.is_some() {
        return Ok(Closing::AlreadyClosed(campaign));
    }
    store::update_closed(db, campaign_id, act.now).await?;
    let closed = Campaign {
        closed_at: Some(act.now),
        ..campaign
    };
    let detail = json!({
        "customer_id": closed.customer_id,
        "before": { "closed_at": null },
        "after": { "closed_at": rfc3339(act.now) },
    });
    act.record(db, "closed", ("campaign", &campaign_id), detail)
        .await?;
    Ok(Closing::Closed(closed))
}

/// The campaign, locked until the end of the transaction, so that changes of one campaign take turns.
pub async fn lock_campaign(
    db: &mut PgConnection,
    act: &Act,
    campaign_id: CampaignId,
) -> Result<Campaign, Error> {
    store::lock_campaign(db, campaign_id, act.customer_id)
        .await?
        .ok_or(Error::UnknownCampaign)
}

/// All campaigns that the actor reaches, open and closed, in the order in which they were added.
pub async fn list_campaigns(db: &mut PgConnection, act: &Act) -> Result<Vec<Campaign>, Error> {
    Ok(store::list_campaigns(db, act.customer_id).await?)
}

/// Which campaigns, open and closed, are asked for.
#[derive(Debug)]
pub struct CampaignFilter {
    /// Those of one customer; `None`: of all that the actor reaches.
    pub customer_id: Option<CustomerId>,
    /// Those of one kind; `None`: of both.
    pub kind: Option<CampaignKind>,
}

/// One page of campaigns, open and closed, in the order in which they were added; and where the next page begins.
pub async fn page_campaigns(
    db: &mut PgConnection,
    act: &Act,
    filter: &CampaignFilter,
    page: &Page<CampaignId>,
) -> Result<(Vec<Campaign>, Option<CampaignId>), Error> {
    let customer_id = match reach(act, filter.customer_id) {
        Ok(customer_id) => customer_id,
        Err(OutOfReach) => return Ok((Vec::new(), None)),
    };
    let mut campaigns = store::list_campaign_page(db, customer_id, filter.kind, page).await?;
    let has_more = page.cut(&mut campaigns);
    let next = campaigns.last().filter(|_| has_more).map(|last| last.campaign_id);
    Ok((campaigns, next))
}
