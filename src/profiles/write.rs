//! Writing profiles: creating, replacing and deleting them. Whoever does locks their subdomain first.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;

use super::count::CountChanges;
use super::error::Error;
use super::key::Keys;
use super::profile::{InstitutionUserId, Profile, ProfileContent};
use super::segment::Segment;
use super::store::{self, NewRow};
use super::subdomain::{SubdomainName, find_subdomain, lock_subdomain};
use crate::audit::Act;
use crate::ids::ProfileId;

/// A profile to create or replace.
pub struct PutProfile {
    /// Whose it is.
    pub institution_user_id: InstitutionUserId,
    /// What is said of the person.
    pub content: ProfileContent,
}

/// A profile that was created or replaced.
#[derive(Clone, Copy, Debug)]
pub struct Put {
    /// Its identifier, which it keeps.
    pub profile_id: ProfileId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Whether there was none before.
    pub is_new: bool,
}

impl PutProfile {
    /// The profile that it has become.
    #[must_use]
    pub fn into_profile(self, put: &Put) -> Profile {
        Profile {
            profile_id: put.profile_id,
            institution_user_id: self.institution_user_id,
            created_at: put.created_at,
            content: self.content,
        }
    }
}

/// Creates or replaces profiles, no two of the same institution user; answers in their order.
pub async fn put_profiles(
    db: &mut PgConnection,
    act: &Act,
    subdomain: &SubdomainName,
    profiles: &[PutProfile],
) -> Result<Vec<Put>, Error> {
    let subdomain_id = lock_subdomain(db, act, subdomain).await?;
    let user_ids: Vec<&str> = profiles
        .iter()
        .map(|profile| profile.institution_user_id.as_str())
        .collect();
    let present = store::find_present(db, subdomain_id, &user_ids).await?;
    let mut changes = CountChanges::default();
    let mut rows = Vec::with_capacity(profiles.len());
    for profile in profiles {
        let before = present.get(&profile.institution_user_id);
        if let Some(before) = before {
            changes.remove(subdomain_id, before.segment, &before.keys);
        }
        let created_before = before.map(|before| before.created_at);
        let row = NewRow {
            profile_id: before.map_or_else(|| ProfileId::generate(act.now), |before| before.profile_id),
            created_at: profile.content.created_at.or(created_before).unwrap_or(act.now),
            segment: Segment::of(&profile.content),
            keys: Keys::of(&profile.content),
            is_new: before.is_none(),
            profile,
        };
        changes.add(subdomain_id, row.segment, &row.keys);
        rows.push(row);
    }
    store::upsert_profiles(db, subdomain_id, act.now, &rows).await?;
    changes.write(db).await?;
    Ok(rows.iter().map(NewRow::put).collect())
}

/// The profile of an institution user.
pub async fn find_profile(
    db: &mut PgConnection,
    act: &Act,
    subdomain: &SubdomainName,
    user_id: &InstitutionUserId,
) -> Result<Profile, Error> {
    let subdomain_id = find_subdomain(db, act, subdomain).await?;
    let found = store::find_profile(db, subdomain_id, user_id).await?;
    found.ok_or(Error::UnknownProfile)
}

/// The same, which nobody else changes until the transaction ends.
pub async fn lock_profile(
    db: &mut PgConnection,
    act: &Act,
    subdomain: &SubdomainName,
    user_id: &InstitutionUserId,
) -> Result<Profile, Error> {
    lock_subdomain(db, act, subdomain).await?;
    find_profile(db, act, subdomain, user_id).await
}

/// Deletes the profile of an institution user.
pub async fn delete_profile(
    db: &mut PgConnection,
    act: &Act,
    subdomain: &SubdomainName,
    user_id: &InstitutionUserId,
) -> Result<(), Error> {
    let subdomain_id = lock_subdomain(db, act, subdomain).await?;
    let deleted = store::delete_profile(db, subdomain_id, user_id).await?;
    let deleted = deleted.ok_or(Error::UnknownProfile)?;
    let mut changes = CountChanges::default();
    changes.remove(deleted.subdomain_id, deleted.segment, &deleted.keys);
    changes.write(db).await?;
    act.record(db, "erased", ("subdomain", subdomain), json!({ "profiles": 1 }))
        .await?;
    Ok(())
}
