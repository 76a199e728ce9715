//! SQL of subdomains.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Subdomain, SubdomainId, SubdomainName};
use crate::ids::CustomerId;

/// Inserts a subdomain; false if the name is taken.
pub(super) async fn insert_subdomain(
    db: &mut PgConnection,
    customer_id: CustomerId,
    name: &SubdomainName,
    created_at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query!(
        "insert into subdomain (customer_id, name, created_at) values ($1, $2, $3)
         on conflict on constraint subdomain_name_key do nothing",
        customer_id.0,
        name.as_str(),
        created_at,
    )
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// The subdomains of one customer, or of all, by name; all of them, or the one of this name.
pub(super) async fn list_subdomains(
    db: &mut PgConnection,
    customer_id: Option<CustomerId>,
    name: Option<&SubdomainName>,
) -> Result<Vec<Subdomain>, sqlx::Error> {
    sqlx::query_as!(
        Subdomain,
        r#"select name, customer_id, created_at,
               (select coalesce(sum(profiles), 0) from profile_count as counted
                where counted.subdomain_id = subdomain.subdomain_id and prefix = '') as "profiles!"
           from subdomain where ($1::uuid is null or customer_id = $1) and ($2::text is null or name = $2)
           order by name collate "C""#,
        customer_id.map(|id| id.0),
        name.map(SubdomainName::as_str),
    )
    .fetch_all(db)
    .await
}

/// The subdomain of this name, if it is one of this customer, or of any.
pub(super) async fn find_subdomain(
    db: &mut PgConnection,
    customer_id: Option<CustomerId>,
    name: &SubdomainName,
) -> Result<Option<SubdomainId>, sqlx::Error> {
    sqlx::query_scalar!(
        "select subdomain_id from subdomain where name = $2 and ($1::uuid is null or customer_id = $1)",
        customer_id.map(|id| id.0),
        name.as_str(),
    )
    .fetch_optional(db)
    .await
}

/// The same, and locks its row. Foreign keys of profiles that others look up do not wait for this.
pub(super) async fn lock_subdomain(
    db: &mut PgConnection,
    customer_id: Option<CustomerId>,
    name: &SubdomainName,
) -> Result<Option<SubdomainId>, sqlx::Error> {
    sqlx::query_scalar!(
        "select subdomain_id from subdomain where name = $2 and ($1::uuid is null or customer_id = $1)
         for no key update",
        customer_id.map(|id| id.0),
        name.as_str(),
    )
    .fetch_optional(db)
    .await
}

/// Locks subdomains in their order.
pub(super) async fn lock_subdomains(
    db: &mut PgConnection,
    subdomain_ids: &[SubdomainId],
) -> Result<(), sqlx::Error> {
    let subdomain_ids: Vec<i32> = subdomain_ids.iter().map(|id| id.0).collect();
    sqlx::query!(
        "select subdomain_id from subdomain where subdomain_id = any($1) order by subdomain_id for no key update",
        &subdomain_ids,
    )
    .fetch_all(db)
    .await?;
    Ok(())
}

/// The name of a subdomain.
pub(super) async fn subdomain_name(
    db: &mut PgConnection,
    subdomain_id: SubdomainId,
) -> Result<SubdomainName, sqlx::Error> {
    sqlx::query_scalar!(
        "select name from subdomain where subdomain_id = $1",
        subdomain_id.0
    )
    .fetch_one(db)
    .await
}

/// Deletes a subdomain at which there are no profiles; false if there are.
pub(super) async fn delete_subdomain(
    db: &mut PgConnection,
    subdomain_id: SubdomainId,
) -> Result<bool, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from subdomain where subdomain_id = $1
             and not exists (select 1 from profile where profile.subdomain_id = $1)",
        subdomain_id.0,
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected() == 1)
}
