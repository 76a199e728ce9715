//! Customers.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;

use super::error::Error;
use super::store;
use crate::audit::{self, Actor, Subject};
use crate::db::Db;
use crate::error::Failure;
use crate::ids::CustomerId;

/// A company that uses Talentsoft and buys from the partner.
#[derive(Clone, Debug, Serialize)]
pub struct Customer {
    /// Its identifier.
    pub customer_id: CustomerId,
    /// Its name, unique.
    pub name: String,
    /// When it was added.
    pub created_at: DateTime<Utc>,
}

/// Adds a customer with a name of 1 to 200 characters that no other has.
pub async fn add_customer(db: &Db, name: &str, now: DateTime<Utc>, actor: &Actor) -> Result<Customer, Error> {
    let name = name.trim();
    if !(1..=200).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Error::InvalidCustomerName);
    }
    let customer = Customer {
        customer_id: CustomerId::generate(now),
        name: name.to_owned(),
        created_at: now,
    };
    db.transaction(async |transaction| {
        if !store::insert_customer(transaction, &customer).await? {
            return Err(Error::CustomerExists(customer.name.clone()));
        }
        let subject = Subject {
            kind: "customer",
            id: &customer.customer_id,
        };
        audit::record(
            transaction,
            now,
            actor,
            "added",
            subject,
            json!({ "name": customer.name }),
        )
        .await?;
        Ok(())
    })
    .await?;
    Ok(customer)
}

/// All customers, by name.
pub async fn list_customers(db: &Db) -> Result<Vec<Customer>, Error> {
    db.run(async |connection| Ok(store::list_customers(connection).await?))
        .await
}

/// The customer with this name or identifier.
pub async fn find_customer(db: &Db, name_or_id: &str) -> Result<Customer, Error> {
    let customers = list_customers(db).await?;
    let id = name_or_id.parse::<CustomerId>().ok();
    customers
        .into_iter()
        .find(|customer| customer.name == name_or_id || Some(customer.customer_id) == id)
        .ok_or_else(|| Error::UnknownCustomer(name_or_id.to_owned()))
}

/// Which customers are asked for, in the order in which they were added.
#[derive(Debug)]
pub struct CustomerPage {
    /// This one only.
    pub only: Option<CustomerId>,
    /// The last one of the page before.
    pub after: Option<CustomerId>,
    /// Most of them on the page.
    pub limit: i64,
}

/// One page of customers, and where the next one begins.
pub async fn page_customers(
    db: &Db,
    page: &CustomerPage,
) -> Result<(Vec<Customer>, Option<CustomerId>), Failure> {
    let mut customers = db
        .run(async |connection| Ok::<_, Failure>(store::list_customer_page(connection, page).await?))
        .await?;
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let has_more = customers.len() > limit;
    customers.truncate(limit);
    let next = customers.last().filter(|_| has_more).map(|last| last.customer_id);
    Ok((customers, next))
}
