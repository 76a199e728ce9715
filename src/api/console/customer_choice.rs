//! Choosing a customer: from a list while there are few, and by name or identifier where there are many. What is sent is read
//! alike, so a page stays small whatever number there is, and works without a script.

use console_pages::{Choice, Form, Message, Offer, errors};
use sqlx::PgConnection;

use crate::clients::{self, Customer};
use crate::error::Failure;
use crate::ids::CustomerId;
use crate::page::Page;
use crate::text::Name;

/// Most customers that a page offers, and most bytes of their names, which are written with `&#38;` for `&`.
const MOST: i64 = 50;
const MOST_NAMES: usize = 50;
const MOST_BYTES: usize = 5_000;
/// Most customers that are named to somebody who may have meant one of them.
const MOST_ALIKE: i64 = 3;

/// What a field offers: all customers, or the first of those that are like what was typed.
pub(super) async fn offer(db: &mut PgConnection, typed: &str) -> Result<Offer, clients::Error> {
    let (all, more) = search(db, "", MOST).await?;
    if !more && fit(all.iter().map(|customer| customer.name.as_str())) {
        return Ok(Offer::All(all.iter().map(choice).collect()));
    }
    let alike = match typed.parse::<Name>() {
        Ok(name) => search(db, name.as_str(), MOST).await?.0,
        Err(_) => Vec::new(),
    };
    let offered = if alike.is_empty() { all } else { alike };
    Ok(Offer::First(bounded(
        offered.into_iter().map(|customer| customer.name),
    )))
}

fn choice(customer: &Customer) -> Choice {
    let name = Message::Words(customer.name.clone());
    Choice::new(&customer.customer_id.to_string(), name)
}

/// Whether all of these names may be on one page.
pub(super) fn fit<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> bool {
    names.len() <= MOST_NAMES && names.map(str::len).sum::<usize>() <= MOST_BYTES
}

/// The first names that fit on a page.
pub(super) fn bounded(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut left = MOST_BYTES;
    let fits = |name: &String| {
        let fits = name.len() <= left;
        left = left.saturating_sub(name.len());
        fits
    };
    names.take(MOST_NAMES).take_while(fits).collect()
}

async fn search(
    db: &mut PgConnection,
    text: &str,
    limit: i64,
) -> Result<(Vec<Customer>, bool), clients::Error> {
    let first = Page { after: None, limit };
    let (found, next) = clients::search_customers(db, text, &first).await?;
    let customers = found.into_iter().map(|listed| listed.customer);
    Ok((customers.collect(), next.is_some()))
}

/// The form with the customer's name in place of the identifier, for a field that takes either.
pub(super) async fn by_name(db: &mut PgConnection, form: Form, field: &str) -> Result<Form, clients::Error> {
    let Ok(customer_id) = form.value(field).parse::<CustomerId>() else {
        return Ok(form);
    };
    match clients::find_customer_by_id(db, customer_id).await {
        Ok(customer) => Ok(form.set(field, &customer.name)),
        Err(clients::Error::UnknownCustomer(_)) => Ok(form),
        Err(error) => Err(error),
    }
}

/// The customer that was chosen or typed; none, with what to do, where that is not one.
pub(super) async fn resolve(
    db: &mut PgConnection,
    typed: &str,
) -> Result<Result<CustomerId, Message>, Failure> {
    // What cannot be a name is none, and the database may not take it.
    let Ok(name) = typed.parse::<Name>() else {
        return Ok(Err(Message::text(errors::CUSTOMER)));
    };
    let read = async {
        match clients::find_customer(db, name.as_str()).await {
            Err(clients::Error::UnknownCustomer(_)) => {}
            found => return found.map(|customer| Ok(customer.customer_id)),
        }
        let (alike, more) = search(db, name.as_str(), MOST_ALIKE).await?;
        let is_same = |customer: &&Customer| customer.name.eq_ignore_ascii_case(name.as_str());
        Ok(
            match alike.iter().filter(is_same).collect::<Vec<_>>().as_slice() {
                [only] => Ok(only.customer_id),
                _ => Err(unknown(name.as_str(), &alike, more)),
            },
        )
    };
    match read.await {
        Ok(resolved) => Ok(resolved),
        Err(clients::Error::Failure(failure)) => Err(failure),
        Err(error) => Err(Failure::internal(error)),
    }
}

/// What is said of a name that no customer has.
fn unknown(typed: &str, alike: &[Customer], more: bool) -> Message {
    if alike.is_empty() {
        return Message::text(errors::CUSTOMER_UNKNOWN).with("typed", typed);
    }
    let mut names: Vec<&str> = alike.iter().map(|customer| customer.name.as_str()).collect();
    if more {
        names.push("…");
    }
    Message::text(errors::CUSTOMER_ALIKE)
        .with("typed", typed)
        .with("names", names.join(", "))
}
