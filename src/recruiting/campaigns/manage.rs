//! Adding, changing and closing campaigns.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;

use super::campaign::{Campaign, CampaignKind, NewCampaign, parse_language};
use super::fold::fold;
use super::store;
use crate::audit::Act;
use crate::audit::Actor;
use crate::db::Db;
use crate::ids::{CampaignId, CustomerId};
use crate::page::Page;
use crate::recruiting::error::Error;
use crate::text;

/// Adds a campaign.
pub async fn add_campaign(
    db: &Db,
    new: &NewCampaign,
    now: DateTime<Utc>,
    actor: &Actor,
) -> Result<Campaign, Error> {
    let acting = Act {
        actor: actor.clone(),
        customer_id: None,
        now,
    };
    db.transaction(async |transaction| insert_campaign(transaction, &acting, new).await)
        .await
}

/// Adds a campaign in a transaction of the caller's.
pub async fn insert_campaign(
    connection: &mut PgConnection,
    acting: &Act,
    new: &NewCampaign,
) -> Result<Campaign, Error> {
    if acting.customer_id.is_some_and(|own| own != new.customer_id) {
        return Err(Error::UnknownCustomer);
    }
    let campaign = Campaign {
        campaign_id: CampaignId::generate(acting.now),
        customer_id: new.customer_id,
        kind: new.kind.as_str().to_owned(),
        name: text::name(&new.name).ok_or(Error::InvalidName)?,
        language: parse_language(&new.language)?.to_owned(),
        created_at: acting.now,
        closed_at: None,
    };
    store::insert_campaign(connection, &campaign, &fold(&campaign.name)).await?;
    let detail = json!({ "customer_id": campaign.customer_id, "kind": campaign.kind, "name": campaign.name });
    acting
        .record(connection, "added", ("campaign", &campaign.campaign_id), detail)
        .await?;
    Ok(campaign)
}

/// The campaign, open or closed.
pub async fn find_campaign(db: &Db, acting: &Act, campaign_id: CampaignId) -> Result<Campaign, Error> {
    db.run(async |connection| {
        Ok::<_, Error>(store::find_campaign(connection, campaign_id, acting.customer_id).await?)
    })
    .await?
    .ok_or(Error::NoSuchCampaign)
}

/// What is to be another in a campaign.
#[derive(Debug, Default)]
pub struct CampaignChange {
    /// 1 to 200 characters.
    pub name: Option<String>,
    /// A BCP 47 tag.
    pub language: Option<String>,
}

/// Changes a campaign, open or closed.
pub async fn update_campaign(
    connection: &mut PgConnection,
    acting: &Act,
    campaign_id: CampaignId,
    change: &CampaignChange,
) -> Result<Campaign, Error> {
    let mut campaign = store::lock_campaign(connection, campaign_id, acting.customer_id)
        .await?
        .ok_or(Error::NoSuchCampaign)?;
    let name = match &change.name {
        Some(name) => text::name(name).ok_or(Error::InvalidName)?,
        None => campaign.name.clone(),
    };
    let language = match &change.language {
        Some(language) => parse_language(language)?.to_owned(),
        None => campaign.language.clone(),
    };
    if (&name, &language) == (&campaign.name, &campaign.language) {
        return Ok(campaign);
    }
    (campaign.name, campaign.language) = (name, language);
    store::update_campaign(connection, &campaign, &fold(&campaign.name)).await?;
    let detail =
        json!({ "customer_id": campaign.customer_id, "name": campaign.name, "language": campaign.language });
    acting
        .record(connection, "changed", ("campaign", &campaign_id), detail)
        .await?;
    Ok(campaign)
}

/// Closes a campaign that is open: recruiters do not see it any more.
pub async fn close_campaign(
    db: &Db,
    campaign_id: CampaignId,
    now: DateTime<Utc>,
    actor: &Actor,
) -> Result<(), Error> {
    let acting = Act {
        actor: actor.clone(),
        customer_id: None,
        now,
    };
    db.transaction(async |transaction| {
        let campaign = store::lock_campaign(transaction, campaign_id, None).await?;
        match campaign {
            Some(campaign) if campaign.closed_at.is_none() => close(transaction, &acting, campaign).await,
            _ => Err(Error::UnknownCampaign(campaign_id)),
        }
    })
    .await?;
    Ok(())
}

/// Closes a campaign in a transaction of the caller's; one that is closed stays as it is.
pub async fn ensure_closed(
    connection: &mut PgConnection,
    acting: &Act,
    campaign_id: CampaignId,
) -> Result<Campaign, Error> {
    let campaign = store::lock_campaign(connection, campaign_id, acting.customer_id)
        .await?
        .ok_or(Error::NoSuchCampaign)?;
    if campaign.closed_at.is_some() {
        return Ok(campaign);
    }
    close(connection, acting, campaign).await
}

async fn close(connection: &mut PgConnection, acting: &Act, campaign: Campaign) -> Result<Campaign, Error> {
    let campaign_id = campaign.campaign_id;
    store::update_closed(connection, campaign_id, acting.now).await?;
    acting
        .record(connection, "closed", ("campaign", &campaign_id), json!({}))
        .await?;
    Ok(Campaign {
        closed_at: Some(acting.now),
        ..campaign
    })
}

/// Which campaigns, open and closed, are asked for.
#[derive(Debug)]
pub struct CampaignFilter {
    /// Of this customer; none: of all.
    pub customer_id: Option<CustomerId>,
    /// Of this kind; none: of both.
    pub kind: Option<CampaignKind>,
}

/// One page of campaigns, open and closed, in the order in which they were added; and where the next page begins.
pub async fn page_campaigns(
    db: &Db,
    filter: &CampaignFilter,
    page: &Page<CampaignId>,
) -> Result<(Vec<Campaign>, Option<CampaignId>), Error> {
    let mut campaigns = db
        .run(async |connection| Ok::<_, Error>(store::list_campaign_page(connection, filter, page).await?))
        .await?;
    let has_more = page.cut(&mut campaigns);
    let next = campaigns.last().filter(|_| has_more).map(|last| last.campaign_id);
    Ok((campaigns, next))
}
