//! `GET /videos/campaigns`, `/assessments/campaigns`: what recruiters choose from (contract s4, s5).

use std::borrow::Cow;

use actix_web::{Resource, web};
use url::form_urlencoded;

use super::error::Error;
use super::{Api, Assessments, Videos};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::ids::{CampaignId, CustomerId};
use crate::page::{InvalidPage, MAX_LIMIT, Page};
use crate::recruiting;
use crate::recruiting::campaigns::{CampaignKind, Filter, Selection, list_active_campaigns};
use crate::wire::query::QueryError;

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
    let query = CampaignQuery::parse(call.query())?;
    let filter = query.filter()?;
    let selection = query.selection(customer_id, A::KIND)?;
    let listings = &call.app().recruiting.listings;
    let listing = list_active_campaigns(call.db(), listings, selection, filter).await?;
    let next = listing.continues_after.map(|last| query.next(last));
    Ok(Reply::json(listing.json).with_next(next))
}

/// The parameters of a list of campaigns, as they came.
#[derive(Default)]
struct CampaignQuery<'a> {
    keyword: Option<Cow<'a, str>>,
    language: Option<Cow<'a, str>>,
    limit: Option<Cow<'a, str>>,
    cursor: Option<Cow<'a, str>>,
}

impl<'a> CampaignQuery<'a> {
    fn parse(query: &'a str) -> Result<Self, QueryError> {
        let mut parsed = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let parameter = match name.as_ref() {
                "keyword" => &mut parsed.keyword,
                "language" => &mut parsed.language,
                "limit" => &mut parsed.limit,
                "cursor" => &mut parsed.cursor,
                _ => continue,
            };
            if parameter.replace(value).is_some() {
                return Err(QueryError::Repeated);
            }
        }
        Ok(parsed)
    }

    fn selection(&self, customer_id: CustomerId, kind: CampaignKind) -> Result<Selection, InvalidPage> {
        Ok(Selection {
            customer_id,
            kind,
            page: Page::parse(self.limit.as_deref(), self.cursor.as_deref(), MAX_LIMIT)?,
        })
    }

    fn filter(&self) -> Result<Filter, recruiting::Error> {
        Filter::parse(self.keyword.as_deref(), self.language.as_deref())
    }

    /// The query of the next page: the same, after `last`.
    fn next(&self, last: CampaignId) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("keyword", &self.keyword),
            ("language", &self.language),
            ("limit", &self.limit),
        ] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        query.append_pair("cursor", &last.to_string());
        query.finish()
    }
}
