//! `/admin/v1/campaigns`: what recruiters choose from.

use actix_web::web;

use super::error::Error;
use super::precondition::{Expected, created, reply, tag_of};
use super::{Call, MAX_JSON_BYTES, locate};
use crate::api::call::{read_json, read_nothing};
use crate::api::campaign_bodies::{CampaignChangeBody, CampaignsBody, NewCampaignBody};
use crate::api::idempotency::Key;
use crate::api::reply::Reply;
use crate::ids::CampaignId;
use crate::page::MAX_LIMIT;
use crate::recruiting::campaigns::{self, CampaignFilter, CampaignKind, Closing};
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
        .service(web::resource("/admin/v1/campaigns/{campaign_id}/close").post(post_close));
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
        created(&campaign, locate(&call, &path))
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
    reply(&campaign)
}

/// `PATCH /admin/v1/campaigns/{campaign_id}`: what is not named stays as it is; of the state that `If-Match` names.
async fn patch_campaign(call: Call, path: web::Path<String>, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (body, _) = read_json::<CampaignChangeBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let change = body.read()?;
    let (act, campaign_id) = (call.act(), campaign_id(&path)?);
    let expected = Expected::required(&call)?;
    let campaign = call
        .change(async |db| {
            let before = campaigns::lock_campaign(db, &act, campaign_id).await?;
            expected.check(&tag_of(&before)?)?;
            Ok::<_, Error>(campaigns::update_campaign(db, &act, campaign_id, &change).await?)
        })
        .await?;
    reply(&campaign)
}

/// `POST /admin/v1/campaigns/{campaign_id}/close`: closing a closed one is closing it once.
async fn post_close(call: Call, path: web::Path<String>, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let key = Key::of(&call, "")?;
    let digest = read_nothing(call.headers(), payload, MAX_JSON_BYTES).await?;
    let (act, campaign_id) = (call.act(), campaign_id(&path)?);
    let expected = Expected::if_sent(&call);
    key.once(&call, digest, async |db| {
        let before = campaigns::lock_campaign(db, &act, campaign_id).await?;
        expected.check(&tag_of(&before)?)?;
        let closing = campaigns::close_campaign(db, &act, campaign_id).await?;
        let (Closing::Closed(campaign) | Closing::AlreadyClosed(campaign)) = closing;
        reply(&campaign)
    })
    .await
}
