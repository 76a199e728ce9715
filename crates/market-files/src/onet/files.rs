//! Which files a database of O*NET has, of either layout, and how each is read.

use super::{CODE, Known, education, occupations, ratings, related, software, titles};
use crate::error::FileError;
use crate::intake::{Intake, Plan, ReadTable};
use crate::limits;
use crate::problem::Problem;
use crate::row::SkillKind;
use crate::source::{Container, Member};
use crate::table::{Layout, Names};
use crate::text::Separation;

/// The file without which the codes of the others have no meaning.
const REQUIRED: &str = "Occupation Data.txt";

/// A file of the database.
#[derive(Debug)]
pub(super) struct OnetFile {
    name: &'static str,
    release: Release,
    content: Content,
    /// What cannot be answered without it.
    meaning: &'static str,
}

/// Which releases have a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Release {
    All,
    UpTo302,
    Since303,
}

/// What a file holds.
#[derive(Debug, Clone, Copy)]
enum Content {
    Occupations,
    AlternateTitles,
    ReportedTitles,
    Ratings(SkillKind),
    Software,
    Education,
    Related,
    JobZones,
}

/// The files in the order in which they are read: occupations first, since the others refer to them.
const FILES: &[OnetFile] = &[
    file(REQUIRED, Release::All, Content::Occupations, ""),
    file(
        "Alternate Titles.txt",
        Release::UpTo302,
        Content::AlternateTitles,
        "few titles are known",
    ),
    file(
        "Job Titles.txt",
        Release::Since303,
        Content::AlternateTitles,
        "few titles are known",
    ),
    file(
        "Sample of Reported Titles.txt",
        Release::All,
        Content::ReportedTitles,
        "no titles that workers reported",
    ),
    file(
        "Skills.txt",
        Release::UpTo302,
        Content::Ratings(SkillKind::Skill),
        "no skills of occupations",
    ),
    file(
        "Essential Skills.txt",
        Release::Since303,
        Content::Ratings(SkillKind::Essential),
        "no essential skills of occupations",
    ),
    file(
        "Transferable Skills.txt",
        Release::Since303,
        Content::Ratings(SkillKind::Transferable),
        "no transferable skills of occupations",
    ),
    file(
        "Knowledge.txt",
        Release::All,
        Content::Ratings(SkillKind::Knowledge),
        "no knowledge of occupations",
    ),
    file(
        "Technology Skills.txt",
        Release::UpTo302,
        Content::Software,
        "no software of occupations",
    ),
    file(
        "Software Skills.txt",
        Release::Since303,
        Content::Software,
        "no software of occupations",
    ),
    file(
        "Education, Training, and Experience.txt",
        Release::UpTo302,
        Content::Education,
        "no education and experience of occupations",
    ),
    file(
        "Education.txt",
        Release::Since303,
        Content::Education,
        "no education of occupations",
    ),
    file(
        "Training and Experience.txt",
        Release::Since303,
        Content::Education,
        "no training and experience of occupations",
    ),
    file(
        "Related Occupations.txt",
        Release::All,
        Content::Related,
        "no similar occupations",
    ),
    file(
        "Job Zones.txt",
        Release::All,
        Content::JobZones,
        "no job zones, so no direction of a change of occupation",
    ),
];

const fn file(name: &'static str, release: Release, content: Content, meaning: &'static str) -> OnetFile {
    OnetFile {
        name,
        release,
        content,
        meaning,
    }
}

/// The files of one database: those that are there, and those that are not.
pub(super) struct Files {
    found: Vec<(&'static OnetFile, Member)>,
    missing: Vec<&'static OnetFile>,
}

impl Files {
    /// Looks for all files, and refuses a mixture of two releases.
    pub(super) fn find(container: &Container) -> Result<Self, FileError> {
        let mut found = Vec::new();
        let mut absent = Vec::new();
        for file in FILES {
            match find(container, file.name)? {
                Some(member) => found.push((file, member)),
                None => absent.push(file),
            }
        }
        if absent.iter().any(|file| file.name == REQUIRED) {
            let hint = hint(container);
            return Err(FileError::new(Problem::MissingFile {
                file: REQUIRED,
                hint,
                advice: "name the folder or zip of an O*NET database in text files",
            }));
        }
        let of = |release| found.iter().find(|(file, _)| file.release == release);
        let layout = match (of(Release::UpTo302), of(Release::Since303)) {
            (Some((old, _)), Some((new, _))) => {
                return Err(FileError::new(Problem::MixedLayouts {
                    old: old.name,
                    new: new.name,
                }));
            }
            (None, Some(_)) => Release::Since303,
            (_, None) => Release::UpTo302,
        };
        absent.retain(|file| file.release == Release::All || file.release == layout);
        Ok(Self {
            found,
            missing: absent,
        })
    }

    /// The files that are there, in the order in which they are read.
    pub(super) fn found(&self) -> impl Iterator<Item = (&'static OnetFile, &Member)> {
        self.found.iter().map(|(file, member)| (*file, member))
    }

    /// The files that the layout has and that are not there, with what that means.
    pub(super) fn missing(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.missing.iter().map(|file| (file.name, file.meaning))
    }

    /// Adds the sizes of the files to what is going to be read.
    pub(super) fn expect(&self, intake: &Intake<'_>) {
        for (_, member) in &self.found {
            if !is_workbook(member) {
                intake.meter.expect(member.size());
            }
        }
    }
}

/// A file by its base name; in a folder also the workbook of that name, which O*NET offers too.
fn find(container: &Container, name: &str) -> Result<Option<Member>, FileError> {
    if let Some(member) = container.find(name)? {
        return Ok(Some(member));
    }
    let Some(stem) = name.strip_suffix(".txt") else {
        return Ok(None);
    };
    let workbook = container.find(&format!("{stem}.xlsx"))?;
    Ok(workbook.filter(|member| matches!(member, Member::File { .. })))
}

fn is_workbook(member: &Member) -> bool {
    match member {
        Member::File { path, .. } => path.extension().is_some_and(|extension| extension == "xlsx"),
        Member::Part(_) => false,
    }
}

/// What stands in place of the text files, if that explains why they are missing.
fn hint(container: &Container) -> String {
    if let Some(zip) = container.with_ending(&[".zip", ".7z", ".gz"]) {
        return format!(
            ", but `{}`, which must be unpacked first",
            crate::error::shown(&zip)
        );
    }
    match container.with_ending(&[".xlsx", ".sql"]) {
        Some(other) => format!(
            ", but `{}`, which is of another format",
            crate::error::shown(&other)
        ),
        None => String::new(),
    }
}

impl OnetFile {
    /// Reads the file.
    pub(super) fn read(
        &self,
        container: &mut Container,
        member: &Member,
        known: &mut Known,
        intake: &mut Intake<'_>,
    ) -> Result<(), FileError> {
        let plan = Plan {
            separation: Separation::Tabs,
            layouts: self.layouts(),
            limit: limits::OFFICIAL_ROWS,
        };
        let mut read = self.reader(known);
        if let Member::File { path, .. } = member {
            return intake.read_file(path, plan, &mut *read);
        }
        let label = container.label(member);
        let meter = intake.meter.clone();
        container
            .with_reader(member, &meter, |reader| {
                intake.read_from(reader, &label, plan, &mut *read)
            })
            .map_err(|error| error.in_file(&label))
    }

    fn layouts(&self) -> &'static [Layout] {
        match self.content {
            Content::Occupations => &[occupations::LAYOUT],
            Content::AlternateTitles => &[titles::ALTERNATE],
            Content::ReportedTitles => &[titles::REPORTED],
            Content::Ratings(_) => &[ratings::LAYOUT],
            Content::Software => &[software::LAYOUT],
            Content::Education => &[education::LAYOUT],
            Content::Related => &[related::LAYOUT],
            Content::JobZones => &[&[CODE, related::ZONE]],
        }
    }

    fn reader<'k>(&self, known: &'k mut Known) -> Box<ReadTable<'k>> {
        match self.content {
            Content::Occupations => Box::new(|_, table, intake| occupations::read(table, known, intake)),
            Content::AlternateTitles => {
                Box::new(|_, table, intake| titles::read_alternate(table, known, intake))
            }
            Content::ReportedTitles => {
                Box::new(|_, table, intake| titles::read_reported(table, known, intake))
            }
            Content::Ratings(kind) => {
                Box::new(move |_, table, intake| ratings::read(table, kind, known, intake))
            }
            Content::Software => Box::new(|_, table, intake| software::read(table, known, intake)),
            Content::Education => Box::new(|_, table, intake| education::read(table, known, intake)),
            Content::Related => Box::new(|_, table, intake| related::read(table, known, intake)),
            Content::JobZones => Box::new(|_, table, intake| related::read_zones(table, known, intake)),
        }
    }
}

/// The name of an element, in several files.
pub(super) const ELEMENT_ID: Names = &["Element ID"];
/// The identifier of an element, in several files.
pub(super) const ELEMENT_NAME: Names = &["Element Name"];
/// The scale of a value, in several files.
pub(super) const SCALE: Names = &["Scale ID"];
/// A value, in several files.
pub(super) const VALUE: Names = &["Data Value"];
/// Whether a value should not be used, in several files.
pub(super) const SUPPRESS: Names = &["Recommend Suppress"];
