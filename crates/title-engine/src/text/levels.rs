//! Words of a title that name a level ("senior", "II"), told from the same words with another meaning.

use std::fmt;

/// A level that a title names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobLevel {
    /// An internship.
    Intern,
    /// For beginners: "entry level", "junior", "trainee".
    Entry,
    /// "Associate" before the name of an occupation.
    Associate,
    /// "Mid level", "intermediate".
    Mid,
    /// "Senior".
    Senior,
    /// "Lead".
    Lead,
    /// "Principal", but of a school.
    Principal,
    /// "Manager".
    Manager,
    /// "Director", "head of".
    Director,
    /// Presidents, vice presidents, chief officers.
    Executive,
    /// A numbered level, 1 to 6.
    Numbered(u8),
}

impl JobLevel {
    /// The name in answers, such as `senior` or `level-2`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intern => "intern",
            Self::Entry => "entry",
            Self::Associate => "associate",
            Self::Mid => "mid",
            Self::Senior => "senior",
            Self::Lead => "lead",
            Self::Principal => "principal",
            Self::Manager => "manager",
            Self::Director => "director",
            Self::Executive => "executive",
            Self::Numbered(1) => "level-1",
            Self::Numbered(2) => "level-2",
            Self::Numbered(3) => "level-3",
            Self::Numbered(4) => "level-4",
            Self::Numbered(5) => "level-5",
            Self::Numbered(_) => "level-6",
        }
    }

    /// Whether the word can be left out without changing the occupation.
    pub(crate) fn is_modifier(self) -> bool {
        !matches!(self, Self::Manager | Self::Director | Self::Executive)
    }
}

impl fmt::Display for JobLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The words around a word, within its part of the title.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Around<'a> {
    /// The word before, or nothing.
    pub before: &'a str,
    /// The word after, or nothing.
    pub after: &'a str,
    /// The word after that, or nothing.
    pub later: &'a str,
    /// Whether the title names a school.
    pub school: bool,
}

/// The level that `word` names where it stands.
pub(crate) fn level_of(word: &str, around: Around<'_>) -> Option<JobLevel> {
    let Around {
        before, after, later, ..
    } = around;
    match word {
        "intern" | "interns" | "internship" | "coop" => Some(JobLevel::Intern),
        "entry" if matches!(after, "level" | "") => Some(JobLevel::Entry),
        "junior" if !matches!(after, "high" | "college" | "school" | "achievement") => Some(JobLevel::Entry),
        "trainee" | "trainees" => Some(JobLevel::Entry),
        "associate" if !after.is_empty() && !NO_ASSOCIATE.contains(&after) => Some(JobLevel::Associate),
        "mid" | "intermediate" if !matches!(after, "school" | "career" | "wife" | "market") => {
            Some(JobLevel::Mid)
        }
        "senior" if !NO_SENIOR.contains(&after) => Some(JobLevel::Senior),
        "lead" if !NO_LEAD.contains(&after) && before != "sales" => Some(JobLevel::Lead),
        "principal" if is_principal_level(around) => Some(JobLevel::Principal),
        "manager" | "managers" => Some(JobLevel::Manager),
        "director" | "directors" if !NO_DIRECTOR.contains(&before) => Some(JobLevel::Director),
        "head" if after == "of" => Some(JobLevel::Director),
        "president" | "presidents" | "ceo" => Some(JobLevel::Executive),
        "chief" if after == "officer" || later == "officer" => Some(JobLevel::Executive),
        "executive"
            if matches!(
                after,
                "director" | "vice" | "officer" | "manager" | "president" | "chairman"
            ) =>
        {
            Some(JobLevel::Executive)
        }
        _ => numbered(word, around),
    }
}

/// Whether "principal" is a level here, and not the head of a school or of an investigation.
fn is_principal_level(around: Around<'_>) -> bool {
    !around.after.is_empty()
        && !around.school
        && !matches!(around.before, "assistant" | "vice" | "deputy")
        && !matches!(around.after, "investigator" | "of" | "at" | "intern")
}

/// The level that a number after a word names.
fn numbered(word: &str, around: Around<'_>) -> Option<JobLevel> {
    let number = match word {
        "i" | "1" => 1,
        "ii" | "2" => 2,
        "iii" | "3" => 3,
        "iv" | "4" => 4,
        "v" | "5" => 5,
        "vi" | "6" => 6,
        _ => return None,
    };
    let counts = matches!(
        around.before,
        "" | "pgy" | "type" | "class" | "phase" | "title" | "part" | "no"
    );
    let counted = matches!(around.after, "grade" | "year" | "month" | "v" | "d" | "x");
    (!counts && !counted).then_some(JobLevel::Numbered(number))
}

/// After these words "associate" is part of the name.
const NO_ASSOCIATE: &[&str] = &[
    "professor",
    "professors",
    "dean",
    "degree",
    "provost",
    "of",
    "in",
    "for",
    "at",
    "level",
    "justice",
    "pastor",
];

/// Before these words "senior" speaks of old people.
const NO_SENIOR: &[&str] = &[
    "center",
    "living",
    "care",
    "citizen",
    "citizens",
    "services",
    "home",
    "companion",
    "housing",
    "high",
];

/// Before these words "lead" is a metal, or a prospective customer.
const NO_LEAD: &[&str] = &[
    "generation",
    "generator",
    "abatement",
    "paint",
    "poisoning",
    "removal",
    "remediation",
    "burner",
    "smelter",
    "glass",
    "acid",
    "based",
    "qualification",
    "management",
    "gen",
    "caster",
];

/// After these words "director" names an occupation.
const NO_DIRECTOR: &[&str] = &[
    "funeral",
    "art",
    "music",
    "casting",
    "stage",
    "film",
    "movie",
    "choir",
    "choral",
    "photography",
    "spiritual",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn level(text: &str, word: &str) -> Option<JobLevel> {
        let words: Vec<&str> = text.split(' ').collect();
        let at = words.iter().position(|other| *other == word).unwrap();
        let word_at = |index: usize| words.get(index).copied().unwrap_or_default();
        let before = at.checked_sub(1).map(word_at).unwrap_or_default();
        let school = words.contains(&"school");
        level_of(
            word,
            Around {
                before,
                after: word_at(at + 1),
                later: word_at(at + 2),
                school,
            },
        )
    }

    #[test]
    fn levels_are_told_from_the_same_words_with_another_meaning() {
        for (text, word, expected) in [
            ("senior accountant", "senior", Some(JobLevel::Senior)),
            ("senior living nurse", "senior", None),
            ("lead developer", "lead", Some(JobLevel::Lead)),
            ("lead generation specialist", "lead", None),
            ("associate engineer", "associate", Some(JobLevel::Associate)),
            ("associate professor", "associate", None),
            ("sales associate", "associate", None),
            ("principal engineer", "principal", Some(JobLevel::Principal)),
            ("principal", "principal", None),
            ("elementary school principal", "principal", None),
            ("executive assistant", "executive", None),
            ("account executive", "executive", None),
            ("executive vice president", "executive", Some(JobLevel::Executive)),
            ("chief financial officer", "chief", Some(JobLevel::Executive)),
            ("chief engineer", "chief", None),
            ("engineer ii", "ii", Some(JobLevel::Numbered(2))),
            ("pgy 1 resident", "1", None),
            ("funeral director", "director", None),
            ("director of nursing", "director", Some(JobLevel::Director)),
        ] {
            assert_eq!(level(text, word), expected, "{text}");
        }
    }
}
