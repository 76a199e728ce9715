//! What titles are mapped to: occupations and the skills that distinguish them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use quick_cache::sync::Cache;
use serde::Serialize;
use title_engine::SkillId;

use super::store;
use super::title::{Named, Title};
use crate::db::Db;
use crate::error::Failure;
use crate::market::versions::{LibraryId, PublishedVersion, Sequence};

/// Versions whose names of occupations and skills are kept in memory.
const VERSIONS_IN_MEMORY: usize = 4;
/// Most skills of a title.
const MAX_SKILLS: usize = 20;

/// What one title is mapped to (the `mapping` field of Lightcast contract s2).
#[derive(Debug, Serialize)]
pub struct Mapping<'a> {
    /// Always empty: the field remains for the structure's sake.
    name: &'static str,
    skills: Vec<Cow<'a, Named>>,
    socs: Vec<&'a Named>,
}

/// The occupations of one version, with their skills.
#[derive(Default)]
pub struct MappingTable {
    occupations: HashMap<String, Occupation>,
}

/// An occupation by its SOC code.
pub(super) struct Occupation {
    pub named: Named,
    pub skills: Vec<Named>,
}

impl Mapping<'_> {
    /// The likeliest occupation.
    #[must_use]
    pub fn occupation(&self) -> Option<&Named> {
        self.socs.first().copied()
    }
}

impl MappingTable {
    pub(super) fn new(occupations: Vec<Occupation>) -> Self {
        let by_code = |occupation: Occupation| (occupation.named.id.clone(), occupation);
        Self {
            occupations: occupations.into_iter().map(by_code).collect(),
        }
    }

    /// What the title is mapped to. Its skills are those of its occupations in turn, the most important first.
    #[must_use]
    pub fn mapping(&self, title: &Title) -> Mapping<'_> {
        let mut mapping = self.mapping_of(title.occupations.iter().map(String::as_str));
        if !title.skills.is_empty() {
            mapping.skills = title
                .skills
                .iter()
                .take(MAX_SKILLS)
                .map(|name| own_skill(name))
                .map(Cow::Owned)
                .collect();
        }
        mapping
    }

    /// What a title of these occupations is mapped to.
    #[must_use]
    pub fn mapping_of<'a>(&self, codes: impl Iterator<Item = &'a str>) -> Mapping<'_> {
        let occupations: Vec<&Occupation> = codes.filter_map(|code| self.occupations.get(code)).collect();
        let most = occupations.iter().map(|occupation| occupation.skills.len()).max();
        let mut skills: Vec<Cow<'_, Named>> = Vec::new();
        let by_rank = (0..most.unwrap_or_default()).flat_map(|rank| {
            occupations
                .iter()
                .filter_map(move |occupation| occupation.skills.get(rank))
        });
        for skill in by_rank {
            if skills.len() == MAX_SKILLS {
                break;
            }
            if !skills.iter().any(|known| known.id == skill.id) {
                skills.push(Cow::Borrowed(skill));
            }
        }
        Mapping {
            name: "",
            skills,
            socs: occupations.iter().map(|occupation| &occupation.named).collect(),
        }
    }
}

/// A skill that the partner named.
fn own_skill(name: &str) -> Named {
    Named {
        id: SkillId::of_name(name).to_string(),
        name: name.to_owned(),
    }
}

/// The tables of the versions that are asked for, in memory from their first use.
pub struct MappingTables(Cache<(LibraryId, Sequence), Arc<MappingTable>>);

impl Default for MappingTables {
    fn default() -> Self {
        Self(Cache::new(VERSIONS_IN_MEMORY))
    }
}

impl MappingTables {
    /// Forgets all of them.
    pub fn clear(&self) {
        self.0.clear();
    }

    /// The table of a version; whoever asks while it is read waits for the same read.
    pub async fn table(&self, db: &Db, version: &PublishedVersion) -> Result<Arc<MappingTable>, Failure> {
        let key = (version.library_id, version.sequence);
        let reading = async {
            db.read(async |connection| {
                let occupations = store::list_occupations(connection, &version.source_ids).await?;
                Ok::<_, Failure>(Arc::new(MappingTable::new(occupations)))
            })
            .await
        };
        self.0.get_or_insert_async(&key, reading).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: &str) -> Named {
        Named {
            id: id.to_owned(),
            name: format!("name of {id}"),
        }
    }

    fn ids<'a>(named: &'a [&'a Named]) -> Vec<&'a str> {
        named.iter().map(|named| named.id.as_str()).collect()
    }

    #[test]
    fn the_skills_of_a_title_come_from_its_occupations_in_turn() {
        let occupation = |code: &str, skills: &[&str]| Occupation {
            named: named(code),
            skills: skills.iter().copied().map(named).collect(),
        };
        let table = MappingTable::new(vec![
            occupation("11-1111", &["a", "b", "c"]),
            occupation("22-2222", &["b", "d"]),
        ]);
        let mapping = table.mapping_of(["22-2222", "99-9999", "11-1111"].into_iter());
        assert_eq!(ids(&mapping.socs), ["22-2222", "11-1111"]);
        let skills: Vec<&Named> = mapping.skills.iter().map(Cow::as_ref).collect();
        assert_eq!(ids(&skills), ["b", "a", "d", "c"]);
        assert!(table.mapping_of([].into_iter()).socs.is_empty());
    }

    #[test]
    fn a_title_has_at_most_twenty_skills() {
        let skills = (0..50).map(|number| named(&number.to_string())).collect();
        let table = MappingTable::new(vec![Occupation {
            named: named("11-1111"),
            skills,
        }]);
        assert_eq!(table.mapping_of(["11-1111"].into_iter()).skills.len(), MAX_SKILLS);
    }
}
