//! The data APIs in Lightcast's style (`docs/MARKET.md`): errors are `{"errors":[{"status","title","detail"}]}`.

mod benchmark;
mod dialect;
mod envelope;
mod error;
mod fields;
mod profiles;
mod stream;
mod titles;

use actix_web::web;

use self::dialect::LightcastStyle;
use super::guard::{Dialect, ScopeMarker};
use super::{Wing, below};
use crate::clients::Scope;

/// The wing of market data.
pub(super) const WING: Wing = Wing {
    paths: &["/titles", "/occupation-benchmark", "/profiles"],
    configure,
    unrouted: LightcastStyle::unrouted,
};

/// The scopes of the Titles API: [`Scope::EmsiOpen`] or [`Scope::LightcastOpenFree`] (Lightcast contract s1).
pub enum Titles {}

impl ScopeMarker for Titles {
    const SCOPE: Scope = Scope::EmsiOpen;
    const ALTERNATIVES: &'static [Scope] = &[Scope::LightcastOpenFree];
    type Dialect = LightcastStyle;
}

/// What needs an entitlement of the Titles API, which comes with [`Scope::EmsiOpen`] alone. It counts with the rest of the
/// API.
pub enum ExpandedTitles {}

impl ScopeMarker for ExpandedTitles {
    const SCOPE: Scope = Scope::EmsiOpen;
    type Dialect = LightcastStyle;
}

/// The scope of the Occupation Benchmark API (Lightcast contract s1).
pub enum OccupationBenchmark {}

impl ScopeMarker for OccupationBenchmark {
    const SCOPE: Scope = Scope::OccupationBenchmark;
    type Dialect = LightcastStyle;
}

/// The scope of the Career Coach Profiles API (Lightcast contract s1).
pub enum Profiles {}

impl ScopeMarker for Profiles {
    const SCOPE: Scope = Scope::Profiles;
    type Dialect = LightcastStyle;
}

/// Registers the endpoints.
fn configure(config: &mut web::ServiceConfig) {
    below(config, &["/titles"], titles::configure);
    below(config, &["/occupation-benchmark"], benchmark::configure);
    below(config, &["/profiles"], profiles::configure);
}
