//! `/admin/v1/subdomains`: the sites at which customers' people have profiles.

use actix_web::web;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::error::Error;
use super::precondition::{Expected, created, reply, tag_of};
use super::{Call, MAX_JSON_BYTES, locate};
use crate::api::call::read_json;
use crate::api::idempotency::Key;
use crate::api::reply::Reply;
use crate::clients;
use crate::ids::CustomerId;
use crate::profiles::{self, Subdomain, SubdomainName};
use crate::wire::query::Query;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/admin/v1/subdomains")
                .get(get_subdomains)
                .head(get_subdomains)
                .post(post_subdomain),
        )
        .service(
            web::resource("/admin/v1/subdomains/{name}")
                .get(get_subdomain)
                .head(get_subdomain)
                .delete(delete_subdomain),
        );
}

#[derive(Serialize)]
struct SubdomainsBody {
    subdomains: Vec<Subdomain>,
}

/// `GET /admin/v1/subdomains`: all, by name, with how many profiles each has.
async fn get_subdomains(call: Call) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let act = call.act();
    let subdomains = call
        .read(async |db| Ok::<_, Error>(profiles::list_subdomains(db, &act).await?))
        .await?;
    Reply::ok(&SubdomainsBody { subdomains })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSubdomainBody {
    name: String,
    customer_id: CustomerId,
}

/// `POST /admin/v1/subdomains`.
async fn post_subdomain(call: Call, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let key = Key::of(&call, "application/json")?;
    let (body, digest) = read_json::<NewSubdomainBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let name: SubdomainName = body.name.parse().map_err(Error::InvalidSubdomain)?;
    let act = call.act();
    key.once(&call, digest, async |db| {
        clients::find_customer_by_id(db, body.customer_id).await?;
        let subdomain = profiles::add_subdomain(db, &act, body.customer_id, &name).await?;
        created(&subdomain, locate(&call, &format!("/admin/v1/subdomains/{name}")))
    })
    .await
}

/// The name in a path; what is none names no subdomain.
fn subdomain_name(path: &str) -> Result<SubdomainName, Error> {
    path.parse().map_err(|_| Error::UnknownPath("subdomain"))
}

/// `GET /admin/v1/subdomains/{name}`.
async fn get_subdomain(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (act, name) = (call.act(), subdomain_name(&path)?);
    let subdomain = call
        .read(async |db| profiles::describe_subdomain(db, &act, &name).await)
        .await?;
    reply(&subdomain)
}

/// `DELETE /admin/v1/subdomains/{name}`: one that has no profiles, those being erased at the command line, and that is in the
/// state that `If-Match` names.
async fn delete_subdomain(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (act, name) = (call.act(), subdomain_name(&path)?);
    let expected = Expected::required(&call)?;
    call.change(async |db| {
        profiles::lock_subdomain(db, &act, &name).await?;
        let before = profiles::describe_subdomain(db, &act, &name).await?;
        expected.check(&tag_of(&before)?)?;
        Ok::<_, Error>(profiles::remove_subdomain(db, &act, &name).await?)
    })
    .await?;
    Reply::ok(&json!({ "name": name }))
}
