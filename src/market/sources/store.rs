//! SQL of sources.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use title_engine::SkillId;

use super::rows::{ImportedOccupation, ImportedSkill, ImportedTitle, OwnTitle};
use super::source::{Source, SourceKind};
use crate::market::versions::LibraryId;

/// Adds a source without rows.
pub(super) async fn insert_source(
    connection: &mut PgConnection,
    library_id: LibraryId,
    kind: SourceKind,
    classification: &str,
    now: DateTime<Utc>,
) -> Result<i32, sqlx::Error> {
    let row = sqlx::query!(
        "insert into market_source (library_id, kind, release, attribution, classification, digest, imported_at)
         values ($1, $2, 'unfinished', '', $3, decode(repeat('00', 32), 'hex'), $4) returning source_id",
        library_id.0,
        <&str>::from(kind),
        classification,
        now,
    )
    .fetch_one(connection)
    .await?;
    Ok(row.source_id)
}

pub(super) async fn insert_occupations(
    connection: &mut PgConnection,
    source_id: i32,
    rows: &[ImportedOccupation],
) -> Result<(), sqlx::Error> {
    let codes: Vec<&str> = rows.iter().map(|row| row.code.as_str()).collect();
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let descriptions: Vec<&str> = rows.iter().map(|row| row.description.as_str()).collect();
    let employments: Vec<Option<i64>> = rows.iter().map(|row| row.employment).collect();
    sqlx::query!(
        "insert into market_occupation (source_id, code, name, description, employment)
         select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::bigint[])",
        source_id,
        &codes as &[&str],
        &names as &[&str],
        &descriptions as &[&str],
        &employments as &[Option<i64>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn insert_skills(
    connection: &mut PgConnection,
    source_id: i32,
    rows: &[ImportedSkill],
) -> Result<(), sqlx::Error> {
    let occupations: Vec<&str> = rows.iter().map(|row| row.occupation.as_str()).collect();
    let ranks: Vec<i16> = rows.iter().map(|row| row.rank).collect();
    let ids: Vec<String> = rows
        .iter()
        .map(|row| SkillId::of_name(&row.name).to_string())
        .collect();
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    sqlx::query!(
        "insert into market_skill (source_id, occupation, rank, skill_id, name)
         select $1, * from unnest($2::text[], $3::smallint[], $4::text[], $5::text[])",
        source_id,
        &occupations as &[&str],
        &ranks,
        &ids,
        &names as &[&str],
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn insert_titles(
    connection: &mut PgConnection,
    source_id: i32,
    rows: &[ImportedTitle],
) -> Result<(), sqlx::Error> {
    let titles: Vec<&str> = rows.iter().map(|row| row.title.as_str()).collect();
    let occupations: Vec<&str> = rows.iter().map(|row| row.occupation.as_str()).collect();
    let weights: Vec<f32> = rows.iter().map(|row| row.weight).collect();
    let are_aliases: Vec<bool> = rows.iter().map(|row| row.is_alias).collect();
    sqlx::query!(
        "insert into market_job_title (source_id, title, occupation, weight, is_alias)
         select $1, * from unnest($2::text[], $3::text[], $4::real[], $5::boolean[])",
        source_id,
        &titles as &[&str],
        &occupations as &[&str],
        &weights,
        &are_aliases,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn insert_own_titles(
    connection: &mut PgConnection,
    source_id: i32,
    rows: &[OwnTitle],
) -> Result<(), sqlx::Error> {
    let titles: Vec<&str> = rows.iter().map(|row| row.title.as_str()).collect();
    let title_ids: Vec<Option<&str>> = rows.iter().map(|row| row.title_id.as_deref()).collect();
    let plural_names: Vec<Option<&str>> = rows.iter().map(|row| row.plural_name.as_deref()).collect();
    let are_supervisors: Vec<Option<bool>> = rows.iter().map(|row| row.is_supervisor).collect();
    let level_bands: Vec<Option<&str>> = rows.iter().map(|row| row.level_band.as_deref()).collect();
    // An array of arrays of several lengths is no array to PostgreSQL.
    let skills: Vec<serde_json::Value> = rows.iter().map(|row| row.skills.clone().into()).collect();
    sqlx::query!(
        "insert into market_own_title (source_id, title, title_id, plural_name, is_supervisor, level_band, skills)
         select $1, title, title_id, plural_name, is_supervisor, level_band, array(select jsonb_array_elements_text(skills))
         from unnest($2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::jsonb[])
             as new (title, title_id, plural_name, is_supervisor, level_band, skills)",
        source_id,
        &titles as &[&str],
        &title_ids as &[Option<&str>],
        &plural_names as &[Option<&str>],
        &are_supervisors as &[Option<bool>],
        &level_bands as &[Option<&str>],
        &skills,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What the partner says of its own titles, in the sources.
pub(in crate::market) async fn list_own_titles(
    connection: &mut PgConnection,
    source_ids: &[i32],
) -> Result<Vec<OwnTitle>, sqlx::Error> {
    sqlx::query_as!(
        OwnTitle,
        r#"select title, title_id, plural_name, is_supervisor, level_band, skills from market_own_title
           where source_id = any($1) order by title collate "C""#,
        source_ids,
    )
    .fetch_all(connection)
    .await
}

/// The digest of the newest source of a kind but for `other_than`.
pub(super) async fn find_newest_digest(
    connection: &mut PgConnection,
    library_id: LibraryId,
    kind: SourceKind,
    other_than: i32,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        "select digest from market_source where library_id = $1 and kind = $2 and source_id <> $3
         order by source_id desc limit 1",
        library_id.0,
        <&str>::from(kind),
        other_than,
    )
    .fetch_optional(connection)
    .await
}

pub(super) async fn update_finished(
    connection: &mut PgConnection,
    source_id: i32,
    release: &str,
    attribution: &str,
    digest: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update market_source set release = $2, attribution = $3, digest = $4 where source_id = $1",
        source_id,
        release,
        attribution,
        digest
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn delete_source(connection: &mut PgConnection, source_id: i32) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from market_source where source_id = $1", source_id)
        .execute(connection)
        .await?;
    Ok(())
}

/// The newest source of each kind that a library has; of the kinds that it has not, those of the shared library.
pub(in crate::market) async fn list_newest(
    connection: &mut PgConnection,
    library_id: LibraryId,
) -> Result<Vec<Source>, sqlx::Error> {
    sqlx::query_as!(
        Source,
        r#"select distinct on (source.kind) source.source_id, source.kind as "kind: SourceKind", source.release,
               source.classification, source.imported_at
           from market_source as source join market_library as library using (library_id)
           where source.library_id = $1 or library.customer_id is null
           order by source.kind, (source.library_id = $1) desc, source.source_id desc"#,
        library_id.0,
    )
    .fetch_all(connection)
    .await
}

/// A title of a source.
pub(in crate::market) struct SourceTitle {
    pub kind: SourceKind,
    pub title: String,
    pub occupation: String,
    pub weight: f32,
    pub is_alias: bool,
}

/// The titles of the sources, in an order that depends on their content alone.
pub(in crate::market) async fn list_titles(
    connection: &mut PgConnection,
    source_ids: &[i32],
) -> Result<Vec<SourceTitle>, sqlx::Error> {
    sqlx::query_as!(
        SourceTitle,
        r#"select source.kind as "kind: SourceKind", row.title, left(row.occupation, 7) as "occupation!", row.weight, row.is_alias
           from market_job_title as row join market_source as source using (source_id)
           where source.source_id = any($1)
           order by source.kind, row.title collate "C", row.occupation, row.weight"#,
        source_ids,
    )
    .fetch_all(connection)
    .await
}
