//! Accounts: adding one, what it may do, ending it.
//!
//! Whatever takes rights away ends the account's sessions in the same transaction.

mod store;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;

use super::error::Error;
use super::names::SignInName;
use super::password::HashedPassword;
use super::role::{Language, Role, Theme};
use super::{failures, sessions};
use crate::audit::Act;
use crate::ids::StaffId;
use crate::page::Page;
use crate::text::Name;

/// A person who signs in at the console.
#[derive(Clone, Debug, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and none excludes another"
)]
pub struct Account {
    /// Its identifier.
    pub staff_id: StaffId,
    /// What the person signs in with, unique.
    pub sign_in_name: SignInName,
    /// What others call the person.
    pub name: Name,
    /// What the person may do.
    pub role: Role,
    /// Whether the person may sign in.
    pub is_enabled: bool,
    /// Whether the person can sign in with a password.
    pub has_password: bool,
    /// Whether a second factor is asked for after the password.
    pub has_second_factor: bool,
    /// Whether the person can sign in with the company.
    pub is_linked: bool,
    /// The language that the person chose.
    #[serde(skip)]
    pub language: Option<Language>,
    /// The colours that the person chose.
    #[serde(skip)]
    pub theme: Option<Theme>,
    /// When the person last signed in.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub signed_in_at: Option<DateTime<Utc>>,
    /// When the account was added.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub created_at: DateTime<Utc>,
}

/// An account to add.
pub struct NewAccount {
    /// What the person signs in with.
    pub sign_in_name: SignInName,
    /// What others call the person.
    pub name: Name,
    /// What the person may do.
    pub role: Role,
    /// The password; `None`: the person signs in with the company.
    pub password: Option<HashedPassword>,
}

/// A person at an identity provider.
pub struct Identity {
    /// The provider, by its issuer.
    pub issuer: String,
    /// The person, by the subject.
    pub subject: String,
}

/// Adds an account with a sign-in name that no other has.
pub async fn add(db: &mut PgConnection, act: &Act, new: &NewAccount) -> Result<Account, Error> {
    let staff_id = StaffId::generate(act.now);
    if !store::insert_account(db, staff_id, new, act.now).await? {
        return Err(Error::AccountExists(new.sign_in_name.clone()));
    }
    let detail = json!({ "sign_in_name": new.sign_in_name, "role": new.role });
    act.record(db, "added", ("staff", &new.sign_in_name), detail)
        .await?;
    find(db, staff_id).await
}

/// All accounts, by sign-in name.
pub async fn list(db: &mut PgConnection) -> Result<Vec<Account>, Error> {
    Ok(store::list_accounts(db, None, None).await?)
}

/// A page of accounts, by sign-in name, and the last name on it where more follow.
pub async fn page(
    db: &mut PgConnection,
    page: &Page<SignInName>,
) -> Result<(Vec<Account>, Option<SignInName>), Error> {
    let mut accounts = store::list_accounts(db, page.after.as_ref(), Some(page.read_limit())).await?;
    let has_more = page.cut(&mut accounts);
    let last = accounts.last().filter(|_| has_more);
    let next = last.map(|account| account.sign_in_name.clone());
    Ok((accounts, next))
}

/// The account with this identifier.
pub async fn find(db: &mut PgConnection, staff_id: StaffId) -> Result<Account, Error> {
    let found = store::find_account(db, Some(staff_id), None).await?;
    found.ok_or_else(|| Error::UnknownAccount(staff_id.to_string()))
}

/// The account with this sign-in name.
pub async fn find_by_name(db: &mut PgConnection, name: &str) -> Result<Account, Error> {
    let unknown = || Error::UnknownAccount(name.to_owned());
    let parsed = name.parse::<SignInName>().map_err(|_| unknown())?;
    let found = store::find_account(db, None, Some(parsed.as_str())).await?;
    found.ok_or_else(unknown)
}

/// The account that a person at an identity provider is linked to.
pub async fn find_by_identity(db: &mut PgConnection, identity: &Identity) -> Result<Option<Account>, Error> {
    let Some(staff_id) = store::find_linked(db, &identity.issuer, &identity.subject).await? else {
        return Ok(None);
    };
    Ok(store::find_account(db, Some(staff_id), None).await?)
}

/// Lets the person sign in again.
pub async fn enable(db: &mut PgConnection, act: &Act, staff_id: StaffId) -> Result<Account, Error> {
    store::lock_accounts(db).await?;
    let account = find(db, staff_id).await?;
    if !account.is_enabled {
        set_enabled(db, act, &account, true).await?;
    }
    find(db, staff_id).await
}

/// Ends the person's sessions and lets nobody sign in as the person.
pub async fn disable(db: &mut PgConnection, act: &Act, staff_id: StaffId) -> Result<Account, Error> {
    store::lock_accounts(db).await?;
    let account = find(db, staff_id).await?;
    if account.is_enabled {
        keep_an_admin(db, &account).await?;
        set_enabled(db, act, &account, false).await?;
        sessions::end_all(db, staff_id).await?;
    }
    find(db, staff_id).await
}

/// Sets whether the person may sign in, and records that it was otherwise.
async fn set_enabled(
    db: &mut PgConnection,
    act: &Act,
    account: &Account,
    is_enabled: bool,
) -> Result<(), Error> {
    store::update_enabled(db, account.staff_id, is_enabled).await?;
    let action = if is_enabled { "enabled" } else { "disabled" };
    let detail = json!({
        "before": { "is_enabled": account.is_enabled },
        "after": { "is_enabled": is_enabled },
    });
    Ok(act
        .record(db, action, ("staff", &account.sign_in_name), detail)
        .await?)
}

/// Changes what the person may do, and ends the person's sessions: pages that are open were made for the old role.
pub async fn set_role(
    db: &mut PgConnection,
    act: &Act,
    staff_id: StaffId,
    role: Role,
) -> Result<Account, Error> {
    store::lock_accounts(db).await?;
    let account = find(db, staff_id).await?;
    if account.role != role {
        if account.role == Role::Admin {
            keep_an_admin(db, &account).await?;
        }
        store::update_role(db, staff_id, role).await?;
        sessions::end_all(db, staff_id).await?;
        let detail = json!({ "before": { "role": account.role }, "after": { "role": role } });
        act.record(db, "role_changed", ("staff", &account.sign_in_name), detail)
            .await?;
    }
    find(db, staff_id).await
}

/// Fails for the only enabled admin.
async fn keep_an_admin(db: &mut PgConnection, account: &Account) -> Result<(), Error> {
    if account.role == Role::Admin && !store::has_other_admin(db, account.staff_id).await? {
        return Err(Error::LastAdmin(account.sign_in_name.clone()));
    }
    Ok(())
}

/// Replaces the password, or removes it, and ends the person's sessions but for `kept`.
pub async fn set_password(
    db: &mut PgConnection,
    act: &Act,
    staff_id: StaffId,
    password: Option<&HashedPassword>,
    kept: Option<&sessions::SessionHash>,
) -> Result<(), Error> {
    let account = find(db, staff_id).await?;
    store::update_password(db, staff_id, password.map(HashedPassword::as_phc)).await?;
    sessions::end_others(db, staff_id, kept).await?;
    let detail = json!({ "has_password": password.is_some() });
    Ok(act
        .record(db, "password_changed", ("staff", &account.sign_in_name), detail)
        .await?)
}

/// Sets the language and the colours that the person likes.
pub async fn set_preferences(
    db: &mut PgConnection,
    staff_id: StaffId,
    language: Option<Language>,
    theme: Option<Theme>,
) -> Result<(), Error> {
    Ok(store::update_preferences(db, staff_id, language, theme).await?)
}

/// Forgets failed sign-ins of the account, so that it can be tried at once.
pub async fn unlock(db: &mut PgConnection, act: &Act, staff_id: StaffId) -> Result<(), Error> {
    let account = find(db, staff_id).await?;
    failures::forget(db, staff_id).await?;
    Ok(act
        .record(db, "unlocked", ("staff", &account.sign_in_name), json!({}))
        .await?)
}

/// Lets a person at an identity provider sign in as this account.
pub async fn link(
    db: &mut PgConnection,
    act: &Act,
    staff_id: StaffId,
    identity: &Identity,
) -> Result<(), Error> {
    let account = find(db, staff_id).await?;
    if !identity.issuer.starts_with("http") || !(1..=255).contains(&identity.subject.len()) {
        return Err(Error::InvalidIdentity);
    }
    if let Some(other) = find_by_identity(db, identity).await? {
        if other.staff_id == staff_id {
            return Ok(());
        }
        return Err(Error::IdentityTaken(other.sign_in_name));
    }
    store::insert_identity(db, staff_id, identity, act.now).await?;
    let detail = json!({ "issuer": identity.issuer });
    Ok(act
        .record(db, "linked", ("staff", &account.sign_in_name), detail)
        .await?)
}

/// Takes all links to identity providers away, and ends the person's sessions.
pub async fn unlink(db: &mut PgConnection, act: &Act, staff_id: StaffId) -> Result<(), Error> {
    let account = find(db, staff_id).await?;
    store::delete_identities(db, staff_id).await?;
    sessions::end_all(db, staff_id).await?;
    Ok(act
        .record(db, "unlinked", ("staff", &account.sign_in_name), json!({}))
        .await?)
}

/// What sign-in needs of an account.
pub(super) struct Credentials {
    pub account: Account,
    pub password_hash: Option<String>,
}

/// The account with this sign-in name, with its password's hash.
pub(super) async fn find_credentials(
    db: &mut PgConnection,
    name: &SignInName,
) -> Result<Option<Credentials>, Error> {
    let Some(account) = store::find_account(db, None, Some(name.as_str())).await? else {
        return Ok(None);
    };
    let password_hash = store::find_password_hash(db, account.staff_id).await?;
    Ok(Some(Credentials {
        account,
        password_hash,
    }))
}

/// Notes that the person signed in.
pub(super) async fn note_sign_in(
    db: &mut PgConnection,
    staff_id: StaffId,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    Ok(store::update_signed_in_at(db, staff_id, now).await?)
}
