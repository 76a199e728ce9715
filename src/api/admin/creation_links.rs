//! `/admin/v1/customers/{customer_id}/creation-links`: where a customer's recruiters make campaigns.
//!
//! There is one for each kind, set or not: what is not set has a state and a tag too, so that setting it for the first time
//! is a change of a state like any other.

use actix_web::web;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::error::Error;
use super::precondition::{Expected, reply, tag_of};
use super::{Call, MAX_JSON_BYTES};
use crate::api::call::read_json;
use crate::api::reply::Reply;
use crate::clients;
use crate::ids::CustomerId;
use crate::recruiting::CampaignKind;
use crate::recruiting::creation_links::{self, UrlTemplate};
use crate::wire::query::Query;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/admin/v1/customers/{customer_id}/creation-links")
                .get(get_creation_links)
                .head(get_creation_links),
        )
        .service(
            web::resource("/admin/v1/customers/{customer_id}/creation-links/{kind}")
                .get(get_creation_link)
                .head(get_creation_link)
                .put(put_creation_link)
                .delete(delete_creation_link),
        );
}

/// A link of one kind; null: none is set.
#[derive(Serialize)]
struct LinkBody<'a> {
    kind: CampaignKind,
    url_template: Option<&'a UrlTemplate>,
}

fn customer_id(path: &str) -> Result<CustomerId, Error> {
    path.parse().map_err(|_| Error::UnknownPath("customer"))
}

/// A customer and a kind, as a path names them.
fn ids(path: &(String, String)) -> Result<(CustomerId, CampaignKind), Error> {
    let kind = path.1.parse().map_err(|_| Error::UnknownPath("kind"))?;
    Ok((customer_id(&path.0)?, kind))
}

/// `GET /admin/v1/customers/{customer_id}/creation-links`: those that are set.
async fn get_creation_links(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let customer_id = customer_id(&path)?;
    let links = call
        .read(async |db| {
            clients::find_customer_by_id(db, customer_id).await?;
            Ok::<_, Error>(creation_links::list_creation_links(db, customer_id).await?)
        })
        .await?;
    Reply::ok(&json!({ "creation_links": links }))
}

/// `GET /admin/v1/customers/{customer_id}/creation-links/{kind}`.
async fn get_creation_link(call: Call, path: web::Path<(String, String)>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (customer_id, kind) = ids(&path)?;
    let template = call
        .read(async |db| {
            clients::find_customer_by_id(db, customer_id).await?;
            Ok::<_, Error>(creation_links::find_template(db, customer_id, kind).await?)
        })
        .await?;
    reply(&LinkBody {
        kind,
        url_template: template.as_ref(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewLinkBody {
    url_template: String,
}

/// `PUT /admin/v1/customers/{customer_id}/creation-links/{kind}`.
async fn put_creation_link(
    call: Call,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (body, _) = read_json::<NewLinkBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let template = body.url_template.parse::<UrlTemplate>()?;
    set(&call, &path, Some(&template)).await
}

/// `DELETE /admin/v1/customers/{customer_id}/creation-links/{kind}`: one that is not there is gone already.
async fn delete_creation_link(call: Call, path: web::Path<(String, String)>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    set(&call, &path, None).await
}

/// Sets the link, or takes it away, if it is as `If-Match` says.
async fn set(call: &Call, path: &(String, String), template: Option<&UrlTemplate>) -> Result<Reply, Error> {
    let (customer_id, kind) = ids(path)?;
    let expected = Expected::required(call)?;
    let act = call.act();
    call.change(async |db| {
        let before = creation_links::lock_creation_link(db, customer_id, kind).await?;
        let before = LinkBody {
            kind,
            url_template: before.as_ref(),
        };
        expected.check(&tag_of(&before)?)?;
        Ok::<_, Error>(creation_links::set_creation_link(db, &act, customer_id, kind, template).await?)
    })
    .await?;
    reply(&LinkBody {
        kind,
        url_template: template,
    })
}
