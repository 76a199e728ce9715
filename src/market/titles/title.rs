//! One title, as a version has it.

use serde::Serialize;
use title_engine::TitleId;

use crate::market::versions::VersionNumber;

/// A title of a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title {
    /// Its identifier, the same in every version and in every installation.
    pub title_id: TitleId,
    /// What makes two spellings the same title; titles are listed in this order.
    pub key: String,
    /// Its name, as it is shown.
    pub name: String,
    /// Its name for more than one.
    pub plural_name: String,
    /// Whether who has it leads others.
    pub is_supervisor: bool,
    /// The level that a word of it names.
    pub level_band: Option<String>,
    /// SOC codes, the likeliest first.
    pub occupations: Vec<String>,
    /// Names of skills of its own; empty: it has those of its occupations.
    pub skills: Vec<String>,
    /// The first version that had it.
    pub added_in: VersionNumber,
    /// The first version that had it no more, if it was removed.
    pub removed_in: Option<VersionNumber>,
}

/// What has an identifier and a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
}
