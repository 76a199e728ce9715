//! What the data APIs answer and read alike: the envelope, `/status`, attributions, and members of bodies.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use serde::{Deserialize, Deserializer, Serialize};

use crate::api::call::Call;
use crate::api::guard::ScopeMarker;

/// What every call answers.
#[derive(Serialize)]
pub(super) struct Data<T> {
    pub data: T,
}

/// Where data come from.
#[derive(Serialize)]
pub(super) struct Attribution {
    pub title: &'static str,
    /// Publishers and licences, a sentence each.
    pub body: String,
}

#[derive(Serialize)]
struct Status {
    message: &'static str,
    healthy: bool,
}

/// `GET …/status`: whether there is a version to ask, and a database to read it from.
pub(super) async fn status<S: ScopeMarker>(call: &Call<S>) -> HttpResponse {
    let customer_id = call.caller().token.customer_id;
    let versions = call.app().market.catalogue.versions(call.db(), customer_id).await;
    let (message, status) = match versions {
        Ok(versions) if versions.is_empty() => ("No version is published", StatusCode::SERVICE_UNAVAILABLE),
        Ok(_) if call.db().is_up() => ("Service is healthy", StatusCode::OK),
        Ok(_) | Err(_) => ("The database is unavailable", StatusCode::SERVICE_UNAVAILABLE),
    };
    HttpResponse::build(status)
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .json(Data {
            data: Status {
                message,
                healthy: status == StatusCode::OK,
            },
        })
}

/// A member that is given: null is no value of it.
pub(super) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
