//! Scopes as types, for [`Access`](super::Access).

use super::bearer::ScopeMarker;
use crate::clients::Scope;

/// [`Scope::Videos`].
pub enum Videos {}

impl ScopeMarker for Videos {
    const SCOPE: Scope = Scope::Videos;
}

/// [`Scope::Assessments`].
pub enum Assessments {}

impl ScopeMarker for Assessments {
    const SCOPE: Scope = Scope::Assessments;
}

/// [`Scope::Platform`].
pub enum Platform {}

impl ScopeMarker for Platform {
    const SCOPE: Scope = Scope::Platform;
}
