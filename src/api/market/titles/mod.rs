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

/// Registers the endpoints; those that are called most come first. The paths below the versions are registered without their
/// common beginning: the longer a pattern is, the more it costs to compare a path with it.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    let versions = web::scope("/titles/versions")
        .configure(normalize::configure)
        .configure(list::configure)
        .configure(find::configure)
        .configure(about::configure_versions)
        .configure(changes::configure);
    config.service(versions);
    about::configure(config);
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
