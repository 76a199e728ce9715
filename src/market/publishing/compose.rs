//! What titles a version has, by its sources.

use std::collections::{BTreeMap, HashMap};

use title_engine::{Soc, is_supervisor, key, level_band};

use super::plural::plural_of;
use crate::market::sources::{OwnTitle, SourceKind, SourceTitle};

/// Most occupations of a title.
const MAX_OCCUPATIONS: usize = 5;
/// Longest name of a title, in characters.
const MAX_NAME_CHARS: usize = 200;

/// A title as a version is to have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ComposedTitle {
    pub key: String,
    pub name: String,
    pub plural_name: String,
    pub is_supervisor: bool,
    pub level_band: Option<String>,
    pub occupations: Vec<String>,
    /// Names of skills of its own; empty: it has those of its occupations.
    pub skills: Vec<String>,
}

/// What the sources say of one title.
#[derive(Default)]
struct Spellings {
    /// How often each name is given, and by what source at best.
    names: BTreeMap<String, (SourceRank, usize)>,
    occupations: BTreeMap<String, f32>,
}

/// How good the names of a source are: the least is the best.
type SourceRank = u8;

const fn rank(kind: SourceKind) -> SourceRank {
    match kind {
        SourceKind::Titles => 0,
        SourceKind::Onet => 1,
        SourceKind::Soc => 2,
        SourceKind::BuiltIn => 3,
        SourceKind::CodedTitles | SourceKind::Oews | SourceKind::BuiltInBenchmark => 4,
    }
}

/// Puts together the titles of the sources, by their keys; the order of the rows does not matter. Where the partner has
/// titles of its own, they alone are the library.
pub(super) fn compose(rows: &[SourceTitle], own: &[OwnTitle]) -> BTreeMap<String, ComposedTitle> {
    let has_own = rows.iter().any(|row| row.kind == SourceKind::Titles);
    let is_title = |row: &&SourceTitle| {
        !row.is_alias
            && (!has_own || row.kind == SourceKind::Titles)
            && row.title.chars().count() <= MAX_NAME_CHARS
    };
    let mut titles: HashMap<String, Spellings> = HashMap::new();
    for row in rows.iter().filter(is_title) {
        let key = key(&row.title);
        if key.is_empty() {
            continue;
        }
        let spellings = titles.entry(key).or_default();
        let name = spellings.names.entry(row.title.trim().to_owned());
        let (best, count) = name.or_insert((SourceRank::MAX, 0));
        *best = rank(row.kind).min(*best);
        *count += 1;
        *spellings.occupations.entry(row.occupation.clone()).or_default() += row.weight;
    }
    let composed = titles
        .into_iter()
        .map(|(key, spellings)| (key.clone(), spellings.compose(key)));
    let mut composed: BTreeMap<String, ComposedTitle> = composed.collect();
    for own in own {
        if let Some(title) = composed.get_mut(&key(&own.title)) {
            title.say(own);
        }
    }
    composed
}

impl ComposedTitle {
    /// Takes over what the partner says of the title.
    fn say(&mut self, own: &OwnTitle) {
        if let Some(plural_name) = &own.plural_name {
            self.plural_name.clone_from(plural_name);
        }
        self.is_supervisor = own.is_supervisor.unwrap_or(self.is_supervisor);
        if own.level_band.is_some() {
            self.level_band.clone_from(&own.level_band);
        }
        self.skills.clone_from(&own.skills);
    }
}

impl Spellings {
    fn compose(self, key: String) -> ComposedTitle {
        let best = self.names.into_iter().min_by(
            |(one, (one_rank, one_count)), (other, (other_rank, other_count))| {
                one_rank
                    .cmp(other_rank)
                    .then(other_count.cmp(one_count))
                    .then(one.cmp(other))
            },
        );
        let name = best.map_or_else(String::new, |(name, _)| name);
        let mut occupations: Vec<(String, f32)> = self.occupations.into_iter().collect();
        occupations.sort_by(|(one, one_weight), (other, other_weight)| {
            other_weight.total_cmp(one_weight).then(one.cmp(other))
        });
        occupations.truncate(MAX_OCCUPATIONS);
        let occupations: Vec<String> = occupations.into_iter().map(|(code, _)| code).collect();
        let main: Option<Soc> = occupations.first().and_then(|code| code.parse().ok());
        ComposedTitle {
            plural_name: plural_of(&name),
            is_supervisor: main.is_some_and(|soc| is_supervisor(&name, soc)),
            level_band: level_band(&name).map(|level| level.to_string()),
            key,
            name,
            occupations,
            skills: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(kind: SourceKind, title: &str, occupation: &str) -> SourceTitle {
        SourceTitle {
            kind,
            title: title.to_owned(),
            occupation: occupation.to_owned(),
            weight: 1.0,
            is_alias: false,
        }
    }

    #[test]
    fn spellings_of_one_title_become_one() {
        let rows = [
            row(SourceKind::BuiltIn, "sales manager", "41-1012"),
            row(SourceKind::Onet, "Sales Manager", "11-2022"),
            row(SourceKind::Soc, "Sales Manager", "11-2022"),
        ];
        let titles = compose(&rows, &[]);
        let title = titles.values().next().unwrap();
        assert_eq!(titles.len(), 1);
        assert_eq!(
            (title.name.as_str(), title.plural_name.as_str()),
            ("Sales Manager", "Sales Managers")
        );
        assert_eq!(title.occupations, ["11-2022", "41-1012"]);
        assert!(title.is_supervisor);
        let mut reversed = rows;
        reversed.reverse();
        assert_eq!(compose(&reversed, &[]), titles);
    }

    #[test]
    fn the_partners_own_titles_are_the_library_alone() {
        let mut alias = row(SourceKind::Titles, "Sr Nurse", "29-1141");
        alias.is_alias = true;
        let rows = [
            row(SourceKind::Onet, "Registered Nurse", "29-1141"),
            row(SourceKind::Titles, "Our Nurse", "29-1141"),
            alias,
            row(SourceKind::Titles, " ?! ", "29-1141"),
        ];
        let own = OwnTitle {
            title: "our nurse".to_owned(),
            plural_name: Some("Our Nursing Staff".to_owned()),
            is_supervisor: Some(true),
            skills: vec!["Care".to_owned()],
            ..OwnTitle::default()
        };
        let titles: Vec<ComposedTitle> = compose(&rows, &[own]).into_values().collect();
        let [title] = titles.as_slice() else {
            panic!("{titles:?}");
        };
        assert_eq!(
            (title.name.as_str(), title.plural_name.as_str()),
            ("Our Nurse", "Our Nursing Staff")
        );
        assert!(title.is_supervisor && title.level_band.is_none() && title.skills == ["Care"]);
    }
}
