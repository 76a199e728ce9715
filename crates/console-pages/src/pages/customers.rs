//! The customers: companies that buy from the partner.

use chrono::{DateTime, Utc};

use super::clients::ClientRow;
use super::page;
use super::shared::{Conflict, Paging};
use crate::components::Tone;
use crate::context::Page as _;
use crate::form::Form;
use crate::frame::{FlashKind, Section};
use crate::paths;

/// The list of customers.
#[derive(Clone, Debug, Default)]
pub struct Customers {
    /// What is searched for: an identifier or a part of a name.
    pub search: String,
    /// The customers of this page.
    pub rows: Vec<CustomerRow>,
    /// The pages around it.
    pub paging: Paging,
}

/// A customer in a list.
#[derive(Clone, Debug)]
pub struct CustomerRow {
    /// Its identifier.
    pub customer_id: String,
    /// Its name.
    pub name: String,
    /// How many clients it has.
    pub clients: i64,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
}

page!(Customers, "customers.html", |_p, c| c.t("customers"));

impl Customers {
    fn form(&self) -> Form {
        Form::new().with("search", &self.search)
    }
}

/// Registering a customer, in the field `customer_name`.
#[derive(Clone, Debug, Default)]
pub struct NewCustomer {
    /// What was entered.
    pub form: Form,
}

page!(
    NewCustomer,
    "customer_new.html",
    |_p, c| c.t("customer-new"),
    |p| !p.form.errors().is_empty()
);

/// One customer.
#[derive(Clone, Debug)]
pub struct Customer {
    /// Its identifier.
    pub customer_id: String,
    /// Its name.
    pub name: String,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// Its clients, or the first of them.
    pub clients: Vec<ClientRow>,
    /// Whether there are more.
    pub has_more_clients: bool,
    /// How many campaigns it has, and how many of them are active; none where that was not read.
    pub campaigns: Option<(i64, i64)>,
    /// Its first subdomains.
    pub subdomains: Vec<String>,
    /// How many more it has.
    pub more_subdomains: usize,
    /// The new name, in the field `customer_name`.
    pub form: Form,
    /// The state of the customer that the form was filled in from, in the field `etag`.
    pub etag: String,
    /// Somebody else renamed the customer meanwhile.
    pub conflict: Option<Conflict>,
}

page!(Customer, "customer.html", |p, _c| p.name.clone(), |p| !p
    .form
    .errors()
    .is_empty()
    || p.conflict.is_some());
