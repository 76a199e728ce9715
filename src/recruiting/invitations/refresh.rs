//! How far invitations are (contract s4, s5): many at once, so that a nightly refresh is a few calls.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::result::Score;
use super::status::Status;
use super::store;
use crate::error::Failure;
use crate::ids::{ApplicantId, ApplicationId, CampaignId, CustomerId, InvitationId, ReportId};
use crate::page::Page;
use crate::recruiting::reports::MediaType;
use crate::text::{HttpsUrl, Name};

/// How far a video interview is.
#[derive(Debug, Serialize)]
pub struct Interview {
    /// Its invitation.
    #[serde(skip)]
    pub invitation_id: InvitationId,
    /// Who was invited.
    pub applicant_id: ApplicantId,
    /// For which application.
    pub application_id: ApplicationId,
    /// To which campaign.
    pub campaign_id: CampaignId,
    /// How far the candidate is.
    pub status: Status,
    /// Since when.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub status_changed_at: DateTime<Utc>,
    /// Where to watch it, once completed.
    #[serde(rename = "interview_link")]
    pub link: Option<HttpsUrl>,
}

/// How far an assessment is, and its result.
#[derive(Debug, Serialize)]
pub struct Assessment {
    /// Its invitation.
    pub invitation_id: InvitationId,
    /// Who was invited.
    pub applicant_id: ApplicantId,
    /// For which application.
    pub application_id: ApplicationId,
    /// To which campaign.
    pub campaign_id: CampaignId,
    /// How far the candidate is.
    pub status: Status,
    /// Since when.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub status_changed_at: DateTime<Utc>,
    /// 0 to 100 percent.
    pub overall_score: Option<f64>,
    /// Further scores.
    pub scores: Json<Vec<Score>>,
    /// The reports that are complete.
    pub reports: Json<Vec<AssessmentReport>>,
}

/// A report of an assessment.
#[derive(Debug, Serialize, Deserialize)]
pub struct AssessmentReport {
    /// Its identifier.
    pub report_id: ReportId,
    /// What recruiters read.
    pub name: Name,
    /// Whether it is about the whole assessment.
    pub is_global: bool,
    /// The type of an uploaded one; `None`: it is on the partner's own site.
    pub media_type: Option<MediaType>,
    /// Where to fetch it, which only who answers a call knows: empty until then.
    #[serde(default)]
    pub url: String,
}

/// Applications, and of which campaign if that matters.
#[derive(Debug)]
pub struct Applications {
    /// At most 500, each once.
    pub ids: Vec<ApplicationId>,
    /// Invitations to this campaign alone; `None`: to all.
    pub campaign_id: Option<CampaignId>,
}

/// The invitations that are asked about.
#[derive(Debug)]
pub enum RefreshTarget {
    /// Those of these applications.
    Applications(Applications),
    /// All of a campaign.
    Campaign(CampaignId),
}

/// Video interviews of a customer, in the order of their invitations' identifiers; one more than the page has if there are
/// more.
pub async fn list_interviews(
    db: &mut PgConnection,
    customer_id: CustomerId,
    target: &RefreshTarget,
    page: &Page<InvitationId>,
) -> Result<Vec<Interview>, Failure> {
    Ok(match target {
        RefreshTarget::Applications(applications) => {
            store::list_interviews_of_applications(db, customer_id, applications, page).await?
        }
        RefreshTarget::Campaign(campaign_id) => {
            store::list_interviews_of_campaign(db, customer_id, *campaign_id, page).await?
        }
    })
}

/// Assessments of a customer, in the order of their invitations' identifiers; one more than the page has if there are more.
pub async fn list_assessments(
    db: &mut PgConnection,
    customer_id: CustomerId,
    target: &RefreshTarget,
    page: &Page<InvitationId>,
) -> Result<Vec<Assessment>, Failure> {
    Ok(match target {
        RefreshTarget::Applications(applications) => {
            store::list_assessments_of_applications(db, customer_id, applications, page).await?
        }
        RefreshTarget::Campaign(campaign_id) => {
            store::list_assessments_of_campaign(db, customer_id, *campaign_id, page).await?
        }
    })
}
