//! The result of an invitation (contract s4, s5): what the candidate reached, and where the video is.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;

use super::status::{CallbackType, Changed, enter, lock, tell};
use super::store::{self, Locked};
use crate::audit::Act;
use crate::ids::InvitationId;
use crate::recruiting::error::Error;
use crate::recruiting::invitations::Status;
use crate::text;

/// Most further scores of one result.
const MAX_SCORES: usize = 100;

/// A further score of a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// What was scored: 1 to 200 characters, unique in a result.
    pub name: String,
    /// 0 to 100.
    pub score: f64,
}

/// A result that can be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct NewResult {
    overall_score: Option<f64>,
    scores: Vec<Score>,
    video_url: Option<String>,
}

impl NewResult {
    /// Checks the bounds of a result: scores from 0 to 100, names that differ, an https URL.
    pub fn new(
        overall_score: Option<f64>,
        scores: Vec<Score>,
        video_url: Option<&str>,
    ) -> Result<Self, Error> {
        let is_score = |score: f64| (0.0..=100.0).contains(&score);
        if scores.len() > MAX_SCORES {
            return Err(Error::InvalidResult("a result has 100 further scores at most"));
        }
        let all = scores.iter().map(|score| score.score).chain(overall_score);
        if !all.into_iter().all(is_score) {
            return Err(Error::InvalidResult("a score is a number from 0 to 100"));
        }
        let mut names = HashSet::new();
        let scores: Vec<Score> = scores
            .into_iter()
            .map(|score| {
                let name = text::name(&score.name)?;
                names.insert(name.clone()).then_some(Score { name, ..score })
            })
            .collect::<Option<_>>()
            .ok_or(Error::InvalidResult(
                "the name of a score has 1 to 200 characters, none of them a control character, and no other score of the result has it",
            ))?;
        let video_url = video_url
            .map(text::https_url)
            .map(|url| {
                url.ok_or(Error::InvalidResult(
                    "video_url is an https URL of at most 2000 bytes without a user",
                ))
            })
            .transpose()?;
        Ok(Self {
            overall_score,
            scores,
            video_url,
        })
    }

    fn is_of(&self, locked: &Locked) -> bool {
        let scores: Option<Vec<Score>> = serde_json::from_value(locked.scores.clone()).ok();
        self.overall_score == locked.overall_score
            && self.video_url == locked.video_url
            && scores.as_ref() == Some(&self.scores)
    }
}

/// Puts the result of an invitation that has started, which completes it, or replaces that of one that is completed; the
/// result that it has changes nothing.
pub async fn put_result(
    connection: &mut PgConnection,
    acting: &Act,
    invitation_id: InvitationId,
    result: &NewResult,
) -> Result<Changed, Error> {
    let locked = lock(connection, acting, invitation_id).await?;
    let status_changed_at = match locked.status()? {
        Status::Started => {
            write(connection, acting, invitation_id, result).await?;
            enter(connection, acting, invitation_id, Status::Completed).await?
        }
        Status::Completed => {
            if !result.is_of(&locked) {
                write(connection, acting, invitation_id, result).await?;
                tell(connection, acting, invitation_id, CallbackType::ResultChanged).await?;
            }
            locked.status_changed_at
        }
        from @ (Status::Invited | Status::Expired | Status::Cancelled) => {
            let to = Status::Completed;
            return Err(Error::ImpossibleStatus { from, to });
        }
    };
    Ok(Changed {
        invitation_id,
        status: Status::Completed,
        status_changed_at,
    })
}

async fn write(
    connection: &mut PgConnection,
    acting: &Act,
    invitation_id: InvitationId,
    result: &NewResult,
) -> Result<(), Error> {
    let row = store::ResultRow {
        overall_score: result.overall_score,
        scores: json!(result.scores),
        video_url: result.video_url.as_deref(),
    };
    store::update_result(connection, invitation_id, &row, acting.now).await?;
    let subject = ("invitation", &invitation_id as &dyn std::fmt::Display);
    Ok(acting
        .record(connection, "result_put", subject, json!({}))
        .await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(name: &str, score: f64) -> Score {
        Score {
            name: name.to_owned(),
            score,
        }
    }

    #[test]
    fn results_are_within_their_bounds() {
        let good = NewResult::new(
            Some(87.5),
            vec![score(" Logic ", 0.0), score("Speed", 100.0)],
            Some("https://partner.example/v/1"),
        )
        .unwrap();
        assert_eq!(good.scores[0].name, "Logic");
        assert!(NewResult::new(None, Vec::new(), None).is_ok());
        let escaped = "https://partner.example:8443/v/%C3%A9?x=1%20y&z#t=1";
        assert!(NewResult::new(None, Vec::new(), Some(escaped)).is_ok());
        for bad in [-0.1, 100.1, f64::NAN, f64::INFINITY] {
            assert!(NewResult::new(Some(bad), Vec::new(), None).is_err(), "{bad}");
            assert!(
                NewResult::new(None, vec![score("x", bad)], None).is_err(),
                "{bad}"
            );
        }
        let many = (0..101).map(|index| score(&index.to_string(), 1.0)).collect();
        assert!(NewResult::new(None, many, None).is_err());
        for names in [["a", "a"], ["a", " a"], ["a", ""], ["a", "b\0"]] {
            let scores = names.map(|name| score(name, 1.0)).to_vec();
            assert!(NewResult::new(None, scores, None).is_err(), "{names:?}");
        }
        for url in [
            "",
            "x",
            "http://partner.example/",
            "https://user@partner.example/",
            "javascript:alert(1)",
            "https://partner.example/^",
            "https://partner.example/?x={y}",
            "https://partner.example/100%",
            "https://partner.example/#a#b",
        ] {
            assert!(NewResult::new(None, Vec::new(), Some(url)).is_err(), "{url}");
        }
    }
}
