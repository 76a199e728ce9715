//! A version of a library.

use chrono::{DateTime, Utc};
use serde::Serialize;
use strum::{Display, EnumString, IntoStaticStr};

use super::number::VersionNumber;

/// A library: the one that all share, or a customer's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, sqlx::Type)]
#[sqlx(transparent)]
pub struct LibraryId(pub i32);

/// Where a version stands among those of its library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, sqlx::Type)]
#[sqlx(transparent)]
pub struct Sequence(pub i32);

/// Who may see a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumString, IntoStaticStr, Serialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum VersionStatus {
    /// It is being put together.
    Draft,
    /// Whoever uses the library.
    Published,
    /// Nobody any more.
    Retired,
}

/// A version that callers may ask for. It never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedVersion {
    /// Its library.
    pub library_id: LibraryId,
    /// Its place among the versions of the library.
    pub sequence: Sequence,
    /// Its number.
    pub number: VersionNumber,
    /// What it was made of.
    pub source_ids: Vec<i32>,
    /// Titles in it.
    pub title_count: u32,
    /// Titles of earlier versions that are not in it any more.
    pub removed_title_count: u32,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// What `mappingVersions` says of its occupations and skills.
    pub mapping: MappingReleases,
    /// Kind and release of each source.
    pub sources: Vec<String>,
    /// What `/meta` says of its sources: publishers and licences, a sentence each.
    pub attributions: Vec<String>,
}

impl PublishedVersion {
    /// The revision of SOC whose codes it uses, such as `2018`.
    #[must_use]
    pub fn classification(&self) -> &str {
        self.mapping.occupations.first().map_or("", String::as_str)
    }
}

/// The releases that a version's mapping stands on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappingReleases {
    /// Of the occupations, such as `2018`.
    pub occupations: Vec<String>,
    /// Of the skills.
    pub skills: Vec<String>,
}
