//! `/platform/v1/customers`.

use actix_web::web;
use serde::Serialize;

use super::Call;
use super::error::Error;
use crate::api::reply::Reply;
use crate::clients;
use crate::ids::CustomerId;
use crate::page::{InvalidPage, Page};
use crate::wire::query::Query;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/platform/v1/customers")
            .get(get_customers)
            .head(get_customers),
    );
}

#[derive(Serialize)]
struct CustomerBody {
    customer_id: CustomerId,
    name: String,
}

#[derive(Serialize)]
struct CustomersBody {
    customers: Vec<CustomerBody>,
    next_cursor: Option<CustomerId>,
}

/// `GET /platform/v1/customers`: those that the caller reaches, in the order in which they were added.
async fn get_customers(call: Call) -> Result<Reply, Error> {
    let query = Query::parse(call.query(), &["limit", "cursor"])?;
    let after = query.id("cursor").map_err(|_| InvalidPage::Cursor)?;
    let page = Page {
        after,
        limit: query.limit()?,
    };
    let (customers, next_cursor) = call
        .read(async |db| clients::page_customers(db, &call.act(), None, &page).await)
        .await?;
    let customers = customers
        .into_iter()
        .map(|customer| CustomerBody {
            customer_id: customer.customer_id,
            name: customer.name,
        })
        .collect();
    Reply::ok(&CustomersBody {
        customers,
        next_cursor,
    })
}
