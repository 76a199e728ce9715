//! What a handler answers when it has nothing to refuse.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LINK, LOCATION};
use actix_web::{HttpRequest, HttpResponse, Responder};
use bytes::Bytes;
use serde::Serialize;

use crate::error::Failure;
use crate::wire::etag::EntityTag;
use crate::wire::problem::{PROBLEM_JSON, Problem};
use crate::wire::refused::Refused;

/// Says that an answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// JSON that nobody may keep, or nothing at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The URL of what was created.
    pub location: Option<String>,
    /// JSON; empty with 204.
    pub body: Bytes,
    /// The query of the next page.
    next: Option<String>,
    /// Whether it is the answer to an earlier request under the same idempotency key.
    pub is_replayed: bool,
    /// What is kept under an idempotency key in place of an answer that shows a secret.
    pub kept: Option<(StatusCode, String)>,
    /// The tag of what is answered.
    tag: Option<EntityTag>,
}

impl Reply {
    fn new(status: StatusCode, body: Bytes) -> Self {
        Self {
            status,
            location: None,
            body,
            next: None,
            is_replayed: false,
            kept: None,
            tag: None,
        }
    }

    /// 200 and a body.
    pub fn ok<E: From<Failure>>(body: &impl Serialize) -> Result<Self, E> {
        Ok(Self::json(
            serde_json::to_vec(body).map_err(Failure::internal)?.into(),
        ))
    }

    /// 200 and JSON that is written already.
    #[must_use]
    pub fn json(body: Bytes) -> Self {
        Self::new(StatusCode::OK, body)
    }

    /// 201, a body, and the URL of what was created.
    pub fn created<E: From<Failure>>(body: &impl Serialize, location: String) -> Result<Self, E> {
        Ok(Self {
            status: StatusCode::CREATED,
            location: Some(location),
            ..Self::ok::<E>(body)?
        })
    }

    /// 204.
    #[must_use]
    pub fn no_content() -> Self {
        Self::new(StatusCode::NO_CONTENT, Bytes::new())
    }

    /// An answer that was kept under an idempotency key. A refusal is kept as problem details.
    #[must_use]
    pub fn replayed(status: StatusCode, location: Option<String>, body: String) -> Self {
        Self {
            location,
            is_replayed: true,
            ..Self::new(status, body.into())
        }
    }

    /// The same, with a `Link` to the next page, by its query, if there is one.
    #[must_use]
    pub fn with_next(self, next: Option<String>) -> Self {
        Self { next, ..self }
    }

    /// The same, with the tag of what is answered.
    #[must_use]
    pub fn with_tag(self, tag: EntityTag) -> Self {
        Self {
            tag: Some(tag),
            ..self
        }
    }

    /// The same, for an answer that shows a secret: whoever repeats the request under its idempotency key gets this problem,
    /// for the secret itself is kept nowhere.
    #[must_use]
    pub fn kept_as(self, problem: &Problem) -> Self {
        Self {
            kept: Some((problem.status(), problem.to_json())),
            ..self
        }
    }

    /// Whether something was created just now.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.status == StatusCode::CREATED && !self.is_replayed
    }
}

impl Responder for Reply {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        response.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
        if let Some(location) = self.location {
            response.insert_header((LOCATION, location));
        }
        if let Some(tag) = self.tag.and_then(|tag| tag.header()) {
            response.insert_header((ETAG, tag));
        }
        if let Some(next) = self.next {
            response.insert_header((LINK, format!("<?{next}>; rel=\"next\"")));
        }
        if self.is_replayed {
            response.insert_header((REPLAYED, HeaderValue::from_static("true")));
        }
        if self.status == StatusCode::NO_CONTENT {
            return response.finish();
        }
        let is_refusal = self.status.is_client_error();
        let media_type = if is_refusal {
            PROBLEM_JSON
        } else {
            "application/json"
        };
        response.insert_header((CONTENT_TYPE, HeaderValue::from_static(media_type)));
        let response = response.body(self.body);
        if is_refusal {
            return Refused::because("refused_before").mark(response);
        }
        response
    }
}
