//! Campaigns: what recruiters choose from when they invite candidates.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::fold::fold;
use super::store;
use crate::db::Db;
use crate::ids::{CampaignId, CustomerId};
use crate::recruiting::error::Error;

/// What a campaign's candidates are asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CampaignKind {
    /// A video interview (contract s4).
    Video,
    /// An assessment (contract s5).
    Assessment,
}

impl CampaignKind {
    /// The name in the database and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Assessment => "assessment",
        }
    }
}

impl FromStr for CampaignKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "video" => Ok(Self::Video),
            "assessment" => Ok(Self::Assessment),
            other => Err(format!(
                "`{other}` is not a kind of campaign; it is video or assessment"
            )),
        }
    }
}

/// A campaign as its admin sees it.
#[derive(Clone, Debug, Serialize)]
pub struct Campaign {
    /// Its identifier.
    pub campaign_id: CampaignId,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// `video` or `assessment`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its language, a BCP 47 tag.
    pub language: String,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
}

/// A campaign as Talentsoft sees it (contract s4).
#[derive(Clone, Debug, Serialize)]
pub struct ActiveCampaign {
    /// Its identifier.
    pub campaign_id: CampaignId,
    /// Its name.
    pub name: String,
    /// Its language, a BCP 47 tag.
    pub language: String,
}

/// A campaign to add.
pub struct NewCampaign {
    /// Whose it is.
    pub customer_id: CustomerId,
    /// What kind.
    pub kind: CampaignKind,
    /// 1 to 200 characters.
    pub name: String,
    /// A BCP 47 tag.
    pub language: String,
}

/// Which active campaigns are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Text in the name, without case and accents.
    pub folded_keyword: Option<String>,
    /// A language or a range of them: `fr` finds `fr-FR` (RFC 4647 s3.3.1). In lower case.
    pub language: Option<String>,
}

impl Filter {
    /// Reads the two parameters.
    pub fn parse(keyword: Option<&str>, language: Option<&str>) -> Result<Self, Error> {
        let folded_keyword = keyword.map(str::trim).filter(|keyword| !keyword.is_empty());
        // No text of PostgreSQL's holds a NUL, not even to be compared with.
        let is_bad = |keyword: &str| keyword.chars().count() > 200 || keyword.contains('\0');
        if folded_keyword.is_some_and(is_bad) {
            return Err(Error::InvalidKeyword);
        }
        let language = language
            .filter(|language| !language.is_empty())
            .map(parse_language)
            .transpose()?;
        Ok(Self {
            folded_keyword: folded_keyword.map(fold),
            language: language.map(str::to_ascii_lowercase),
        })
    }
}

/// Checks that the text has the form of a BCP 47 tag.
pub(super) fn parse_language(text: &str) -> Result<&str, Error> {
    let mut subtags = text.split('-');
    let is_primary = subtags.next().is_some_and(|tag| {
        (2..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphabetic())
    });
    let are_rest = subtags
        .all(|tag| (1..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if is_primary && are_rest && text.len() <= 35 {
        Ok(text)
    } else {
        Err(Error::InvalidLanguage)
    }
}

/// All campaigns of a customer, or of all, open and closed, in the order they were added.
pub async fn list_campaigns(db: &Db, customer_id: Option<CustomerId>) -> Result<Vec<Campaign>, Error> {
    db.run(async |connection| Ok(store::list_campaigns(connection, customer_id).await?))
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_have_the_form_of_bcp_47() {
        for good in ["fr", "fr-FR", "zh-Hant-TW", "de-1996"] {
            assert!(parse_language(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "f",
            "fr_FR",
            "-fr",
            "fr-",
            "français",
            "x".repeat(9).as_str(),
            "fr--FR",
        ] {
            assert!(parse_language(bad).is_err(), "{bad}");
        }
    }
}
