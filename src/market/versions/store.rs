//! SQL of versions.

use sqlx::PgConnection;

use super::number::VersionNumber;
use super::version::{LibraryId, MappingReleases, PublishedVersion, Sequence};
use crate::ids::CustomerId;

/// All published versions with the customer whose library each belongs to, the newest of each library first.
pub(in crate::market) async fn list_published(
    connection: &mut PgConnection,
) -> Result<Vec<(Option<CustomerId>, PublishedVersion)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select library.customer_id, version.library_id, version.sequence, version.major, version.minor,
               version.source_ids, version.title_count, version.removed_title_count, version.published_at as "published_at!",
               (select array_agg(distinct attribution order by attribution) from market_source
                where source_id = any(version.source_ids)) as attributions,
               (select array_agg(kind || ' ' || release order by kind) from market_source
                where source_id = any(version.source_ids)) as sources,
               version.classification,
               (select array_agg(distinct release order by release) from market_source
                where source_id = any(version.source_ids)
                    and exists (select from market_skill where source_id = market_source.source_id)) as skills
           from market_version as version join market_library as library using (library_id)
           where version.status = 'published'
           order by version.library_id, version.sequence desc"#
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let version = PublishedVersion {
                library_id: LibraryId(row.library_id),
                sequence: Sequence(row.sequence),
                number: VersionNumber::from_stored(row.major, row.minor),
                source_ids: row.source_ids,
                title_count: row.title_count.unsigned_abs(),
                removed_title_count: row.removed_title_count.unsigned_abs(),
                published_at: row.published_at,
                mapping: MappingReleases {
                    occupations: vec![row.classification],
                    skills: row.skills.unwrap_or_default(),
                },
                sources: row.sources.unwrap_or_default(),
                attributions: row.attributions.unwrap_or_default(),
            };
            (row.customer_id.map(CustomerId), version)
        })
        .collect())
}
