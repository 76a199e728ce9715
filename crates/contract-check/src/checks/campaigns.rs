//! The checks of campaigns and of links to create them, for either API (contract s4, s5).

use reqwest::Method;
use reqwest::header::LOCATION;
use serde_json::Value;

use super::campaign_api::{CampaignApi, VIDEOS, campaigns, is_link, read, request_campaigns, require_api};
use super::expect::{is_absent, json_media_type, rows, success, text_member};
use crate::not_passed::{NotPassed, failed, require};
use crate::session::Session;

/// Members that each campaign must have.
const MEMBERS: &[&str] = &["campaign_id", "name", "language"];

/// The list is a JSON array.
pub async fn listed(session: &Session, api: &CampaignApi) -> Result<(), NotPassed> {
    request_campaigns(session, api).await.map(drop)
}

/// The list is `application/json`.
pub async fn media_type(session: &Session, api: &CampaignApi) -> Result<(), NotPassed> {
    json_media_type(&campaigns(session, api).await?.0)
}

/// Each campaign has all members.
pub async fn members(session: &Session, api: &CampaignApi) -> Result<(), NotPassed> {
    let (_, rows) = campaigns(session, api).await?;
    if rows.is_empty() {
        return Err(NotPassed::Noted(
            "there are no campaigns whose members could be checked".to_owned(),
        ));
    }
    for (at, row) in rows.iter().enumerate() {
        for name in MEMBERS {
            require(text_member(row, name).is_some(), || {
                format!("campaign {} has no {name}", at + 1)
            })?;
        }
    }
    Ok(())
}

/// `keyword` with a text that is in no campaign's name removes campaigns from the list.
pub async fn keyword_filter(session: &Session, api: &CampaignApi) -> Result<(), NotPassed> {
    const UNKNOWN_KEYWORD: &str = "talentsoft-partner-check-nothing";
    let (_, all) = campaigns(session, api).await?;
    let path = format!("{}?keyword={UNKNOWN_KEYWORD}", api.campaigns);
    let response = read(session, &path).await?;
    success(&response)?;
    let found = rows(&response)?;
    if all.is_empty() {
        return Err(nothing_to_filter());
    }
    require(found.len() < all.len(), || {
        format!("keyword={UNKNOWN_KEYWORD} returns all {} campaigns", all.len())
    })
}

/// `language` with the language of a campaign returns campaigns in that language, and no others.
pub async fn language_filter(session: &Session, api: &CampaignApi) -> Result<(), NotPassed> {
    let (_, all) = campaigns(session, api).await?;
    let Some(language) = all.first().and_then(|row| text_member(row, "language")) else {
        return Err(nothing_to_filter());
    };
    let encoded: String = url::form_urlencoded::byte_serialize(language.as_bytes()).collect();
    let response = read(session, &format!("{}?language={encoded}", api.campaigns)).await?;
    success(&response)?;
    let found = rows(&response)?;
    require(!found.is_empty(), || {
        format!("language={language} returns no campaign")
    })?;
    // A filter by fr-FR may also return fr-CA.
    let primary = |tag: &str| {
        tag.split(['-', '_'])
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let other = found
        .iter()
        .filter_map(|row| text_member(row, "language"))
        .find(|other| primary(other) != primary(&language));
    match other {
        None => Ok(()),
        Some(other) => failed(format!("language={language} returns a campaign in {other}")),
    }
}

fn nothing_to_filter() -> NotPassed {
    NotPassed::Noted("there are no campaigns that could be filtered".to_owned())
}

/// The short path of the list of video campaigns returns as many campaigns.
pub async fn short_path(session: &Session) -> Result<(), NotPassed> {
    let (_, campaigns) = campaigns(session, &VIDEOS).await?;
    let response = read(session, "/campaign").await?;
    if is_absent(&response) {
        return Err(NotPassed::NotOffered(format!(
            "/campaign is not served ({})",
            response.status
        )));
    }
    success(&response)?;
    require(rows(&response)?.len() == campaigns.len(), || {
        "/campaign returns other campaigns than /videos/campaigns".to_owned()
    })
}

/// The response has a link to the page for new campaigns, or redirects there.
pub async fn creation_link(session: &Session, api: &CampaignApi) -> Result<(), NotPassed> {
    require_api(session, api).await?;
    let request = session.api_request(Method::GET, api.creation_link).await?;
    // The link may be specific to the user.
    let request = request.current_user(&session.plan.user);
    let response = session.http.send(request).await?;
    if is_absent(&response) {
        return Err(NotPassed::NotOffered(format!(
            "{} is not served ({}), which the contract allows",
            api.creation_link, response.status
        )));
    }
    if (300..400).contains(&response.status) {
        let location = response.header(&LOCATION);
        return require(is_link(session, &location), || {
            format!("Location is {location:?}, which is not an https URL")
        });
    }
    success(&response)?;
    let link = match response.json()? {
        Value::String(link) => Some(link),
        Value::Object(members) => members
            .into_iter()
            .filter_map(|(_, value)| value.as_str().map(str::to_owned))
            .find(|text| is_link(session, text)),
        _ => None,
    };
    require(link.is_some_and(|link| is_link(session, &link)), || {
        "the JSON has no https URL".to_owned()
    })
}
