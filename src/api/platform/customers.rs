//! `/platform/v1/customers`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use crate::api::call::{Reply, answer};
use crate::api::guard::Access;
use crate::api::guard::scopes::Platform;
use crate::app::App;
use crate::clients;
use crate::ids::CustomerId;
use crate::recruiting::Error;
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
async fn get_customers(app: web::Data<App>, access: Access<Platform>, request: HttpRequest) -> HttpResponse {
    answer(&access, &request, async {
        let query = Query::parse(request.query_string(), &["limit", "cursor"])?;
        let after = query.id("cursor").map_err(|_| Error::InvalidCursor)?;
        let page = clients::CustomerPage {
            only: access.token.customer_id,
            after,
            limit: query.limit()?,
        };
        let (customers, next_cursor) = clients::page_customers(&app.db, &page).await?;
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
    })
    .await
}
