//! Erasing the profiles of one person, and of all by age. The audit trail says at which subdomain and how many, and not whose.

mod store;

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;

use super::count::CountChanges;
use super::error::Error;
use super::subdomain::{SubdomainId, SubdomainName, lock_subdomain, lock_subdomains, subdomain_name};
use crate::audit::Act;
use crate::error::Failure;
use crate::ids::{CustomerId, ProfileId};
use crate::text::EmailAddress;

use self::store::ProfileRef;

/// Whose customer's a profile is, and its address: what the same person may be known by elsewhere. `None` if there is no such
/// profile that the actor reaches.
pub async fn addresses_of(
    db: &mut PgConnection,
    act: &Act,
    profile_id: ProfileId,
) -> Result<Option<(CustomerId, EmailAddress)>, Failure> {
    let found = store::find_address(db, profile_id).await?;
    Ok(found.filter(|(customer_id, _)| act.reaches(*customer_id)))
}

/// A profile of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldProfile {
    /// Its identifier.
    pub profile_id: ProfileId,
    /// Whose customer's it is.
    pub customer_id: CustomerId,
    /// At which subdomain.
    pub subdomain: SubdomainName,
}

/// The profiles with this address, in any case of letters, at the subdomains that the actor reaches.
pub async fn list_held(
    db: &mut PgConnection,
    act: &Act,
    email: &EmailAddress,
) -> Result<Vec<HeldProfile>, Failure> {
    let found = store::list_addressed(db, act.customer_id, email).await?;
    let held = found.into_iter().map(|profile| HeldProfile {
        profile_id: profile.reference.profile_id,
        customer_id: profile.customer_id,
        subdomain: profile.subdomain,
    });
    Ok(held.collect())
}

/// Erases the profiles with one of these addresses, in any case of letters, at the subdomains that the actor reaches; answers how
/// many.
pub async fn erase_addresses(
    db: &mut PgConnection,
    act: &Act,
    emails: &[EmailAddress],
) -> Result<u64, Failure> {
    let found = list_addressed(db, act, emails).await?;
    if found.is_empty() {
        return Ok(0);
    }
    let locked = lock(db, &found).await?;
    // Again, because one may have been given the address, or another one, until the lock was there.
    let found = list_addressed(db, act, emails).await?;
    erase(db, act, &among(&locked, found), json!({})).await
}

async fn list_addressed(
    db: &mut PgConnection,
    act: &Act,
    emails: &[EmailAddress],
) -> Result<Vec<ProfileRef>, sqlx::Error> {
    let mut found = Vec::new();
    for email in emails {
        let addressed = store::list_addressed(db, act.customer_id, email).await?;
        found.extend(addressed.into_iter().map(|profile| profile.reference));
    }
    Ok(found)
}

/// Erases one profile, if the actor reaches it; answers how many it was.
pub async fn erase_profile(db: &mut PgConnection, act: &Act, profile_id: ProfileId) -> Result<u64, Failure> {
    let found = store::find_ref(db, act.customer_id, profile_id).await?;
    let found: Vec<ProfileRef> = found.into_iter().collect();
    lock(db, &found).await?;
    erase(db, act, &found, json!({})).await
}

/// Erases profiles that nobody changed and whose person did not log in for so many days, at most `limit`; answers how many.
pub async fn erase_quiet(
    db: &mut PgConnection,
    act: &Act,
    retention_days: u32,
    limit: i64,
) -> Result<u64, Failure> {
    let quiet_since = act.now - TimeDelta::days(retention_days.into());
    let found = store::list_quiet(db, quiet_since, limit).await?;
    let locked = lock(db, &found).await?;
    // Something may have happened to one until the lock was there.
    let found = store::list_quiet(db, quiet_since, limit).await?;
    let detail = json!({ "retention_days": retention_days });
    erase(db, act, &among(&locked, found), detail).await
}

/// Erases profiles of a subdomain, at most `limit`; answers how many.
pub async fn erase_subdomain(
    db: &mut PgConnection,
    act: &Act,
    subdomain: &SubdomainName,
    limit: i64,
) -> Result<u64, Error> {
    let subdomain_id = lock_subdomain(db, act, subdomain).await?;
    let found = store::list_refs(db, subdomain_id, limit).await?;
    Ok(erase(db, act, &found, json!({})).await?)
}

/// Locks the subdomains of profiles.
async fn lock(db: &mut PgConnection, profiles: &[ProfileRef]) -> Result<Vec<SubdomainId>, sqlx::Error> {
    let mut subdomain_ids: Vec<SubdomainId> = profiles.iter().map(|profile| profile.subdomain_id).collect();
    subdomain_ids.sort_unstable();
    subdomain_ids.dedup();
    lock_subdomains(db, &subdomain_ids).await?;
    Ok(subdomain_ids)
}

/// The profiles at these subdomains.
fn among(subdomain_ids: &[SubdomainId], mut profiles: Vec<ProfileRef>) -> Vec<ProfileRef> {
    profiles.retain(|profile| subdomain_ids.contains(&profile.subdomain_id));
    profiles
}

/// Deletes profiles whose subdomains are locked, and records how many at which subdomain.
async fn erase(
    db: &mut PgConnection,
    act: &Act,
    profiles: &[ProfileRef],
    detail: serde_json::Value,
) -> Result<u64, Failure> {
    if profiles.is_empty() {
        return Ok(0);
    }
    let deleted = store::delete_profiles(db, profiles).await?;
    let mut changes = CountChanges::default();
    let mut subdomains: BTreeMap<SubdomainId, u64> = BTreeMap::new();
    for profile in &deleted {
        changes.remove(profile.subdomain_id, profile.segment, &profile.keys);
        *subdomains.entry(profile.subdomain_id).or_default() += 1;
    }
    changes.write(db).await?;
    for (subdomain_id, count) in subdomains {
        let name = subdomain_name(db, subdomain_id).await?;
        let mut detail = detail.clone();
        if let Some(members) = detail.as_object_mut() {
            members.insert("profiles".to_owned(), count.into());
        }
        act.record(db, "erased", ("subdomain", &name), detail).await?;
    }
    Ok(u64::try_from(deleted.len()).unwrap_or(u64::MAX))
}
