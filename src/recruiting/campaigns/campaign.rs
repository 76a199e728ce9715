//! Campaigns: what recruiters choose from when they invite candidates.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{CampaignId, CustomerId};
use crate::text::Name;

/// Longest language tag, in bytes.
const MAX_LANGUAGE_BYTES: usize = 35;

/// What a campaign's candidates are asked to do.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    sqlx::Type,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum CampaignKind {
    /// A video interview (contract s4).
    Video,
    /// An assessment (contract s5).
    Assessment,
}

impl CampaignKind {
    /// The name on the wire, in the database and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The language of a campaign: text of the form of a BCP 47 tag, of at most 35 bytes, as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Language(String);

/// The text is not of the form of a BCP 47 tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a language must be a BCP 47 tag such as fr or fr-FR")]
pub struct InvalidLanguage;

impl Language {
    /// The tag as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Language {
    type Err = InvalidLanguage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut subtags = text.split('-');
        let is_primary = subtags.next().is_some_and(|tag| {
            (2..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphabetic())
        });
        let are_rest = subtags
            .all(|tag| (1..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        if is_primary && are_rest && text.len() <= MAX_LANGUAGE_BYTES {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidLanguage)
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A campaign, open or closed.
#[derive(Clone, Debug, Serialize)]
pub struct Campaign {
    /// A UUIDv7: campaigns are listed in its order.
    pub campaign_id: CampaignId,
    /// The customer whose recruiters see it.
    pub customer_id: CustomerId,
    /// What its candidates are asked to do.
    pub kind: CampaignKind,
    /// What recruiters read.
    pub name: Name,
    /// The language that its candidates are addressed in.
    pub language: Language,
    /// When it was added.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub created_at: DateTime<Utc>,
    /// When it was closed; `None`: it is open.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub closed_at: Option<DateTime<Utc>>,
}

/// A campaign to add.
pub struct NewCampaign {
    /// The customer whose recruiters will see it.
    pub customer_id: CustomerId,
    /// What its candidates are asked to do.
    pub kind: CampaignKind,
    /// What recruiters read.
    pub name: Name,
    /// The language that its candidates are addressed in.
    pub language: Language,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_have_the_form_of_bcp_47() {
        for good in ["fr", "fr-FR", "zh-Hant-TW", "de-1996"] {
            assert_eq!(good.parse::<Language>().unwrap().as_str(), good);
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
            assert!(bad.parse::<Language>().is_err(), "{bad}");
        }
    }
}
