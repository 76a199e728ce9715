//! The draft of a library: what its next version will have.

use std::collections::BTreeMap;

use serde_json::json;
use sqlx::PgConnection;
use title_engine::TitleId;

use super::compose::{ComposedTitle, compose};
use super::error::Error;
use super::store::{self, NewState, StoredTitle};
use crate::audit::Act;
use crate::market::benchmark;
use crate::market::sources::{self, Source};
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
    let difference = difference(&titles, stored, sequence);
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

/// What has to be written so that the library has these titles from `sequence` on.
fn difference(
    titles: &BTreeMap<String, ComposedTitle>,
    stored: Vec<StoredTitle>,
    sequence: Sequence,
) -> Difference {
    let mut difference = Difference::default();
    let mut by_key: BTreeMap<String, StoredTitle> = BTreeMap::new();
    for state in stored {
        if state.is_there && !titles.contains_key(&state.title.key) {
            difference.ended.push(state.title_id.clone());
            difference.removals += 1;
        }
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
            title_id: state.map_or_else(
                || TitleId::of_name(key).to_string(),
                |state| state.title_id.clone(),
            ),
            added_in: state.map_or(sequence, |state| state.added_in),
            title: title.clone(),
        });
    }
    difference
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
