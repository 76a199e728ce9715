//! The Talentsoft dialect on the wire.

use std::borrow::Cow;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ContentType, LINK};
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use url::form_urlencoded;

use super::campaign::{CampaignKind, Filter, Page};
use super::error::Error;
use super::listing::{Selection, list_active_campaigns};
use crate::ids::{CampaignId, CustomerId};
use crate::oauth::scopes::Videos;
use crate::oauth::{Access, standing_headers};
use crate::state::App;
use crate::wire::problem::Problem;
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
        let selection = query.read(customer_id, CampaignKind::Video)?;
        let listing = list_active_campaigns(&app.db, &app.listings, selection).await?;
        let next = listing.continues_after.map(|last| query.next(last));
        Ok((listing.json, next))
    };
    let (json, next) = list.await.inspect_err(|error: &Error| error.note(&trace))?;
    let mut response = HttpResponse::Ok();
    response
        .insert_header(ContentType::json())
        .insert_header((CACHE_CONTROL, "no-store"));
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
    Ok(response.body(json))
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

    fn read(&self, customer_id: CustomerId, kind: CampaignKind) -> Result<Selection, Error> {
        Ok(Selection {
            customer_id,
            kind,
            filter: Filter::parse(self.keyword.as_deref(), self.language.as_deref())?,
            page: Page::parse(self.limit.as_deref(), self.cursor.as_deref())?,
        })
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

impl Error {
    fn note(&self, trace: &Trace) {
        match self {
            Self::Fault(fault) => trace.note_fault(fault),
            other => trace.note_reason(other.name()),
        }
    }

    /// The name of the problem.
    fn name(&self) -> &'static str {
        match self {
            Self::InvalidName => "invalid-name",
            Self::InvalidLanguage => "invalid-language",
            Self::InvalidKeyword => "invalid-keyword",
            Self::InvalidLimit => "invalid-limit",
            Self::InvalidCursor => "invalid-cursor",
            Self::RepeatedParameter => "repeated-parameter",
            Self::UnknownCustomer => "unknown-customer",
            Self::UnknownCampaign(_) => "unknown-campaign",
            Self::Fault(_) => "fault",
        }
    }

    fn problem(&self) -> Problem {
        match self {
            Self::Fault(fault) => Problem::of_fault(fault),
            Self::UnknownCampaign(_) => {
                Problem::new(StatusCode::NOT_FOUND, self.name(), "Not found", self.to_string())
            }
            Self::InvalidName
            | Self::InvalidLanguage
            | Self::InvalidKeyword
            | Self::InvalidLimit
            | Self::InvalidCursor
            | Self::RepeatedParameter
            | Self::UnknownCustomer => Problem::bad_request(self.name(), self.to_string()),
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.problem().status()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.problem().respond()
    }
}
