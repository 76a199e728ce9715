//! A version in memory, as Occupation Benchmark answers from it: what there is to ask for, what O\*NET says of each
//! occupation, and the wages of the nation. Those of other areas stay in the database, but for what is asked for most.
//!
//! It is read at the first call that needs it, so that a service without callers of this API has none of it.

mod area_rows;
mod facts;
mod groups;
mod store;
mod wages;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use quick_cache::sync::Cache;
use sqlx::PgConnection;
use title_engine::SkillId;

#[cfg(test)]
pub(super) use facts::shares_of;
pub use facts::{EDUCATION_CATEGORIES, EXPERIENCE_CATEGORIES, Facts, Rating, Shares};
pub use wages::{Figure, Salary, WageRow};

use self::area_rows::AreaRows;
use self::facts::FactsBuilder;
use self::store::BenchmarkSource;
use super::dimension::Dimension;
use super::import::FactKind;
use super::region::NATION;
use crate::db::Db;
use crate::error::Failure;
use crate::market::sources::SourceKind;
use crate::market::titles::Named;
use crate::market::versions::{LibraryId, PublishedVersion, Sequence};

/// Versions in memory at a time.
const VERSIONS_IN_MEMORY: usize = 2;
/// Most titles of an occupation.
pub(super) const MAX_TITLES: usize = 100;

/// Wages by the codes of their rows.
pub type Wages = HashMap<String, WageRow>;

/// An occupation or a group of them.
#[derive(Debug)]
pub struct Occupation {
    /// Its name.
    pub name: String,
    /// What is done in it; groups have none.
    pub description: String,
}

/// A skill or a field of knowledge.
#[derive(Debug)]
pub struct Element {
    /// Its identifier in answers.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
}

/// A version in memory.
#[derive(Debug, Default)]
pub struct BenchmarkTable {
    /// The occupations of each dimension by their codes.
    occupations: [BTreeMap<String, Occupation>; 2],
    /// By the codes of O\*NET.
    facts: HashMap<String, Facts>,
    elements: HashMap<String, Element>,
    /// Titles of each occupation of SOC, and how many there are.
    titles: HashMap<String, (Vec<Named>, usize)>,
    /// The source of the wages.
    wage_source: Option<i32>,
    /// The areas with wages by their codes, and their names.
    areas: BTreeMap<String, String>,
    /// The rows in which occupations have their wages, and the names of these rows.
    rows: HashMap<String, String>,
    row_names: HashMap<String, String>,
    nation: Wages,
    area_rows: AreaRows,
    /// Whether ratings are the importance alone, and not the mean of importance and level.
    rates_importance: bool,
}

impl BenchmarkTable {
    /// The occupations of a dimension by their codes.
    #[must_use]
    pub fn occupations(&self, dimension: Dimension) -> &BTreeMap<String, Occupation> {
        let [soc, onet] = &self.occupations;
        match dimension {
            Dimension::Soc => soc,
            Dimension::Onet => onet,
        }
    }

    /// What O\*NET says of an occupation, by its code of SOC or O\*NET.
    #[must_use]
    pub fn facts(&self, code: &str) -> Option<&Facts> {
        match Dimension::of_code(code) {
            Dimension::Soc => self.facts.get(&format!("{code}.00")),
            Dimension::Onet => self.facts.get(code),
        }
    }

    /// The element of a rating.
    #[must_use]
    pub fn element(&self, element_id: &str) -> Option<&Element> {
        self.elements.get(element_id)
    }

    /// The first titles of an occupation of SOC by their names, and how many there are.
    #[must_use]
    pub fn titles(&self, soc: &str) -> Option<(&[Named], usize)> {
        let (titles, count) = self.titles.get(soc)?;
        Some((titles.as_slice(), *count))
    }

    /// The areas with wages by their codes, and their names.
    #[must_use]
    pub fn areas(&self) -> &BTreeMap<String, String> {
        &self.areas
    }

    /// The row with the wages of an occupation of SOC.
    #[must_use]
    pub fn row_code(&self, soc: &str) -> Option<&str> {
        self.rows.get(soc).map(String::as_str)
    }

    /// What the source calls a row of wages.
    #[must_use]
    pub fn row_name(&self, row_code: &str) -> &str {
        self.row_names.get(row_code).map_or("", String::as_str)
    }

    /// The wages of the nation.
    #[must_use]
    pub fn nation(&self) -> &Wages {
        &self.nation
    }

    /// The wages of some rows in an area, if all of them are in memory.
    #[must_use]
    pub fn wages_in_memory(&self, area: &str, row_codes: &[&str]) -> Option<Wages> {
        let (wages, unknown) = self.area_rows.find(area, row_codes);
        unknown.is_empty().then_some(wages)
    }

    /// Whether ratings are the importance alone, and not the mean of importance and level.
    #[must_use]
    pub fn rates_importance(&self) -> bool {
        self.rates_importance
    }

    /// Whether any occupation has facts for which this holds.
    #[must_use]
    pub fn has_facts(&self, hold: impl Fn(&Facts) -> bool) -> bool {
        self.facts.values().any(hold)
    }

    /// Whether any occupation has titles.
    #[must_use]
    pub fn has_titles(&self) -> bool {
        !self.titles.is_empty()
    }
}

/// Reads the wages of some rows in an area: those that are not in memory, by one statement.
pub async fn read_wages(
    db: &mut PgConnection,
    table: &BenchmarkTable,
    area: &str,
    row_codes: &[&str],
) -> Result<Wages, Failure> {
    let Some(source_id) = table.wage_source else {
        return Ok(Wages::new());
    };
    let (mut wages, unknown) = table.area_rows.find(area, row_codes);
    let read = by_code(store::list_wages(db, source_id, area, &unknown).await?);
    table.area_rows.keep(area, &unknown, &read);
    wages.extend(read);
    Ok(wages)
}

fn by_code(rows: Vec<WageRow>) -> Wages {
    rows.into_iter().map(|row| (row.code.clone(), row)).collect()
}

/// The versions that are asked for, in memory from their first use.
pub struct BenchmarkTables(Cache<(LibraryId, Sequence), Arc<BenchmarkTable>>);

impl Default for BenchmarkTables {
    fn default() -> Self {
        Self(Cache::new(VERSIONS_IN_MEMORY))
    }
}

impl BenchmarkTables {
    /// Forgets all of them.
    pub fn clear(&self) {
        self.0.clear();
    }

    /// The table of a version; whoever asks while it is read waits for the same read.
    pub async fn table(&self, db: &Db, version: &PublishedVersion) -> Result<Arc<BenchmarkTable>, Failure> {
        let key = (version.library_id, version.sequence);
        self.0.get_or_insert_async(&key, load(db, version)).await
    }
}

async fn load(db: &Db, version: &PublishedVersion) -> Result<Arc<BenchmarkTable>, Failure> {
    let mut table = BenchmarkTable::default();
    let source_ids = &version.source_ids;
    let sources = db
        .read(async |db| Ok::<_, Failure>(store::list_sources(db, source_ids).await?))
        .await?;
    db.read(async |db| table.load_occupations(db, source_ids).await)
        .await?;
    db.read(async |db| table.load_wages(db, &sources).await).await?;
    table.add_broad_occupations();
    table.add_military_groups();
    db.read(async |db| table.load_facts(db, source_ids, &sources).await)
        .await?;
    db.read(async |db| table.load_titles(db, version).await).await?;
    Ok(Arc::new(table))
}

/// How good a source is for benchmarks: what was imported comes before what comes with the service.
fn rank(source: &BenchmarkSource) -> bool {
    source.kind == SourceKind::BuiltInBenchmark
}

impl BenchmarkTable {
    async fn load_occupations(&mut self, db: &mut PgConnection, source_ids: &[i32]) -> Result<(), Failure> {
        let [soc, onet] = &mut self.occupations;
        for row in store::list_occupations(db, source_ids).await? {
            let occupation = |row: &store::NamedOccupation| Occupation {
                name: row.name.clone(),
                description: row.description.clone(),
            };
            match Dimension::of_code(&row.code) {
                Dimension::Onet => {
                    onet.insert(row.code.clone(), occupation(&row));
                }
                Dimension::Soc => {
                    // The built-in data have each detailed occupation once; O*NET has all of them.
                    if row.kind == SourceKind::BuiltIn && !row.code.ends_with('0') {
                        onet.entry(format!("{}.00", row.code))
                            .or_insert_with(|| occupation(&row));
                    }
                    soc.insert(row.code.clone(), occupation(&row));
                }
            }
        }
        Ok(())
    }

    async fn load_wages(
        &mut self,
        db: &mut PgConnection,
        sources: &[BenchmarkSource],
    ) -> Result<(), Failure> {
        /// The code of all occupations together, which are none of SOC.
        const ALL: &str = "00-0000";
        let source = sources
            .iter()
            .filter(|source| source.has_wages)
            .min_by_key(|source| rank(source));
        let Some(source_id) = source.map(|source| source.source_id) else {
            return Ok(());
        };
        self.wage_source = Some(source_id);
        self.areas = store::list_areas(db, source_id).await?;
        let occupations = store::list_wage_occupations(db, source_id).await?;
        let codes: Vec<&str> = occupations.iter().map(|row| row.code.as_str()).collect();
        self.nation = by_code(store::list_wages(db, source_id, NATION, &codes).await?);
        let [soc, _] = &mut self.occupations;
        for row in occupations {
            if row.code == ALL {
                continue;
            }
            if !row.name.is_empty() {
                soc.entry(row.code.clone()).or_insert_with(|| Occupation {
                    name: row.name.clone(),
                    description: String::new(),
                });
                self.row_names.insert(row.code.clone(), row.name);
            }
            self.rows.insert(row.code, row.row_code);
        }
        Ok(())
    }

    async fn load_facts(
        &mut self,
        db: &mut PgConnection,
        source_ids: &[i32],
        sources: &[BenchmarkSource],
    ) -> Result<(), Failure> {
        for row in store::list_elements(db, source_ids).await? {
            let element = Element {
                id: SkillId::of_name(&row.name).to_string(),
                name: row.name,
                description: row.description,
            };
            self.elements.insert(row.element_id, element);
        }
        let mut builders: HashMap<String, FactsBuilder> = HashMap::new();
        for source in sources {
            // Each kind of fact is one source's: ratings of two releases are no scale.
            let is_best = |kind: &&str| {
                let has = |source: &&BenchmarkSource| source.fact_kinds.iter().any(|known| known == kind);
                let best = sources.iter().filter(has).min_by_key(|source| rank(source));
                best.is_some_and(|best| best.source_id == source.source_id)
            };
            let kinds: Vec<&str> = source
                .fact_kinds
                .iter()
                .map(String::as_str)
                .filter(is_best)
                .collect();
            if kinds.is_empty() {
                continue;
            }
            if kinds.contains(&<&str>::from(FactKind::Skill)) {
                self.rates_importance = source.kind != SourceKind::BuiltInBenchmark;
            }
            store::for_each_fact(db, source.source_id, &kinds, |fact| {
                builders.entry(fact.occupation.clone()).or_default().add(fact);
            })
            .await?;
        }
        let built = builders
            .into_iter()
            .map(|(code, builder)| (code, builder.finish()));
        self.facts = built.collect();
        Ok(())
    }

    async fn load_titles(
        &mut self,
        db: &mut PgConnection,
        version: &PublishedVersion,
    ) -> Result<(), Failure> {
        let titles = &mut self.titles;
        store::for_each_title(
            db,
            version.library_id,
            version.sequence,
            |id, name, occupation| {
                let (named, count) = titles.entry(occupation).or_default();
                *count += 1;
                if named.len() < MAX_TITLES {
                    named.push(Named { id, name });
                }
            },
        )
        .await?;
        Ok(())
    }
}
