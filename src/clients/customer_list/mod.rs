//! The list of customers for people: by name, searched, with how many clients each has.

mod store;

use std::fmt;
use std::str::FromStr;

use serde_json::json;
use sqlx::PgConnection;

use super::customer::{Customer, lock_customer};
use super::error::Error;
use crate::audit::Act;
use crate::ids::CustomerId;
use crate::page::Page;
use crate::text::Name;

/// A customer, and how many clients it has.
#[derive(Clone, Debug)]
pub struct ListedCustomer {
    /// The customer.
    pub customer: Customer,
    /// How many clients it has.
    pub clients: i64,
    /// How well the text finds it: 0 where it is the whole name or the identifier, 1 where it is the beginning, 2 elsewhere.
    pub(super) rank: i32,
}

/// One page of the customers with `text` in their name, or with it as identifier; first those of which it is the whole, then
/// those that begin with it, each by name. An empty text finds all.
pub async fn search_customers(
    db: &mut PgConnection,
    text: &str,
    page: &Page<CustomerCursor>,
) -> Result<(Vec<ListedCustomer>, Option<CustomerCursor>), Error> {
    let mut customers = store::search_customers(db, text, page).await?;
    let has_more = page.cut(&mut customers);
    let last = customers.last().filter(|_| has_more);
    let next = last.map(|listed| CustomerCursor {
        rank: listed.rank,
        name: listed.customer.name.clone(),
    });
    Ok((customers, next))
}

/// Gives a customer another name, and returns the customer as it is then. The name that it has is no change.
pub async fn rename_customer(
    db: &mut PgConnection,
    act: &Act,
    customer_id: CustomerId,
    name: &str,
) -> Result<Customer, Error> {
    let name = name
        .parse::<Name>()
        .map_err(|_| Error::InvalidCustomerName)?
        .to_string();
    let before = lock_customer(db, customer_id).await?;
    if before.name == name {
        return Ok(before);
    }
    if !store::update_name(db, customer_id, &name).await? {
        return Err(Error::CustomerExists(name));
    }
    let detail = json!({ "before": { "name": before.name }, "after": { "name": name } });
    act.record(db, "updated", ("customer", &customer_id), detail)
        .await?;
    Ok(Customer { name, ..before })
}

/// The last customer of a page. Its text is its rank and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerCursor {
    pub(super) rank: i32,
    pub(super) name: String,
}

impl fmt::Display for CustomerCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.rank, self.name)
    }
}

/// The text is not a cursor that a list of customers gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cursor must be the value that the previous page returned")]
pub struct InvalidCustomerCursor;

impl FromStr for CustomerCursor {
    type Err = InvalidCustomerCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCustomerCursor> {
        let (rank, name) = text.split_once('.').ok_or(InvalidCustomerCursor)?;
        let rank = match rank {
            "0" => 0,
            "1" => 1,
            "2" => 2,
            _ => return Err(InvalidCustomerCursor),
        };
        let is_name = !name.is_empty() && !name.chars().any(char::is_control);
        is_name
            .then(|| Self {
                rank,
                name: name.to_owned(),
            })
            .ok_or(InvalidCustomerCursor)
    }
}
