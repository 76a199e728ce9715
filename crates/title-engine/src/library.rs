//! What an engine is built from: the rows of a library of titles.

use crate::codes::OccupationCode;
use crate::ids::TitleId;

/// The rows of one version of a library; their order does not matter.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// The occupations that a title may be found to belong to.
    pub occupations: Vec<Occupation>,
    /// The titles that may be found.
    pub titles: Vec<TitleRow>,
    /// Raw titles whose occupation is known, as an employer coded them: evidence, but no titles themselves.
    pub coded_titles: Vec<CodedTitle>,
}

/// An occupation of the SOC or of O*NET.
#[derive(Clone, Debug)]
pub struct Occupation {
    /// Its code; occupations of O*NET are counted together by their SOC code.
    pub code: OccupationCode,
    /// Its name, such as "Software Developers".
    pub name: String,
    /// What its people do, in sentences; may be empty.
    pub description: String,
    /// How many people have it, if known.
    pub employment: Option<u64>,
}

/// A title of the library.
#[derive(Clone, Debug)]
pub struct TitleRow {
    /// Its identifier; of rows with the same identifier the first by name counts, with the evidence of all.
    pub id: TitleId,
    /// Its name, as it is shown.
    pub name: String,
    /// The occupations it belongs to, and how strongly.
    pub evidence: Vec<Evidence>,
}

/// A raw title with the occupations that somebody gave it.
#[derive(Clone, Debug)]
pub struct CodedTitle {
    /// The raw title, as it was written.
    pub name: String,
    /// The occupations it was given, and how often.
    pub evidence: Vec<Evidence>,
}

/// That a title belongs to an occupation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// The occupation.
    pub occupation: OccupationCode,
    /// How strongly, such as the number of sources or of rows; what is not above zero and finite is ignored.
    pub weight: f32,
}
