//! What is read: plain rows, as an importer copies them into its tables.

use crate::code::OccupationCode;

/// A row of any file.
///
/// The rows of one file follow one another, and all rows of a file are of one kind
/// (but a workbook of O*NET's titles has an [`Occupation`] before the titles of each).
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// An occupation, or a group of them.
    Occupation(Occupation),
    /// A title of an occupation.
    Title(Title),
    /// A skill, or knowledge, that is needed in an occupation.
    Skill(Skill),
    /// A program that is used in an occupation.
    Software(Software),
    /// How two occupations are related.
    Related(Related),
    /// How much preparation an occupation needs.
    JobZone(JobZone),
    /// What share of workers has, or needs, which education, training or experience.
    Education(Education),
    /// A title with the occupation that people coded it as.
    CodedTitle(CodedTitle),
    /// A title of the partner's own library.
    OwnTitle(OwnTitle),
    /// Employment and wages of an occupation in an area.
    Wage(Box<Wage>),
}

/// An occupation, or a group of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occupation {
    /// Its code; an occupation of O*NET has one of O*NET.
    pub code: OccupationCode,
    /// Its name, in the plural: "Chief Executives".
    pub title: String,
    /// What its members do; groups of SOC and workbooks of titles have none.
    pub description: Option<String>,
    /// How fine it is.
    pub level: OccupationLevel,
}

/// How fine an occupation is, the coarsest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OccupationLevel {
    /// A major group of SOC, `11-0000`.
    Major,
    /// A minor group of SOC, `11-1000`.
    Minor,
    /// A broad occupation of SOC, `11-1010`.
    Broad,
    /// A detailed occupation of SOC, `11-1011`.
    Detailed,
    /// An occupation of O*NET, `11-1011.00`.
    Onet,
}

/// A title of an occupation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title {
    /// The occupation.
    pub code: OccupationCode,
    /// The title, as it stands in the file.
    pub title: String,
    /// An abbreviation of it, as O*NET has it: "CEO".
    pub short_title: Option<String>,
    /// Which list it is from.
    pub kind: TitleKind,
}

/// Which list a title is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TitleKind {
    /// An alternate title of O*NET.
    Alternate,
    /// A title that workers reported to O*NET.
    Reported {
        /// Whether O*NET's site for job seekers shows it.
        is_shown: bool,
    },
    /// A direct match title of SOC.
    DirectMatch {
        /// Whether it is an illustrative example in SOC's manual.
        is_illustrative: bool,
    },
}

/// A skill, or knowledge, that is needed in an occupation.
#[derive(Debug, Clone, PartialEq)]
pub struct Skill {
    /// The occupation.
    pub code: OccupationCode,
    /// Its element of O*NET's content model, such as `2.A.1.a`.
    pub element_id: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: SkillKind,
    /// How important it is, from 1 to 5.
    pub importance: Option<f32>,
    /// How much of it is needed, from 0 to 7; none where O*NET recommends not to use it.
    pub level: Option<f32>,
    /// O*NET says that it does not matter for the occupation.
    pub is_not_relevant: bool,
    /// O*NET recommends not to use the importance, which is not precise.
    pub is_suppressed: bool,
}

/// What a skill is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkillKind {
    /// A skill of `Skills.txt`, which does not tell the next two apart.
    Skill,
    /// A skill of `Essential Skills.txt`.
    Essential,
    /// A skill of `Transferable Skills.txt`.
    Transferable,
    /// A field of knowledge.
    Knowledge,
}

/// A program that is used in an occupation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Software {
    /// The occupation.
    pub code: OccupationCode,
    /// Its name.
    pub name: String,
    /// What kind of program it is; the same name may stand under several.
    pub category: String,
    /// The element of O*NET's content model that is the category; before release 30.3 there is none.
    pub element_id: Option<String>,
    /// Employers often ask for it, in all occupations.
    pub is_hot: bool,
    /// Employers often ask for it in this occupation; early releases do not say.
    pub is_in_demand: bool,
}

/// How two occupations are related.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// The occupation.
    pub code: OccupationCode,
    /// The one that it is like.
    pub other: OccupationCode,
    /// How near it is, in O*NET's words ("Primary-Short"); early releases have none.
    pub tier: Option<String>,
    /// Its place in the list of the occupation, from 1, the nearest first.
    pub index: u16,
}

/// How much preparation an occupation needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobZone {
    /// The occupation.
    pub code: OccupationCode,
    /// From 1, little or none, to 5, extensive; since release 30.3 from 2.
    pub zone: u8,
}

/// What share of workers has, or needs, which education, training or experience.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Education {
    /// The occupation.
    pub code: OccupationCode,
    /// What was asked for.
    pub scale: EducationScale,
    /// The category within the scale, from 1; `RL` has 12, `RW` 11, `PT` and `OJ` 9.
    pub category: u8,
    /// The share of answers, from 0 to 100.
    pub percent: f32,
    /// O*NET recommends not to use the share, which is not precise.
    pub is_suppressed: bool,
}

/// What was asked for, by O*NET's scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EducationScale {
    /// The required level of education (`RL`).
    Education,
    /// Related work experience (`RW`).
    Experience,
    /// Training at the place of work, with the employer (`PT`).
    OnSiteTraining,
    /// Training on the job (`OJ`).
    OnTheJobTraining,
}

/// A title with an occupation that people coded it as; a title coded in several ways is as many rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodedTitle {
    /// The title, as it stands in the file.
    pub title: String,
    /// The occupation.
    pub code: OccupationCode,
    /// How often it was coded so, from 1.
    pub weight: u32,
}

/// A title of the partner's own library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnTitle {
    /// The title.
    pub name: String,
    /// The partner's identifier, if it has one.
    pub id: Option<String>,
    /// The title in the plural.
    pub plural_name: Option<String>,
    /// Its occupations, at least one, the first the most typical.
    pub codes: Vec<OccupationCode>,
    /// Whether it supervises others, if the partner says so.
    pub is_supervisor: Option<bool>,
    /// Its level, in the partner's words.
    pub level_band: Option<String>,
    /// The names of its skills.
    pub skills: Vec<String>,
}

/// Employment and wages of an occupation in an area, as OEWS estimates them.
#[derive(Debug, Clone, PartialEq)]
pub struct Wage {
    /// The area.
    pub area: Area,
    /// The name of the area.
    pub area_title: String,
    /// The occupation; `00-0000` for all together.
    pub code: OccupationCode,
    /// The name of the occupation.
    pub title: String,
    /// How fine it is; none for all occupations together.
    pub level: Option<OccupationLevel>,
    /// Employed people.
    pub employment: Estimate,
    /// The relative standard error of the employment, in percent.
    pub employment_rse: Estimate,
    /// Employed people in a thousand of the area's.
    pub jobs_1000: Estimate,
    /// How much commoner the occupation is in the area than in the nation, where it is 1.
    pub location_quotient: Estimate,
    /// The mean, in dollars an hour.
    pub hourly_mean: Estimate,
    /// The mean, in dollars a year.
    pub annual_mean: Estimate,
    /// The relative standard error of the mean, in percent.
    pub mean_rse: Estimate,
    /// The percentiles 10, 25, 50, 75 and 90, in dollars an hour.
    pub hourly: [Estimate; 5],
    /// The percentiles 10, 25, 50, 75 and 90, in dollars a year.
    pub annual: [Estimate; 5],
}

/// An area of OEWS.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// The United States, without their territories.
    Nation,
    /// A state or territory, by the two digits of its FIPS code.
    State(String),
    /// A metropolitan area, by the five digits of its CBSA code.
    Metropolitan(String),
    /// The rest of a state, or another area, by OEWS's code.
    Other(String),
}

/// A number of OEWS, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Estimate {
    /// The number.
    Value(f64),
    /// Not published (`*`, `**`, `~`), or not applicable (an empty field).
    Missing,
    /// At or above the highest wage that is published (`#`), 239 200 dollars a year in 2025.
    TopCoded,
}

impl Estimate {
    /// The same as a wage: nobody is employed for nothing, so 0 stands for one that is not published.
    pub(crate) fn as_wage(self) -> Self {
        match self {
            Self::Value(0.0) => Self::Missing,
            estimate => estimate,
        }
    }
}
