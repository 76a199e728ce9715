//! Builds an engine from the rows of a library.

use std::collections::BTreeMap;

use super::units::Units;
use super::{Engine, TitleEntry};
use crate::codes::OccupationCode;
use crate::index::field::{Document, Field, distant_pairs};
use crate::index::grams::Grams;
use crate::index::rows::Rows;
use crate::index::spelling::Spelling;
use crate::index::vocabulary::Vocabulary;
use crate::index::{Unit, WordId, float, number};
use crate::library::{Evidence, Library};
use crate::text::key;
use crate::text::levels::JobLevel;
use crate::text::words::{Cleaning, Words};

/// So many coded titles are few: that some occupations have none of them says little.
const FEW_CODED_TITLES: f32 = 2_000.0;

/// A title whose rows were joined.
struct Joined<'a> {
    name: &'a str,
    id: crate::ids::TitleId,
    evidence: BTreeMap<OccupationCode, f32>,
}

/// Coded titles by name.
type CodedTitles<'a> = BTreeMap<&'a str, BTreeMap<OccupationCode, f32>>;

impl Joined<'_> {
    fn entry(&self) -> TitleEntry {
        TitleEntry {
            id: self.id,
            name: self.name.into(),
        }
    }
}

impl Engine {
    /// Builds the engine of a library; the order of its rows does not matter.
    #[must_use]
    pub fn build(library: &Library) -> Self {
        let units = Units::new(library);
        let titles = join_titles(library);
        let coded = join_coded(library);
        let mut words = Words::default();
        let vocabulary = collect_vocabulary(&mut words, &titles, &units, &coded);
        let reading = Reading {
            vocabulary: &vocabulary,
            units: &units,
        };
        let documents = reading.title_documents(&mut words, &titles);
        let coded_documents = reading.coded_documents(&mut words, &coded);
        let (library, mut coded_field) = (reading.field(&documents), reading.field(&coded_documents));
        coded_field.grams.distant_pairs = distant_pairs(units.entries.len(), &coded_documents);
        coded_field.grams.fit(units.entries.len(), &coded_documents);
        let count = |word: WordId| library.postings.get(word).len() + coded_field.postings.get(word).len();
        let counts: Vec<u32> = (0..number(vocabulary.len()))
            .map(|word| number(count(word)))
            .collect();
        let texts = units.entries.iter().map(|unit| unit.description.as_str());
        let descriptions = reading.descriptions(&mut words, texts);
        let names = reading.names(&mut words);
        let mut engine = Self {
            spelling: Spelling::new(&vocabulary, &counts),
            has_coded: !coded.is_empty(),
            titles_of_unit: Rows::default(),
            evidence: evidence_rows(&titles),
            titles: titles.iter().map(Joined::entry).collect(),
            vocabulary,
            counts,
            library,
            coded: coded_field,
            coded_names: names_of(&coded),
            descriptions,
            names,
            habits: super::habits::Habits::default(),
            weights: super::weights::LEARNED,
            units: units.entries,
        };
        engine.finish();
        if engine.has_coded {
            engine.habits = engine.count_habits();
        }
        engine
    }

    /// Fills in what is derived from the fields.
    fn finish(&mut self) {
        let mut pairs = Vec::new();
        let mut coded = vec![0.0_f32; self.units.len()];
        for title in 0..number(self.titles.len()) {
            if let Some((unit, _)) = self.library.shares.get(title).first() {
                pairs.push((u32::from(*unit), title));
            }
        }
        for text in 0..number(self.coded.shares.len()) {
            for (unit, share) in self.coded.shares.get(text) {
                if let Some(count) = coded.get_mut(usize::from(*unit)) {
                    *count += share;
                }
            }
        }
        self.titles_of_unit = Rows::grouped(self.units.len(), pairs);
        let all: f32 = coded.iter().sum();
        let mut groups: BTreeMap<u32, f32> = BTreeMap::new();
        for (unit, coded) in self.units.iter().zip(&coded) {
            *groups.entry(unit.soc.major_group()).or_default() += coded;
        }
        for (index, (unit, coded)) in self.units.iter_mut().zip(coded).enumerate() {
            let group = groups.get(&unit.soc.major_group()).copied().unwrap_or_default();
            unit.coded = (8_000.0 * coded / (all + FEW_CODED_TITLES)).ln_1p();
            unit.coded_group = (1_000.0 * group / (all + FEW_CODED_TITLES)).ln_1p();
            unit.titles = float(self.titles_of_unit.get(number(index)).len()).ln_1p();
            unit.description = String::new();
        }
    }
}

/// The titles of the library in the order of their names, one for each identifier.
fn join_titles(library: &Library) -> Vec<Joined<'_>> {
    let mut rows: Vec<_> = library.titles.iter().collect();
    rows.sort_by(|one, other| one.id.cmp(&other.id).then_with(|| one.name.cmp(&other.name)));
    let mut titles: Vec<(String, Joined<'_>)> = Vec::with_capacity(rows.len());
    for same in rows.chunk_by(|one, other| one.id == other.id) {
        let Some(first) = same.first() else { continue };
        let mut evidence = Vec::new();
        for row in same {
            evidence.extend_from_slice(&row.evidence);
        }
        let joined = Joined {
            name: &first.name,
            id: first.id,
            evidence: sum(evidence),
        };
        titles.push((key(&first.name), joined));
    }
    titles.sort_by(|one, other| one.0.cmp(&other.0).then(one.1.id.cmp(&other.1.id)));
    titles.into_iter().map(|(_, title)| title).collect()
}

/// The coded titles by name.
fn join_coded(library: &Library) -> CodedTitles<'_> {
    let mut rows: BTreeMap<&str, Vec<Evidence>> = BTreeMap::new();
    for row in &library.coded_titles {
        rows.entry(&row.name)
            .or_default()
            .extend_from_slice(&row.evidence);
    }
    rows.into_iter()
        .map(|(name, evidence)| (name, sum(evidence)))
        .collect()
}

/// The weights of each occupation added up, in an order that does not depend on that of the rows.
fn sum(mut evidence: Vec<Evidence>) -> BTreeMap<OccupationCode, f32> {
    evidence.retain(|one| one.weight.is_finite() && one.weight > 0.0);
    evidence.sort_by(|one, other| {
        one.occupation
            .cmp(&other.occupation)
            .then(one.weight.total_cmp(&other.weight))
    });
    let mut sums = BTreeMap::new();
    for one in evidence {
        *sums.entry(one.occupation).or_insert(0.0) += one.weight.min(1e9);
    }
    sums
}

fn collect_words(words: &mut Words, name: &str, cleaning: Cleaning, all: &mut Vec<Box<str>>) {
    words.read(name, cleaning);
    all.extend(words.list().iter().map(|word| Box::from(words.word(word))));
    if all.len() > 100_000 {
        all.sort_unstable();
        all.dedup();
    }
}

/// The names of coded titles, in one piece of memory.
fn names_of(coded: &CodedTitles<'_>) -> Rows<u8> {
    let mut rows = Rows::default();
    for name in coded.keys() {
        rows.push(name.bytes());
    }
    rows.shrink();
    rows
}

/// The evidence of each title.
fn evidence_rows(titles: &[Joined<'_>]) -> Rows<(OccupationCode, f32)> {
    let mut rows = Rows::default();
    for title in titles {
        rows.push(title.evidence.iter().map(|(code, weight)| (*code, *weight)));
    }
    rows
}

/// The words of all titles, names of occupations and coded titles.
fn collect_vocabulary(
    words: &mut Words,
    titles: &[Joined<'_>],
    units: &Units,
    coded: &CodedTitles<'_>,
) -> Vocabulary {
    let mut all = Vec::new();
    let names = units.entries.iter().map(|unit| unit.name.as_str());
    for name in titles.iter().map(|title| title.name).chain(names) {
        collect_words(words, name, Cleaning::None, &mut all);
    }
    for name in coded.keys() {
        collect_words(words, name, Cleaning::Posting, &mut all);
    }
    Vocabulary::new(all)
}

/// Reads names into documents.
struct Reading<'a> {
    vocabulary: &'a Vocabulary,
    units: &'a Units,
}

impl Reading<'_> {
    fn title_documents(&self, words: &mut Words, titles: &[Joined<'_>]) -> Vec<Document> {
        titles
            .iter()
            .map(|title| {
                let mut document = self.document(words, title.name, Cleaning::None, &title.evidence);
                (document.weight, document.count) = (1.0, 1.0);
                document
            })
            .collect()
    }

    fn coded_documents(&self, words: &mut Words, coded: &CodedTitles<'_>) -> Vec<Document> {
        let documents = coded.iter().map(|(name, evidence)| {
            let count: f32 = evidence.values().sum();
            let mut document = self.document(words, name, Cleaning::Posting, evidence);
            (document.weight, document.count) = (count.sqrt().sqrt(), count);
            document
        });
        documents.collect()
    }

    fn field(&self, documents: &[Document]) -> Field {
        let spell = |word: WordId| self.vocabulary.word(word).to_owned();
        Field::new(self.vocabulary.len(), self.units.entries.len(), spell, documents)
    }

    fn document(
        &self,
        words: &mut Words,
        name: &str,
        cleaning: Cleaning,
        evidence: &BTreeMap<OccupationCode, f32>,
    ) -> Document {
        words.read(name, cleaning);
        let mut document = Document::default();
        for word in words.list() {
            let Some(id) = self.vocabulary.id(words.word(word)) else {
                continue;
            };
            if word.acronym && !document.words.is_empty() {
                document.acronym = Some(id);
                continue;
            }
            document.words.push(id);
            document.asides.push(word.inside);
            document
                .modifiers
                .push(word.level.is_some_and(JobLevel::is_modifier));
            if word.head {
                document.head = Some(id);
            }
        }
        let mut by_unit: BTreeMap<Unit, f32> = BTreeMap::new();
        for (code, weight) in evidence {
            if let Some(unit) = self.units.numbers.get(&code.soc()) {
                *by_unit.entry(*unit).or_insert(0.0) += weight;
            }
        }
        let all: f32 = by_unit.values().sum();
        document.shares = by_unit
            .into_iter()
            .map(|(unit, weight)| (unit, weight / all))
            .collect();
        let people = |unit: Unit| {
            self.units
                .entries
                .get(usize::from(unit))
                .map_or(0, |unit| unit.people)
        };
        document.shares.sort_by(|one, other| {
            other
                .1
                .total_cmp(&one.1)
                .then(people(other.0).cmp(&people(one.0)))
                .then(one.0.cmp(&other.0))
        });
        document
    }

    fn descriptions<'b>(&self, words: &mut Words, texts: impl Iterator<Item = &'b str>) -> Grams {
        let mut counts = Vec::new();
        for (unit, text) in (0..Unit::MAX).zip(texts) {
            for sentence in text.split('.') {
                words.read(sentence, Cleaning::None);
                let known = words
                    .list()
                    .iter()
                    .filter_map(|word| self.vocabulary.id(words.word(word)));
                counts.extend(known.map(|id| (u64::from(id), unit, 1.0)));
            }
        }
        Grams::of_words(self.units.entries.len(), counts)
    }

    fn names(&self, words: &mut Words) -> Rows<WordId> {
        let mut rows = Rows::default();
        for unit in &self.units.entries {
            words.read(&unit.name, Cleaning::None);
            let mut row: Vec<WordId> = words
                .list()
                .iter()
                .filter_map(|word| self.vocabulary.id(words.word(word)))
                .collect();
            row.sort_unstable();
            row.dedup();
            rows.push(row);
        }
        rows
    }
}
