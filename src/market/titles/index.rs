//! Versions in memory: their titles, and the engine that finds those that raw titles stand for.
//!
//! An index is built at the first call that needs it, off the threads that answer requests, and only for the two newest
//! versions of a library. Whoever holds one goes on with it, also when another version was published meanwhile.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use title_engine::library::{CodedTitle, Evidence, Library, Occupation, TitleRow};
use title_engine::{Engine, Explanation, Scratch, TitleId};
use tokio::task::spawn_blocking;

use super::answers::{Answer, Answers};
use super::read::TitlePosition;
use super::store;
use super::title::Title;
use crate::db::Db;
use crate::error::Failure;
use crate::market::sources::{self, SourceKind, SourceTitle};
use crate::market::versions::PublishedVersion;

thread_local! {
    /// What the engine works on, for each thread.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// One version in memory.
pub struct TitleIndex {
    engine: Engine,
    titles: HashMap<TitleId, Title>,
    /// The best titles of raw titles that were asked for before.
    answers: Answers,
}

/// What a raw title was found to stand for.
pub struct Normalized<'a> {
    /// The likeliest first.
    pub candidates: Vec<Candidate<'a>>,
    /// The levels that its words name, such as `senior`.
    pub job_levels: Vec<&'static str>,
}

/// A title that a raw one may stand for.
pub struct Candidate<'a> {
    /// The title.
    pub title: &'a Title,
    /// The probability that it is right: 0 to 1.
    pub confidence: f32,
    /// What speaks for it, where it was asked for.
    pub evidence: Option<Explanation<'a>>,
}

/// The best title that a raw one may stand for.
pub struct Best<'a> {
    title: Option<&'a Title>,
    answer: Arc<Answer>,
}

impl<'a> Best<'a> {
    /// The title, if there is any.
    #[must_use]
    pub fn title(&self) -> Option<&'a Title> {
        self.title
    }

    /// The probability that it is right, 0 to 1.
    #[must_use]
    pub fn confidence(&self) -> Option<f32> {
        self.title.and(self.answer.best).map(|(_, confidence)| confidence)
    }

    /// The levels that the words of the raw title name, such as `senior`.
    #[must_use]
    pub fn job_levels(&self) -> &[&'static str] {
        &self.answer.job_levels
    }
}

impl TitleIndex {
    /// The best title that `raw` may stand for, if any; from memory where it was asked for before, or another raw title
    /// with the same words.
    #[must_use]
    pub fn best(&self, raw: &str) -> Best<'_> {
        let find = || {
            SCRATCH.with_borrow_mut(|scratch| {
                let form = self.engine.read(raw, scratch);
                self.answers
                    .of_form(form, || Answer::new(&self.engine.normalize_read(1, scratch)))
            })
        };
        let answer = self.answers.of_raw(raw, find);
        let title = answer.best.and_then(|(title_id, _)| self.titles.get(&title_id));
        Best { title, answer }
    }

    /// At most `limit` titles that `raw` may stand for.
    #[must_use]
    pub fn normalize(&self, raw: &str, limit: usize) -> Normalized<'_> {
        SCRATCH.with_borrow_mut(|scratch| {
            let found = self.engine.normalize(raw, limit, scratch);
            self.with_titles(&found, std::iter::repeat_with(|| None))
        })
    }

    /// At most `limit` titles that `raw` may stand for, with what speaks for each.
    #[must_use]
    pub fn inspect(&self, raw: &str, limit: usize) -> Normalized<'_> {
        SCRATCH.with_borrow_mut(|scratch| {
            let (found, explanations) = self.engine.inspect(raw, limit, scratch);
            self.with_titles(&found, explanations.into_iter().map(Some))
        })
    }

    /// What the engine found, with the titles themselves.
    fn with_titles<'a>(
        &'a self,
        found: &title_engine::Normalized<'_>,
        explanations: impl Iterator<Item = Option<Explanation<'a>>>,
    ) -> Normalized<'a> {
        let candidates = found.candidates.iter().zip(explanations);
        let candidate = |(found, evidence): (&title_engine::Candidate<'_>, _)| {
            Some(Candidate {
                title: self.titles.get(&found.id)?,
                confidence: found.confidence,
                evidence,
            })
        };
        Normalized {
            candidates: candidates.filter_map(candidate).collect(),
            job_levels: found.job_levels.iter().map(|level| level.as_str()).collect(),
        }
    }

    /// At most `limit` titles that `text` may be the beginning or a misspelling of, the best first, after the first `skip`.
    #[must_use]
    pub fn search(&self, text: &str, skip: usize, limit: usize) -> Vec<&Title> {
        SCRATCH.with_borrow_mut(|scratch| {
            let found = self.engine.search(text, skip, limit, scratch);
            found
                .iter()
                .filter_map(|found| self.titles.get(&found.id))
                .collect()
        })
    }
}

/// Reads a version, and builds its index off the threads that answer requests.
pub(super) async fn build(db: &Db, version: &PublishedVersion) -> Result<Arc<TitleIndex>, Failure> {
    let mut titles = Vec::new();
    loop {
        let after = titles.last().map(|title: &Title| title.key.clone());
        let from = after.map_or(TitlePosition::Skip(0), TitlePosition::After);
        let read = db
            .read(async |db| super::read_titles(db, version, &from, TITLES_PER_STATEMENT).await)
            .await?;
        let is_last = i64::try_from(read.len()).is_ok_and(|count| count < TITLES_PER_STATEMENT);
        titles.extend(read);
        if is_last {
            break;
        }
    }
    let source_ids = &version.source_ids;
    let evidence = db
        .read(async |db| Ok::<_, Failure>(sources::list_titles(db, source_ids).await?))
        .await?;
    let occupations = db
        .read(async |db| Ok::<_, Failure>(store::list_engine_occupations(db, source_ids).await?))
        .await?;
    let built = spawn_blocking(move || {
        let engine = Engine::build(&library(&titles, &evidence, occupations));
        let titles: HashMap<_, _> = titles.into_iter().map(|title| (title.title_id, title)).collect();
        let answers = Answers::new();
        Arc::new(TitleIndex {
            engine,
            titles,
            answers,
        })
    });
    built.await.map_err(Failure::internal)
}

/// Titles that are read by one statement: few enough for the time that a statement may take.
const TITLES_PER_STATEMENT: i64 = 10_000;

/// What the engine is built of. Codes that it cannot read are left out.
fn library(titles: &[Title], evidence: &[SourceTitle], occupations: Vec<Occupation>) -> Library {
    let row = |title: &Title| TitleRow {
        id: title.title_id,
        name: title.name.clone(),
        evidence: (1_u8..)
            .zip(&title.occupations)
            .filter_map(|(place, code)| evidence_of(code, 1.0 / f32::from(place)))
            .collect(),
    };
    let coded = |row: &SourceTitle| {
        Some(CodedTitle {
            name: row.title.clone(),
            evidence: vec![evidence_of(&row.occupation, row.weight)?],
        })
    };
    Library {
        occupations,
        titles: titles.iter().map(row).collect(),
        // The names of occupations are aliases too. The engine knows them from the occupations, and they say nothing of
        // how somebody codes titles.
        coded_titles: evidence
            .iter()
            .filter(|row| row.is_alias && row.kind == SourceKind::CodedTitles)
            .filter_map(coded)
            .collect(),
    }
}

fn evidence_of(code: &str, weight: f32) -> Option<Evidence> {
    Some(Evidence {
        occupation: code.parse().ok()?,
        weight,
    })
}
