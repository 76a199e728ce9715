//! What the platform is told about an invitation.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::store::Row;
use crate::error::Failure;
use crate::ids::{ApplicantId, ApplicationId, CampaignId, CustomerId, InvitationId, ReportId};
use crate::recruiting::invitations::Status;
use crate::recruiting::progress::Score;

/// An invitation with the candidate's data. It has no `Debug`: it is personal.
#[derive(Clone, Serialize)]
pub struct Invitation {
    /// Its identifier.
    pub invitation_id: InvitationId,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// To what.
    pub campaign_id: CampaignId,
    /// `video` or `assessment`.
    pub kind: String,
    /// Who, as Talentsoft names the person.
    pub applicant_id: ApplicantId,
    /// For which application.
    pub application_id: ApplicationId,
    /// Family name.
    pub lastname: String,
    /// Given name.
    pub firstname: String,
    /// Where the candidate is reached.
    pub email: String,
    /// Where else.
    pub phone: Option<String>,
    /// Email of the recruiter; none: the customer's application.
    pub invited_by: Option<String>,
    /// How far it is.
    pub status: Status,
    /// Since when it is there.
    pub created_at: DateTime<Utc>,
    /// Since when it has its status.
    pub status_changed_at: DateTime<Utc>,
    /// When its link ends.
    pub expires_at: DateTime<Utc>,
    /// What came of it.
    pub result: Option<ResultView>,
    /// The whole ones, in the order in which they were begun.
    pub reports: Vec<ReportView>,
}

/// A result.
#[derive(Clone, Serialize)]
pub struct ResultView {
    /// 0 to 100.
    pub overall_score: Option<f64>,
    /// Further scores.
    pub scores: Vec<Score>,
    /// Where the video is.
    pub video_url: Option<String>,
}

/// A report.
#[derive(Clone, Serialize, Deserialize)]
pub struct ReportView {
    /// Its identifier.
    pub report_id: ReportId,
    /// Its name.
    pub name: String,
    /// Whether it is about the whole assessment.
    pub is_global: bool,
    /// Of an upload.
    pub media_type: Option<String>,
    /// Of an upload.
    pub byte_length: Option<i64>,
    /// Of one that the partner serves itself.
    pub url: Option<String>,
}

impl TryFrom<Row> for Invitation {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let result = match row.result_at {
            None => None,
            Some(_) => Some(ResultView {
                overall_score: row.overall_score,
                scores: serde_json::from_value(row.scores).map_err(Failure::internal)?,
                video_url: row.video_url,
            }),
        };
        Ok(Self {
            invitation_id: row.invitation_id,
            customer_id: row.customer_id,
            campaign_id: row.campaign_id,
            kind: row.kind,
            applicant_id: row.applicant_id,
            application_id: row.application_id,
            lastname: row.lastname,
            firstname: row.firstname,
            email: row.email,
            phone: row.phone,
            invited_by: row.invited_by,
            status: row.status.parse().map_err(Failure::internal)?,
            created_at: row.created_at,
            status_changed_at: row.status_changed_at,
            expires_at: row.expires_at,
            result,
            reports: serde_json::from_value(row.reports).map_err(Failure::internal)?,
        })
    }
}
