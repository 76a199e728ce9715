//! The Titles API (Lightcast contract s2).

mod about;
mod bulk;
mod changes;
mod find;
mod list;
mod normalize;
mod request;

use std::sync::Arc;

use actix_web::web;

use super::Titles;
use super::error::Error;
use crate::api::call;
use crate::api::guard::ScopeMarker;
use crate::error::Failure;
use crate::market::versions::PublishedVersion;

/// Most bytes of a JSON body that names titles.
const MAX_BODY_BYTES: usize = 64 * 1024;

type Call = call::Call<Titles>;

/// Registers the endpoints.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    about::configure(config);
    list::configure(config);
    find::configure(config);
    changes::configure(config);
    normalize::configure(config);
}

/// The versions that the caller sees, the newest first.
async fn versions<S: ScopeMarker>(call: &call::Call<S>) -> Result<Vec<Arc<PublishedVersion>>, Failure> {
    let customer_id = call.caller().token.customer_id;
    call.app().market.catalogue.versions(call.db(), customer_id).await
}

/// The version of this name that the caller sees.
async fn version<S: ScopeMarker>(call: &call::Call<S>, name: &str) -> Result<Arc<PublishedVersion>, Error> {
    let customer_id = call.caller().token.customer_id;
    let catalogue = &call.app().market.catalogue;
    Ok(catalogue.version(call.db(), customer_id, name).await?)
}
