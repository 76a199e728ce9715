//! The result of an invitation (contract s4, s5): what the candidate reached, and where the video is.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::text::{HttpsUrl, Name};

/// Most further scores of one result.
const MAX_SCORES: usize = 100;

/// A further score of a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// What was scored, unique in a result.
    pub name: Name,
    /// 0 to 100.
    pub score: f64,
}

/// A result; the default says nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct InvitationResult {
    /// 0 to 100.
    pub overall_score: Option<f64>,
    /// At most 100 further scores, whose names differ.
    pub scores: Vec<Score>,
    /// Where the video is.
    pub video_url: Option<HttpsUrl>,
}

/// A result that is out of bounds; the words say of which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidResult(&'static str);

impl InvitationResult {
    /// Checks the bounds of a result: scores from 0 to 100, names that differ, an https URL.
    pub fn new(
        overall_score: Option<f64>,
        scores: Vec<(String, f64)>,
        video_url: Option<&str>,
    ) -> Result<Self, InvalidResult> {
        let is_score = |score: f64| (0.0..=100.0).contains(&score);
        if scores.len() > MAX_SCORES {
            return Err(InvalidResult("scores must have at most 100 elements"));
        }
        let all = scores.iter().map(|(_, score)| *score).chain(overall_score);
        if !all.into_iter().all(is_score) {
            return Err(InvalidResult(
                "overall_score and each score in scores must be a number from 0 to 100",
            ));
        }
        let video_url = video_url.map(str::parse).transpose().map_err(|_| {
            InvalidResult("video_url must be an https URL of at most 2000 bytes, without user, password, line breaks and `\\`")
        })?;
        Ok(Self {
            overall_score,
            scores: named(scores)?,
            video_url,
        })
    }
}

/// The scores, each by a name that no other has.
fn named(scores: Vec<(String, f64)>) -> Result<Vec<Score>, InvalidResult> {
    let mut names = HashSet::new();
    let score = |(name, score): (String, f64)| {
        let name: Name = name.parse().map_err(|_| {
            InvalidResult(
                "each name in scores must have 1 to 200 characters, none of them a line break, a control or an invisible character",
            )
        })?;
        if names.insert(name.clone()) {
            Ok(Score { name, score })
        } else {
            Err(InvalidResult("each name in scores must be another one"))
        }
    };
    scores.into_iter().map(score).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(name: &str, score: f64) -> (String, f64) {
        (name.to_owned(), score)
    }

    #[test]
    fn results_are_within_their_bounds() {
        let good = InvitationResult::new(
            Some(87.5),
            vec![score(" Logic ", 0.0), score("Speed", 100.0)],
            Some("https://partner.example/v/1"),
        )
        .unwrap();
        assert_eq!(good.scores[0].name.as_str(), "Logic");
        assert!(InvitationResult::new(None, Vec::new(), None).is_ok());
        let escaped = "https://partner.example:8443/v/%C3%A9?x=1%20y&z#t=1";
        assert!(InvitationResult::new(None, Vec::new(), Some(escaped)).is_ok());
        for bad in [-0.1, 100.1, f64::NAN, f64::INFINITY] {
            assert!(
                InvitationResult::new(Some(bad), Vec::new(), None).is_err(),
                "{bad}"
            );
            assert!(
                InvitationResult::new(None, vec![score("x", bad)], None).is_err(),
                "{bad}"
            );
        }
        let many = (0..101).map(|index| score(&index.to_string(), 1.0)).collect();
        assert!(InvitationResult::new(None, many, None).is_err());
        for names in [["a", "a"], ["a", " a"], ["a", ""], ["a", "b\0"]] {
            let scores = names.map(|name| score(name, 1.0)).to_vec();
            assert!(InvitationResult::new(None, scores, None).is_err(), "{names:?}");
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
            assert!(
                InvitationResult::new(None, Vec::new(), Some(url)).is_err(),
                "{url}"
            );
        }
    }
}
