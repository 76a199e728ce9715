//! `/admin/v1/campaigns` and the creation links of customers: what recruiters choose from, and where they make more.

use actix_web::web;
use serde::Deserialize;
use serde_json::json;

use super::error::Error;
use super::{Call, MAX_JSON_BYTES, locate};
use crate::api::call::{read_json, read_nothing};
use crate::api::campaign_bodies::{CampaignChangeBody, CampaignsBody, NewCampaignBody};
use crate::api::idempotency::Key;
use crate::api::reply::Reply;
use crate::clients;
use crate::ids::{CampaignId, CustomerId};
use crate::page::MAX_LIMIT;
use crate::recruiting::campaigns::{self, CampaignFilter, CampaignKind, Closing};
use crate::recruiting::creation_links::{self, UrlTemplate};
use crate::wire::query::Query;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/admin/v1/campaigns")
                .get(get_campaigns)
                .head(get_campaigns)
                .post(post_campaign),
        )
        .service(
            web::resource("/admin/v1/campaigns/{campaign_id}")
                .get(get_campaign)
                .head(get_campaign)
                .patch(patch_campaign),
        )
        .service(web::resource("/admin/v1/campaigns/{campaign_id}/close").post(post_close))
        .service(
            web::resource("/admin/v1/customers/{customer_id}/creation-links")
                .get(get_creation_links)
                .head(get_creation_links),
        )
        .service(
            web::resource("/admin/v1/customers/{customer_id}/creation-links/{kind}")
                .put(put_creation_link)
                .delete(delete_creation_link),
        );
}

/// `GET /admin/v1/campaigns`: open and closed, in the order in which they were added.
async fn get_campaigns(call: Call) -> Result<Reply, Error> {
    let query = Query::parse(call.query(), &["customer_id", "kind", "limit", "cursor"])?;
    let page = query.page(MAX_LIMIT)?;
    let filter = CampaignFilter {
        kind: query.get("kind").map(kind).transpose()?,
        customer_id: query.id("customer_id")?,
    };
    let act = call.act();
    let (campaigns, next_cursor) = call
        .read(async |db| campaigns::page_campaigns(db, &act, &filter, &page).await)
        .await?;
    Reply::ok(&CampaignsBody {
        campaigns,
        next_cursor,
    })
}

fn kind(text: &str) -> Result<CampaignKind, Error> {
    text.parse()
        .map_err(|_| Error::InvalidParameter("kind must be video or assessment"))
}

/// `POST /admin/v1/campaigns`.
async fn post_campaign(call: Call, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let key = Key::of(&call, "application/json")?;
    let (body, digest) = read_json::<NewCampaignBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let (act, new) = (call.act(), body.read()?);
    key.once(&call, digest, async |db| {
        let campaign = campaigns::add_campaign(db, &act, &new).await?;
        let path = format!("/admin/v1/campaigns/{}", campaign.campaign_id);
        Reply::created(&campaign, locate(&call, &path))
    })
    .await
}

fn campaign_id(path: &str) -> Result<CampaignId, Error> {
    path.parse().map_err(|_| Error::UnknownPath("campaign"))
}

/// `GET /admin/v1/campaigns/{campaign_id}`.
async fn get_campaign(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (act, campaign_id) = (call.act(), campaign_id(&path)?);
    let campaign = call
        .read(async |db| campaigns::find_campaign(db, &act, campaign_id).await)
        .await?;
    Reply::ok(&campaign)
}

/// `PATCH /admin/v1/campaigns/{campaign_id}`: what is not named stays as it is.
async fn patch_campaign(call: Call, path: web::Path<String>, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (body, _) = read_json::<CampaignChangeBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let change = body.read()?;
    let (act, campaign_id) = (call.act(), campaign_id(&path)?);
    let campaign = call
        .change(async |db| campaigns::update_campaign(db, &act, campaign_id, &change).await)
        .await?;
    Reply::ok(&campaign)
}

/// `POST /admin/v1/campaigns/{campaign_id}/close`: closing a closed one is closing it once.
async fn post_close(call: Call, path: web::Path<String>, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let key = Key::of(&call, "")?;
    let digest = read_nothing(call.headers(), payload, MAX_JSON_BYTES).await?;
    let (act, campaign_id) = (call.act(), campaign_id(&path)?);
    key.once(&call, digest, async |db| {
        let closing = campaigns::close_campaign(db, &act, campaign_id).await?;
        let (Closing::Closed(campaign) | Closing::AlreadyClosed(campaign)) = closing;
        Reply::ok(&campaign)
    })
    .await
}

fn customer_id(path: &str) -> Result<CustomerId, Error> {
    path.parse().map_err(|_| Error::UnknownPath("customer"))
}

/// `GET /admin/v1/customers/{customer_id}/creation-links`.
async fn get_creation_links(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let customer_id = customer_id(&path)?;
    let links = call
        .read(async |db| {
            clients::find_customer_by_id(db, customer_id).await?;
            Ok::<_, Error>(creation_links::list_creation_links(db, customer_id).await?)
        })
        .await?;
    let links: Vec<_> = links
        .iter()
        .map(|link| json!({ "kind": link.kind, "url_template": link.url_template.as_str() }))
        .collect();
    Reply::ok(&json!({ "creation_links": links }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreationLinkBody {
    url_template: String,
}

/// `PUT /admin/v1/customers/{customer_id}/creation-links/{kind}`.
async fn put_creation_link(
    call: Call,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (body, _) = read_json::<CreationLinkBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let template = body.url_template.parse::<UrlTemplate>()?;
    set_creation_link(&call, &path, Some(&template)).await
}

/// `DELETE /admin/v1/customers/{customer_id}/creation-links/{kind}`: one that is not there is gone already.
async fn delete_creation_link(call: Call, path: web::Path<(String, String)>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    set_creation_link(&call, &path, None).await
}

async fn set_creation_link(
    call: &Call,
    path: &(String, String),
    template: Option<&UrlTemplate>,
) -> Result<Reply, Error> {
    let (customer_id, kind) = (
        customer_id(&path.0)?,
        path.1.parse().map_err(|_| Error::UnknownPath("kind"))?,
    );
    let act = call.act();
    call.change(async |db| {
        clients::find_customer_by_id(db, customer_id).await?;
        Ok::<_, Error>(creation_links::set_creation_link(db, &act, customer_id, kind, template).await?)
    })
    .await?;
    let template = template.map(UrlTemplate::as_str);
    Reply::ok(&json!({ "kind": kind, "url_template": template }))
}
