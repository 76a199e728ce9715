//! SQL of campaigns.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::campaign::{ActiveCampaign, Campaign};
use super::listing::Selection;
use crate::ids::{CampaignId, CustomerId};

pub(super) async fn insert_campaign(
    connection: &mut PgConnection,
    campaign: &Campaign,
    folded_name: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into campaign (campaign_id, customer_id, kind, name, folded_name, language, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        campaign.campaign_id.0,
        campaign.customer_id.0,
        campaign.kind,
        campaign.name,
        folded_name,
        campaign.language,
        campaign.created_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn list_campaigns(
    connection: &mut PgConnection,
    customer_id: Option<CustomerId>,
) -> Result<Vec<Campaign>, sqlx::Error> {
    sqlx::query_as!(
        Campaign,
        r#"select campaign_id as "campaign_id: CampaignId", customer_id as "customer_id: CustomerId", kind, name,
               language, created_at, closed_at
           from campaign where $1::uuid is null or customer_id = $1 order by campaign_id"#,
        customer_id.map(|id| id.0),
    )
    .fetch_all(connection)
    .await
}

pub(super) async fn update_closed(
    connection: &mut PgConnection,
    campaign_id: CampaignId,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query!(
        "update campaign set closed_at = $2 where campaign_id = $1 and closed_at is null",
        campaign_id.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// One more than the page's limit, to see whether there are more.
pub(super) async fn list_active(
    connection: &mut PgConnection,
    selection: &Selection,
) -> Result<Vec<ActiveCampaign>, sqlx::Error> {
    sqlx::query_as!(
        ActiveCampaign,
        r#"select campaign_id as "campaign_id: CampaignId", name, language from campaign
           where customer_id = $1 and kind = $2 and closed_at is null
               and ($3::text is null or strpos(folded_name, $3) > 0)
               and ($4::text is null or lower(language) = $4 or starts_with(lower(language), $4 || '-'))
               and ($5::uuid is null or campaign_id > $5)
           order by campaign_id limit $6"#,
        selection.customer_id.0,
        selection.kind.as_str(),
        selection.filter.folded_keyword,
        selection.filter.language,
        selection.page.after.map(|id| id.0),
        selection.page.limit + 1,
    )
    .fetch_all(connection)
    .await
}
