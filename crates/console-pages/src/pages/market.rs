//! Libraries of titles: their versions, how far an import is, and a title tried.

use chrono::{DateTime, Utc};

use super::page;
use super::shared::Paging;
use crate::components::Tone;
use crate::context::Page as _;
use crate::form::{Form, Offer};
use crate::frame::{FlashKind, Section};
use crate::paths;

/// The versions of all libraries.
#[derive(Clone, Debug, Default)]
pub struct Market {
    /// The libraries, that of all first.
    pub libraries: Vec<Library>,
    /// The pages before and after.
    pub paging: Paging,
    /// Imports that go on.
    pub imports: Vec<Import>,
}

/// A library of titles.
#[derive(Clone, Debug)]
pub struct Library {
    /// Its name in paths: `shared`, or a customer's identifier.
    pub library: String,
    /// The customer's name; none: the one that all share.
    pub customer: Option<String>,
    /// Its versions, the newest first.
    pub versions: Vec<LibraryVersion>,
}

/// A version of a library.
#[derive(Clone, Debug)]
pub struct LibraryVersion {
    /// Its number.
    pub version: String,
    /// Who may see it.
    pub state: VersionState,
    /// Titles in it.
    pub titles: i64,
    /// What it was made of: kinds and releases.
    pub sources: Vec<String>,
    /// When it was composed.
    pub created_at: DateTime<Utc>,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// Whether callers get it who name no version.
    pub is_current: bool,
}

/// Who may see a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionState {
    /// Nobody yet.
    Draft,
    /// Every caller.
    Published,
    /// Nobody any more.
    Retired,
}

impl LibraryVersion {
    const fn badge(&self) -> (Tone, &'static str) {
        match (self.state, self.is_current) {
            (VersionState::Draft, _) => (Tone::Waiting, "version-draft"),
            (VersionState::Published, true) => (Tone::Ok, "version-current"),
            (VersionState::Published, false) => (Tone::Ok, "version-published"),
            (VersionState::Retired, _) => (Tone::Off, "version-retired"),
        }
    }

    /// What can be done with it: the action in the path, and the identifier of its text.
    fn actions(&self) -> Vec<(&'static str, &'static str)> {
        match self.state {
            VersionState::Draft => vec![("publish", "version-publish")],
            VersionState::Published => vec![("retire", "version-retire")],
            VersionState::Retired => Vec::new(),
        }
    }
}

/// An import that goes on.
#[derive(Clone, Debug)]
pub struct Import {
    /// What is imported.
    pub source: ImportSource,
    /// The customer whose library it is for; none: the one that all share.
    pub customer: Option<String>,
    /// What it does.
    pub phase: ImportPhase,
    /// When it began.
    pub started_at: DateTime<Utc>,
}

/// What is imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportSource {
    /// What comes with the service.
    BuiltIn,
    /// The O*NET database.
    Onet,
    /// The Standard Occupational Classification.
    Soc,
    /// Titles that somebody has given codes.
    CodedTitles,
    /// Employment and wages.
    Wages,
    /// The partner's own titles.
    OwnTitles,
}

/// What an import does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportPhase {
    /// It has begun; how much there is to read is not known yet.
    Begun,
    /// It reads files.
    Reading(FileProgress),
    /// Everything is read; it composes the draft.
    Composing,
}

/// How far a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileProgress {
    /// Which of the files it is, where they are read one after the other.
    pub file: i64,
    /// How many they are.
    pub files: i64,
    /// Bytes of it that were read.
    pub done_bytes: i64,
    /// All bytes of it.
    pub total_bytes: i64,
}

impl FileProgress {
    const fn done(self) -> i64 {
        kilobytes(self.done_bytes)
    }

    const fn all(self) -> i64 {
        kilobytes(self.total_bytes)
    }

    const fn is_one_of_several(self) -> bool {
        self.files > 1
    }
}

impl ImportSource {
    const fn text(self) -> &'static str {
        match self {
            Self::BuiltIn => "import-built-in",
            Self::Onet => "import-onet",
            Self::Soc => "import-soc",
            Self::CodedTitles => "import-coded-titles",
            Self::Wages => "import-wages",
            Self::OwnTitles => "import-own-titles",
        }
    }
}

/// Bytes in thousands, rounded up: what was read of a small file is not nothing.
const fn kilobytes(bytes: i64) -> i64 {
    bytes.saturating_add(999) / 1000
}

page!(Market, "market.html", |_p, c| c.t("nav-market"));

/// Publishing or retiring a version: the second confirmation, in the field `reference`.
#[derive(Clone, Debug)]
pub struct VersionAction {
    /// The library, as in its path.
    pub library: String,
    /// The customer's name; none: the library that all share.
    pub customer: Option<String>,
    /// The number of the version.
    pub version: String,
    /// `publish` or `retire`.
    pub action: String,
    /// The version that callers get now who name none.
    pub current: Option<String>,
    /// The version that callers get then who name none; none: there is no other one.
    pub next: Option<String>,
    /// How its titles differ from those of the current one.
    pub difference: Option<TitleDifference>,
    /// What was entered, and what is wrong with it.
    pub form: Form,
}

/// How the titles of a version differ from those of another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TitleDifference {
    /// Titles that only this version has.
    pub more: i64,
    /// Titles that only the other one has.
    pub fewer: i64,
    /// Titles that both have, otherwise.
    pub altered: i64,
}

impl TitleDifference {
    fn is_none(self) -> bool {
        self == Self::default()
    }
}

page!(VersionAction, "market_version.html", |p, c| c.t(p.text()), |p| !p
    .form
    .errors()
    .is_empty());

impl VersionAction {
    fn text(&self) -> &'static str {
        if self.action == "retire" {
            "version-retire"
        } else {
            "version-publish"
        }
    }

    fn effect(&self) -> String {
        format!("{}.effect", self.text())
    }
}

/// A title tried: `title` and `library` in the query.
#[derive(Clone, Debug, Default)]
pub struct TryTitle {
    /// What was entered.
    pub form: Form,
    /// The libraries.
    pub libraries: Offer,
    /// What was found; none: nothing was tried yet.
    pub found: Option<Vec<FoundTitle>>,
}

/// What a raw title stands for.
#[derive(Clone, Debug)]
pub struct FoundTitle {
    /// The title of the library.
    pub title: String,
    /// Its identifier.
    pub title_id: String,
    /// The occupation: its code and name.
    pub occupation: Option<(String, String)>,
    /// The calibrated probability that it is right, in thousandths.
    pub confidence: i64,
}

page!(TryTitle, "market_try.html", |_p, c| c.t("market-try"), |p| !p
    .form
    .errors()
    .is_empty());

impl TryTitle {
    fn has_choice(&self) -> bool {
        !matches!(&self.libraries, Offer::All(libraries) if libraries.len() < 2)
    }
}
