//! SQL of erasing profiles.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::{CustomerId, ProfileId};
use crate::profiles::key::{Keys, email_key};
use crate::profiles::segment::Segment;
use crate::profiles::store::{Deleted, deleted_of};
use crate::profiles::subdomain::{SubdomainId, SubdomainName};
use crate::text::EmailAddress;

/// Which profile, and where.
#[derive(Clone, Copy)]
pub(super) struct ProfileRef {
    pub profile_id: ProfileId,
    pub subdomain_id: SubdomainId,
}

/// A profile that was found by its address.
pub(super) struct AddressedProfile {
    pub reference: ProfileRef,
    pub customer_id: CustomerId,
    pub subdomain: SubdomainName,
}

/// Deletes profiles.
pub(super) async fn delete_profiles(
    db: &mut PgConnection,
    profiles: &[ProfileRef],
) -> Result<Vec<Deleted>, sqlx::Error> {
    let profile_ids: Vec<Uuid> = profiles.iter().map(|profile| profile.profile_id.0).collect();
    let rows = sqlx::query!(
        "delete from profile where profile_id = any($1)
         returning subdomain_id, segment, email_key, given_key, family_key",
        &profile_ids,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| deleted_of!(row)).collect())
}

/// One profile, if it is one of this customer, or of any.
pub(super) async fn find_ref(
    db: &mut PgConnection,
    customer_id: Option<CustomerId>,
    profile_id: ProfileId,
) -> Result<Option<ProfileRef>, sqlx::Error> {
    sqlx::query_as!(
        ProfileRef,
        "select profile_id, profile.subdomain_id from profile join subdomain using (subdomain_id)
         where profile_id = $2 and ($1::uuid is null or customer_id = $1)",
        customer_id.map(|id| id.0),
        profile_id.0,
    )
    .fetch_optional(db)
    .await
}

/// Some profiles of a subdomain, at most `limit`.
pub(super) async fn list_refs(
    db: &mut PgConnection,
    subdomain_id: SubdomainId,
    limit: i64,
) -> Result<Vec<ProfileRef>, sqlx::Error> {
    sqlx::query_as!(
        ProfileRef,
        "select profile_id, subdomain_id from profile where subdomain_id = $1 order by institution_user_id limit $2",
        subdomain_id.0,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Profiles in which nothing happened since `quiet_since`, at most `limit`.
pub(super) async fn list_quiet(
    db: &mut PgConnection,
    quiet_since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<ProfileRef>, sqlx::Error> {
    sqlx::query_as!(
        ProfileRef,
        "select profile_id, subdomain_id from profile where quiet_since < $1 order by quiet_since, profile_id limit $2",
        quiet_since,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Whose customer's a profile is, and its address.
pub(super) async fn find_address(
    db: &mut PgConnection,
    profile_id: ProfileId,
) -> Result<Option<(CustomerId, EmailAddress)>, sqlx::Error> {
    let row = sqlx::query!(
        "select customer_id, email from profile join subdomain using (subdomain_id) where profile_id = $1",
        profile_id.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.customer_id, row.email)))
}

/// The profiles with this address, of one customer or of all. Each subdomain and segment is looked up on its own, by the index
/// of addresses.
pub(super) async fn list_addressed(
    db: &mut PgConnection,
    customer_id: Option<CustomerId>,
    email: &EmailAddress,
) -> Result<Vec<AddressedProfile>, sqlx::Error> {
    let key = email_key(email);
    let rows = sqlx::query!(
        "select profile_id, found.subdomain_id, email, customer_id, name
         from subdomain cross join generate_series(0, 19) as segments (number) cross join lateral (
             select * from profile
             where profile.subdomain_id = subdomain.subdomain_id and segment = segments.number::smallint
                 and email_key = $2
             offset 0
         ) as found
         where $1::uuid is null or customer_id = $1
         order by found.subdomain_id, profile_id",
        customer_id.map(|id| id.0),
        key,
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter().filter(|row| row.email.is_alike(email));
    Ok(rows
        .map(|row| AddressedProfile {
            reference: ProfileRef {
                profile_id: row.profile_id,
                subdomain_id: row.subdomain_id,
            },
            customer_id: row.customer_id,
            subdomain: row.name,
        })
        .collect())
}
