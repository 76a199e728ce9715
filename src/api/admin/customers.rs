//! `/admin/v1/customers`.

use actix_web::web;
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::{Call, MAX_JSON_BYTES, locate};
use crate::api::call::read_json;
use crate::api::idempotency::Key;
use crate::api::reply::Reply;
use crate::clients::{self, Customer};
use crate::ids::CustomerId;
use crate::page::MAX_LIMIT;
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
                .head(get_customer),
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
        Reply::created(&customer, locate(&call, &path))
    })
    .await
}

/// `GET /admin/v1/customers/{customer_id}`.
async fn get_customer(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let customer_id = path
        .parse()
        .map_err(|_| clients::Error::UnknownCustomer(path.clone()))?;
    let customer = call
        .read(async |db| clients::find_customer_by_id(db, customer_id).await)
        .await?;
    Reply::ok(&customer)
}
