//! `/platform/v1/campaigns`: what recruiters choose from, fed in by the platform.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::error::Error;
use crate::api::call::{Reply, acting, answer, read_json, read_nothing};
use crate::api::guard::Access;
use crate::api::guard::scopes::Platform;
use crate::api::idempotency::Key;
use crate::app::App;
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
async fn get_campaigns(app: web::Data<App>, access: Access<Platform>, request: HttpRequest) -> HttpResponse {
    answer(&access, &request, async {
        let names = ["customer_id", "kind", "limit", "cursor"];
        let query = Query::parse(request.query_string(), &names)?;
        let page = Page::parse(query.get("limit"), query.get("cursor"), MAX_LIMIT)?;
        let kind = query.get("kind").map(parse_kind).transpose()?;
        let Ok(customer_id) = reached(&acting(&app, &access), query.id("customer_id")?) else {
            let (campaigns, next_cursor) = (Vec::new(), None);
            return Reply::ok(&CampaignsBody {
                campaigns,
                next_cursor,
            });
        };
        let filter = CampaignFilter { customer_id, kind };
        let (campaigns, next_cursor) = campaigns::page_campaigns(&app.db, &filter, &page).await?;
        Reply::ok(&CampaignsBody {
            campaigns,
            next_cursor,
        })
    })
    .await
}

/// The caller asks for data that it does not reach.
pub(super) struct OutOfReach;

/// Whose data is asked for; none: everybody's.
pub(super) fn reached(acting: &Act, asked: Option<CustomerId>) -> Result<Option<CustomerId>, OutOfReach> {
    match (acting.customer_id, asked) {
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
async fn post_campaign(
    app: web::Data<App>,
    access: Access<Platform>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    answer(&access, &request, async {
        let key = Key::of(access.client_id(), &request, "application/json")?;
        let (body, digest) = read_json::<NewCampaignBody>(&request, payload.into_inner()).await?;
        let new = NewCampaign {
            customer_id: body.customer_id,
            kind: body.kind,
            name: body.name,
            language: body.language,
        };
        let acting = acting(&app, &access);
        key.once(&app, digest, async |connection| {
            let campaign = campaigns::insert_campaign(connection, &acting, &new).await?;
            let location = format!("/platform/v1/campaigns/{}", campaign.campaign_id);
            Reply::created(&campaign, location)
        })
        .await
    })
    .await
}

fn campaign_id(path: &str) -> Result<CampaignId, recruiting::Error> {
    path.parse().map_err(|_| recruiting::Error::NoSuchCampaign)
}

/// `GET /platform/v1/campaigns/{id}`.
async fn get_campaign(
    app: web::Data<App>,
    access: Access<Platform>,
    request: HttpRequest,
    path: web::Path<String>,
) -> HttpResponse {
    answer(&access, &request, async {
        let acting = acting(&app, &access);
        Reply::ok(&campaigns::find_campaign(&app.db, &acting, campaign_id(&path)?).await?)
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CampaignChangeBody {
    name: Option<String>,
    language: Option<String>,
}

/// `PATCH /platform/v1/campaigns/{id}`.
async fn patch_campaign(
    app: web::Data<App>,
    access: Access<Platform>,
    request: HttpRequest,
    path: web::Path<String>,
    payload: web::Payload,
) -> HttpResponse {
    answer(&access, &request, async {
        let (body, _) = read_json::<CampaignChangeBody>(&request, payload.into_inner()).await?;
        let campaign_id = campaign_id(&path)?;
        let change = CampaignChange {
            name: body.name,
            language: body.language,
        };
        let acting = acting(&app, &access);
        let campaign = app
            .db
            .transaction(async |transaction| {
                campaigns::update_campaign(transaction, &acting, campaign_id, &change).await
            })
            .await?;
        Reply::ok(&campaign)
    })
    .await
}

/// `POST /platform/v1/campaigns/{id}/close`: closing a closed one is closing it once.
async fn post_close(
    app: web::Data<App>,
    access: Access<Platform>,
    request: HttpRequest,
    path: web::Path<String>,
    payload: web::Payload,
) -> HttpResponse {
    answer(&access, &request, async {
        let key = Key::of(access.client_id(), &request, "")?;
        let digest = read_nothing(payload.into_inner()).await?;
        let acting = acting(&app, &access);
        key.once(&app, digest, async |connection| {
            Reply::ok(&campaigns::ensure_closed(connection, &acting, campaign_id(&path)?).await?)
        })
        .await
    })
    .await
}
