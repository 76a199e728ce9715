//! `/platform/v1/campaigns`: what recruiters choose from, fed in by the platform.

use super::error::Error;
use super::{Call, MAX_JSON_BYTES};
use crate::api::call::{read_json, read_nothing};
use crate::api::campaign_bodies::{CampaignChangeBody, CampaignsBody, NewCampaignBody};
use crate::api::idempotency::Key;
use crate::api::reply::Reply;
use crate::ids::CampaignId;
use crate::page::MAX_LIMIT;
use crate::recruiting::campaigns::{self, CampaignFilter, CampaignKind, Closing};
use crate::wire::query::Query;
use actix_web::web;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/platform/v1/campaigns")
                .get(get_campaigns)
                .head(get_campaigns)
                .post(post_campaign),
        )
        .service(
            web::resource("/platform/v1/campaigns/{campaign_id}")
                .get(get_campaign)
                .head(get_campaign)
                .patch(patch_campaign),
        )
        .service(web::resource("/platform/v1/campaigns/{campaign_id}/close").post(post_close));
}

/// `GET /platform/v1/campaigns`: open and closed, in the order in which they were added.
async fn get_campaigns(call: Call) -> Result<Reply, Error> {
    let names = ["customer_id", "kind", "limit", "cursor"];
    let query = Query::parse(call.query(), &names)?;
    let page = query.page(MAX_LIMIT)?;
    let filter = CampaignFilter {
        kind: query.get("kind").map(parse_kind).transpose()?,
        customer_id: query.id("customer_id")?,
    };
    let act = call.act();
    let (campaigns, next_cursor) = call
        .read_from_standby(async |db| campaigns::page_campaigns(db, &act, &filter, &page).await)
        .await?;
    Reply::ok(&CampaignsBody {
        campaigns,
        next_cursor,
    })
}

fn parse_kind(text: &str) -> Result<CampaignKind, Error> {
    text.parse()
        .map_err(|_| Error::InvalidParameter("kind must be video or assessment"))
}

/// `POST /platform/v1/campaigns`.
async fn post_campaign(call: Call, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let key = Key::of(&call, "application/json")?;
    let (body, digest) = read_json::<NewCampaignBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let act = call.act();
    key.once(&call, digest, async |db| {
        let campaign = campaigns::add_campaign(db, &act, &body.read()?).await?;
        let location = locate(&call, campaign.campaign_id);
        Reply::created(&campaign, location)
    })
    .await
}

/// The URL of a campaign.
fn locate(call: &Call, campaign_id: CampaignId) -> String {
    let public_url = &call.app().settings.public_url;
    public_url.join(&format!("/platform/v1/campaigns/{campaign_id}"))
}

/// The identifier in a path; what is not a UUID names no campaign.
fn campaign_id(path: &str) -> Result<CampaignId, campaigns::Error> {
    path.parse().map_err(|_| campaigns::Error::UnknownCampaign)
}

/// `GET /platform/v1/campaigns/{id}`.
async fn get_campaign(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (act, campaign_id) = (call.act(), campaign_id(&path)?);
    let campaign = call
        .read_from_standby(async |db| campaigns::find_campaign(db, &act, campaign_id).await)
        .await?;
    Reply::ok(&campaign)
}

/// `PATCH /platform/v1/campaigns/{id}`.
async fn patch_campaign(call: Call, path: web::Path<String>, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (body, _) = read_json::<CampaignChangeBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let campaign_id = campaign_id(&path)?;
    let change = body.read()?;
    let act = call.act();
    let campaign = call
        .change(async |db| campaigns::update_campaign(db, &act, campaign_id, &change).await)
        .await?;
    Reply::ok(&campaign)
}

/// `POST /platform/v1/campaigns/{id}/close`: closing a closed one is closing it once.
async fn post_close(call: Call, path: web::Path<String>, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let key = Key::of(&call, "")?;
    let digest = read_nothing(call.headers(), payload, MAX_JSON_BYTES).await?;
    let act = call.act();
    key.once(&call, digest, async |db| {
        let closing = campaigns::close_campaign(db, &act, campaign_id(&path)?).await?;
        let (Closing::Closed(campaign) | Closing::AlreadyClosed(campaign)) = closing;
        Reply::ok(&campaign)
    })
    .await
}
