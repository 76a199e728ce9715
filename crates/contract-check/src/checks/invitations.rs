//! Inviting candidates: only where the caller allows it, and people who do not exist (contract s4, s5).

use std::rc::Rc;

use reqwest::Method;
use serde_json::{Value, json};

use super::campaign_api::{Api, cannot_be_read, is_link, read, require_api};
use super::expect::{is_missing, refused, rows, success, text_of};
use crate::http::Answer;
use crate::http::Fetched;
use crate::not_passed::{Otherwise, Verdict, failed, require, see};
use crate::random::fresh_id;
use crate::session::Session;

/// What came of the one batch that these checks send: somebody good, then somebody without an address and a name.
struct Batch {
    candidates: Vec<Value>,
    answer: Rc<Answer>,
}

/// The campaign that may be invited to.
fn campaign<'a>(session: &'a Session, api: &Api) -> Result<&'a str, Otherwise> {
    let Some(campaigns) = &session.plan.campaigns else {
        return Err(Otherwise::Skipped(
            "it invites somebody: pass --allow-writes and a campaign".to_owned(),
        ));
    };
    let (campaign, option) = if api.slot == 0 {
        (&campaigns.video, "--video-campaign")
    } else {
        (&campaigns.assessment, "--assessment-campaign")
    };
    campaign
        .as_deref()
        .ok_or_else(|| Otherwise::Skipped(format!("it invites somebody: pass {option} with a campaign's id")))
}

/// Somebody who does not exist, at a domain that nobody can have (RFC 2606).
fn candidate(campaign: &str) -> Value {
    let (applicant, application) = (fresh_id(), fresh_id());
    json!({
        "campaign_id": campaign,
        "applicant_id": applicant,
        "application_id": application,
        "lastname": "Check",
        "firstname": "Talentsoft Partner",
        "email": format!("check-{applicant}@example.com"),
    })
}

async fn post(session: &Session, api: &Api, candidates: &[Value]) -> Fetched {
    let request = session
        .authorised(Method::POST, api.invitations)
        .await?
        .current_user(&session.plan.user)
        .json(&Value::Array(candidates.to_vec()));
    session.caller.send(request).await
}

async fn batch(session: &Session, api: &Api) -> Result<Batch, Otherwise> {
    let campaign = campaign(session, api)?;
    require_api(session, api).await?;
    let candidates = || {
        let mut bad = candidate(campaign);
        if let Some(members) = bad.as_object_mut() {
            members.remove("email");
            members.remove("lastname");
        }
        vec![candidate(campaign), bad]
    };
    let send = async |candidates: &[Value]| post(session, api, candidates).await;
    let (candidates, fetched) = session.invite_once(api.slot, candidates, send).await;
    let answer = fetched?;
    if is_missing(&answer) {
        return Err(Otherwise::NotOffered(format!(
            "{} takes no candidates ({})",
            api.invitations, answer.status
        )));
    }
    Ok(Batch { candidates, answer })
}

/// The row of each candidate, found by its application.
async fn row_of(session: &Session, api: &Api, at: usize) -> Result<Value, Otherwise> {
    let batch = batch(session, api).await?;
    let application = batch
        .candidates
        .get(at)
        .and_then(|one| text_of(one, "application_id"));
    let row = rows(&batch.answer)
        .unwrap_or_default()
        .into_iter()
        .find(|row| text_of(row, "application_id") == application);
    row.ok_or_else(|| see(api.invite_check))
}

/// Without a token nobody is invited; the list is empty all the same.
pub async fn guarded(session: &Session, api: &Api) -> Verdict {
    campaign(session, api)?;
    batch(session, api).await?;
    let request = session.request(Method::POST, api.invitations).json(&json!([]));
    let answer = session.caller.send(request).await?;
    refused(&answer)?;
    require(answer.status == 401, || {
        format!("it was answered {} instead of 401", answer.brief())
    })
}

/// A row for each candidate.
pub async fn answered(session: &Session, api: &Api) -> Verdict {
    let batch = batch(session, api).await?;
    success(&batch.answer)?;
    let rows = rows(&batch.answer)?;
    require(rows.len() == batch.candidates.len(), || {
        format!(
            "{} rows came back for {} candidates",
            rows.len(),
            batch.candidates.len()
        )
    })?;
    for candidate in &batch.candidates {
        let is_same = |row: &&Value| {
            ["application_id", "applicant_id"]
                .into_iter()
                .all(|name| text_of(row, name) == text_of(candidate, name))
        };
        require(rows.iter().any(|row| is_same(&row)), || {
            "no row has the applicant_id and the application_id of a candidate that was sent".to_owned()
        })?;
    }
    Ok(())
}

/// The good candidate is invited.
pub async fn invited(session: &Session, api: &Api) -> Verdict {
    let row = row_of(session, api, 0).await?;
    let status = text_of(&row, "status").unwrap_or_default();
    require(status == "success", || {
        let message = text_of(&row, "error_message").unwrap_or_default();
        format!("status is {status:?} instead of success: {message}")
    })
}

fn link_of(row: &Value, api: &Api) -> Option<String> {
    let members = row.as_object()?;
    let link = members.iter().find(|(name, _)| name.ends_with(api.link))?.1;
    link.as_str().map(str::to_owned)
}

/// The good candidate has a link.
pub async fn link(session: &Session, api: &Api) -> Verdict {
    let row = row_of(session, api, 0).await?;
    match link_of(&row, api) {
        Some(link) => require(is_link(session, &link), || {
            format!("{} is {link}, which is no https URL", api.link)
        }),
        None => failed(format!("there is no {}", api.link)),
    }
}

/// The bad candidate is an error of its own row.
pub async fn bad_row(session: &Session, api: &Api) -> Verdict {
    let row = row_of(session, api, 1).await?;
    let status = text_of(&row, "status").unwrap_or_default();
    require(status == "error", || {
        format!("status is {status:?} for a candidate without lastname and email")
    })?;
    require(text_of(&row, "error_message").is_some(), || {
        "the row has no error_message".to_owned()
    })
}

/// The same candidate again gets the same invitation.
pub async fn again(session: &Session, api: &Api) -> Verdict {
    let first = link_of(&row_of(session, api, 0).await?, api);
    let batch = batch(session, api).await?;
    let good = batch.candidates.get(..1).unwrap_or_default();
    let answer = post(session, api, good).await?;
    success(&answer)?;
    let second = rows(&answer)?.first().and_then(|row| link_of(row, api));
    require(first.is_some() && first == second, || {
        "the same candidate got another invitation the second time".to_owned()
    })
}

/// A campaign that does not exist invites nobody.
pub async fn unknown_campaign(session: &Session, api: &Api) -> Verdict {
    batch(session, api).await?;
    let answer = post(session, api, &[candidate(&fresh_id())]).await?;
    if !answer.is_success() {
        return refused(&answer);
    }
    let row = rows(&answer)?.into_iter().next().unwrap_or_default();
    require(text_of(&row, "status").as_deref() == Some("error"), || {
        "a candidate was invited to a campaign that does not exist".to_owned()
    })
}

/// Who was invited is found by the application.
pub async fn status(session: &Session, api: &Api) -> Verdict {
    let row = row_of(session, api, 0).await?;
    let application = text_of(&row, "application_id").unwrap_or_default();
    let answer = read(
        session,
        &format!("{}?application_id={application}", api.invitations),
    )
    .await?;
    if is_missing(&answer) {
        return Err(cannot_be_read(api, &answer));
    }
    success(&answer)?;
    let rows = rows(&answer)?;
    let found = rows
        .iter()
        .find(|row| text_of(row, "application_id").as_deref() == Some(application.as_str()));
    match found {
        None => failed("the invitation is not among the rows"),
        Some(row) => require(text_of(row, "status").is_some(), || {
            "the row has no status".to_owned()
        }),
    }
}
