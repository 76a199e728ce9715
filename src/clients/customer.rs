//! Customers.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;

use super::error::Error;
use super::store;
use crate::audit::Act;
use crate::error::Failure;
use crate::ids::CustomerId;
use crate::page::Page;
use crate::text::Name;

/// A company that uses Talentsoft and buys from the partner.
#[derive(Clone, Debug, Serialize)]
pub struct Customer {
    /// Its identifier.
    pub customer_id: CustomerId,
    /// Its name, unique.
    pub name: String,
    /// When it was added.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub created_at: DateTime<Utc>,
}

/// Adds a customer with a name of 1 to 200 characters that no other has.
pub async fn add_customer(db: &mut PgConnection, act: &Act, name: &str) -> Result<Customer, Error> {
    let customer = Customer {
        customer_id: CustomerId::generate(act.now),
        name: name
            .parse::<Name>()
            .map_err(|_| Error::InvalidCustomerName)?
            .to_string(),
        created_at: act.now,
    };
    if !store::insert_customer(db, &customer).await? {
        return Err(Error::CustomerExists(customer.name));
    }
    let detail = json!({ "name": customer.name });
    act.record(db, "added", ("customer", &customer.customer_id), detail)
        .await?;
    Ok(customer)
}

/// All customers, by name.
pub async fn list_customers(db: &mut PgConnection) -> Result<Vec<Customer>, Error> {
    Ok(store::list_customers(db).await?)
}

/// The customer with this name or identifier.
pub async fn find_customer(db: &mut PgConnection, name_or_id: &str) -> Result<Customer, Error> {
    let id = name_or_id.parse::<CustomerId>().ok();
    store::find_customer(db, Some(name_or_id), id)
        .await?
        .ok_or_else(|| Error::UnknownCustomer(name_or_id.to_owned()))
}

/// The customer with this identifier.
pub async fn find_customer_by_id(db: &mut PgConnection, customer_id: CustomerId) -> Result<Customer, Error> {
    store::find_customer(db, None, Some(customer_id))
        .await?
        .ok_or_else(|| Error::UnknownCustomer(customer_id.to_string()))
}

/// The customer with this identifier, locked until the end of the transaction, so that changes of one customer take turns.
pub async fn lock_customer(db: &mut PgConnection, customer_id: CustomerId) -> Result<Customer, Error> {
    store::lock_customer(db, customer_id)
        .await?
        .ok_or_else(|| Error::UnknownCustomer(customer_id.to_string()))
}

/// One page of the customers that an act reaches, all or the one of this name, in the order in which they were added, and where the next one begins.
pub async fn page_customers(
    db: &mut PgConnection,
    act: &Act,
    name: Option<&str>,
    page: &Page<CustomerId>,
) -> Result<(Vec<Customer>, Option<CustomerId>), Failure> {
    let mut customers = store::list_customer_page(db, act.customer_id, name, page).await?;
    let has_more = page.cut(&mut customers);
    let next = customers.last().filter(|_| has_more).map(|last| last.customer_id);
    Ok((customers, next))
}
