//! The routes that Talentsoft calls (contract s4 and s5): video interviews and assessments, which are alike but for their
//! names.

mod answers;
mod campaigns;
mod candidates;
mod creation_link;
mod error;
mod invitations;
mod refresh_query;
mod reports;

use actix_web::web;

pub use error::Error;

use super::Wing;
use super::guard::{Dialect, ProblemDetails, ScopeMarker};
use crate::clients::Scope;
use crate::recruiting::CampaignKind;

/// The wing of what Talentsoft calls. Paths of one word are the guide's short names.
pub(super) const WING: Wing = Wing {
    paths: &[
        "/videos",
        "/assessments",
        "/campaign",
        "/campaigncreationlink",
        "/interview",
    ],
    configure,
    unrouted: ProblemDetails::unrouted,
};

/// [`Scope::Videos`] (contract s4).
pub enum Videos {}

impl ScopeMarker for Videos {
    const SCOPE: Scope = Scope::Videos;
    type Dialect = ProblemDetails;
}

/// [`Scope::Assessments`] (contract s5).
pub enum Assessments {}

impl ScopeMarker for Assessments {
    const SCOPE: Scope = Scope::Assessments;
    type Dialect = ProblemDetails;
}

/// One of Talentsoft's two APIs, by the scope that opens it.
trait Api: ScopeMarker {
    /// The kind of its campaigns.
    const KIND: CampaignKind;
}

impl Api for Videos {
    const KIND: CampaignKind = CampaignKind::Video;
}

impl Api for Assessments {
    const KIND: CampaignKind = CampaignKind::Assessment;
}

/// Registers the endpoints.
fn configure(config: &mut web::ServiceConfig) {
    campaigns::configure(config);
    creation_link::configure(config);
    invitations::configure(config);
    reports::configure(config);
}
