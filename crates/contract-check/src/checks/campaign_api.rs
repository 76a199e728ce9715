//! The two APIs with campaigns, of video interviews and of assessments. They differ in their paths and in the name of
//! one member (contract s4, s5).

use std::rc::Rc;

use reqwest::Method;
use serde_json::Value;
use url::Url;

use super::expect::{is_absent, rows, success};
use crate::http::Response;
use crate::not_passed::{NotPassed, blocked_by};
use crate::plan::Campaigns;
use crate::session::{InvitationBatch, Session, Shared};

/// One of the two APIs.
pub struct CampaignApi {
    /// Path of the list of campaigns.
    pub campaigns: &'static str,
    /// The check that reports whether the list is served.
    pub campaigns_check: &'static str,
    /// Path of the link to the partner's page for new campaigns.
    pub creation_link: &'static str,
    /// Path where candidates are invited, and where the status of their invitations is read.
    pub invitations: &'static str,
    /// The check that reports whether an invitation is answered.
    pub invite_check: &'static str,
    /// End of the name of the member with the candidate's link.
    pub link_member: &'static str,
    /// The campaign of the plan that candidates may be invited to.
    pub campaign: fn(&Campaigns) -> Option<&String>,
    /// The option of the command line that sets this campaign.
    pub campaign_option: &'static str,
    /// The batch of invitations that the checks share.
    pub batch: fn(&Session) -> &Shared<InvitationBatch>,
}

/// The API of video interviews.
pub const VIDEOS: CampaignApi = CampaignApi {
    campaigns: "/videos/campaigns",
    campaigns_check: "videos.campaigns",
    creation_link: "/videos/campaigncreationlink",
    invitations: "/videos/interviews",
    invite_check: "videos.invite.answered",
    link_member: "interview_invitation_link",
    campaign: |campaigns| campaigns.video.as_ref(),
    campaign_option: "--video-campaign",
    batch: |session| &session.video_invitations,
};

/// The API of assessments.
pub const ASSESSMENTS: CampaignApi = CampaignApi {
    campaigns: "/assessments/campaigns",
    campaigns_check: "assessments.campaigns",
    creation_link: "/assessments/campaigncreationlink",
    invitations: "/assessments/invitations",
    invite_check: "assessments.invite.answered",
    link_member: "invitation_link",
    campaign: |campaigns| campaigns.assessment.as_ref(),
    campaign_option: "--assessment-campaign",
    batch: |session| &session.assessment_invitations,
};

/// The response to a GET with the application's token.
pub async fn read(session: &Session, path: &str) -> Result<Rc<Response>, NotPassed> {
    let request = session.api_request(Method::GET, path).await?;
    session.http.send(request).await
}

/// The response to the request for campaigns, and its rows.
pub async fn request_campaigns(
    session: &Session,
    api: &CampaignApi,
) -> Result<(Rc<Response>, Vec<Value>), NotPassed> {
    // If no resource can be read at all, `bearer.accepted` reports it, and this check is skipped.
    session.resource_request().await?;
    let response = read(session, api.campaigns).await?;
    if response.status == 404 {
        return Err(NotPassed::NotOffered(format!(
            "{} is not served (404)",
            api.campaigns
        )));
    }
    if response.status == 403 {
        return Err(NotPassed::NotOffered(format!(
            "this client has no access to {} (403)",
            api.campaigns
        )));
    }
    success(&response)?;
    let rows = rows(&response)?;
    Ok((response, rows))
}

/// The same for checks that depend on it, which are skipped if it fails.
pub async fn campaigns(
    session: &Session,
    api: &CampaignApi,
) -> Result<(Rc<Response>, Vec<Value>), NotPassed> {
    request_campaigns(session, api)
        .await
        .map_err(|not_passed| match not_passed {
            NotPassed::Failed(_) => blocked_by(api.campaigns_check),
            other => other,
        })
}

/// Skips a check that depends on the API unless its campaigns can be read.
pub async fn require_api(session: &Session, api: &CampaignApi) -> Result<(), NotPassed> {
    campaigns(session, api).await.map(drop)
}

/// Stops a check of the status of invitations if the partner does not serve it, which the contract allows.
pub fn require_invitation_status(api: &CampaignApi, response: &Response) -> Result<(), NotPassed> {
    if is_absent(response) {
        return Err(NotPassed::NotOffered(format!(
            "GET {} is not served ({})",
            api.invitations, response.status
        )));
    }
    Ok(())
}

/// Whether a text is an absolute URL with https, or with http if the partner is on this machine.
pub fn is_link(session: &Session, text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        url.scheme() == "https" || (url.scheme() == "http" && session.plan.url.is_loopback())
    })
}
