//! `/platform/v1/campaigns`: what recruiters choose from, fed in by the platform.

use actix_web::web;
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::{Call, MAX_JSON_BYTES};
use crate::api::call::{read_json, read_nothing};
use crate::api::idempotency::Key;
use crate::api::reply::Reply;
use crate::audit::Act;
use crate::ids::{CampaignId, CustomerId};
use crate::page::{MAX_LIMIT, Page};
use crate::recruiting;
use crate::recruiting::campaigns::{
    self, Campaign, CampaignChange, CampaignFilter, CampaignKind, NewCampaign,
};
use crate::wire::query::Query;

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

#[derive(Serialize)]
struct CampaignsBody {
    campaigns: Vec<Campaign>,
    next_cursor: Option<CampaignId>,
}

/// `GET /platform/v1/campaigns`: open and closed, in the order in which they were added.
async fn get_campaigns(call: Call) -> Result<Reply, Error> {
    let names = ["customer_id", "kind", "limit", "cursor"];
    let query = Query::parse(call.query(), &names)?;
    let page = Page::parse(query.get("limit"), query.get("cursor"), MAX_LIMIT)?;
    let kind = query.get("kind").map(parse_kind).transpose()?;
    let Ok(customer_id) = reached(&call.act(), query.id("customer_id")?) else {
        let (campaigns, next_cursor) = (Vec::new(), None);
        return Reply::ok(&CampaignsBody {
            campaigns,
            next_cursor,
        });
    };
    let filter = CampaignFilter { customer_id, kind };
    let (campaigns, next_cursor) = campaigns::page_campaigns(call.db(), &filter, &page).await?;
    Reply::ok(&CampaignsBody {
        campaigns,
        next_cursor,
    })
}

/// The caller asks for data that it does not reach.
pub(super) struct OutOfReach;

/// Whose data is asked for; none: everybody's.
pub(super) fn reached(act: &Act, asked: Option<CustomerId>) -> Result<Option<CustomerId>, OutOfReach> {
    match (act.customer_id, asked) {
        (Some(own), Some(asked)) if own != asked => Err(OutOfReach),
        (own, asked) => Ok(own.or(asked)),
    }
}

fn parse_kind(text: &str) -> Result<CampaignKind, Error> {
    text.parse()
        .map_err(|_| Error::InvalidParameter("kind is video or assessment"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCampaignBody {
    customer_id: CustomerId,
    kind: CampaignKind,
    name: String,
    language: String,
}

/// `POST /platform/v1/campaigns`.
async fn post_campaign(call: Call, payload: web::Payload) -> Result<Reply, Error> {
    let key = Key::of(&call, "application/json")?;
    let (body, digest) = read_json::<NewCampaignBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let new = NewCampaign {
        customer_id: body.customer_id,
        kind: body.kind,
        name: body.name,
        language: body.language,
    };
    let act = call.act();
    key.once(&call, digest, async |connection| {
        let campaign = campaigns::insert_campaign(connection, &act, &new).await?;
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

fn campaign_id(path: &str) -> Result<CampaignId, recruiting::Error> {
    path.parse().map_err(|_| recruiting::Error::NoSuchCampaign)
}

/// `GET /platform/v1/campaigns/{id}`.
async fn get_campaign(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    let act = call.act();
    Reply::ok(&campaigns::find_campaign(call.db(), &act, campaign_id(&path)?).await?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CampaignChangeBody {
    name: Option<String>,
    language: Option<String>,
}

/// `PATCH /platform/v1/campaigns/{id}`.
async fn patch_campaign(call: Call, path: web::Path<String>, payload: web::Payload) -> Result<Reply, Error> {
    let (body, _) = read_json::<CampaignChangeBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let campaign_id = campaign_id(&path)?;
    let change = CampaignChange {
        name: body.name,
        language: body.language,
    };
    let act = call.act();
    let campaign = call
        .change(async |transaction| campaigns::update_campaign(transaction, &act, campaign_id, &change).await)
        .await?;
    Reply::ok(&campaign)
}

/// `POST /platform/v1/campaigns/{id}/close`: closing a closed one is closing it once.
async fn post_close(call: Call, path: web::Path<String>, payload: web::Payload) -> Result<Reply, Error> {
    let key = Key::of(&call, "")?;
    let digest = read_nothing(payload, MAX_JSON_BYTES).await?;
    let act = call.act();
    key.once(&call, digest, async |connection| {
        Reply::ok(&campaigns::ensure_closed(connection, &act, campaign_id(&path)?).await?)
    })
    .await
}
