//! The partner's own side, `/platform/v1/…` (scope `platform`): its platform feeds campaigns in, takes invitations up, and
//! pushes status, results and reports, and writes profiles.
//!
//! Here is HTTP alone; what happens is in `recruiting`, `profiles` and `people`. A client that belongs to a customer reaches that customer's data
//! only, and one that belongs to none reaches all; what is out of reach is answered as what does not exist.

mod campaigns;
mod candidates;
mod customers;
mod error;
mod invitations;
mod people;
mod profiles;
mod progress;
mod reports;

use actix_web::web;

pub use error::Error;

use super::guard::{Dialect, ProblemDetails, ScopeMarker};
use super::{Wing, below};
use crate::clients::Scope;

/// The wing of what the partner's platform calls.
pub(super) const WING: Wing = Wing {
    paths: &["/platform"],
    configure,
    unrouted: ProblemDetails::unrouted,
};

/// Longest JSON body, in bytes: a hundred scores with the longest names, however escaped.
const MAX_JSON_BYTES: usize = 512 * 1024;

/// [`Scope::Platform`].
pub enum Platform {}

impl ScopeMarker for Platform {
    const SCOPE: Scope = Scope::Platform;
    type Dialect = ProblemDetails;
}

/// A call of the platform.
type Call = super::call::Call<Platform>;

/// Registers the endpoints.
fn configure(config: &mut web::ServiceConfig) {
    below(config, &["/platform/v1/invitations"], |config| {
        invitations::configure(config);
        progress::configure(config);
        reports::configure(config);
    });
    below(config, &["/platform/v1/profiles"], profiles::configure);
    below(config, &["/platform/v1/campaigns"], campaigns::configure);
    customers::configure(config);
    candidates::configure(config);
    people::configure(config);
}
