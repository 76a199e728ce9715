//! Ratings of skills and knowledge: a row for the importance and one for the level of each, which become one.

use std::collections::{HashMap, HashSet};

use super::files::{ELEMENT_ID, ELEMENT_NAME, SCALE, SUPPRESS, VALUE};
use super::{CODE, Known};
use crate::code::OccupationCode;
use crate::error::FileError;
use crate::fields::Fields;
use crate::intake::Intake;
use crate::limits;
use crate::problem::Problem;
use crate::row::{Row, Skill, SkillKind};
use crate::summary::SkipReason;
use crate::table::{Column, Layout, Names, Table};

const NOT_RELEVANT: Names = &["Not Relevant"];

/// The columns that must be there.
pub(super) const LAYOUT: Layout = &[CODE, ELEMENT_ID, ELEMENT_NAME, SCALE, VALUE];

struct Columns {
    code: Column,
    element_id: Column,
    name: Column,
    scale: Column,
    value: Column,
    suppress: Option<Column>,
    not_relevant: Option<Column>,
}

impl Columns {
    fn of(table: &Table<'_>) -> Result<Self, FileError> {
        Ok(Self {
            code: table.column(CODE)?,
            element_id: table.column(ELEMENT_ID)?,
            name: table.column(ELEMENT_NAME)?,
            scale: table.column(SCALE)?,
            value: table.column(VALUE)?,
            suppress: table.optional(SUPPRESS),
            not_relevant: table.optional(NOT_RELEVANT),
        })
    }
}

/// The skills of the occupation that is being read, whose rows follow one another.
#[derive(Default)]
struct Group {
    code: Option<OccupationCode>,
    skills: Vec<Skill>,
    by_element: HashMap<String, usize>,
    /// The lines of the ratings, by element and scale.
    lines: HashMap<(usize, Scale), u64>,
    /// The occupations that were read before.
    done: HashSet<OccupationCode>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Scale {
    Importance,
    Level,
}

impl Scale {
    fn bounds(self) -> (f64, f64) {
        match self {
            Self::Importance => (1.0, 5.0),
            Self::Level => (0.0, 7.0),
        }
    }
}

/// Reads the ratings of known occupations.
pub(super) fn read(
    table: &mut Table<'_>,
    kind: SkillKind,
    known: &Known,
    intake: &mut Intake<'_>,
) -> Result<(), FileError> {
    let columns = Columns::of(table)?;
    let mut group = Group::default();
    while let Some(fields) = table.next()? {
        let code = fields.onet_code(columns.code)?;
        if group.code != Some(code) {
            group.hand_on(intake)?;
            if !group.done.insert(code) {
                let code = code.to_string();
                return Err(fields.wrong(columns.code, Problem::Scattered { code }));
            }
            group.code = Some(code);
        }
        let scale = match fields.required(columns.scale, limits::NAME)? {
            "IM" => Scale::Importance,
            "LV" => Scale::Level,
            _ => {
                intake.skip(fields.line(), SkipReason::OtherScale);
                continue;
            }
        };
        let Some(value) = fields.number(columns.value, scale.bounds())? else {
            intake.skip(fields.line(), SkipReason::NoValue);
            continue;
        };
        if !known.contains_key(&code) {
            intake.skip(fields.line(), SkipReason::UnknownOccupation);
            continue;
        }
        group.add(fields, &columns, (kind, scale), value)?;
    }
    group.hand_on(intake)
}

impl Group {
    /// Adds a rating to the skill that it is of.
    fn add(
        &mut self,
        fields: Fields<'_>,
        columns: &Columns,
        (kind, scale): (SkillKind, Scale),
        value: f64,
    ) -> Result<(), FileError> {
        let element_id = fields.required(columns.element_id, limits::NAME)?;
        let index = match self.by_element.get(element_id) {
            Some(index) => *index,
            None => {
                self.skills.push(Skill {
                    code: fields.onet_code(columns.code)?,
                    element_id: element_id.to_owned(),
                    name: fields.name(columns.name)?,
                    kind,
                    importance: None,
                    level: None,
                    is_not_relevant: false,
                    is_suppressed: false,
                });
                self.by_element
                    .insert(element_id.to_owned(), self.skills.len() - 1);
                self.skills.len() - 1
            }
        };
        if let Some(first_line) = self.lines.insert((index, scale), fields.line()) {
            let value = element_id.to_owned();
            return Err(fields.wrong(columns.element_id, Problem::Duplicate { value, first_line }));
        }
        let is_suppressed = fields.flag(columns.suppress)?;
        let is_not_relevant = fields.flag(columns.not_relevant)?;
        let Some(skill) = self.skills.get_mut(index) else {
            return Ok(());
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "ratings have two digits after the point"
        )]
        let value = value as f32;
        match scale {
            Scale::Importance => {
                skill.importance = Some(value);
                skill.is_suppressed = is_suppressed;
            }
            Scale::Level => skill.level = Some(value).filter(|_| !is_suppressed),
        }
        skill.is_not_relevant |= is_not_relevant;
        Ok(())
    }

    /// Hands the skills of the occupation on.
    fn hand_on(&mut self, intake: &mut Intake<'_>) -> Result<(), FileError> {
        self.by_element.clear();
        self.lines.clear();
        for skill in self.skills.drain(..) {
            intake.give(Row::Skill(skill))?;
        }
        Ok(())
    }
}
