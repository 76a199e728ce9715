//! Campaigns on the wire.

use std::borrow::Cow;

use actix_web::http::header::{CACHE_CONTROL, LINK};
use actix_web::{HttpRequest, HttpResponse, web};
use url::form_urlencoded;

use super::campaign::{CampaignKind, Filter, Page, list_active_campaigns};
use crate::ids::CampaignId;
use crate::oauth::scopes::Videos;
use crate::oauth::{Access, standing_headers};
use crate::recruiting::error::Error;
use crate::state::App;
use crate::wire::trace::Trace;

/// Registers the endpoints; `/campaign` is the guide's short name.
pub fn configure(config: &mut web::ServiceConfig) {
    for path in ["/videos/campaigns", "/campaign"] {
        config.service(
            web::resource(path)
                .get(get_video_campaigns)
                .head(get_video_campaigns),
        );
    }
}

/// `GET /videos/campaigns`: the active campaigns of the caller's customer (contract s4).
async fn get_video_campaigns(
    app: web::Data<App>,
    access: Access<Videos>,
    request: HttpRequest,
) -> Result<HttpResponse, actix_web::Error> {
    let trace = Trace::of(&request);
    let customer_id = access
        .customer_id()
        .inspect_err(|refusal| refusal.note(&request))?;
    let list = async {
        let query = CampaignQuery::parse(request.query_string())?;
        let (filter, page) = query.read()?;
        let (campaigns, has_more) =
            list_active_campaigns(&app.db, customer_id, CampaignKind::Video, &filter, &page).await?;
        let next = campaigns
            .last()
            .filter(|_| has_more)
            .map(|last| query.next(last.campaign_id));
        Ok((campaigns, next))
    };
    let (campaigns, next) = list.await.inspect_err(|error: &Error| error.note(&trace))?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "no-store"));
    if let Some(next) = next {
        response.insert_header((LINK, format!("<?{next}>; rel=\"next\"")));
    }
    for header in access
        .standing
        .map(|standing| standing_headers(standing, 1))
        .unwrap_or_default()
    {
        response.insert_header(header);
    }
    Ok(response.json(campaigns))
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

    fn read(&self) -> Result<(Filter, Page), Error> {
        let filter = Filter::parse(self.keyword.as_deref(), self.language.as_deref())?;
        Ok((
            filter,
            Page::parse(self.limit.as_deref(), self.cursor.as_deref())?,
        ))
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
