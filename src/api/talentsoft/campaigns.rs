//! `GET /videos/campaigns`, `/assessments/campaigns`: what recruiters choose from (contract s4, s5).

use actix_web::{Resource, web};

use super::error::Error;
use super::{Api, Assessments, Videos};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::page::MAX_LIMIT;
use crate::recruiting::campaigns::{self, ActiveCampaigns, CampaignSearch, Language, list_active_campaigns};
use crate::wire::query::Query;

/// The parameters that the next page repeats.
const SEARCH: [&str; 3] = ["keyword", "language", "limit"];

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(campaigns::<Videos>("/videos/campaigns"))
        .service(campaigns::<Videos>("/campaign"))
        .service(campaigns::<Assessments>("/assessments/campaigns"));
}

fn campaigns<A: Api>(path: &str) -> Resource {
    web::resource(path)
        .get(get_campaigns::<A>)
        .head(get_campaigns::<A>)
}

/// The active campaigns of the caller's customer.
async fn get_campaigns<A: Api>(call: Call<A>) -> Result<Reply, Error> {
    let customer_id = call.customer_id()?;
    let query = Query::parse(call.query(), &["keyword", "language", "limit", "cursor"])?;
    let search = search(&query)?;
    let asked = ActiveCampaigns {
        customer_id,
        kind: A::KIND,
        page: query.page(MAX_LIMIT)?,
    };
    let loader = &call.app().recruiting.active_campaigns;
    let page = list_active_campaigns(call.db(), loader, asked, search).await?;
    let next = page.continues_after.map(|last| query.next_page(&SEARCH, &last));
    Ok(Reply::json(page.json).with_next(next))
}

fn search(query: &Query<'_>) -> Result<CampaignSearch, campaigns::Error> {
    let language = query.get("language").map(str::parse::<Language>).transpose()?;
    CampaignSearch::new(query.get("keyword"), language.as_ref())
}
