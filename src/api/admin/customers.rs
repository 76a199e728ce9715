//! `/admin/v1/customers`: added, listed, shown and renamed.

use actix_web::web;
use serde::{Deserialize, Deserializer, Serialize};

use super::error::Error;
use super::precondition::{Expected, created, reply, tag_of};
use super::{Call, MAX_JSON_BYTES, locate};
use crate::api::call::{read_json, read_json_as};
use crate::api::idempotency::Key;
use crate::api::reply::Reply;
use crate::clients::{self, Customer};
use crate::ids::CustomerId;
use crate::page::MAX_LIMIT;
use crate::wire::body;
use crate::wire::query::Query;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/admin/v1/customers")
                .get(get_customers)
                .head(get_customers)
                .post(post_customer),
        )
        .service(
            web::resource("/admin/v1/customers/{customer_id}")
                .get(get_customer)
                .head(get_customer)
                .patch(patch_customer),
        );
}

#[derive(Serialize)]
struct CustomersBody {
    customers: Vec<Customer>,
    next_cursor: Option<CustomerId>,
}

/// `GET /admin/v1/customers`: all, or the one of a name, in the order in which they were added.
async fn get_customers(call: Call) -> Result<Reply, Error> {
    let query = Query::parse(call.query(), &["name", "limit", "cursor"])?.without_null()?;
    let (name, page) = (query.get("name"), query.page(MAX_LIMIT)?);
    let (customers, next_cursor) = call
        .read(async |db| clients::page_customers(db, &call.act(), name, &page).await)
        .await?;
    Reply::ok(&CustomersBody {
        customers,
        next_cursor,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCustomerBody {
    name: String,
}

/// `POST /admin/v1/customers`.
async fn post_customer(call: Call, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let key = Key::of(&call, "application/json")?;
    let (body, digest) = read_json::<NewCustomerBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let act = call.act();
    key.once(&call, digest, async |db| {
        let customer = clients::add_customer(db, &act, &body.name).await?;
        let path = format!("/admin/v1/customers/{}", customer.customer_id);
        created(&customer, locate(&call, &path))
    })
    .await
}

/// The identifier in a path; what is none names no customer.
fn customer_id(path: &str) -> Result<CustomerId, Error> {
    Ok(path
        .parse()
        .map_err(|_| clients::Error::UnknownCustomer(path.to_owned()))?)
}

/// `GET /admin/v1/customers/{customer_id}`.
async fn get_customer(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let customer_id = customer_id(&path)?;
    let customer = call
        .read(async |db| clients::find_customer_by_id(db, customer_id).await)
        .await?;
    reply(&customer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomerPatch {
    #[serde(default, deserialize_with = "not_null")]
    name: Option<String>,
}

/// Called only where the member is there. A customer is never without a name, so null is none.
fn not_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

/// `PATCH /admin/v1/customers/{customer_id}`: a JSON merge patch (RFC 7396) of the state that `If-Match` names.
async fn patch_customer(call: Call, path: web::Path<String>, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let customer_id = customer_id(&path)?;
    let types = body::JSON_OR_MERGE_PATCH;
    let (patch, _) = read_json_as::<CustomerPatch>(call.headers(), payload, MAX_JSON_BYTES, types).await?;
    let expected = Expected::required(&call)?;
    let act = call.act();
    let customer = call
        .change(async |db| {
            let before = clients::lock_customer(db, customer_id).await?;
            expected.check(&tag_of(&before)?)?;
            match &patch.name {
                Some(name) => Ok(clients::rename_customer(db, &act, customer_id, name).await?),
                None => Ok::<_, Error>(before),
            }
        })
        .await?;
    reply(&customer)
}
