//! SQL of listing and comparing versions.

use sqlx::PgConnection;

use super::{CountedDifference, ListedVersion, VersionDifference};
use crate::ids::CustomerId;
use crate::market::versions::{LibraryId, VersionNumber, VersionStatus};

/// All versions, the shared library's first, the newest of each library first.
pub(super) async fn list_versions(connection: &mut PgConnection) -> Result<Vec<ListedVersion>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select library.customer_id, version.major, version.minor, version.status as "status: VersionStatus",
               version.title_count, version.created_at, version.published_at,
               (select array_agg(kind || ' ' || release order by kind) from market_source
                where source_id = any(version.source_ids)) as sources
           from market_version as version join market_library as library using (library_id)
           order by library.customer_id nulls first, version.sequence desc"#
    )
    .fetch_all(connection)
    .await?;
    let listed = rows.into_iter().map(|row| ListedVersion {
        customer_id: row.customer_id.map(CustomerId),
        version: VersionNumber::from_stored(row.major, row.minor),
        status: row.status,
        titles: row.title_count.unsigned_abs(),
        created_at: row.created_at,
        published_at: row.published_at,
        sources: row.sources.unwrap_or_default(),
    });
    Ok(listed.collect())
}

/// What a version has otherwise than another one.
pub(super) async fn diff_versions(
    connection: &mut PgConnection,
    library_id: LibraryId,
    (from, to): (VersionNumber, VersionNumber),
) -> Result<VersionDifference, sqlx::Error> {
    let rows = sqlx::query!(
        r#"with version as (
               select (select sequence from market_version where library_id = $1 and major = $2 and minor = $3) as one,
                      (select sequence from market_version where library_id = $1 and major = $4 and minor = $5) as other
           ), had as (
               select title_id, key, name, from_sequence from market_title, version
               where library_id = $1 and from_sequence <= one and (to_sequence is null or to_sequence > one)
           ), has as (
               select title_id, key, name, from_sequence from market_title, version
               where library_id = $1 and from_sequence <= other and (to_sequence is null or to_sequence > other)
           )
           select coalesce(has.name, had.name) as "name!", had.title_id is not null as "was_there!",
               has.title_id is not null as "is_there!"
           from had full join has using (title_id)
           where had.from_sequence is distinct from has.from_sequence
           order by coalesce(has.key, had.key) collate "C""#,
        library_id.0,
        i32::from(from.major),
        i32::from(from.minor),
        i32::from(to.major),
        i32::from(to.minor),
    )
    .fetch_all(connection)
    .await?;
    let mut difference = VersionDifference::default();
    for row in rows {
        match (row.was_there, row.is_there) {
            (true, true) => difference.alterations.push(row.name),
            (true, false) => difference.removals.push(row.name),
            (false, _) => difference.additions.push(row.name),
        }
    }
    Ok(difference)
}

/// How many titles a version has otherwise than another one. Only those states count that one of the two has.
pub(super) async fn count_title_differences(
    connection: &mut PgConnection,
    library_id: LibraryId,
    (from, to): (VersionNumber, VersionNumber),
) -> Result<CountedDifference, sqlx::Error> {
    sqlx::query_as!(
        CountedDifference,
        r#"with version as (
               select (select sequence from market_version where library_id = $1 and major = $2 and minor = $3) as one,
                      (select sequence from market_version where library_id = $1 and major = $4 and minor = $5) as other
           ), state as (
               select title_id,
                   from_sequence <= one and (to_sequence is null or to_sequence > one) as was_there,
                   from_sequence <= other and (to_sequence is null or to_sequence > other) as is_there
               from market_title, version where library_id = $1
           ), title as (
               select bool_or(was_there) as was_there, bool_or(is_there) as is_there
               from state where was_there <> is_there group by title_id
           )
           select count(*) filter (where not was_there) as "additions!",
               count(*) filter (where not is_there) as "removals!",
               count(*) filter (where was_there and is_there) as "alterations!"
           from title"#,
        library_id.0,
        i32::from(from.major),
        i32::from(from.minor),
        i32::from(to.major),
        i32::from(to.minor),
    )
    .fetch_one(connection)
    .await
}

/// The sources that a version answers benchmarks from, the best first: what was imported, and what comes with the service.
pub(super) struct BenchmarkSources {
    pub wages: Option<i32>,
    pub facts: Vec<i32>,
}

pub(super) async fn find_benchmark_sources(
    connection: &mut PgConnection,
    library_id: LibraryId,
    number: VersionNumber,
) -> Result<BenchmarkSources, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select source.source_id,
               exists (select from market_area as area where area.source_id = source.source_id) as "has_wages!"
           from market_version as version join market_source as source on source.source_id = any(version.source_ids)
           where version.library_id = $1 and version.major = $2 and version.minor = $3
           order by source.kind = 'built-in-benchmark', source.source_id"#,
        library_id.0,
        i32::from(number.major),
        i32::from(number.minor),
    )
    .fetch_all(connection)
    .await?;
    let wages = rows.iter().find(|row| row.has_wages);
    Ok(BenchmarkSources {
        wages: wages.map(|row| row.source_id),
        facts: rows.iter().map(|row| row.source_id).collect(),
    })
}

/// How many wages differ between two sources.
pub(super) async fn diff_wages(
    connection: &mut PgConnection,
    one: Option<i32>,
    other: Option<i32>,
) -> Result<CountedDifference, sqlx::Error> {
    if one == other {
        return Ok(CountedDifference::default());
    }
    sqlx::query_as!(
        CountedDifference,
        r#"with one as (select area, code, to_jsonb(wage) - 'source_id' as content from market_wage as wage where source_id = $1),
                other as (select area, code, to_jsonb(wage) - 'source_id' as content from market_wage as wage where source_id = $2)
           select count(*) filter (where one.code is null) as "additions!",
               count(*) filter (where other.code is null) as "removals!",
               count(*) filter (where one.content <> other.content) as "alterations!"
           from one full join other using (area, code)"#,
        one,
        other,
    )
    .fetch_one(connection)
    .await
}

/// How many facts differ between two lists of sources, of which the first has precedence for each kind of fact.
pub(super) async fn diff_facts(
    connection: &mut PgConnection,
    one: &[i32],
    other: &[i32],
) -> Result<CountedDifference, sqlx::Error> {
    if one == other {
        return Ok(CountedDifference::default());
    }
    sqlx::query_as!(
        CountedDifference,
        r#"with one as (
               select occupation, kind, item, row(value, is_suppressed)::text as content from market_fact
               where (kind, array_position($1::integer[], source_id)) in (
                   select kind, min(array_position($1::integer[], source_id)) from market_fact where source_id = any($1) group by kind)
                   and source_id = any($1)
           ), other as (
               select occupation, kind, item, row(value, is_suppressed)::text as content from market_fact
               where (kind, array_position($2::integer[], source_id)) in (
                   select kind, min(array_position($2::integer[], source_id)) from market_fact where source_id = any($2) group by kind)
                   and source_id = any($2)
           )
           select count(*) filter (where one.occupation is null) as "additions!",
               count(*) filter (where other.occupation is null) as "removals!",
               count(*) filter (where one.content <> other.content) as "alterations!"
           from one full join other on (one.occupation, one.kind, one.item) = (other.occupation, other.kind, other.item)"#,
        one,
        other,
    )
    .fetch_one(connection)
    .await
}
