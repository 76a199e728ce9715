//! The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for who has lost it.
//!
//! A code is good once: the step of 30 seconds that it belongs to is stored, and only a later one is accepted (RFC 6238
//! s5.2). The code that confirms a new app counts as used.

mod recovery;
mod store;
mod totp;

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;

use super::accounts::Account;
use super::error::Error;
use crate::audit::Act;
use crate::crypto::secret::PresentedSecret;
use crate::error::Failure;
use crate::ids::StaffId;
use crate::keys::{KeyRing, Purpose, SealingKeyId, totp_context};

pub use recovery::RecoveryCode;
pub use totp::TotpKey;

/// How many recovery codes somebody has.
pub const RECOVERY_CODES: usize = 10;

/// Which codes are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// Those of the app, and recovery codes.
    AnyCode,
    /// Those of the app.
    AppOnly,
}

/// Which code was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// One of the app.
    App,
    /// A recovery code, which is gone now.
    RecoveryCode,
}

/// Makes a key for an app, which is asked for once a code of it was entered; replaces one that was not confirmed.
pub async fn begin(
    db: &mut PgConnection,
    act: &Act,
    ring: &KeyRing,
    account: &Account,
) -> Result<TotpKey, Error> {
    let key = TotpKey::generate();
    let missing = || Failure::internal("there is no key for secrets");
    let sealing = ring.sealing(Purpose::Secret, act.now).ok_or_else(missing)?;
    let sealed = sealing
        .key
        .seal(&totp_context(account.staff_id), key.as_bytes())
        .map_err(Failure::internal)?;
    let row = store::TotpRow {
        sealed_key: sealed,
        sealing_key_id: sealing.id,
        last_step: 0,
        confirmed_at: None,
    };
    if store::insert_totp(db, account.staff_id, &row, act.now).await? {
        Ok(key)
    } else {
        Err(Error::SecondFactorExists)
    }
}

/// The key of an app that was shown and is not confirmed.
pub async fn find_unconfirmed(
    db: &mut PgConnection,
    ring: &KeyRing,
    staff_id: StaffId,
) -> Result<Option<TotpKey>, Error> {
    match store::find_totp(db, staff_id).await? {
        Some(row) if row.confirmed_at.is_none() => Ok(Some(open(ring, staff_id, &row)?)),
        _ => Ok(None),
    }
}

/// Confirms an app by one of its codes; returns fresh recovery codes, or `None` if the code is wrong. The code that confirmed it is
/// right again, as long as no other was used: who sends it twice sees codes that are good.
pub async fn confirm(
    db: &mut PgConnection,
    act: &Act,
    ring: &KeyRing,
    account: &Account,
    code: &PresentedSecret,
) -> Result<Option<Vec<RecoveryCode>>, Error> {
    let staff_id = account.staff_id;
    let Some(row) = store::find_totp(db, staff_id).await? else {
        return Ok(None);
    };
    let Some(step) = open(ring, staff_id, &row)?.step_of(code, act.now) else {
        return Ok(None);
    };
    if store::confirm_totp(db, staff_id, step, act.now).await? {
        act.record(
            db,
            "second_factor_added",
            ("staff", &account.sign_in_name),
            json!({}),
        )
        .await?;
    } else if store::find_totp(db, staff_id)
        .await?
        .is_none_or(|row| row.last_step != step)
    {
        return Ok(None);
    }
    replace_recovery_codes(db, act, account).await.map(Some)
}

/// Replaces the recovery codes.
pub async fn replace_recovery_codes(
    db: &mut PgConnection,
    act: &Act,
    account: &Account,
) -> Result<Vec<RecoveryCode>, Error> {
    let codes: Vec<RecoveryCode> = (0..RECOVERY_CODES).map(|_| RecoveryCode::generate()).collect();
    store::delete_recovery_codes(db, account.staff_id).await?;
    let hashes: Vec<Vec<u8>> = codes.iter().map(|code| code.hash().to_vec()).collect();
    store::insert_recovery_codes(db, account.staff_id, &hashes).await?;
    act.record(
        db,
        "recovery_codes_replaced",
        ("staff", &account.sign_in_name),
        json!({}),
    )
    .await?;
    Ok(codes)
}

/// How many recovery codes are left.
pub async fn count_recovery_codes(db: &mut PgConnection, staff_id: StaffId) -> Result<i64, Error> {
    Ok(store::count_recovery_codes(db, staff_id).await?)
}

/// Takes the second factor away, with the recovery codes.
pub async fn remove(db: &mut PgConnection, act: &Act, account: &Account) -> Result<(), Error> {
    store::delete_recovery_codes(db, account.staff_id).await?;
    if store::delete_totp(db, account.staff_id).await? {
        act.record(
            db,
            "second_factor_removed",
            ("staff", &account.sign_in_name),
            json!({}),
        )
        .await?;
    }
    Ok(())
}

/// Checks a code and uses it up; `None` if it is wrong or was used. Each of its statements is a transaction of its own.
pub(super) async fn use_code(
    db: &mut PgConnection,
    ring: &KeyRing,
    staff_id: StaffId,
    (code, accepted): (&PresentedSecret, Accepted),
    now: DateTime<Utc>,
) -> Result<Option<Factor>, Error> {
    let row = store::find_totp(db, staff_id).await?;
    if let Some(row) = row.filter(|row| row.confirmed_at.is_some())
        && let Some(step) = open(ring, staff_id, &row)?.step_of(code, now)
    {
        let is_new = store::use_step(db, staff_id, step).await?;
        return Ok(is_new.then_some(Factor::App));
    }
    let recovery = RecoveryCode::parse(code).filter(|_| accepted == Accepted::AnyCode);
    let Some(recovery) = recovery else {
        return Ok(None);
    };
    let is_there = store::use_recovery_code(db, staff_id, &recovery.hash()).await?;
    Ok(is_there.then_some(Factor::RecoveryCode))
}

fn open(ring: &KeyRing, staff_id: StaffId, row: &store::TotpRow) -> Result<TotpKey, Failure> {
    let missing = |id: SealingKeyId| Failure::internal(format!("there is no key {id} for secrets"));
    let key = ring
        .opening(Purpose::Secret, row.sealing_key_id)
        .ok_or_else(|| missing(row.sealing_key_id))?;
    let bytes = key
        .key
        .open(&totp_context(staff_id), &row.sealed_key)
        .map_err(Failure::internal)?;
    TotpKey::from_bytes(&bytes).ok_or_else(|| Failure::internal("the key of an app has another length"))
}
