//! Campaigns: what recruiters choose from when they invite candidates.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;

use super::error::Error;
use super::fold::fold;
use super::store;
use crate::audit::{self, Actor, Subject};
use crate::db::Db;
use crate::ids::{CampaignId, CustomerId};

/// Most campaigns on one page.
pub const MAX_LIMIT: i64 = 500;

/// What a campaign's candidates are asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
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
fn parse_language(text: &str) -> Result<&str, Error> {
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

/// Adds a campaign.
pub async fn add_campaign(
    db: &Db,
    new: &NewCampaign,
    now: DateTime<Utc>,
    actor: &Actor,
) -> Result<Campaign, Error> {
    let name = new.name.trim();
    if !(1..=200).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Error::InvalidName);
    }
    let campaign = Campaign {
        campaign_id: CampaignId::generate(now),
        customer_id: new.customer_id,
        kind: new.kind.as_str().to_owned(),
        name: name.to_owned(),
        language: parse_language(&new.language)?.to_owned(),
        created_at: now,
        closed_at: None,
    };
    db.transaction(async |transaction| {
        store::insert_campaign(transaction, &campaign, &fold(name)).await?;
        let subject = Subject {
            kind: "campaign",
            id: &campaign.campaign_id,
        };
        let detail =
            json!({ "customer_id": campaign.customer_id, "kind": campaign.kind, "name": campaign.name });
        Ok::<_, Error>(audit::record(transaction, now, actor, "added", subject, detail).await?)
    })
    .await?;
    Ok(campaign)
}

/// All campaigns of a customer, or of all, open and closed, in the order they were added.
pub async fn list_campaigns(db: &Db, customer_id: Option<CustomerId>) -> Result<Vec<Campaign>, Error> {
    db.run(async |connection| Ok(store::list_campaigns(connection, customer_id).await?))
        .await
}

/// Closes a campaign: recruiters do not see it any more.
pub async fn close_campaign(
    db: &Db,
    campaign_id: CampaignId,
    now: DateTime<Utc>,
    actor: &Actor,
) -> Result<(), Error> {
    db.transaction(async |transaction| {
        if !store::update_closed(transaction, campaign_id, now).await? {
            return Err(Error::UnknownCampaign(campaign_id));
        }
        let subject = Subject {
            kind: "campaign",
            id: &campaign_id,
        };
        Ok(audit::record(transaction, now, actor, "closed", subject, json!({})).await?)
    })
    .await
}

/// Where a page begins and how long it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Page {
    /// The last campaign of the page before.
    pub after: Option<CampaignId>,
    /// 1 to 500.
    pub limit: i64,
}

impl Page {
    /// Reads the two parameters; without a limit, 500.
    pub fn parse(limit: Option<&str>, cursor: Option<&str>) -> Result<Self, Error> {
        let limit = match limit {
            None | Some("") => MAX_LIMIT,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=MAX_LIMIT).contains(limit))
                .ok_or(Error::InvalidLimit)?,
        };
        let after = match cursor {
            None | Some("") => None,
            Some(text) => Some(text.parse().map_err(|_| Error::InvalidCursor)?),
        };
        Ok(Self { after, limit })
    }
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

    #[test]
    fn pages_are_bounded() {
        assert_eq!(Page::parse(None, None).unwrap().limit, 500);
        assert_eq!(Page::parse(Some("1"), None).unwrap().limit, 1);
        for bad in ["0", "501", "-1", "x", "1.5"] {
            assert!(
                matches!(Page::parse(Some(bad), None), Err(Error::InvalidLimit)),
                "{bad}"
            );
        }
        assert!(matches!(
            Page::parse(None, Some("nope")),
            Err(Error::InvalidCursor)
        ));
    }
}
