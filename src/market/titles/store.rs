//! SQL of titles.

use std::collections::HashMap;

use sqlx::PgConnection;
use title_engine::TitleId;

use super::changes::{Changes, TitleName};
use super::mapping::Occupation;
use super::title::{Named, Title};
use crate::error::Failure;
use crate::market::versions::{LibraryId, Sequence, VersionNumber};

/// A row about a title, as [`Title`]: the only place that lists its columns.
macro_rules! title_query {
    ($library:expr, $sequence:expr, $from:literal $(, $argument:expr)*) => {
        sqlx::query_as!(
            TitleRow,
            r#"select title.title_id as "title_id!", title.key as "key!", title.name as "name!", title.plural_name as "plural_name!",
                   title.is_supervisor as "is_supervisor!", title.level_band, title.occupations as "occupations!",
                   title.skills as "skills!",
                   added.major as "added_major!", added.minor as "added_minor!",
                   removed.major as "removed_major?", removed.minor as "removed_minor?"
               from "# + $from + r#"
               join market_version as added on added.library_id = $1 and added.sequence = title.added_in
               left join market_version as removed
                   on removed.library_id = $1 and removed.sequence = title.to_sequence and removed.sequence <= $2
               order by title.place"#,
            $library.0,
            $sequence.0
            $(, $argument)*
        )
    };
}

struct TitleRow {
    title_id: String,
    key: String,
    name: String,
    plural_name: String,
    is_supervisor: bool,
    level_band: Option<String>,
    occupations: Vec<String>,
    skills: Vec<String>,
    added_major: i32,
    added_minor: i32,
    removed_major: Option<i32>,
    removed_minor: Option<i32>,
}

impl TryFrom<TitleRow> for Title {
    type Error = Failure;

    fn try_from(row: TitleRow) -> Result<Self, Failure> {
        let removed = row.removed_major.zip(row.removed_minor);
        Ok(Self {
            title_id: row.title_id.parse().map_err(Failure::internal)?,
            key: row.key,
            name: row.name,
            plural_name: row.plural_name,
            is_supervisor: row.is_supervisor,
            level_band: row.level_band,
            occupations: row.occupations,
            skills: row.skills,
            added_in: VersionNumber::from_stored(row.added_major, row.added_minor),
            removed_in: removed.map(|(major, minor)| VersionNumber::from_stored(major, minor)),
        })
    }
}

pub(super) async fn find_titles(
    connection: &mut PgConnection,
    library_id: LibraryId,
    sequence: Sequence,
    title_ids: &[TitleId],
) -> Result<Vec<Title>, Failure> {
    let wanted: Vec<String> = title_ids.iter().map(TitleId::to_string).collect();
    let rows = title_query!(
        library_id,
        sequence,
        "unnest($3::text[]) with ordinality as wanted (title_id, place)
         cross join lateral (
             select *, wanted.place from market_title
             where library_id = $1 and title_id = wanted.title_id and from_sequence <= $2
             order by from_sequence desc limit 1
         ) as title",
        &wanted
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Title::try_from).collect()
}

/// The titles that the version has, with keys after `after`, by their keys.
pub(super) async fn list_titles(
    connection: &mut PgConnection,
    library_id: LibraryId,
    sequence: Sequence,
    after: &str,
    skip: i64,
    limit: i64,
) -> Result<Vec<Title>, Failure> {
    let rows = title_query!(
        library_id,
        sequence,
        r#"(select *, key collate "C" as place from market_title
            where library_id = $1 and key collate "C" > $3 and from_sequence <= $2
                and (to_sequence is null or to_sequence > $2)
            order by key collate "C" offset $4 limit $5
        ) as title"#,
        after,
        skip,
        limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Title::try_from).collect()
}

pub(super) async fn list_changes(
    connection: &mut PgConnection,
    library_id: LibraryId,
    sequence: Sequence,
) -> Result<Changes, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select coalesce(began.title_id, ended.title_id) as "title_id!", coalesce(began.name, ended.name) as "name!",
               began.title_id is not null as "is_there!", ended.title_id is not null as "was_there!"
           from (select title_id, name, key from market_title where library_id = $1 and from_sequence = $2) as began
           full join (select title_id, name, key from market_title where library_id = $1 and to_sequence = $2) as ended
               using (title_id)
           order by coalesce(began.key, ended.key) collate "C""#,
        library_id.0,
        sequence.0,
    )
    .fetch_all(connection)
    .await?;
    let mut changes = Changes::default();
    for row in rows {
        let list = match (row.was_there, row.is_there) {
            (true, true) => &mut changes.alterations,
            (true, false) => &mut changes.removals,
            (false, _) => &mut changes.additions,
        };
        list.push(TitleName {
            id: row.title_id,
            title: row.name,
        });
    }
    Ok(changes)
}

/// The occupations of the sources, for the engine; of an occupation that several have, the newest source's. How many are
/// employed in it is said by whichever source knows.
pub(super) async fn list_engine_occupations(
    connection: &mut PgConnection,
    source_ids: &[i32],
) -> Result<Vec<title_engine::library::Occupation>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select distinct on (code) code, name, description,
               max(employment) over (partition by code) as employment
           from market_occupation where source_id = any($1) order by code, source_id desc"#,
        source_ids,
    )
    .fetch_all(connection)
    .await?;
    // A code that is none of the engine's, such as one of a group, is none of a title's.
    let occupations = rows.into_iter().filter_map(|row| {
        Some(title_engine::library::Occupation {
            code: row.code.parse().ok()?,
            name: row.name,
            description: row.description,
            employment: row.employment.and_then(|people| u64::try_from(people).ok()),
        })
    });
    Ok(occupations.collect())
}

/// The occupations of SOC that the sources have, with their skills; of an occupation that several have, the newest source's.
pub(super) async fn list_occupations(
    connection: &mut PgConnection,
    source_ids: &[i32],
) -> Result<Vec<Occupation>, sqlx::Error> {
    let names = sqlx::query!(
        r#"select distinct on (code) code, name from market_occupation
           where source_id = any($1) and length(code) = 7 order by code, source_id desc"#,
        source_ids,
    )
    .fetch_all(&mut *connection)
    .await?;
    let skills = sqlx::query!(
        r#"select left(occupation, 7) as "soc!", skill_id, name from market_skill
           where source_id = any($1) order by left(occupation, 7), rank, occupation, source_id desc"#,
        source_ids,
    )
    .fetch_all(connection)
    .await?;
    let mut skills_of: HashMap<String, Vec<Named>> = HashMap::new();
    for row in skills {
        let known = skills_of.entry(row.soc).or_default();
        if !known.iter().any(|skill| skill.id == row.skill_id) {
            known.push(Named {
                id: row.skill_id,
                name: row.name,
            });
        }
    }
    let mut occupation = |id: String, name| Occupation {
        skills: skills_of.remove(&id).unwrap_or_default(),
        named: Named { id, name },
    };
    Ok(names
        .into_iter()
        .map(|row| occupation(row.code, row.name))
        .collect::<Vec<_>>())
}
