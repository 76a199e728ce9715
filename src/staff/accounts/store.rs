//! SQL of accounts.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Account, Identity, NewAccount};
use crate::ids::StaffId;
use crate::staff::names::SignInName;
use crate::staff::password::HashedPassword;
use crate::staff::role::{Language, Role, Theme};

/// Inserts an account; returns false if its sign-in name is taken.
pub(super) async fn insert_account(
    connection: &mut PgConnection,
    staff_id: StaffId,
    new: &NewAccount,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query!(
        "insert into staff (staff_id, sign_in_name, name, role, password_hash, is_enabled, created_at)
         values ($1, $2, $3, $4, $5, true, $6) on conflict on constraint staff_sign_in_name_key do nothing",
        staff_id.0,
        new.sign_in_name.as_str(),
        new.name.as_str(),
        <&str>::from(new.role),
        new.password.as_ref().map(HashedPassword::as_phc),
        now,
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Accounts by sign-in name: those after one, and so many at most; without these, all.
pub(super) async fn list_accounts(
    connection: &mut PgConnection,
    after: Option<&SignInName>,
    limit: Option<i64>,
) -> Result<Vec<Account>, sqlx::Error> {
    sqlx::query_as!(
        Account,
        r#"select staff_id, sign_in_name, name, role, is_enabled, language, theme, signed_in_at, created_at,
             password_hash is not null as "has_password!",
             exists (select from staff_totp where staff_totp.staff_id = staff.staff_id and confirmed_at is not null)
                 as "has_second_factor!",
             exists (select from staff_identity where staff_identity.staff_id = staff.staff_id) as "is_linked!"
           from staff where $1::text is null or sign_in_name > $1 order by sign_in_name limit $2"#,
        after.map(SignInName::as_str),
        limit,
    )
    .fetch_all(connection)
    .await
}

/// The account with this identifier or this sign-in name.
pub(super) async fn find_account(
    connection: &mut PgConnection,
    staff_id: Option<StaffId>,
    sign_in_name: Option<&str>,
) -> Result<Option<Account>, sqlx::Error> {
    sqlx::query_as!(
        Account,
        r#"select staff_id, sign_in_name, name, role, is_enabled, language, theme, signed_in_at, created_at,
             password_hash is not null as "has_password!",
             exists (select from staff_totp where staff_totp.staff_id = staff.staff_id and confirmed_at is not null)
                 as "has_second_factor!",
             exists (select from staff_identity where staff_identity.staff_id = staff.staff_id) as "is_linked!"
           from staff where staff_id = $1 or sign_in_name = $2"#,
        staff_id.map(|id| id.0),
        sign_in_name,
    )
    .fetch_optional(connection)
    .await
}

pub(super) async fn find_password_hash(
    connection: &mut PgConnection,
    staff_id: StaffId,
) -> Result<Option<String>, sqlx::Error> {
    let found = sqlx::query_scalar!("select password_hash from staff where staff_id = $1", staff_id.0)
        .fetch_optional(connection)
        .await?;
    Ok(found.flatten())
}

/// Locks the table against other changes of accounts until the transaction ends.
pub(super) async fn lock_accounts(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("lock table staff in share row exclusive mode")
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn has_other_admin(
    connection: &mut PgConnection,
    staff_id: StaffId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from staff where role = 'admin' and is_enabled and staff_id <> $1) as "found!""#,
        staff_id.0
    )
    .fetch_one(connection)
    .await
}

pub(super) async fn update_enabled(
    connection: &mut PgConnection,
    staff_id: StaffId,
    is_enabled: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update staff set is_enabled = $2 where staff_id = $1",
        staff_id.0,
        is_enabled
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn update_role(
    connection: &mut PgConnection,
    staff_id: StaffId,
    role: Role,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update staff set role = $2 where staff_id = $1",
        staff_id.0,
        <&str>::from(role)
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn update_password(
    connection: &mut PgConnection,
    staff_id: StaffId,
    phc: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update staff set password_hash = $2 where staff_id = $1",
        staff_id.0,
        phc
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn update_preferences(
    connection: &mut PgConnection,
    staff_id: StaffId,
    language: Option<Language>,
    theme: Option<Theme>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update staff set language = $2, theme = $3 where staff_id = $1",
        staff_id.0,
        language.map(<&str>::from),
        theme.map(<&str>::from),
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn update_signed_in_at(
    connection: &mut PgConnection,
    staff_id: StaffId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update staff set signed_in_at = $2 where staff_id = $1",
        staff_id.0,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn find_linked(
    connection: &mut PgConnection,
    issuer: &str,
    subject: &str,
) -> Result<Option<StaffId>, sqlx::Error> {
    sqlx::query_scalar!(
        "select staff_id from staff_identity where issuer = $1 and subject = $2",
        issuer,
        subject
    )
    .fetch_optional(connection)
    .await
}

pub(super) async fn insert_identity(
    connection: &mut PgConnection,
    staff_id: StaffId,
    identity: &Identity,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into staff_identity (issuer, subject, staff_id, linked_at) values ($1, $2, $3, $4)",
        identity.issuer,
        identity.subject,
        staff_id.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn delete_identities(
    connection: &mut PgConnection,
    staff_id: StaffId,
) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from staff_identity where staff_id = $1", staff_id.0)
        .execute(connection)
        .await?;
    Ok(())
}
