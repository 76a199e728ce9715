//! SQL of the counts of profiles.

use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::{CountChange, CountKey};

/// The keys of counts, as `unnest` takes them.
#[derive(Default)]
struct CountColumns<'a> {
    subdomain_id: Vec<i32>,
    prefix: Vec<&'a str>,
    segment: Vec<i16>,
}

impl<'a> CountColumns<'a> {
    fn of(keys: impl Iterator<Item = &'a CountKey>) -> Self {
        let mut columns = Self::default();
        for (subdomain_id, prefix, segment) in keys {
            columns.subdomain_id.push(subdomain_id.0);
            columns.prefix.push(prefix);
            columns.segment.push(segment.number());
        }
        columns
    }
}

/// Adds to counts, or takes from them.
pub(super) async fn change_counts(
    db: &mut PgConnection,
    changes: &BTreeMap<CountKey, CountChange>,
) -> Result<(), sqlx::Error> {
    let keys = CountColumns::of(changes.keys());
    let column = |column: fn(&CountChange) -> i32| -> Vec<i32> { changes.values().map(column).collect() };
    sqlx::query!(
        "insert into profile_count as present (subdomain_id, prefix, segment, profiles, by_family, by_given, by_email)
         select * from unnest($1::integer[], $2::text[], $3::smallint[], $4::integer[], $5::integer[], $6::integer[],
             $7::integer[])
         on conflict on constraint profile_count_pkey do update set
             profiles = present.profiles + excluded.profiles, by_family = present.by_family + excluded.by_family,
             by_given = present.by_given + excluded.by_given, by_email = present.by_email + excluded.by_email",
        &keys.subdomain_id,
        &keys.prefix as &[&str],
        &keys.segment,
        &column(|change| change.profiles),
        &column(|change| change.by_family),
        &column(|change| change.by_given),
        &column(|change| change.by_email),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes those of these counts that are 0.
pub(super) async fn delete_empty_counts<'a>(
    db: &mut PgConnection,
    keys: impl Iterator<Item = &'a CountKey>,
) -> Result<(), sqlx::Error> {
    let keys = CountColumns::of(keys);
    sqlx::query!(
        "delete from profile_count as present
         using unnest($1::integer[], $2::text[], $3::smallint[]) as changed (subdomain_id, prefix, segment)
         where present.subdomain_id = changed.subdomain_id and present.prefix = changed.prefix
             and present.segment = changed.segment and present.profiles = 0",
        &keys.subdomain_id,
        &keys.prefix as &[&str],
        &keys.segment,
    )
    .execute(db)
    .await?;
    Ok(())
}
