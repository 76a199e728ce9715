//! What the platform reads of an invitation.

use serde::Serialize;

use crate::recruiting::invitations::Invitation;
use crate::recruiting::reports::ReportSummary;

/// An invitation with its reports.
#[derive(Clone, Serialize)]
pub struct InvitationDetails {
    /// The invitation.
    #[serde(flatten)]
    pub invitation: Invitation,
    /// The reports that are complete, in the order in which they were begun.
    pub reports: Vec<ReportSummary>,
}
