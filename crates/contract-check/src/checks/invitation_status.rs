//! The checks of the status of invitations, for either API (contract s4, s5).

use reqwest::Method;
use serde_json::Value;

use super::campaign_api::{CampaignApi, campaigns, read, require_api, require_invitation_status};
use super::expect::{refused, rows, success, text_member};
use crate::not_passed::{NotPassed, failed, require};
use crate::random::random_id;
use crate::session::Session;

/// A request without a token is refused.
pub async fn requires_token(session: &Session, api: &CampaignApi) -> Result<(), NotPassed> {
    require_api(session, api).await?;
    let path = format!("{}?application_id={}", api.invitations, random_id());
    let response = session.http.send(session.request(Method::GET, &path)).await?;
    require_invitation_status(api, &response)?;
    refused(&response)?;
    // A 403 discloses nothing either, and other checks look at the status that belongs to a missing token.
    require([401, 403].contains(&response.status), || {
        format!("the response was {} instead of 401", response.summary())
    })
}

/// An unknown application has no rows.
pub async fn unknown_application(session: &Session, api: &CampaignApi) -> Result<(), NotPassed> {
    require_api(session, api).await?;
    let path = format!("{}?application_id={}", api.invitations, random_id());
    let response = read(session, &path).await?;
    require_invitation_status(api, &response)?;
    success(&response)?;
    let rows = rows(&response)?;
    require(rows.is_empty(), || {
        format!(
            "the response has {} rows for an unknown application_id",
            rows.len()
        )
    })
}

/// The scores of the first campaign are percentages.
pub async fn scores(session: &Session, api: &CampaignApi) -> Result<(), NotPassed> {
    let (_, campaigns) = campaigns(session, api).await?;
    let Some(campaign) = campaigns.first().and_then(|row| text_member(row, "campaign_id")) else {
        return Err(NotPassed::Noted(
            "there are no campaigns whose scores could be checked".to_owned(),
        ));
    };
    let path = format!("{}?campaign_id={campaign}", api.invitations);
    let response = read(session, &path).await?;
    require_invitation_status(api, &response)?;
    success(&response)?;
    let scores: Vec<Value> = rows(&response)?.iter().flat_map(scores_of).collect();
    if scores.is_empty() {
        return Err(NotPassed::Noted(
            "there are no scores that could be checked".to_owned(),
        ));
    }
    let is_percentage = |score: &Value| score.as_f64().is_some_and(|score| (0.0..=100.0).contains(&score));
    match scores.iter().find(|score| !is_percentage(score)) {
        None => Ok(()),
        Some(score) => failed(format!("a score is {score}")),
    }
}

/// The overall score and the named scores of an invitation, without those that are null.
fn scores_of(row: &Value) -> Vec<Value> {
    let overall = row.get("overall_score");
    let named = row.get("scores").and_then(Value::as_array).into_iter().flatten();
    overall
        .into_iter()
        .chain(named.filter_map(|score| score.get("score")))
        .filter(|score| !score.is_null())
        .cloned()
        .collect()
}
