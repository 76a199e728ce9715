//! SQL of campaigns.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::campaign::{ActiveCampaign, Campaign, CampaignKind, Filter};
use super::creation_link::CreationLink;
use super::listing::Selection;
use super::manage::CampaignFilter;
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

/// The campaigns of each selection, in the same order; one more than its page's limit, to see whether there are more.
pub(super) async fn list_active_pages(
    connection: &mut PgConnection,
    selections: &[Selection],
) -> Result<Vec<Vec<ActiveCampaign>>, sqlx::Error> {
    let customers: Vec<Uuid> = selections
        .iter()
        .map(|selection| selection.customer_id.0)
        .collect();
    let kinds: Vec<&str> = selections
        .iter()
        .map(|selection| selection.kind.as_str())
        .collect();
    let begins_after: Vec<Uuid> = selections.iter().map(Selection::begins_after).collect();
    let limits: Vec<i64> = selections
        .iter()
        .map(|selection| selection.page.read_limit())
        .collect();
    let rows = sqlx::query!(
        r#"select place as "place!", listed.campaign_id as "campaign_id: CampaignId", listed.name, listed.language
           from unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[]) with ordinality
               as wanted (customer_id, kind, begins_after, row_limit, place)
           cross join lateral (
               select campaign_id, name, language from campaign
               where customer_id = wanted.customer_id and kind = wanted.kind and closed_at is null
                   and campaign_id > wanted.begins_after
               order by campaign_id limit wanted.row_limit
           ) as listed"#,
        &customers,
        &kinds as &[&str],
        &begins_after,
        &limits,
    )
    .fetch_all(connection)
    .await?;
    let mut lists: Vec<Vec<ActiveCampaign>> = selections.iter().map(|_| Vec::new()).collect();
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
    // They come sorted, but no `order by` says so: one in the statement costs more.
    for list in &mut lists {
        list.sort_unstable_by_key(|campaign| campaign.campaign_id);
    }
    Ok(lists)
}

/// One more than the page's limit, to see whether there are more.
pub(super) async fn search_active(
    connection: &mut PgConnection,
    selection: &Selection,
    filter: &Filter,
) -> Result<Vec<ActiveCampaign>, sqlx::Error> {
    sqlx::query_as!(
        ActiveCampaign,
        r#"select campaign_id as "campaign_id: CampaignId", name, language from campaign
           where customer_id = $1 and kind = $2 and closed_at is null
               and ($3::text is null or strpos(folded_name, $3) > 0)
               and ($4::text is null or lower(language) = $4 or starts_with(lower(language), $4 || '-'))
               and campaign_id > $5
           order by campaign_id limit $6"#,
        selection.customer_id.0,
        selection.kind.as_str(),
        filter.folded_keyword,
        filter.language,
        selection.begins_after(),
        selection.page.read_limit(),
    )
    .fetch_all(connection)
    .await
}

/// Sets it, or puts it in the place of another.
pub(super) async fn upsert_creation_link(
    connection: &mut PgConnection,
    customer_id: CustomerId,
    kind: CampaignKind,
    url_template: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into creation_link (customer_id, kind, url_template) values ($1, $2, $3)
         on conflict on constraint creation_link_pkey do update set url_template = excluded.url_template",
        customer_id.0,
        kind.as_str(),
        url_template,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether there was one.
pub(super) async fn delete_creation_link(
    connection: &mut PgConnection,
    customer_id: CustomerId,
    kind: CampaignKind,
) -> Result<bool, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from creation_link where customer_id = $1 and kind = $2",
        customer_id.0,
        kind.as_str(),
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected() == 1)
}

pub(super) async fn find_creation_link(
    connection: &mut PgConnection,
    customer_id: CustomerId,
    kind: CampaignKind,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "select url_template from creation_link where customer_id = $1 and kind = $2",
        customer_id.0,
        kind.as_str(),
    )
    .fetch_optional(connection)
    .await
}

pub(super) async fn list_creation_links(
    connection: &mut PgConnection,
    customer_id: CustomerId,
) -> Result<Vec<CreationLink>, sqlx::Error> {
    sqlx::query_as!(
        CreationLink,
        "select kind, url_template from creation_link where customer_id = $1 order by kind desc",
        customer_id.0,
    )
    .fetch_all(connection)
    .await
}

/// The campaign, locked until the end of the transaction.
pub(super) async fn lock_campaign(
    connection: &mut PgConnection,
    campaign_id: CampaignId,
    customer_id: Option<CustomerId>,
) -> Result<Option<Campaign>, sqlx::Error> {
    sqlx::query_as!(
        Campaign,
        r#"select campaign_id as "campaign_id: CampaignId", customer_id as "customer_id: CustomerId", kind, name,
               language, created_at, closed_at
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
        campaign.name,
        folded_name,
        campaign.language,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// One more than the page's limit, to see whether there are more.
pub(super) async fn list_campaign_page(
    connection: &mut PgConnection,
    filter: &CampaignFilter,
    page: &Page<CampaignId>,
) -> Result<Vec<Campaign>, sqlx::Error> {
    sqlx::query_as!(
        Campaign,
        r#"select campaign_id as "campaign_id: CampaignId", customer_id as "customer_id: CustomerId", kind, name,
               language, created_at, closed_at
           from campaign
           where ($1::uuid is null or customer_id = $1) and ($2::text is null or kind = $2)
               and ($3::uuid is null or campaign_id > $3)
           order by campaign_id limit $4"#,
        filter.customer_id.map(|id| id.0),
        filter.kind.map(CampaignKind::as_str),
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
        r#"select campaign_id as "campaign_id: CampaignId", customer_id as "customer_id: CustomerId", kind, name,
               language, created_at, closed_at
           from campaign where campaign_id = $1 and ($2::uuid is null or customer_id = $2)"#,
        campaign_id.0,
        customer_id.map(|id| id.0),
    )
    .fetch_optional(connection)
    .await
}
