//! Reads a text into its words in one form: cleaned, written out, in the singular, without what says nothing.

use super::abbreviations::expand;
use super::cleaning::{Mark, mark};
use super::levels::{Around, JobLevel, level_of};
use super::lexer::{Gap, Lexemes};
use super::stem::stem;

/// At most so many words of a text count.
pub(crate) const MAX_COUNTED: usize = 32;

/// One word of a text, in the form in which it is compared.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says something else of the word"
)]
pub(crate) struct Word {
    /// Where its letters begin in the buffer.
    start: usize,
    /// Where they end.
    end: usize,
    /// The part of the title it stands in, from 0.
    pub segment: u8,
    /// The level that it names here.
    pub level: Option<JobLevel>,
    /// Whether it is the noun that says what a person of this title is, as "manager" in "Manager of Sales".
    pub head: bool,
    /// Whether it stands in parentheses.
    pub inside: bool,
    /// Whether it is an abbreviation in parentheses, as in "Registered Nurse (RN)", which is not written out.
    pub acronym: bool,
    /// Whether it says only what another word says more precisely, as "physician" in "Cardiology Physician".
    pub generic: bool,
}

/// The words of a text. The buffers are kept for the next text.
#[derive(Debug, Default)]
pub(crate) struct Words {
    lexemes: Lexemes,
    marks: Vec<Mark>,
    buffer: String,
    list: Vec<Word>,
}

/// Whether what belongs to a posting is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cleaning {
    /// The text is a raw title.
    Posting,
    /// The text is a title of a library.
    None,
}

impl Words {
    /// Reads `text`, in place of the text before.
    pub fn read(&mut self, text: &str, cleaning: Cleaning) {
        self.lexemes.read(text);
        mark(&self.lexemes, &mut self.marks);
        if cleaning == Cleaning::None {
            self.marks.iter_mut().for_each(|mark| mark.dropped = false);
        }
        self.buffer.clear();
        self.list.clear();
        self.collect();
        self.find_levels();
        if cleaning == Cleaning::Posting {
            self.find_physicians();
        }
        self.find_head();
        let buffer = &self.buffer;
        self.list
            .retain(|word| !STOP_WORDS.contains(&buffer.get(word.start..word.end).unwrap_or_default()));
        self.list.truncate(MAX_COUNTED);
        self.shorten();
    }

    /// The words, in the order of the text.
    pub fn list(&self) -> &[Word] {
        &self.list
    }

    /// The letters of a word.
    pub fn word(&self, word: &Word) -> &str {
        self.buffer.get(word.start..word.end).unwrap_or_default()
    }

    /// Collects the words that are not dropped, with abbreviations written out.
    fn collect(&mut self) {
        let mut negated = false;
        for (lexeme, mark) in self.lexemes.list().iter().zip(&self.marks) {
            if mark.dropped || self.list.len() > 2 * MAX_COUNTED {
                continue;
            }
            let word = self.lexemes.word(lexeme);
            if word == "non" {
                negated = true;
                continue;
            }
            // "Non-CDL" must not count as "CDL": it is another word.
            let prefix = if negated { "non" } else { "" };
            negated = false;
            let acronym = lexeme.inside && lexeme.upper && lexeme.gap == Gap::Open && word.len() <= 6;
            let written_out = if prefix.is_empty() {
                expand(word).unwrap_or(word)
            } else {
                word
            };
            for part in written_out.split(' ') {
                let start = self.buffer.len();
                self.buffer.push_str(prefix);
                self.buffer.push_str(part);
                self.list.push(Word {
                    start,
                    end: self.buffer.len(),
                    segment: mark.segment,
                    level: None,
                    head: false,
                    inside: lexeme.inside,
                    acronym,
                    generic: false,
                });
            }
        }
    }

    /// Finds the words that name a level.
    fn find_levels(&mut self) {
        let buffer = &self.buffer;
        let text = |word: &Word| buffer.get(word.start..word.end).unwrap_or_default();
        let school = self
            .list
            .iter()
            .any(|word| matches!(text(word), "school" | "elementary" | "academy"));
        let levels: [Option<JobLevel>; 2 * MAX_COUNTED + 8] = std::array::from_fn(|index| {
            let word = self.list.get(index)?;
            let near = |other: Option<&Word>| {
                other
                    .filter(|other| other.segment == word.segment)
                    .map(text)
                    .unwrap_or_default()
            };
            let before = index
                .checked_sub(1)
                .and_then(|index| self.list.get(index))
                .map(text)
                .unwrap_or_default();
            let around = Around {
                before,
                after: near(self.list.get(index + 1)),
                later: near(self.list.get(index + 2)),
                school,
            };
            level_of(text(word), around)
        });
        for (word, level) in self.list.iter_mut().zip(levels) {
            word.level = level;
        }
    }

    /// Residents and fellows of a field of medicine are physicians; those of a university or of a building are not.
    fn find_physicians(&mut self) {
        let text = |word: &Word| self.buffer.get(word.start..word.end).unwrap_or_default();
        let has = |is: &dyn Fn(&str) -> bool| self.list.iter().any(|word| is(text(word)));
        // Few titles have a word that means something else then; only those are searched for endings.
        let may_change = has(&|word| is_trainee(word) || GENERIC_PHYSICIAN.contains(&word));
        if !may_change || has(&|word| NO_PHYSICIAN.contains(&word)) || !has(&is_medical) {
            return;
        }
        let special = has(&is_specialty);
        let start = self.buffer.len();
        let mut found = false;
        for word in &mut self.list {
            let text = self.buffer.get(word.start..word.end).unwrap_or_default();
            if is_trainee(text) {
                found = true;
                word.generic = special;
                (word.start, word.end) = (start, start + "physician".len());
            }
            word.generic |= special && GENERIC_PHYSICIAN.contains(&text);
        }
        if found {
            self.buffer.push_str("physician");
        }
    }

    /// Finds the head: the last word before a preposition in the first part that has one.
    fn find_head(&mut self) {
        let mut head = None;
        let mut segment = None;
        for (index, word) in self.list.iter().enumerate() {
            let text = self.buffer.get(word.start..word.end).unwrap_or_default();
            let ends = PREPOSITIONS.contains(&text) || segment.is_some_and(|segment| segment != word.segment);
            if head.is_some() && ends {
                break;
            }
            let modifier = word.level.is_some_and(JobLevel::is_modifier) || word.acronym;
            if !modifier && !STOP_WORDS.contains(&text) {
                head = Some(index);
                segment = Some(word.segment);
            }
        }
        if let Some(word) = head.and_then(|index| self.list.get_mut(index)) {
            word.head = true;
        }
    }

    /// Brings the words to the form in which they are compared; a form that is not a part of its word is written
    /// behind the others.
    fn shorten(&mut self) {
        for word in &mut self.list {
            let text = self.buffer.get(word.start..word.end).unwrap_or_default();
            let (stem, ending) = stem(text);
            if ending.is_empty() {
                word.end = word.start + stem.len();
            } else {
                let (from, to) = (word.start, word.start + stem.len());
                word.start = self.buffer.len();
                self.buffer.extend_from_within_text(from, to);
                self.buffer.push_str(ending);
                word.end = self.buffer.len();
            }
        }
    }
}

/// Copies a part of a text to its end.
trait ExtendFromWithin {
    /// Appends the letters from `from` to `to`.
    fn extend_from_within_text(&mut self, from: usize, to: usize);
}

impl ExtendFromWithin for String {
    fn extend_from_within_text(&mut self, from: usize, to: usize) {
        if self.is_char_boundary(from) && self.is_char_boundary(to) && from <= to {
            self.extend_from_within(from..to);
        }
    }
}

/// Words that say nothing of an occupation.
const STOP_WORDS: &[&str] = &[
    "and", "of", "the", "for", "in", "to", "with", "a", "an", "at", "on", "or", "by", "from", "as", "level",
];

/// Words after which the head of a title has been named.
const PREPOSITIONS: &[&str] = &["of", "for", "in", "to", "with", "at", "on", "from"];

/// Whether the word names a field of medicine, or medicine.
fn is_medical(word: &str) -> bool {
    matches!(
        word,
        "medical"
            | "clinical"
            | "pgy"
            | "pulmonary"
            | "cardiac"
            | "cardiovascular"
            | "physician"
            | "gme"
            | "hospital"
    ) || is_specialty(word)
}

/// Whether the word names a specialty of medicine.
fn is_specialty(word: &str) -> bool {
    SPECIALTIES.iter().any(|ending| word.ends_with(ending))
}

/// Whether the word names who is trained in a specialty, or the training.
fn is_trainee(word: &str) -> bool {
    matches!(
        word,
        "resident" | "residents" | "fellow" | "fellows" | "fellowship" | "residency"
    )
}

/// With these words a resident or a fellow is no physician.
const NO_PHYSICIAN: &[&str] = &[
    "research",
    "postdoctoral",
    "postdoc",
    "pharmacy",
    "assistant",
    "engineer",
    "manager",
    "teaching",
    "advisor",
    "nurse",
    "dental",
    "veterinary",
    "physicist",
    "physics",
    "coordinator",
];

/// Words that say less than a specialty beside them.
const GENERIC_PHYSICIAN: &[&str] = &[
    "physician",
    "physicians",
    "doctor",
    "doctors",
    "attending",
    "staff",
    "faculty",
    "md",
    "medical",
    "clinical",
];

/// Endings of the names of medical specialties.
const SPECIALTIES: &[&str] = &[
    "iatrics",
    "iatric",
    "iatrician",
    "iatry",
    "iatrist",
    "surgery",
    "surgical",
    "surgeon",
    "radiology",
    "radiologist",
    "cardiology",
    "cardiologist",
    "oncology",
    "oncologist",
    "hematology",
    "hematologist",
    "neurology",
    "neurologist",
    "nephrology",
    "nephrologist",
    "pathology",
    "pathologist",
    "urology",
    "urologist",
    "anesthesiology",
    "anesthesiologist",
    "anesthesia",
    "pulmonology",
    "pulmonologist",
    "dermatology",
    "dermatologist",
    "rheumatology",
    "rheumatologist",
    "endocrinology",
    "endocrinologist",
    "gastroenterology",
    "gastroenterologist",
    "neonatology",
    "neonatologist",
    "ophthalmology",
    "ophthalmologist",
    "otolaryngology",
    "immunology",
    "obstetrics",
    "gynecology",
    "gynecologist",
    "medicine",
    "hospitalist",
    "internist",
    "psychiatry",
    "psychiatrist",
];
