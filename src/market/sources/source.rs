//! A source and its kind.

use chrono::{DateTime, Utc};
use serde::Serialize;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// What a source is. A version is made of the newest source of each kind.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Display,
    EnumString,
    IntoStaticStr,
    VariantArray,
    Serialize,
    sqlx::Type,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum SourceKind {
    /// What comes with the service.
    BuiltIn,
    /// A release of the O*NET database.
    Onet,
    /// The Standard Occupational Classification with its direct match titles.
    Soc,
    /// Titles that employers or the partner gave codes to: evidence for normalizing, no titles of the library.
    CodedTitles,
    /// Employment and wages of OEWS.
    Oews,
    /// Wages and ratings that come with the service, for what no import has.
    BuiltInBenchmark,
    /// The partner's own titles: where there are some, they alone are the library, and all others are evidence.
    Titles,
}

/// What BLS asks whoever passes on its data to say.
const BLS: &str = "Source: U.S. Bureau of Labor Statistics, Occupational Employment and Wage Statistics (May 2025) and \
                   Occupational Outlook Handbook.";

/// What BLS asks them to add.
const NO_VOUCHER: &str = "BLS cannot vouch for the data or analyses derived from these data after the data have been retrieved \
                          from BLS.gov.";

/// What the licence of O*NET asks whoever passes on its data to say.
fn onet(databases: &str) -> String {
    format!(
        "This product includes information from the {databases} by the U.S. Department of Labor, Employment and Training \
         Administration (USDOL/ETA). Used under the CC BY 4.0 license. O*NET® is a trademark of USDOL/ETA. The authors of \
         talentsoft-partner have modified all or some of this information. USDOL/ETA has not approved, endorsed, or tested \
         these modifications."
    )
}

impl SourceKind {
    /// Whether a library can be made of it alone.
    #[must_use]
    pub const fn has_titles(self) -> bool {
        !matches!(self, Self::Oews | Self::BuiltInBenchmark)
    }

    /// Publisher and licence, as `/meta` names them.
    #[must_use]
    pub fn attribution(self, release: &str) -> String {
        match self {
            Self::BuiltIn | Self::BuiltInBenchmark => format!(
                "{} {BLS} {NO_VOUCHER}",
                onet("O*NET 29.2 Database and the O*NET 26.1 Database")
            ),
            Self::Onet => onet(&format!("O*NET {release} Database")),
            Self::Soc => {
                format!("Standard Occupational Classification, {release}, U.S. Bureau of Labor Statistics.")
            }
            Self::Oews => format!(
                "Source: U.S. Bureau of Labor Statistics, Occupational Employment and Wage Statistics ({release}). {NO_VOUCHER}"
            ),
            Self::CodedTitles => format!("Titles coded by employers, {release}."),
            Self::Titles => format!("Titles of the operator of this service, {release}."),
        }
    }
}

/// A source that was imported. It never changes.
#[derive(Clone, Debug, Serialize)]
pub struct Source {
    /// Its identifier.
    pub source_id: i32,
    /// What it is.
    pub kind: SourceKind,
    /// Its release.
    pub release: String,
    /// The revision of SOC whose codes it uses.
    pub classification: String,
    /// When it was imported.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub imported_at: DateTime<Utc>,
}
