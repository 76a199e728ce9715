//! Talentsoft's two APIs, which are alike but for their names: videos (contract s4) and assessments (contract s5).

use crate::api::guard::ScopeMarker;
use crate::api::guard::scopes::{Assessments, Videos};
use crate::recruiting::CampaignKind;

/// One of the two, by the scope that opens it.
pub trait Api: ScopeMarker {
    /// What its campaigns are.
    const KIND: CampaignKind;
}

impl Api for Videos {
    const KIND: CampaignKind = CampaignKind::Video;
}

impl Api for Assessments {
    const KIND: CampaignKind = CampaignKind::Assessment;
}
