//! The customers: the list, registering one, and one customer.

use actix_web::{HttpResponse, web};
use console_pages::pages::{Conflict, Customer, CustomerRow, Customers, NewCustomer, Paging};
use console_pages::{Form, Section, flashes, paths};
use sqlx::PgConnection;

use super::conflicts;
use super::shown::client_row;
use super::words::InWords;
use super::{Admin, Error, RoleMarker, Viewer, Visit, page};
use crate::audit::Act;
use crate::clients::{self, ClientFilter, CustomerCursor};
use crate::ids::CustomerId;
use crate::page::{MAX_LIMIT, Page};
use crate::profiles;
use crate::recruiting::campaigns::{self, CampaignFilter};
use crate::wire::etag::EntityTag;

/// Customers on one page.
const ROWS: i64 = 50;
/// Clients that are shown of one customer.
const CLIENTS: i64 = 50;
/// Subdomains that are named of one customer.
const SUBDOMAINS: usize = 50;

/// Registers the routes.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(paths::CUSTOMERS).get(get_customers).head(get_customers))
        .service(
            page(paths::CUSTOMERS_NEW)
                .get(get_new)
                .head(get_new)
                .post(post_new),
        )
        .service(
            page(paths::CUSTOMER)
                .get(get_customer)
                .head(get_customer)
                .post(post_customer),
        );
}

/// `GET /customers`
async fn get_customers(visit: Visit<Viewer>) -> Result<HttpResponse, Error> {
    let query = visit.read_query(&["search", "cursor"])?;
    let search = query.get("search").unwrap_or_default().trim().to_owned();
    let after: Option<CustomerCursor> = visit.cursor(&query, paths::CUSTOMERS)?;
    let is_first = after.is_none();
    let listed = Page { after, limit: ROWS };
    let (rows, next) = visit
        .read(async |db| clients::search_customers(db, &search, &listed).await)
        .await?;
    let path = |cursor: &str| paths::with_query(paths::CUSTOMERS, &[("search", &search), ("cursor", cursor)]);
    let customers = Customers {
        rows: rows
            .iter()
            .map(|row| CustomerRow {
                customer_id: row.customer.customer_id.to_string(),
                name: row.customer.name.clone(),
                clients: row.clients,
                created_at: row.customer.created_at,
            })
            .collect(),
        paging: Paging {
            newer: (!is_first).then(|| path("")),
            older: visit.older(next, paths::CUSTOMERS, path)?,
        },
        search,
    };
    visit.page(Section::Customers, &customers)
}

/// `GET /customers/new`
async fn get_new(visit: Visit<Admin>) -> Result<HttpResponse, Error> {
    visit.page(Section::Customers, &NewCustomer::default())
}

/// `POST /customers/new`
async fn post_new(visit: Visit<Admin>, payload: web::Payload) -> Result<HttpResponse, Error> {
    let fields = visit.form(payload, "customer-new", &["customer_name"]).await?;
    let act = visit.act();
    let name = fields.text("customer_name").unwrap_or_default();
    let added = visit
        .change_once(&fields, async |db| {
            let customer = clients::add_customer(db, &act, name).await?;
            Ok::<_, clients::Error>(customer.customer_id)
        })
        .await;
    match added {
        Ok(customer_id) => {
            let path = paths::customer(&customer_id.to_string());
            Ok(visit.see_other(&path, Some(flashes::SAVED)))
        }
        Err(clients::Error::Failure(failure)) => Err(failure.into()),
        Err(refused) => {
            let form = named(&fields.shown(&["customer_name"]), &refused);
            visit.page(Section::Customers, &NewCustomer { form })
        }
    }
}

/// What is wrong with a name.
fn named(form: &Form, refused: &clients::Error) -> Form {
    form.clone().error("customer_name", refused.in_words())
}

/// `GET /customers/{customer_id}`
async fn get_customer(visit: Visit<Viewer>, path: web::Path<String>) -> Result<HttpResponse, Error> {
    show(&visit, customer_id(&path)?, None).await
}

/// The state of what can be changed of a customer.
fn tag(name: &str) -> String {
    EntityTag::of(name).unquoted().to_owned()
}

/// A form that is shown again.
struct Again {
    form: Form,
    /// The state that whoever filled it in has seen.
    etag: String,
    conflict: Option<Conflict>,
}

fn customer_id(path: &str) -> Result<CustomerId, Error> {
    path.parse().map_err(|_| Error::NotFound)
}

async fn show<R: RoleMarker>(
    visit: &Visit<R>,
    customer_id: CustomerId,
    again: Option<Again>,
) -> Result<HttpResponse, Error> {
    let act = visit.act();
    let mut customer = visit
        .read(async |db| read_customer(db, &act, customer_id).await)
        .await?;
    if let Some(again) = again {
        customer.form = again.form;
        customer.etag = again.etag;
        customer.conflict = again.conflict;
    }
    visit.page(Section::Customers, &customer)
}

async fn read_customer(db: &mut PgConnection, act: &Act, customer_id: CustomerId) -> Result<Customer, Error> {
    let of_customer = Act {
        customer_id: Some(customer_id),
        ..act.clone()
    };
    let customer = clients::find_customer_by_id(db, customer_id).await?;
    let filter = ClientFilter {
        customer_id: Some(customer_id),
        ..ClientFilter::default()
    };
    let first = Page {
        after: None,
        limit: CLIENTS,
    };
    let (rows, more) = clients::page_clients(db, act, &filter, &first).await?;
    let subdomains = profiles::list_subdomains(db, &of_customer).await?;
    Ok(Customer {
        customer_id: customer_id.to_string(),
        form: Form::new().with("customer_name", &customer.name),
        etag: tag(&customer.name),
        conflict: None,
        name: customer.name,
        created_at: customer.created_at,
        clients: rows.iter().map(client_row).collect(),
        has_more_clients: more.is_some(),
        campaigns: count_campaigns(db, &of_customer).await?,
        subdomains: subdomains
            .iter()
            .take(SUBDOMAINS)
            .map(|subdomain| subdomain.name.to_string())
            .collect(),
        more_subdomains: subdomains.len().saturating_sub(SUBDOMAINS),
    })
}

/// How many campaigns there are, and how many of them are open; none where they are more than one page.
async fn count_campaigns(db: &mut PgConnection, act: &Act) -> Result<Option<(i64, i64)>, Error> {
    let all = Page {
        after: None,
        limit: MAX_LIMIT,
    };
    let filter = CampaignFilter {
        customer_id: act.customer_id,
        kind: None,
    };
    let found = campaigns::page_campaigns(db, act, &filter, &all).await;
    let (found, next) = found.map_err(|error| match error {
        campaigns::Error::Failure(failure) => failure.into(),
        _ => Error::NotFound,
    })?;
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let open = found
        .iter()
        .filter(|campaign| campaign.closed_at.is_none())
        .count();
    Ok(next.is_none().then(|| (count(found.len()), count(open))))
}

/// What became of a change.
enum Changed {
    Done,
    /// Somebody else was faster.
    Conflict(clients::Customer),
}

async fn rename(
    visit: &Visit<Admin>,
    customer_id: CustomerId,
    etag: &str,
    name: &str,
) -> Result<Changed, clients::Error> {
    let act = visit.act();
    visit
        .change(async |db| {
            let stored = clients::lock_customer(db, customer_id).await?;
            if tag(&stored.name) != etag {
                return Ok(Changed::Conflict(stored));
            }
            clients::rename_customer(db, &act, customer_id, name).await?;
            Ok(Changed::Done)
        })
        .await
}

/// `POST /customers/{customer_id}`: another name.
async fn post_customer(
    visit: Visit<Admin>,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Error> {
    let customer_id = customer_id(&path)?;
    let fields = visit
        .form(payload, "customer-rename", &["customer_name", "etag"])
        .await?;
    let name = fields.text("customer_name").unwrap_or_default();
    let seen = fields.get("etag");
    let form = fields.shown(&["customer_name"]);
    let again = match rename(&visit, customer_id, seen, name).await {
        Ok(Changed::Done) => return Ok(visit.see_other(&paths::customer(&path), Some(flashes::SAVED))),
        Ok(Changed::Conflict(stored)) => Again {
            conflict: Some(conflict(&visit, &stored, name).await?),
            etag: tag(&stored.name),
            form,
        },
        Err(clients::Error::Failure(failure)) => return Err(failure.into()),
        Err(clients::Error::UnknownCustomer(_)) => return Err(Error::NotFound),
        Err(refused) => Again {
            form: named(&form, &refused),
            etag: seen.to_owned(),
            conflict: None,
        },
    };
    show(&visit, customer_id, Some(again)).await
}

/// Who was faster, and what differs.
async fn conflict(
    visit: &Visit<Admin>,
    stored: &clients::Customer,
    entered: &str,
) -> Result<Conflict, Error> {
    let changed = conflicts::Changed {
        kind: "customer",
        id: stored.customer_id.to_string(),
        created_at: stored.created_at,
    };
    let mut differences = Vec::new();
    if stored.name != entered {
        differences.push((
            "customer_name".to_owned(),
            stored.name.clone(),
            entered.to_owned(),
        ));
    }
    conflicts::find_conflict(visit, changed, differences).await
}
