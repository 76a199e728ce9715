//! SQL of campaigns.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::active::{ActiveCampaign, ActiveCampaigns, CampaignSearch};
use super::campaign::{Campaign, CampaignKind};
use crate::ids::{CampaignId, CustomerId};
use crate::page::Page;

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
        campaign.kind.as_str(),
        campaign.name.as_str(),
        folded_name,
        campaign.language.as_str(),
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
        r#"select campaign_id, customer_id, kind, name, language, created_at, closed_at
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

/// The page of active campaigns for each of `asked`, in the same order. Each has up to one row more than its limit, which tells
/// whether there is a next page.
///
/// The order begins with the customer, and the customer is compared as a part of rows: otherwise the primary key has the order
/// too, and in a table of some hundred campaigns the planner reads those of all customers by it and keeps a few.
pub(super) async fn list_active_pages(
    connection: &mut PgConnection,
    asked: &[ActiveCampaigns],
) -> Result<Vec<Vec<ActiveCampaign>>, sqlx::Error> {
    let customers: Vec<Uuid> = asked.iter().map(|asked| asked.customer_id.0).collect();
    let kinds: Vec<&str> = asked.iter().map(|asked| asked.kind.as_str()).collect();
    let begins_after: Vec<Uuid> = asked.iter().map(ActiveCampaigns::begins_after).collect();
    let limits: Vec<i64> = asked.iter().map(|asked| asked.page.read_limit()).collect();
    let rows = sqlx::query!(
        r#"select place as "place!", listed.campaign_id, listed.name, listed.language
           from unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[]) with ordinality
               as wanted (customer_id, kind, begins_after, row_limit, place)
           cross join lateral (
               select campaign_id, name, language from campaign
               where (customer_id, kind, campaign_id) > (wanted.customer_id, wanted.kind, wanted.begins_after)
                   and (customer_id, kind) <= (wanted.customer_id, wanted.kind) and closed_at is null
               order by customer_id, kind, campaign_id limit wanted.row_limit
           ) as listed"#,
        &customers,
        &kinds as &[&str],
        &begins_after,
        &limits,
    )
    .fetch_all(connection)
    .await?;
    let mut lists: Vec<Vec<ActiveCampaign>> = asked.iter().map(|_| Vec::new()).collect();
    for row in rows {
        let index = usize::try_from(row.place - 1).ok();
        if let Some(list) = index.and_then(|index| lists.get_mut(index)) {
            list.push(ActiveCampaign {
                campaign_id: row.campaign_id,
                name: row.name,
                language: row.language,
            });
        }
    }
    // The rows usually come sorted, which PostgreSQL does not promise. Sorting them here costs less than an `order by`.
    for list in &mut lists {
        list.sort_unstable_by_key(|campaign| campaign.campaign_id);
    }
    Ok(lists)
}

/// A page of the active campaigns that match. It has up to one row more than the limit, which tells whether there is a next
/// page.
pub(super) async fn search_active(
    connection: &mut PgConnection,
    asked: &ActiveCampaigns,
    search: &CampaignSearch,
) -> Result<Vec<ActiveCampaign>, sqlx::Error> {
    sqlx::query_as!(
        ActiveCampaign,
        r#"select campaign_id, name, language from campaign
           where (customer_id, kind, campaign_id) > ($1, $2, $5) and (customer_id, kind) <= ($1, $2)
               and closed_at is null
               and ($3::text is null or strpos(folded_name, $3) > 0)
               and ($4::text is null or lower(language) = $4 or starts_with(lower(language), $4 || '-'))
           order by customer_id, kind, campaign_id limit $6"#,
        asked.customer_id.0,
        asked.kind.as_str(),
        search.folded_keyword,
        search.language,
        asked.begins_after(),
        asked.page.read_limit(),
    )
    .fetch_all(connection)
    .await
}

/// Returns the campaign, and locks its row until the transaction ends.
pub(super) async fn lock_campaign(
    connection: &mut PgConnection,
    campaign_id: CampaignId,
    customer_id: Option<CustomerId>,
) -> Result<Option<Campaign>, sqlx::Error> {
    sqlx::query_as!(
        Campaign,
        r#"select campaign_id, customer_id, kind, name, language, created_at, closed_at
           from campaign where campaign_id = $1 and ($2::uuid is null or customer_id = $2) for no key update"#,
        campaign_id.0,
        customer_id.map(|id| id.0),
    )
    .fetch_optional(connection)
    .await
}

pub(super) async fn update_campaign(
    connection: &mut PgConnection,
    campaign: &Campaign,
    folded_name: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update campaign set name = $2, folded_name = $3, language = $4 where campaign_id = $1",
        campaign.campaign_id.0,
        campaign.name.as_str(),
        folded_name,
        campaign.language.as_str(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A page of campaigns. It has up to one row more than the limit, which tells whether there is a next page.
pub(super) async fn list_campaign_page(
    connection: &mut PgConnection,
    customer_id: Option<CustomerId>,
    kind: Option<CampaignKind>,
    page: &Page<CampaignId>,
) -> Result<Vec<Campaign>, sqlx::Error> {
    sqlx::query_as!(
        Campaign,
        r#"select campaign_id, customer_id, kind, name, language, created_at, closed_at
           from campaign
           where ($1::uuid is null or customer_id = $1) and ($2::text is null or kind = $2)
               and ($3::uuid is null or campaign_id > $3)
           order by campaign_id limit $4"#,
        customer_id.map(|id| id.0),
        kind.map(CampaignKind::as_str),
        page.after.map(|id| id.0),
        page.read_limit(),
    )
    .fetch_all(connection)
    .await
}

pub(super) async fn find_campaign(
    connection: &mut PgConnection,
    campaign_id: CampaignId,
    customer_id: Option<CustomerId>,
) -> Result<Option<Campaign>, sqlx::Error> {
    sqlx::query_as!(
        Campaign,
        r#"select campaign_id, customer_id, kind, name, language, created_at, closed_at
           from campaign where campaign_id = $1 and ($2::uuid is null or customer_id = $2)"#,
        campaign_id.0,
        customer_id.map(|id| id.0),
    )
    .fetch_optional(connection)
    .await
}
