//! The partner's admins, `/admin/v1/…` (scope `admin`): what the command line does, for machines.
//!
//! Here is HTTP alone; what happens is in the domains, and the command line calls the same operations. Clients with this
//! scope belong to no customer, so a call reaches the data of all. They cannot make or change their like: clients with scope
//! `admin` are registered, changed and given secrets at the command line, so that a token that leaked opens nothing that
//! outlives its ten minutes there. They can be disabled here, their secrets be retired and their tokens be revoked.

mod audit_events;
mod callbacks;
mod campaigns;
mod clients;
mod creation_links;
mod customers;
mod error;
mod keys;
mod market;
mod persons;
mod precondition;
mod refusals;
mod subdomains;
mod tokens;
mod usage;

use actix_web::web;

pub use error::Error;

use super::Wing;
use super::guard::{Dialect, ProblemDetails, ScopeMarker};
use crate::clients::Scope;

/// The wing of what admins call.
pub(super) const WING: Wing = Wing {
    paths: &["/admin"],
    configure,
    unrouted: ProblemDetails::unrouted,
};

/// Longest JSON body, in bytes: a client with all its lists full.
const MAX_JSON_BYTES: usize = 64 * 1024;

/// [`Scope::Admin`].
pub enum Admin {}

impl ScopeMarker for Admin {
    const SCOPE: Scope = Scope::Admin;
    type Dialect = ProblemDetails;
}

/// A call of an admin.
type Call = super::call::Call<Admin>;

/// Registers the endpoints.
fn configure(config: &mut web::ServiceConfig) {
    customers::configure(config);
    clients::configure(config);
    tokens::configure(config);
    audit_events::configure(config);
    refusals::configure(config);
    callbacks::configure(config);
    keys::configure(config);
    usage::configure(config);
    persons::configure(config);
    campaigns::configure(config);
    creation_links::configure(config);
    subdomains::configure(config);
    market::configure(config);
}

/// The URL of what is at this path.
fn locate(call: &Call, path: &str) -> String {
    call.app().settings.public_url.join(path)
}
