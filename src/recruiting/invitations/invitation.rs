//! An invitation: one candidate, asked to do one campaign for one application.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::result::InvitationResult;
use super::status::Status;
use crate::ids::{ApplicantId, ApplicationId, CampaignId, CustomerId, InvitationId};
use crate::recruiting::campaigns::CampaignKind;
use crate::text::{EmailAddress, NamePart};

/// An invitation with the candidate's data. It is personal, so it has no `Debug`.
#[derive(Clone, Serialize)]
pub struct Invitation {
    /// A UUIDv7.
    pub invitation_id: InvitationId,
    /// The customer whose recruiter invited.
    pub customer_id: CustomerId,
    /// What the candidate is asked to do.
    pub campaign_id: CampaignId,
    /// The kind of that campaign.
    pub kind: CampaignKind,
    /// The candidate, as Talentsoft names the person.
    pub applicant_id: ApplicantId,
    /// The application that the candidate is invited for.
    pub application_id: ApplicationId,
    /// Family name; empty where the person has the other only.
    pub lastname: NamePart,
    /// Given name; empty where the person has the other only.
    pub firstname: NamePart,
    /// Where the candidate is reached.
    pub email: EmailAddress,
    /// Of at most 50 characters.
    pub phone: Option<String>,
    /// The recruiter; `None`: the client acted as an application.
    pub invited_by: Option<EmailAddress>,
    /// How far the candidate is.
    pub status: Status,
    /// When the candidate was first invited.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub created_at: DateTime<Utc>,
    /// Since when it has its status.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub status_changed_at: DateTime<Utc>,
    /// When its link ends.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub expires_at: DateTime<Utc>,
    /// The invitation by which the candidate was invited again, after this one expired or was cancelled.
    pub superseded_by: Option<InvitationId>,
    /// What came of it.
    pub result: Option<InvitationResult>,
}

/// The invitation of a row that has all of its columns.
macro_rules! invitation_of {
    ($row:ident) => {
        $crate::recruiting::invitations::Invitation {
            invitation_id: $row.invitation_id,
            customer_id: $row.customer_id,
            campaign_id: $row.campaign_id,
            kind: $row.kind,
            applicant_id: $row.applicant_id,
            application_id: $row.application_id,
            lastname: $row.lastname,
            firstname: $row.firstname,
            email: $row.email,
            phone: $row.phone,
            invited_by: $row.invited_by,
            status: $row.status,
            created_at: $row.created_at,
            status_changed_at: $row.status_changed_at,
            expires_at: $row.expires_at,
            superseded_by: $row.superseded_by,
            result: $row
                .result_at
                .map(|_| $crate::recruiting::invitations::InvitationResult {
                    overall_score: $row.overall_score,
                    scores: $row.scores.0,
                    video_url: $row.video_url,
                }),
        }
    };
}

pub(in crate::recruiting) use invitation_of;
