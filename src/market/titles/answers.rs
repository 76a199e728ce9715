//! Best titles of raw titles that were asked for before.
//!
//! Raw titles repeat: of those that employers file, one in three to eight is new, and of those of job boards that carry a
//! requisition number or a place none is old, although their words are. What the engine finds for one depends on nothing but
//! its words and the version, so each index remembers what it found, within a bound, and forgets it with itself: by the raw
//! title as it was written, which is found without reading it, and by its form, which is what the engine has read of it. What is
//! asked for once makes room before what is asked for again, so that a caller with nothing but new raw titles does not
//! displace all others.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use title_engine::{Form, Normalized, TitleId};

/// Most bytes of answers by raw titles, and of answers by forms. They are taken as answers come, and not before.
const MOST_BYTES: usize = 4 << 20;
/// Bytes of an answer beside what it is remembered by: the entry in the table, and the answer itself.
const ENTRY_BYTES: usize = 192;
/// A longer raw title is not remembered: it is prose or an advertisement, and unlikely to come again.
const MAX_TERM_BYTES: usize = 256;

/// What the engine found for a raw title.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    /// The best title, with its confidence.
    pub best: Option<(TitleId, f32)>,
    /// The levels that the words of the raw title name.
    pub job_levels: Box<[&'static str]>,
}

impl Answer {
    /// What is remembered of what the engine found.
    pub fn new(found: &Normalized<'_>) -> Self {
        Self {
            best: found.candidates.first().map(|best| (best.id, best.confidence)),
            job_levels: found.job_levels.iter().map(|level| level.as_str()).collect(),
        }
    }
}

/// Answers by raw titles as they were written, and by their forms.
pub(super) struct Answers {
    by_raw: Cache<Box<str>, Arc<Answer>, Bytes>,
    by_form: Cache<Form, Arc<Answer>, Bytes>,
}

/// How many bytes an answer takes.
#[derive(Clone)]
struct Bytes;

impl Bytes {
    fn of(key_bytes: usize, answer: &Answer) -> u64 {
        let bytes = ENTRY_BYTES + key_bytes + size_of_val(&*answer.job_levels);
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

impl Weighter<Box<str>, Arc<Answer>> for Bytes {
    fn weight(&self, raw: &Box<str>, answer: &Arc<Answer>) -> u64 {
        Self::of(raw.len(), answer)
    }
}

impl Weighter<Form, Arc<Answer>> for Bytes {
    fn weight(&self, form: &Form, answer: &Arc<Answer>) -> u64 {
        Self::of(form.size(), answer)
    }
}

impl Answers {
    /// None yet.
    pub fn new() -> Self {
        Self::of_at_most(MOST_BYTES)
    }

    /// None yet, and never more than so many bytes of each kind.
    fn of_at_most(bytes: usize) -> Self {
        let weight = u64::try_from(bytes).unwrap_or(u64::MAX);
        let entries = bytes / ENTRY_BYTES;
        Self {
            by_raw: Cache::with_weighter(entries, weight, Bytes),
            by_form: Cache::with_weighter(entries, weight, Bytes),
        }
    }

    /// The answer for a raw title: the one that is remembered, or else the one that `find` finds.
    pub fn of_raw(&self, raw: &str, find: impl FnOnce() -> Arc<Answer>) -> Arc<Answer> {
        if raw.len() > MAX_TERM_BYTES {
            return find();
        }
        if let Some(answer) = self.by_raw.get(raw) {
            return answer;
        }
        let answer = find();
        self.by_raw.insert(raw.into(), Arc::clone(&answer));
        answer
    }

    /// The answer for raw titles of a form: the one that is remembered, or else the one that `find` finds.
    pub fn of_form(&self, form: Form, find: impl FnOnce() -> Answer) -> Arc<Answer> {
        if let Some(answer) = self.by_form.get(&form) {
            return answer;
        }
        let answer = Arc::new(find());
        self.by_form.insert(form, Arc::clone(&answer));
        answer
    }
}

#[cfg(test)]
mod tests {
    use title_engine::library::Library;
    use title_engine::{Engine, Scratch};

    use super::*;

    fn answer() -> Answer {
        Answer {
            best: Some((TitleId::of_name("Nurse"), 0.9)),
            job_levels: Box::default(),
        }
    }

    fn found() -> Arc<Answer> {
        Arc::new(answer())
    }

    /// A form that differs with the number of words, which no library knows.
    fn form(words: usize) -> Form {
        let engine = Engine::build(&Library::default());
        engine.read(&"word ".repeat(words), &mut Scratch::default())
    }

    #[test]
    fn what_was_found_is_not_sought_again_but_for_another_spelling() {
        let answers = Answers::new();
        answers.of_raw("Nurse", found);
        assert_eq!(*answers.of_raw("Nurse", || unreachable!()), answer());
        let mut sought = 0;
        for raw in ["nurse", "Nurse ", "Nurse"] {
            answers.of_raw(raw, || {
                sought += 1;
                found()
            });
        }
        assert_eq!(sought, 2);
    }

    #[test]
    fn what_was_found_for_a_form_is_not_sought_again_but_for_another_form() {
        let answers = Answers::new();
        answers.of_form(form(1), answer);
        assert_eq!(*answers.of_form(form(1), || unreachable!()), answer());
        let mut is_sought = false;
        answers.of_form(form(2), || {
            is_sought = true;
            answer()
        });
        assert!(is_sought);
    }

    #[test]
    fn a_long_raw_title_is_sought_each_time() {
        let answers = Answers::new();
        let long = "nurse ".repeat(MAX_TERM_BYTES);
        let mut sought = 0;
        for _ in 0..3 {
            answers.of_raw(&long, || {
                sought += 1;
                found()
            });
        }
        assert_eq!(sought, 3);
    }

    #[test]
    fn however_many_are_asked_for_no_more_bytes_are_taken_than_allowed() {
        let answers = Answers::of_at_most(1 << 20);
        for number in 0..20_000 {
            answers.of_raw(&format!("Nurse of station {number}"), found);
        }
        assert!(answers.by_raw.weight() <= 1 << 20, "{}", answers.by_raw.weight());
        assert!(answers.by_raw.len() > 2_000, "{}", answers.by_raw.len());
    }

    #[test]
    fn new_raw_titles_do_not_displace_those_that_are_asked_for_again_and_again() {
        let answers = Answers::of_at_most(1 << 20);
        let (mut sought, mut asked) = (0, 0);
        for number in 0..50_000 {
            answers.of_raw(&format!("Nurse of station {number}"), found);
            if number % 2 == 0 {
                asked += 1;
                answers.of_raw(&format!("Nurse {}", number / 2 % 500), || {
                    sought += 1;
                    found()
                });
            }
        }
        assert!(sought * 5 < asked, "{sought} of {asked}");
    }
}
