//! The draft of a library: what its next version will have.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::json;
use sqlx::PgConnection;
use title_engine::{TitleId, key};

use super::compose::{ComposedTitle, compose};
use super::error::Error;
use super::store::{self, NewState, StoredTitle};
use crate::audit::Act;
use crate::market::benchmark;
use crate::market::sources::{self, OwnTitle, Source};
use crate::market::versions::{LibraryId, Sequence, VersionNumber};

/// What became of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftOutcome {
    /// It differs from the version before.
    Composed {
        /// Its number.
        number: VersionNumber,
        /// Titles in it.
        titles: usize,
        /// Titles that the version before does not have.
        additions: usize,
        /// Titles that only the version before has.
        removals: usize,
        /// Titles that are otherwise.
        alterations: usize,
    },
    /// It would be the same as the version before, so there is none.
    Unchanged,
}

/// What differs from the titles that the library has.
#[derive(Default)]
struct Difference {
    begun: Vec<NewState>,
    ended: Vec<String>,
    additions: usize,
    /// Of the additions, those that no earlier version had either.
    new: usize,
    removals: usize,
}

/// Composes the draft of a library anew, of the newest source of each kind; what nobody imported comes with the service. `db` must be in a transaction.
pub async fn compose_draft(
    db: &mut PgConnection,
    act: &Act,
    library_id: LibraryId,
) -> Result<DraftOutcome, Error> {
    store::lock_library(db, library_id).await?;
    store::delete_draft(db, library_id).await?;
    let mut newest = sources::list_newest(db, library_id).await?;
    if benchmark::complete_sources(db, act, &newest).await? {
        newest = sources::list_newest(db, library_id).await?;
    }
    let source_ids: Vec<i32> = newest.iter().map(|source| source.source_id).collect();
    let own = sources::list_own_titles(db, &source_ids).await?;
    let titles = compose(&sources::list_titles(db, &source_ids).await?, &own);
    if titles.is_empty() {
        return Err(Error::NoTitles);
    }
    let before = store::find_last_version(db, library_id).await?;
    let sequence = Sequence(before.as_ref().map_or(0, |last| last.sequence.0) + 1);
    let stored = store::list_last_states(db, library_id).await?;
    let known = stored.len();
    let difference = difference(&titles, stored, TitleIds::given(&own), sequence)?;
    let same_sources = before.as_ref().is_some_and(|last| last.source_ids == source_ids);
    if same_sources && difference.begun.is_empty() && difference.ended.is_empty() {
        return Ok(DraftOutcome::Unchanged);
    }
    let classification = classification(&newest);
    let number = next_number(before.as_ref(), &classification)?;
    let removed = known + difference.new - titles.len();
    let draft = store::NewVersion {
        library_id,
        sequence,
        number,
        classification,
        source_ids,
        title_count: titles.len(),
        removed_title_count: removed,
        created_at: act.now,
    };
    store::insert_draft(db, &draft).await?;
    store::end_states(db, library_id, sequence, &difference.ended).await?;
    store::insert_states(db, library_id, sequence, &difference.begun).await?;
    // What an earlier draft was composed of, and no version.
    store::delete_unused_sources(db).await?;
    let alterations = difference.ended.len() - difference.removals;
    act.record(
        db,
        "composed",
        ("market_version", &number),
        json!({ "library_id": library_id.0, "titles": titles.len(), "sources": draft.source_ids }),
    )
    .await?;
    Ok(DraftOutcome::Composed {
        number,
        titles: titles.len(),
        additions: difference.additions,
        removals: difference.removals,
        alterations,
    })
}

/// The identifiers of titles that the library sees for the first time.
struct TitleIds {
    /// What the partner gives, by key.
    given: HashMap<String, String>,
    /// Those that belong to a title.
    taken: HashSet<String>,
}

impl TitleIds {
    fn given(own: &[OwnTitle]) -> Self {
        let given = own
            .iter()
            .filter_map(|own| Some((key(&own.title), own.title_id.clone()?)));
        Self {
            given: given.collect(),
            taken: HashSet::new(),
        }
    }

    /// The identifier of a title: what the partner gives, or what follows from its key.
    fn take(&mut self, title: &ComposedTitle) -> Result<String, Error> {
        let given = self.given.get(&title.key).cloned();
        let title_id = given.unwrap_or_else(|| TitleId::of_name(&title.key).to_string());
        if self.taken.insert(title_id.clone()) {
            return Ok(title_id);
        }
        let title = title.name.clone();
        Err(Error::TitleIdTaken { title_id, title })
    }
}

/// What has to be written so that the library has these titles from `sequence` on.
fn difference(
    titles: &BTreeMap<String, ComposedTitle>,
    stored: Vec<StoredTitle>,
    mut title_ids: TitleIds,
    sequence: Sequence,
) -> Result<Difference, Error> {
    let mut difference = Difference::default();
    let mut by_key: BTreeMap<String, StoredTitle> = BTreeMap::new();
    for state in stored {
        if state.is_there && !titles.contains_key(&state.title.key) {
            difference.ended.push(state.title_id.clone());
            difference.removals += 1;
        }
        title_ids.taken.insert(state.title_id.clone());
        by_key.insert(state.title.key.clone(), state);
    }
    for (key, title) in titles {
        let state = by_key.get(key);
        let is_there = state.is_some_and(|state| state.is_there);
        if is_there && state.is_some_and(|state| state.title == *title) {
            continue;
        }
        if let Some(state) = state.filter(|state| state.is_there) {
            difference.ended.push(state.title_id.clone());
        } else {
            difference.additions += 1;
            difference.new += usize::from(state.is_none());
        }
        difference.begun.push(NewState {
            // An identifier never moves: what the key was given once stays, however identifiers are made now.
            title_id: match state {
                Some(state) => state.title_id.clone(),
                None => title_ids.take(title)?,
            },
            added_in: state.map_or(sequence, |state| state.added_in),
            title: title.clone(),
        });
    }
    Ok(difference)
}

/// The revision of SOC that the newest of the sources uses.
fn classification(sources: &[Source]) -> String {
    let newest = sources.iter().max_by_key(|source| source.source_id);
    newest.map_or_else(String::new, |source| source.classification.clone())
}

/// Another content is another minor version, another revision of SOC another major one.
fn next_number(before: Option<&store::LastVersion>, classification: &str) -> Result<VersionNumber, Error> {
    let Some(last) = before else {
        return Ok(VersionNumber { major: 1, minor: 0 });
    };
    let number = last.number;
    let next = if last.classification == classification {
        number
            .minor
            .checked_add(1)
            .map(|minor| VersionNumber { minor, ..number })
    } else {
        number
            .major
            .checked_add(1)
            .map(|major| VersionNumber { major, minor: 0 })
    };
    next.ok_or(Error::TooManyVersions)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "ET00000000000000AB";

    fn titles(names: &[&str]) -> BTreeMap<String, ComposedTitle> {
        let title = |name: &&str| ComposedTitle {
            key: key(name),
            name: (*name).to_owned(),
            plural_name: String::new(),
            is_supervisor: false,
            level_band: None,
            occupations: Vec::new(),
            skills: Vec::new(),
        };
        names.iter().map(|name| (key(name), title(name))).collect()
    }

    fn own(name: &str) -> OwnTitle {
        OwnTitle {
            title: name.to_owned(),
            title_id: Some(GIVEN.to_owned()),
            ..OwnTitle::default()
        }
    }

    fn begun(names: &[&str], own: &OwnTitle, stored: Vec<StoredTitle>) -> Result<Vec<String>, Error> {
        let ids = TitleIds::given(std::slice::from_ref(own));
        let difference = difference(&titles(names), stored, ids, Sequence(2))?;
        Ok(difference.begun.into_iter().map(|state| state.title_id).collect())
    }

    fn stored(name: &str, title_id: &str) -> Vec<StoredTitle> {
        let state = |title| StoredTitle {
            title_id: title_id.to_owned(),
            is_there: false,
            added_in: Sequence(1),
            title,
        };
        titles(&[name]).into_values().map(state).collect()
    }

    #[test]
    fn a_title_gets_the_identifier_that_it_is_given_unless_it_has_one() {
        let follows = TitleId::of_name("nurse").to_string();
        let new = begun(&["Dev", "Nurse"], &own("dev"), Vec::new()).unwrap();
        assert_eq!(new, [GIVEN, follows.as_str()]);
        let kept = begun(&["Dev"], &own("dev"), stored("Dev", "ET00000000000000CD")).unwrap();
        assert_eq!(kept, ["ET00000000000000CD"]);
    }

    #[test]
    fn no_title_gets_the_identifier_of_another_one() {
        let taken = begun(&["Dev", "Nurse"], &own("Nurse"), stored("Dev", GIVEN)).unwrap_err();
        assert_eq!(
            taken.to_string(),
            format!("the identifier {GIVEN} of `Nurse` belongs to another title of the library")
        );
    }
}
