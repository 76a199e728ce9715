//! `/admin/v1/market/versions` and `…/imports`, and what is left of a client's quota: libraries of titles are imported at the command line, and
//! published from here.

use actix_web::web;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;

use super::error::Error;
use super::{Call, MAX_JSON_BYTES};
use crate::api::call::read_json;
use crate::api::idempotency::Key;
use crate::api::reply::Reply;
use crate::clients;
use crate::ids::CustomerId;
use crate::market::imports::{self, ListedImport};
use crate::market::publishing::{self, ListedVersion};
use crate::market::quota;
use crate::market::versions::{LibraryId, VersionNumber};
use crate::wire::query::Query;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/admin/v1/market/versions")
                .get(get_versions)
                .head(get_versions),
        )
        .service(
            web::resource("/admin/v1/market/imports")
                .get(get_imports)
                .head(get_imports),
        )
        .service(
            web::resource("/admin/v1/market/diff")
                .get(get_diff)
                .head(get_diff),
        )
        .service(web::resource("/admin/v1/market/publish").post(post_publish))
        .service(web::resource("/admin/v1/market/retire").post(post_retire))
        .service(
            web::resource("/admin/v1/clients/{client_id}/quota")
                .get(get_quota)
                .head(get_quota),
        );
}

#[derive(Serialize)]
struct VersionsBody {
    versions: Vec<ListedVersion>,
}

/// `GET /admin/v1/market/versions`: of all libraries.
async fn get_versions(call: Call) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let versions = call
        .read(async |db| Ok::<_, Error>(publishing::list_versions(db).await?))
        .await?;
    Reply::ok(&VersionsBody { versions })
}

#[derive(Serialize)]
struct ImportsBody {
    imports: Vec<ListedImport>,
}

/// `GET /admin/v1/market/imports`: those that go on, into all libraries.
async fn get_imports(call: Call) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let imports = call
        .read(async |db| Ok::<_, Error>(imports::list(db).await?))
        .await?;
    Reply::ok(&ImportsBody { imports })
}

/// A version in a query or a body.
fn version(text: &str) -> Result<VersionNumber, Error> {
    text.parse().map_err(|_| Error::InvalidVersion)
}

/// The library of a customer, or the one that all share, which has versions.
async fn find_library(db: &mut PgConnection, customer_id: Option<CustomerId>) -> Result<LibraryId, Error> {
    let versions = publishing::list_versions(db).await?;
    if !versions.iter().any(|version| version.customer_id == customer_id) {
        return Err(Error::UnknownLibrary);
    }
    Ok(publishing::find_library(db, customer_id).await?)
}

/// `GET /admin/v1/market/diff`: how one version differs from another.
async fn get_diff(call: Call) -> Result<Reply, Error> {
    let query = Query::parse(call.query(), &["from", "to", "customer_id"])?;
    let from = version(query.get("from").unwrap_or_default())?;
    let to = version(query.get("to").unwrap_or_default())?;
    let customer_id = query.id("customer_id")?;
    let difference = call
        .read(async |db| {
            let library_id = find_library(db, customer_id).await?;
            Ok::<_, Error>(publishing::diff_versions(db, library_id, from, to).await?)
        })
        .await?;
    Reply::ok(&difference)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PublishBody {
    customer_id: Option<CustomerId>,
    version: Option<String>,
}

/// `POST /admin/v1/market/publish`: the draft of a library, under its number or the one that is given.
async fn post_publish(call: Call, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let key = Key::of(&call, "application/json")?;
    let (body, digest) = read_json::<PublishBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let given = body.version.as_deref().map(version).transpose()?;
    let act = call.act();
    key.once(&call, digest, async |db| {
        let library_id = find_library(db, body.customer_id).await?;
        let published = publishing::publish_version(db, &act, library_id, given).await?;
        Reply::ok(&json!({ "version": published }))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RetireBody {
    customer_id: Option<CustomerId>,
    version: String,
}

/// `POST /admin/v1/market/retire`: callers do not find the version any more.
async fn post_retire(call: Call, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let key = Key::of(&call, "application/json")?;
    let (body, digest) = read_json::<RetireBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let version = version(&body.version)?;
    let act = call.act();
    key.once(&call, digest, async |db| {
        let library_id = find_library(db, body.customer_id).await?;
        publishing::retire_version(db, &act, library_id, version).await?;
        Reply::ok(&json!({ "version": version }))
    })
    .await
}

/// `GET /admin/v1/clients/{client_id}/quota`: what the client has used of it, and when it begins again.
async fn get_quota(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let client_id = path.parse().map_err(|_| Error::UnknownPath("client"))?;
    let now = call.app().clock.database_now();
    let (quota, state) = call
        .read(async |db| {
            let quota = clients::find_client(db, &client_id).await?.settings.quota;
            let state = match quota {
                Some(quota) => Some(quota::find_state(db, &client_id, quota, now).await?),
                None => None,
            };
            Ok::<_, Error>((quota, state))
        })
        .await?;
    Reply::ok(&json!({
        "quota": quota.map(|quota| quota.to_string()),
        "remaining": state.map(|state| state.remaining),
        "reset_seconds": state.map(|state| state.reset),
    }))
}
