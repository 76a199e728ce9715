//! What the calls of video interviews and of assessments have in common (contract s4, s5).

use std::rc::Rc;

use reqwest::Method;
use serde_json::Value;
use url::Url;

use super::expect::{is_missing, json_media_type, refused, rows, success, text_of};
use crate::http::Answer;
use crate::not_passed::{Otherwise, Verdict, failed, require, see};
use crate::random::fresh_id;
use crate::session::Session;

/// One of the two APIs.
pub struct Api {
    /// Where its campaigns are.
    pub campaigns: &'static str,
    /// The check that says whether they are there.
    pub campaigns_check: &'static str,
    /// Where a recruiter makes a campaign.
    pub creation_link: &'static str,
    /// Where candidates are invited, and looked up.
    pub invitations: &'static str,
    /// The check of the first invitation.
    pub invite_check: &'static str,
    /// How the name of the member with the invitation's link ends.
    pub link: &'static str,
    /// Its place among the answers that are remembered.
    pub slot: usize,
}

/// Video interviews.
pub const VIDEOS: Api = Api {
    campaigns: "/videos/campaigns",
    campaigns_check: "videos.campaigns",
    creation_link: "/videos/campaigncreationlink",
    invitations: "/videos/interviews",
    invite_check: "videos.invite.answered",
    link: "interview_invitation_link",
    slot: 0,
};

/// Assessments.
pub const ASSESSMENTS: Api = Api {
    campaigns: "/assessments/campaigns",
    campaigns_check: "assessments.campaigns",
    creation_link: "/assessments/campaigncreationlink",
    invitations: "/assessments/invitations",
    invite_check: "assessments.invite.answered",
    link: "invitation_link",
    slot: 1,
};

/// A read call, authorised.
pub async fn read(session: &Session, path: &str) -> Result<Rc<Answer>, Otherwise> {
    let request = session.authorised(Method::GET, path).await?;
    session.caller.send(request).await
}

/// The list of campaigns, and its rows.
pub async fn campaigns(session: &Session, api: &Api) -> Verdict {
    list(session, api).await.map(drop)
}

async fn list(session: &Session, api: &Api) -> Result<(Rc<Answer>, Vec<Value>), Otherwise> {
    // Where no read call works at all, that is one finding.
    session.protected().await?;
    let answer = read(session, api.campaigns).await?;
    if answer.status == 404 {
        return Err(Otherwise::NotOffered(format!(
            "{} is not there (404)",
            api.campaigns
        )));
    }
    if answer.status == 403 {
        return Err(Otherwise::NotOffered(format!(
            "{} is not open to this client (403)",
            api.campaigns
        )));
    }
    success(&answer)?;
    let rows = rows(&answer)?;
    Ok((answer, rows))
}

/// The same for the checks that build on it.
async fn listed(session: &Session, api: &Api) -> Result<(Rc<Answer>, Vec<Value>), Otherwise> {
    list(session, api).await.map_err(|otherwise| match otherwise {
        Otherwise::Failed(_) => see(api.campaigns_check),
        other => other,
    })
}

/// Skips what builds on an API that is not there.
pub async fn require_api(session: &Session, api: &Api) -> Result<(), Otherwise> {
    listed(session, api).await.map(drop)
}

/// The media type of the list.
pub async fn campaigns_media_type(session: &Session, api: &Api) -> Verdict {
    json_media_type(&listed(session, api).await?.0)
}

/// The guide's short name of the list of video campaigns.
pub async fn short_name(session: &Session) -> Verdict {
    let (_, by_long_name) = listed(session, &VIDEOS).await?;
    let answer = read(session, "/campaign").await?;
    if is_missing(&answer) {
        return Err(Otherwise::NotOffered(format!(
            "/campaign is not there ({})",
            answer.status
        )));
    }
    success(&answer)?;
    require(rows(&answer)?.len() == by_long_name.len(), || {
        "/campaign has other campaigns than /videos/campaigns".to_owned()
    })
}

/// The members of each campaign.
pub async fn campaign_members(session: &Session, api: &Api) -> Verdict {
    let (_, rows) = listed(session, api).await?;
    if rows.is_empty() {
        return Err(Otherwise::Noted(
            "there is no campaign, so its members were not seen".to_owned(),
        ));
    }
    for (at, row) in rows.iter().enumerate() {
        for name in ["campaign_id", "name", "language"] {
            require(text_of(row, name).is_some(), || {
                format!("campaign {} has no {name}", at + 1)
            })?;
        }
    }
    Ok(())
}

/// The status of invitations without a token.
pub async fn status_guarded(session: &Session, api: &Api) -> Verdict {
    require_api(session, api).await?;
    let path = format!("{}?application_id={}", api.invitations, fresh_id());
    let answer = session.caller.send(session.request(Method::GET, &path)).await?;
    if is_missing(&answer) {
        return Err(cannot_be_read(api, &answer));
    }
    refused(&answer)?;
    require([401, 403].contains(&answer.status), || {
        format!("it was answered {} instead of 401", answer.brief())
    })
}

/// Invitations cannot be looked up, which is ours and not the guide's.
pub fn cannot_be_read(api: &Api, answer: &Answer) -> Otherwise {
    Otherwise::NotOffered(format!("{} cannot be read ({})", api.invitations, answer.status))
}

/// A filter by a text that no campaign has leaves none.
pub async fn filter_narrows(session: &Session, api: &Api, name: &str, value: &str) -> Verdict {
    let (_, all) = listed(session, api).await?;
    let answer = read(session, &format!("{}?{name}={value}", api.campaigns)).await?;
    success(&answer)?;
    let left = rows(&answer)?;
    if all.is_empty() {
        return Err(Otherwise::Noted("there is no campaign to filter".to_owned()));
    }
    require(left.len() < all.len(), || {
        format!("{name}={value} left all {} campaigns in", all.len())
    })
}

/// The language of a campaign finds that campaign, and no other languages.
pub async fn language_filter(session: &Session, api: &Api) -> Verdict {
    let (_, all) = listed(session, api).await?;
    let Some(language) = all.first().and_then(|row| text_of(row, "language")) else {
        return Err(Otherwise::Noted("there is no campaign to filter".to_owned()));
    };
    let encoded: String = url::form_urlencoded::byte_serialize(language.as_bytes()).collect();
    let answer = read(session, &format!("{}?language={encoded}", api.campaigns)).await?;
    success(&answer)?;
    let left = rows(&answer)?;
    require(!left.is_empty(), || {
        format!("language={language} left no campaign")
    })?;
    let primary = |text: &str| {
        text.split(['-', '_'])
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let other = left
        .iter()
        .filter_map(|row| text_of(row, "language"))
        .find(|other| primary(other) != primary(&language));
    match other {
        None => Ok(()),
        Some(other) => failed(format!("language={language} left a campaign in {other}")),
    }
}

/// A link to where campaigns are made, or a redirect there.
pub async fn creation_link(session: &Session, api: &Api) -> Verdict {
    require_api(session, api).await?;
    let request = session.authorised(Method::GET, api.creation_link).await?;
    // A link may be made for its user.
    let request = request.current_user(&session.plan.user);
    let answer = session.caller.send(request).await?;
    if is_missing(&answer) {
        return Err(Otherwise::NotOffered(format!(
            "there is no link ({}), which the contract leaves to the partner",
            answer.status
        )));
    }
    if (300..400).contains(&answer.status) {
        let location = answer.header(&reqwest::header::LOCATION);
        return require(is_link(session, &location), || {
            format!("it redirects to {location:?}, which is no link")
        });
    }
    success(&answer)?;
    let link = match answer.json()? {
        Value::String(link) => Some(link),
        Value::Object(members) => members
            .into_iter()
            .filter_map(|(_, value)| value.as_str().map(str::to_owned))
            .find(|text| is_link(session, text)),
        _ => None,
    };
    require(link.is_some_and(|link| is_link(session, &link)), || {
        "there is no http or https URL in the JSON".to_owned()
    })
}

/// The status of an application that nobody has.
pub async fn status_of_nobody(session: &Session, api: &Api) -> Verdict {
    require_api(session, api).await?;
    let path = format!("{}?application_id={}", api.invitations, fresh_id());
    let answer = read(session, &path).await?;
    if is_missing(&answer) {
        return Err(cannot_be_read(api, &answer));
    }
    success(&answer)?;
    let rows = rows(&answer)?;
    require(rows.is_empty(), || {
        format!(
            "{} rows came back for an application_id that nobody has",
            rows.len()
        )
    })
}

/// The scores of the first campaign's invitations.
pub async fn scores(session: &Session, api: &Api) -> Verdict {
    let (_, campaigns) = listed(session, api).await?;
    let Some(campaign) = campaigns.first().and_then(|row| text_of(row, "campaign_id")) else {
        return Err(Otherwise::Noted("there is no campaign to look at".to_owned()));
    };
    let answer = read(session, &format!("{}?campaign_id={campaign}", api.invitations)).await?;
    if is_missing(&answer) {
        return Err(cannot_be_read(api, &answer));
    }
    success(&answer)?;
    let rows = rows(&answer)?;
    let further = |row: &Value| {
        row.get("scores")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let overall = rows.iter().filter_map(|row| row.get("overall_score").cloned());
    let named = rows
        .iter()
        .flat_map(further)
        .filter_map(|score| score.get("score").cloned());
    let scores: Vec<Value> = overall.chain(named).filter(|score| !score.is_null()).collect();
    if scores.is_empty() {
        return Err(Otherwise::Noted("there is no score to look at yet".to_owned()));
    }
    let is_percent = |score: &&Value| score.as_f64().is_some_and(|score| (0.0..=100.0).contains(&score));
    match scores.iter().find(|score| !is_percent(score)) {
        None => Ok(()),
        Some(score) => failed(format!("a score is {score}")),
    }
}

/// Whether it is an absolute link: https, or http where the partner is on this machine.
pub fn is_link(session: &Session, text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        url.scheme() == "https" || (url.scheme() == "http" && session.plan.url.is_on_this_machine())
    })
}
