//! The checks of inviting candidates, for either API (contract s4, s5). They run only if the plan allows it, and invite
//! only people who do not exist.

use std::rc::Rc;

use reqwest::Method;
use serde_json::{Value, json};

use super::campaign_api::{CampaignApi, is_link, read, require_api, require_invitation_status};
use super::expect::{is_absent, refused, rows, status_in, success, text_member};
use crate::http::Response;
use crate::not_passed::{NotPassed, blocked_by, failed, require};
use crate::random::random_id;
use crate::session::{InvitationBatch, Session};

/// The id of the campaign that candidates may be invited to.
fn campaign_id<'a>(session: &'a Session, api: &CampaignApi) -> Result<&'a str, NotPassed> {
    let Some(campaigns) = &session.plan.campaigns else {
        return Err(NotPassed::Skipped(
            "the check invites candidates: pass --allow-writes and a campaign".to_owned(),
        ));
    };
    let campaign = (api.campaign)(campaigns).map(String::as_str);
    campaign.ok_or_else(|| {
        NotPassed::Skipped(format!(
            "the check invites candidates: pass {} with the id of a campaign",
            api.campaign_option
        ))
    })
}

/// A candidate who does not exist, at a domain that is reserved for examples (RFC 2606).
fn candidate(campaign_id: &str) -> Value {
    let (applicant_id, application_id) = (random_id(), random_id());
    json!({
        "campaign_id": campaign_id,
        "applicant_id": applicant_id,
        "application_id": application_id,
        "lastname": "Check",
        "firstname": "Talentsoft Partner",
        "email": format!("check-{applicant_id}@example.com"),
    })
}

fn incomplete_candidate(campaign_id: &str) -> Value {
    let mut candidate = candidate(campaign_id);
    if let Some(members) = candidate.as_object_mut() {
        members.remove("email");
        members.remove("lastname");
    }
    candidate
}

async fn invite(
    session: &Session,
    api: &CampaignApi,
    candidates: &[&Value],
) -> Result<Rc<Response>, NotPassed> {
    let request = session
        .api_request(Method::POST, api.invitations)
        .await?
        .current_user(&session.plan.user)
        .json(&json!(candidates));
    session.http.send(request).await
}

/// Sends the shared batch, or shows its exchange in the report of this check too.
async fn batch(session: &Session, api: &CampaignApi) -> Result<InvitationBatch, NotPassed> {
    let campaign_id = campaign_id(session, api)?;
    require_api(session, api).await?;
    let shared = (api.batch)(session);
    let is_known = shared.initialized();
    let send = async || {
        let (complete, incomplete) = (candidate(campaign_id), incomplete_candidate(campaign_id));
        let response = invite(session, api, &[&complete, &incomplete]).await?;
        Ok(InvitationBatch {
            complete,
            incomplete,
            response,
        })
    };
    let batch = shared.get_or_init(send).await.clone()?;
    if is_known {
        session.http.repeat_exchange(&batch.response);
    }
    if is_absent(&batch.response) {
        return Err(NotPassed::NotOffered(format!(
            "POST {} is not served ({})",
            api.invitations, batch.response.status
        )));
    }
    Ok(batch)
}

/// The row of a candidate, found by the application.
fn row_of(api: &CampaignApi, response: &Response, candidate: &Value) -> Result<Value, NotPassed> {
    let application_id = text_member(candidate, "application_id");
    let row = rows(response)
        .unwrap_or_default()
        .into_iter()
        .find(|row| text_member(row, "application_id") == application_id);
    row.ok_or_else(|| blocked_by(api.invite_check))
}

/// The row of the complete candidate.
async fn complete_row(session: &Session, api: &CampaignApi) -> Result<Value, NotPassed> {
    let batch = batch(session, api).await?;
    row_of(api, &batch.response, &batch.complete)
}

/// The row of the incomplete candidate.
async fn incomplete_row(session: &Session, api: &CampaignApi) -> Result<Value, NotPassed> {
    let batch = batch(session, api).await?;
    row_of(api, &batch.response, &batch.incomplete)
}

/// A request without a token is refused. It has an empty list, so that it invites nobody if it is accepted.
pub async fn requires_token(session: &Session, api: &CampaignApi) -> Result<(), NotPassed> {
    batch(session, api).await?;
    let request = session.request(Method::POST, api.invitations).json(&json!([]));
    let response = session.http.send(request).await?;
    refused(&response)?;
    status_in(&response, &[401])
}

/// The response has one row for each candidate.
pub async fn answered(session: &Session, api: &CampaignApi) -> Result<(), NotPassed> {
    let batch = batch(session, api).await?;
    success(&batch.response)?;
    let rows = rows(&batch.response)?;
    let candidates = [&batch.complete, &batch.incomplete];
    require(rows.len() == candidates.len(), || {
        format!(
            "the response has {} rows for {} candidates",
            rows.len(),
            candidates.len()
        )
    })?;
    for candidate in candidates {
        let is_same = |row: &Value| {
            ["application_id", "applicant_id"]
                .into_iter()
                .all(|name| text_member(row, name) == text_member(candidate, name))
        };
        require(rows.iter().any(is_same), || {
            "no row has the applicant_id and the application_id of a candidate that was sent".to_owned()
        })?;
    }
    Ok(())
}

/// The complete candidate is invited.
pub async fn invited(session: &Session, api: &CampaignApi) -> Result<(), NotPassed> {
    let row = complete_row(session, api).await?;
    let status = text_member(&row, "status").unwrap_or_default();
    require(status == "success", || {
        let message = text_member(&row, "error_message").unwrap_or_default();
        format!("status is {status:?} instead of \"success\": {message}")
    })
}

fn link_of(row: &Value, api: &CampaignApi) -> Option<String> {
    let members = row.as_object()?;
    let (_, link) = members.iter().find(|(name, _)| name.ends_with(api.link_member))?;
    link.as_str().map(str::to_owned)
}

/// The complete candidate has a link.
pub async fn link(session: &Session, api: &CampaignApi) -> Result<(), NotPassed> {
    let row = complete_row(session, api).await?;
    match link_of(&row, api) {
        Some(link) => require(is_link(session, &link), || {
            format!("{} is {link}, which is not an https URL", api.link_member)
        }),
        None => failed(format!("the row has no {}", api.link_member)),
    }
}

/// The incomplete candidate has an error in a row of its own.
pub async fn incomplete_refused(session: &Session, api: &CampaignApi) -> Result<(), NotPassed> {
    let row = incomplete_row(session, api).await?;
    let status = text_member(&row, "status").unwrap_or_default();
    require(status == "error", || {
        format!("status is {status:?} for a candidate without lastname and email")
    })?;
    require(text_member(&row, "error_message").is_some(), || {
        "the row has no error_message".to_owned()
    })
}

/// The same candidate gets the same link when it is sent again.
pub async fn same_link_again(session: &Session, api: &CampaignApi) -> Result<(), NotPassed> {
    let batch = batch(session, api).await?;
    let first = link_of(&row_of(api, &batch.response, &batch.complete)?, api);
    let response = invite(session, api, &[&batch.complete]).await?;
    success(&response)?;
    let second = rows(&response)?.first().and_then(|row| link_of(row, api));
    require(first.is_some() && first == second, || {
        "the same candidate got another link the second time".to_owned()
    })
}

/// A candidate for an unknown campaign is not invited.
pub async fn unknown_campaign(session: &Session, api: &CampaignApi) -> Result<(), NotPassed> {
    batch(session, api).await?;
    let response = invite(session, api, &[&candidate(&random_id())]).await?;
    if !response.is_success() {
        return refused(&response);
    }
    let row = rows(&response)?.into_iter().next().unwrap_or_default();
    require(text_member(&row, "status").as_deref() == Some("error"), || {
        "a candidate was invited to an unknown campaign".to_owned()
    })
}

/// The status of the invitation can be read by its application.
pub async fn status(session: &Session, api: &CampaignApi) -> Result<(), NotPassed> {
    let row = complete_row(session, api).await?;
    let application_id = text_member(&row, "application_id").unwrap_or_default();
    let path = format!("{}?application_id={application_id}", api.invitations);
    let response = read(session, &path).await?;
    require_invitation_status(api, &response)?;
    success(&response)?;
    let rows = rows(&response)?;
    let found = rows
        .iter()
        .find(|row| text_member(row, "application_id").as_deref() == Some(application_id.as_str()));
    match found {
        None => failed("the response has no row of the invitation"),
        Some(row) => require(text_member(row, "status").is_some(), || {
            "the row has no status".to_owned()
        }),
    }
}
