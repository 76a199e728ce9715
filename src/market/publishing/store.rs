//! SQL of publishing.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::compose::ComposedTitle;
use crate::ids::CustomerId;
use crate::market::versions::{LibraryId, Sequence, VersionNumber, VersionStatus};

/// Rows of one insert.
const BATCH: usize = 5000;

/// The library of a customer, or the one that all share; it is made where there is none.
pub(super) async fn find_or_insert_library(
    connection: &mut PgConnection,
    customer_id: Option<CustomerId>,
) -> Result<LibraryId, sqlx::Error> {
    let customer_id = customer_id.map(|id| id.0);
    sqlx::query!(
        "insert into market_library (customer_id) values ($1) on conflict do nothing",
        customer_id
    )
    .execute(&mut *connection)
    .await?;
    let row = sqlx::query!(
        "select library_id from market_library where customer_id is not distinct from $1",
        customer_id
    )
    .fetch_one(connection)
    .await?;
    Ok(LibraryId(row.library_id))
}

/// Locks a library until the end of the transaction, so that its versions are made one after the other.
pub(super) async fn lock_library(
    connection: &mut PgConnection,
    library_id: LibraryId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "select library_id from market_library where library_id = $1 for update",
        library_id.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(())
}

/// Takes back the draft of a library, if it has one.
pub(super) async fn delete_draft(
    connection: &mut PgConnection,
    library_id: LibraryId,
) -> Result<(), sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from market_version where library_id = $1 and status = 'draft' returning sequence",
        library_id.0
    );
    let Some(draft) = deleted.fetch_optional(&mut *connection).await? else {
        return Ok(());
    };
    sqlx::query!(
        "delete from market_title where library_id = $1 and from_sequence = $2",
        library_id.0,
        draft.sequence,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "update market_title set to_sequence = null where library_id = $1 and to_sequence = $2",
        library_id.0,
        draft.sequence,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The last version of a library that is no draft.
pub(super) struct LastVersion {
    pub sequence: Sequence,
    pub number: VersionNumber,
    pub classification: String,
    pub source_ids: Vec<i32>,
}

pub(super) async fn find_last_version(
    connection: &mut PgConnection,
    library_id: LibraryId,
) -> Result<Option<LastVersion>, sqlx::Error> {
    let row = sqlx::query!(
        "select sequence, major, minor, classification, source_ids from market_version
         where library_id = $1 and status <> 'draft' order by sequence desc limit 1",
        library_id.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| LastVersion {
        sequence: Sequence(row.sequence),
        number: VersionNumber::from_stored(row.major, row.minor),
        classification: row.classification,
        source_ids: row.source_ids,
    }))
}

/// The last state of a title.
pub(super) struct StoredTitle {
    pub title_id: String,
    /// Whether the last version has it.
    pub is_there: bool,
    pub added_in: Sequence,
    pub title: ComposedTitle,
}

/// The last state of each title that the library ever had.
pub(super) async fn list_last_states(
    connection: &mut PgConnection,
    library_id: LibraryId,
) -> Result<Vec<StoredTitle>, sqlx::Error> {
    let rows = sqlx::query!(
        "select distinct on (title_id) title_id, to_sequence, added_in, key, name, plural_name, is_supervisor, level_band,
             occupations, skills
         from market_title where library_id = $1 order by title_id, from_sequence desc",
        library_id.0,
    )
    .fetch_all(connection)
    .await?;
    let stored = rows.into_iter().map(|row| StoredTitle {
        title_id: row.title_id,
        is_there: row.to_sequence.is_none(),
        added_in: Sequence(row.added_in),
        title: ComposedTitle {
            key: row.key,
            name: row.name,
            plural_name: row.plural_name,
            is_supervisor: row.is_supervisor,
            level_band: row.level_band,
            occupations: row.occupations,
            skills: row.skills,
        },
    });
    Ok(stored.collect())
}

/// A version that is to be drafted.
pub(super) struct NewVersion {
    pub library_id: LibraryId,
    pub sequence: Sequence,
    pub number: VersionNumber,
    pub classification: String,
    pub source_ids: Vec<i32>,
    pub title_count: usize,
    pub removed_title_count: usize,
    pub created_at: DateTime<Utc>,
}

pub(super) async fn insert_draft(
    connection: &mut PgConnection,
    draft: &NewVersion,
) -> Result<(), sqlx::Error> {
    let count = |count| i32::try_from(count).unwrap_or(i32::MAX);
    sqlx::query!(
        "insert into market_version (library_id, sequence, major, minor, status, classification, source_ids, title_count,
             removed_title_count, created_at)
         values ($1, $2, $3, $4, 'draft', $5, $6, $7, $8, $9)",
        draft.library_id.0,
        draft.sequence.0,
        i32::from(draft.number.major),
        i32::from(draft.number.minor),
        draft.classification,
        &draft.source_ids,
        count(draft.title_count),
        count(draft.removed_title_count),
        draft.created_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The last states of these titles end before `sequence`.
pub(super) async fn end_states(
    connection: &mut PgConnection,
    library_id: LibraryId,
    sequence: Sequence,
    title_ids: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update market_title set to_sequence = $2 where library_id = $1 and title_id = any($3) and to_sequence is null",
        library_id.0,
        sequence.0,
        title_ids,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A state that begins.
pub(super) struct NewState {
    pub title_id: String,
    pub added_in: Sequence,
    pub title: ComposedTitle,
}

pub(super) async fn insert_states(
    connection: &mut PgConnection,
    library_id: LibraryId,
    sequence: Sequence,
    states: &[NewState],
) -> Result<(), sqlx::Error> {
    for states in states.chunks(BATCH) {
        let ids: Vec<&str> = states.iter().map(|state| state.title_id.as_str()).collect();
        let added_in: Vec<i32> = states.iter().map(|state| state.added_in.0).collect();
        let titles = || states.iter().map(|state| &state.title);
        let keys: Vec<&str> = titles().map(|title| title.key.as_str()).collect();
        let names: Vec<&str> = titles().map(|title| title.name.as_str()).collect();
        let plural_names: Vec<&str> = titles().map(|title| title.plural_name.as_str()).collect();
        let are_supervisors: Vec<bool> = titles().map(|title| title.is_supervisor).collect();
        let level_bands: Vec<Option<&str>> = titles().map(|title| title.level_band.as_deref()).collect();
        // An array of arrays of several lengths is no array to PostgreSQL.
        let occupations: Vec<String> = titles().map(|title| title.occupations.join(",")).collect();
        let skills: Vec<serde_json::Value> = titles().map(|title| title.skills.clone().into()).collect();
        sqlx::query!(
            "insert into market_title (library_id, from_sequence, title_id, added_in, key, name, plural_name, is_supervisor,
                 level_band, occupations, skills)
             select $1, $2, title_id, added_in, key, name, plural_name, is_supervisor, level_band,
                 string_to_array(occupations, ','), array(select jsonb_array_elements_text(skills))
             from unnest($3::text[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::boolean[], $9::text[], $10::text[], $11::jsonb[])
                 as new (title_id, added_in, key, name, plural_name, is_supervisor, level_band, occupations, skills)",
            library_id.0,
            sequence.0,
            &ids as &[&str],
            &added_in,
            &keys as &[&str],
            &names as &[&str],
            &plural_names as &[&str],
            &are_supervisors,
            &level_bands as &[Option<&str>],
            &occupations,
            &skills,
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Deletes the sources that no version was made of.
pub(super) async fn delete_unused_sources(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from market_source as source
         where not exists (select from market_version where source.source_id = any(source_ids))"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The status of a version.
pub(super) async fn find_status(
    connection: &mut PgConnection,
    library_id: LibraryId,
    number: VersionNumber,
) -> Result<Option<VersionStatus>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select status as "status: VersionStatus" from market_version where library_id = $1 and major = $2 and minor = $3"#,
        library_id.0,
        i32::from(number.major),
        i32::from(number.minor),
    )
    .fetch_optional(connection)
    .await
}

/// The number of the draft, if there is one.
pub(super) async fn find_draft(
    connection: &mut PgConnection,
    library_id: LibraryId,
) -> Result<Option<VersionNumber>, sqlx::Error> {
    let row = sqlx::query!(
        "select major, minor from market_version where library_id = $1 and status = 'draft'",
        library_id.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| VersionNumber::from_stored(row.major, row.minor)))
}

pub(super) async fn count_published(
    connection: &mut PgConnection,
    library_id: LibraryId,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from market_version where library_id = $1 and status = 'published'"#,
        library_id.0
    )
    .fetch_one(connection)
    .await
}

/// Gives a version another number.
pub(super) async fn update_number(
    connection: &mut PgConnection,
    library_id: LibraryId,
    from: VersionNumber,
    to: VersionNumber,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update market_version set major = $4, minor = $5 where library_id = $1 and major = $2 and minor = $3",
        library_id.0,
        i32::from(from.major),
        i32::from(from.minor),
        i32::from(to.major),
        i32::from(to.minor),
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn update_status(
    connection: &mut PgConnection,
    library_id: LibraryId,
    number: VersionNumber,
    status: VersionStatus,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update market_version set status = $4, published_at = coalesce(published_at, $5)
         where library_id = $1 and major = $2 and minor = $3",
        library_id.0,
        i32::from(number.major),
        i32::from(number.minor),
        <&str>::from(status),
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}
