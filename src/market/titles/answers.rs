//! Best titles of raw titles that were asked for before.
//!
//! Raw titles repeat: of those that employers file, one in three to eight is new. What the engine finds for one depends on
//! nothing but the raw title and the version, so each index remembers what it found, within a bound, and forgets it
//! with itself. What is asked for once makes room before what is asked for again, so that a caller with nothing but new
//! raw titles does not displace all others.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use title_engine::{Normalized, TitleId};

/// Bytes of remembered answers for each title of the library: a small part of what its index takes.
const BYTES_PER_TITLE: usize = 256;
/// Least bytes that may be taken.
const LEAST_BYTES: usize = 1 << 20;
/// Most bytes that may be taken.
const MOST_BYTES: usize = 8 << 20;
/// Bytes of an answer beside its raw title: the entry in the table, and the answer itself.
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

/// Answers by the raw titles, as they were written.
pub(super) struct Answers(Cache<Box<str>, Arc<Answer>, Bytes>);

/// How many bytes an answer takes.
#[derive(Clone)]
struct Bytes;

impl Weighter<Box<str>, Arc<Answer>> for Bytes {
    fn weight(&self, raw: &Box<str>, answer: &Arc<Answer>) -> u64 {
        let bytes = ENTRY_BYTES + raw.len() + size_of_val(&*answer.job_levels);
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

impl Answers {
    /// None yet, for a library of so many titles.
    pub fn new(titles: usize) -> Self {
        let bytes = titles
            .saturating_mul(BYTES_PER_TITLE)
            .clamp(LEAST_BYTES, MOST_BYTES);
        let weight = u64::try_from(bytes).unwrap_or(u64::MAX);
        Self(Cache::with_weighter(bytes / ENTRY_BYTES, weight, Bytes))
    }

    /// The answer for a raw title: the one that is remembered, or else the one that `find` finds.
    pub fn get_or(&self, raw: &str, find: impl FnOnce() -> Answer) -> Arc<Answer> {
        if raw.len() > MAX_TERM_BYTES {
            return Arc::new(find());
        }
        if let Some(answer) = self.0.get(raw) {
            return answer;
        }
        let answer = Arc::new(find());
        self.0.insert(raw.into(), Arc::clone(&answer));
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Answer {
        Answer {
            best: Some((TitleId::of_name("Nurse"), 0.9)),
            job_levels: Box::default(),
        }
    }

    #[test]
    fn what_was_found_is_not_sought_again_but_for_another_spelling() {
        let answers = Answers::new(10);
        answers.get_or("Nurse", answer);
        assert_eq!(*answers.get_or("Nurse", || unreachable!()), answer());
        let mut sought = 0;
        for raw in ["nurse", "Nurse ", "Nurse"] {
            answers.get_or(raw, || {
                sought += 1;
                answer()
            });
        }
        assert_eq!(sought, 2);
    }

    #[test]
    fn a_long_raw_title_is_sought_each_time() {
        let answers = Answers::new(10);
        let long = "nurse ".repeat(MAX_TERM_BYTES);
        let mut sought = 0;
        for _ in 0..3 {
            answers.get_or(&long, || {
                sought += 1;
                answer()
            });
        }
        assert_eq!(sought, 3);
    }

    #[test]
    fn however_many_are_asked_for_no_more_bytes_are_taken_than_allowed() {
        let answers = Answers::new(10);
        for number in 0..20_000 {
            answers.get_or(&format!("Nurse of station {number}"), answer);
        }
        assert!(answers.0.weight() <= 1 << 20, "{}", answers.0.weight());
        assert!(answers.0.len() > 2_000, "{}", answers.0.len());
    }

    #[test]
    fn new_raw_titles_do_not_displace_those_that_are_asked_for_again_and_again() {
        let answers = Answers::new(10);
        let (mut sought, mut asked) = (0, 0);
        for number in 0..50_000 {
            answers.get_or(&format!("Nurse of station {number}"), answer);
            if number % 2 == 0 {
                asked += 1;
                answers.get_or(&format!("Nurse {}", number / 2 % 500), || {
                    sought += 1;
                    answer()
                });
            }
        }
        assert!(sought * 5 < asked, "{sought} of {asked}");
    }
}
