//! Campaigns on the wire.

use std::borrow::Cow;

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;
use url::form_urlencoded;

use super::api::Api;
use super::{answer, answer_json, customer_of, noted};
use crate::api::guard::Access;
use crate::api::guard::scopes::{Assessments, Videos};
use crate::app::App;
use crate::ids::{CampaignId, CustomerId};
use crate::page::{MAX_LIMIT, Page};
use crate::recruiting::Error;
use crate::recruiting::campaigns::{
    CampaignKind, Filter, Selection, find_creation_link, list_active_campaigns,
};

/// Registers the endpoints; those without a slash are the guide's short names.
pub fn configure(config: &mut web::ServiceConfig) {
    for path in ["/videos/campaigns", "/campaign"] {
        config.service(campaigns::<Videos>(path));
    }
    config.service(campaigns::<Assessments>("/assessments/campaigns"));
    for path in ["/videos/campaigncreationlink", "/campaigncreationlink"] {
        config.service(creation_link::<Videos>(path));
    }
    config.service(creation_link::<Assessments>("/assessments/campaigncreationlink"));
}

fn campaigns<A: Api>(path: &str) -> actix_web::Resource {
    web::resource(path)
        .get(get_campaigns::<A>)
        .head(get_campaigns::<A>)
}

fn creation_link<A: Api>(path: &str) -> actix_web::Resource {
    web::resource(path)
        .get(get_creation_link::<A>)
        .head(get_creation_link::<A>)
}

/// `GET /videos/campaigns`, `/assessments/campaigns`: the active campaigns of the caller's customer (contract s4, s5).
async fn get_campaigns<A: Api>(
    app: web::Data<App>,
    access: Access<A>,
    request: HttpRequest,
) -> Result<HttpResponse, actix_web::Error> {
    let customer_id = customer_of(&access, &app, &request)?;
    let list = async {
        let query = CampaignQuery::parse(request.query_string())?;
        let filter = query.filter()?;
        let selection = query.selection(customer_id, A::KIND)?;
        let listing = list_active_campaigns(&app.db, &app.listings, selection, filter).await?;
        let next = listing.continues_after.map(|last| query.next(last));
        Ok((listing.json, next))
    };
    let (json, next) = noted(&request, list.await)?;
    Ok(answer_json(&access, json, next.as_deref()))
}

/// `GET /videos/campaigncreationlink`, `/assessments/campaigncreationlink`: where recruiters make campaigns (contract s4).
async fn get_creation_link<A: Api>(
    app: web::Data<App>,
    access: Access<A>,
    request: HttpRequest,
) -> Result<HttpResponse, actix_web::Error> {
    let customer_id = customer_of(&access, &app, &request)?;
    let user = access.current_user.as_ref();
    let link = find_creation_link(&app.db, customer_id, A::KIND, user).await;
    let link = noted(&request, link)?;
    Ok(answer(&access, &json!({ "campaign_creation_link": link }), None))
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
    fn parse(query: &'a str) -> Result<Self, Error> {
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
                return Err(Error::RepeatedParameter);
            }
        }
        Ok(parsed)
    }

    fn selection(&self, customer_id: CustomerId, kind: CampaignKind) -> Result<Selection, Error> {
        Ok(Selection {
            customer_id,
            kind,
            page: Page::parse(self.limit.as_deref(), self.cursor.as_deref(), MAX_LIMIT)?,
        })
    }

    fn filter(&self) -> Result<Filter, Error> {
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
