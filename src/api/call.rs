//! What the platform's calls have in common: who acts, what is read, how it is answered.

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use aws_lc_rs::digest;
use chrono::SubsecRound;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::platform::Error;
use crate::api::guard::scopes::Platform;
use crate::api::guard::{Access, standing_headers};
use crate::app::App;
use crate::audit::{Act, Actor};
use crate::error::Failure;
use crate::recruiting;
use crate::wire::body;
use crate::wire::problem::PROBLEM_JSON;
use crate::wire::request_log::RequestContext;

/// Most bytes of a JSON body: a hundred scores with the longest names, however escaped.
const MAX_JSON_BYTES: usize = 512 * 1024;
/// Says that an answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// SHA-256 of a body.
pub(crate) type BodyDigest = [u8; 32];

/// Who acts: the calling client, on its customer's data if it has one, to the precision of the database.
pub(crate) fn acting(app: &App, access: &Access<Platform>) -> Act {
    Act {
        actor: Actor::Client(access.client_id().clone()),
        customer_id: access.token.customer_id,
        now: app.clock.now().trunc_subsecs(6),
    }
}

/// An answer as it is kept under an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub status: StatusCode,
    pub location: Option<String>,
    /// JSON: a problem where the status says so.
    pub body: String,
    /// Whether it is the answer to an earlier request under the same key.
    pub is_replayed: bool,
    /// Why it is a refusal, for the log.
    pub reason: Option<&'static str>,
}

impl Reply {
    /// 200 and a body.
    pub(crate) fn ok(body: &impl Serialize) -> Result<Self, Error> {
        Ok(Self {
            status: StatusCode::OK,
            location: None,
            body: serde_json::to_string(body).map_err(Failure::internal)?,
            is_replayed: false,
            reason: None,
        })
    }

    /// 201, a body, and where the new thing is.
    pub(crate) fn created(body: &impl Serialize, location: String) -> Result<Self, Error> {
        Ok(Self {
            status: StatusCode::CREATED,
            location: Some(location),
            ..Self::ok(body)?
        })
    }

    /// 204.
    pub(crate) const fn no_content() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            location: None,
            body: String::new(),
            is_replayed: false,
            reason: None,
        }
    }

    /// What an operation refused.
    pub(crate) fn refused(error: &Error) -> Self {
        let problem = error.problem();
        Self {
            status: problem.status(),
            location: None,
            body: problem.to_json(),
            is_replayed: false,
            reason: Some(error.name()),
        }
    }

    /// Whether something was made just now.
    pub(crate) fn is_news(&self) -> bool {
        self.status == StatusCode::CREATED && !self.is_replayed
    }

    fn respond(self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(location) = self.location {
            response.insert_header((LOCATION, location));
        }
        if self.is_replayed {
            response.insert_header((REPLAYED, "true"));
        }
        if self.status == StatusCode::NO_CONTENT {
            return response.finish();
        }
        let is_problem = self.status.is_client_error();
        let content_type = if is_problem {
            PROBLEM_JSON
        } else {
            "application/json"
        };
        response.insert_header((CONTENT_TYPE, content_type));
        response.body(self.body)
    }
}

/// Does what a handler is for, and puts the outcome on the wire.
pub(crate) async fn answer(
    access: &Access<Platform>,
    request: &HttpRequest,
    work: impl Future<Output = Result<Reply, Error>>,
) -> HttpResponse {
    let trace = RequestContext::of(request);
    let mut response = match work.await {
        Ok(reply) => {
            if let Some(reason) = reply.reason {
                trace.note_reason(reason);
            }
            if !request.method().is_safe() {
                tell_worker(request);
            }
            reply.respond()
        }
        Err(error) => {
            error.note(&trace);
            error.respond()
        }
    };
    let headers = response.headers_mut();
    headers.insert(
        CACHE_CONTROL,
        actix_web::http::header::HeaderValue::from_static("no-store"),
    );
    if let Some(standing) = access.standing {
        for (name, value) in standing_headers(standing, 1) {
            headers.insert(name, value);
        }
    }
    response
}

/// What was changed may have to be told: no need to wait until the worker looks by itself.
fn tell_worker(request: &HttpRequest) {
    if let Some(app) = request.app_data::<web::Data<App>>() {
        app.webhooks.wake();
    }
}

/// The object that a JSON body is, and its digest.
pub(crate) async fn read_json<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: Payload,
) -> Result<(T, BodyDigest), Error> {
    let bytes = body::read_json(request.headers(), payload, MAX_JSON_BYTES).await?;
    // What is derived for a structure would also take an array of its members.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        let expected = "it should be a JSON object".to_owned();
        return Err(recruiting::Error::InvalidJson(expected).into());
    }
    let value = serde_json::from_slice(&bytes)
        .map_err(|error| recruiting::Error::InvalidJson(body::json_error(&error)))?;
    Ok((value, digest_of(&bytes)))
}

/// The digest of a body that says nothing.
pub(crate) async fn read_nothing(payload: Payload) -> Result<BodyDigest, Error> {
    let bytes = body::read(payload, MAX_JSON_BYTES).await?;
    Ok(digest_of(&bytes))
}

fn digest_of(bytes: &[u8]) -> BodyDigest {
    finish(&digest::digest(&digest::SHA256, bytes))
}

/// A digest as bytes.
pub(crate) fn finish(digest: &digest::Digest) -> BodyDigest {
    let mut bytes = [0; 32];
    for (to, from) in bytes.iter_mut().zip(digest.as_ref()) {
        *to = *from;
    }
    bytes
}
