//! SQL of profiles.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::key::{Keys, name_key};
use super::profile::{Attributes, InstitutionUserId, Profile, ProfileContent};
use super::segment::Segment;
use super::subdomain::SubdomainId;
use super::write::{Put, PutProfile};
use crate::ids::ProfileId;
use crate::text::{Name, NamePart};

/// A profile that is there.
pub(super) struct Present {
    pub profile_id: ProfileId,
    pub created_at: DateTime<Utc>,
    pub segment: Segment,
    pub keys: Keys,
}

/// The profiles of these institution users.
pub(super) async fn find_present(
    db: &mut PgConnection,
    subdomain_id: SubdomainId,
    user_ids: &[&str],
) -> Result<HashMap<InstitutionUserId, Present>, sqlx::Error> {
    let rows = sqlx::query!(
        "select institution_user_id, profile_id, created_at, segment, email_key, given_key, family_key
         from profile where subdomain_id = $1 and institution_user_id = any($2)",
        subdomain_id.0,
        user_ids as &[&str],
    )
    .fetch_all(db)
    .await?;
    let present = rows.into_iter().map(|row| {
        let present = Present {
            profile_id: row.profile_id,
            created_at: row.created_at,
            segment: Segment::from_number(row.segment),
            keys: Keys {
                email: row.email_key,
                given: row.given_key,
                family: row.family_key,
            },
        };
        (row.institution_user_id, present)
    });
    Ok(present.collect())
}

/// A profile to insert or update.
pub(super) struct NewRow<'a> {
    pub profile_id: ProfileId,
    pub created_at: DateTime<Utc>,
    pub segment: Segment,
    pub keys: Keys,
    pub is_new: bool,
    pub profile: &'a PutProfile,
}

impl NewRow<'_> {
    pub(super) const fn put(&self) -> Put {
        Put {
            profile_id: self.profile_id,
            created_at: self.created_at,
            is_new: self.is_new,
        }
    }
}

/// The columns of profiles, as `unnest` takes them.
#[derive(Default)]
struct ProfileColumns<'a> {
    profile_id: Vec<Uuid>,
    institution_user_id: Vec<&'a str>,
    email: Vec<&'a str>,
    given_name: Vec<Option<&'a str>>,
    family_name: Vec<Option<&'a str>>,
    current_school_name: Vec<Option<&'a str>>,
    user_roles: Vec<String>,
    is_invited: Vec<bool>,
    resume_approval_status: Vec<Option<&'static str>>,
    attributes: Vec<String>,
    created_at: Vec<DateTime<Utc>>,
    last_login: Vec<Option<DateTime<Utc>>>,
    segment: Vec<i16>,
    email_key: Vec<&'a str>,
    given_key: Vec<&'a str>,
    family_key: Vec<&'a str>,
    school_key: Vec<String>,
    email_overlap: Vec<i16>,
}

impl<'a> ProfileColumns<'a> {
    fn of(rows: &'a [NewRow<'a>]) -> Result<Self, sqlx::Error> {
        let mut columns = Self::default();
        for row in rows {
            let content = &row.profile.content;
            let school = content.current_school_name.as_ref();
            let json = |error| sqlx::Error::Encode(Box::new(error));
            columns.profile_id.push(row.profile_id.0);
            columns
                .institution_user_id
                .push(row.profile.institution_user_id.as_str());
            columns.email.push(content.email.as_str());
            columns
                .given_name
                .push(content.given_name.as_ref().map(NamePart::as_str));
            columns
                .family_name
                .push(content.family_name.as_ref().map(NamePart::as_str));
            columns.current_school_name.push(school.map(Name::as_str));
            columns
                .user_roles
                .push(serde_json::to_string(&content.user_roles).map_err(json)?);
            columns.is_invited.push(content.is_invited);
            columns
                .resume_approval_status
                .push(content.resume_approval.map(Into::into));
            columns
                .attributes
                .push(serde_json::to_string(content.attributes.members()).map_err(json)?);
            columns.created_at.push(row.created_at);
            columns.last_login.push(content.last_login);
            columns.segment.push(row.segment.number());
            columns.email_key.push(&row.keys.email);
            columns.given_key.push(&row.keys.given);
            columns.family_key.push(&row.keys.family);
            columns
                .school_key
                .push(school.map_or_else(String::new, |name| name_key(name.as_str())));
            columns.email_overlap.push(row.keys.email_overlap());
        }
        Ok(columns)
    }
}

/// Inserts profiles, or updates those that are there.
pub(super) async fn upsert_profiles(
    db: &mut PgConnection,
    subdomain_id: SubdomainId,
    changed_at: DateTime<Utc>,
    rows: &[NewRow<'_>],
) -> Result<(), sqlx::Error> {
    let columns = ProfileColumns::of(rows)?;
    sqlx::query!(
        "insert into profile (subdomain_id, changed_at, profile_id, institution_user_id, email, given_name, family_name,
            current_school_name, user_roles, is_invited, resume_approval_status, attributes, created_at, last_login,
            segment, email_key, given_key, family_key, school_key, email_overlap)
         select $1, $2, profile_id, institution_user_id, email, given_name, family_name, current_school_name,
            user_roles::json, is_invited, resume_approval_status, attributes::json, created_at, last_login, segment,
            email_key, given_key, family_key, school_key, email_overlap
         from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bool[],
                $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[], $15::smallint[], $16::text[],
                $17::text[], $18::text[], $19::text[], $20::smallint[])
             as row (profile_id, institution_user_id, email, given_name, family_name, current_school_name, user_roles,
                is_invited, resume_approval_status, attributes, created_at, last_login, segment, email_key, given_key,
                family_key, school_key, email_overlap)
         on conflict on constraint profile_institution_user_id_key do update set
             changed_at = excluded.changed_at, email = excluded.email, given_name = excluded.given_name,
             family_name = excluded.family_name, current_school_name = excluded.current_school_name,
             user_roles = excluded.user_roles, is_invited = excluded.is_invited,
             resume_approval_status = excluded.resume_approval_status, attributes = excluded.attributes,
             created_at = excluded.created_at, last_login = excluded.last_login, segment = excluded.segment,
             email_key = excluded.email_key, given_key = excluded.given_key, family_key = excluded.family_key,
             school_key = excluded.school_key, email_overlap = excluded.email_overlap",
        subdomain_id.0,
        changed_at,
        &columns.profile_id,
        &columns.institution_user_id as &[&str],
        &columns.email as &[&str],
        &columns.given_name as &[Option<&str>],
        &columns.family_name as &[Option<&str>],
        &columns.current_school_name as &[Option<&str>],
        &columns.user_roles,
        &columns.is_invited,
        &columns.resume_approval_status as &[Option<&str>],
        &columns.attributes,
        &columns.created_at,
        &columns.last_login as &[Option<DateTime<Utc>>],
        &columns.segment,
        &columns.email_key as &[&str],
        &columns.given_key as &[&str],
        &columns.family_key as &[&str],
        &columns.school_key,
        &columns.email_overlap,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Reads a row of all columns that callers see.
macro_rules! profile_of {
    ($row:expr) => {{
        let row = $row;
        Profile {
            profile_id: row.profile_id,
            institution_user_id: row.institution_user_id,
            created_at: row.created_at,
            content: ProfileContent {
                email: row.email,
                given_name: row.given_name,
                family_name: row.family_name,
                current_school_name: row.current_school_name,
                user_roles: crate::profiles::UserRoles::try_from(row.user_roles.0).unwrap_or_default(),
                is_invited: row.is_invited,
                resume_approval: row.resume_approval_status,
                created_at: Some(row.created_at),
                last_login: row.last_login,
                attributes: Attributes::stored(row.attributes.0),
            },
        }
    }};
}

/// The profile of an institution user.
pub(super) async fn find_profile(
    db: &mut PgConnection,
    subdomain_id: SubdomainId,
    user_id: &InstitutionUserId,
) -> Result<Option<Profile>, sqlx::Error> {
    let row = sqlx::query!(
        "select profile_id, institution_user_id, email, given_name, family_name, current_school_name, user_roles,
            is_invited, resume_approval_status, attributes, created_at, last_login
         from profile where subdomain_id = $1 and institution_user_id = $2",
        subdomain_id.0,
        user_id.as_str(),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| profile_of!(row)))
}

/// The profiles with these identifiers, in their order; those that there are not are left out.
pub(super) async fn list_profiles(
    db: &mut PgConnection,
    subdomain_id: SubdomainId,
    profile_ids: &[ProfileId],
) -> Result<Vec<Profile>, sqlx::Error> {
    let profile_ids: Vec<Uuid> = profile_ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        "select profile.profile_id, institution_user_id, email, given_name, family_name, current_school_name, user_roles,
            is_invited, resume_approval_status, attributes, created_at, last_login
         from unnest($2::uuid[]) with ordinality as wanted (profile_id, place)
             join profile on profile.profile_id = wanted.profile_id and subdomain_id = $1
         order by place",
        subdomain_id.0,
        &profile_ids,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| profile_of!(row)).collect())
}

/// A profile that was deleted, as far as its counts go.
pub(super) struct Deleted {
    pub subdomain_id: SubdomainId,
    pub segment: Segment,
    pub keys: Keys,
}

macro_rules! deleted_of {
    ($row:expr) => {{
        let row = $row;
        Deleted {
            subdomain_id: row.subdomain_id,
            segment: Segment::from_number(row.segment),
            keys: Keys {
                email: row.email_key,
                given: row.given_key,
                family: row.family_key,
            },
        }
    }};
}

pub(super) use deleted_of;

/// Deletes the profile of an institution user.
pub(super) async fn delete_profile(
    db: &mut PgConnection,
    subdomain_id: SubdomainId,
    user_id: &InstitutionUserId,
) -> Result<Option<Deleted>, sqlx::Error> {
    let row = sqlx::query!(
        "delete from profile where subdomain_id = $1 and institution_user_id = $2
         returning subdomain_id, segment, email_key, given_key, family_key",
        subdomain_id.0,
        user_id.as_str(),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| deleted_of!(row)))
}
