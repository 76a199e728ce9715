//! Sessions: one sign-in of one person in one browser, in the database, so that every replica knows it and it can be ended.

mod id;
mod store;

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sqlx::PgConnection;
use strum::{EnumString, IntoStaticStr};

use super::accounts::{self, Account};
use super::error::Error;
use crate::audit::{Act, Actor};
use crate::crypto::random;
use crate::error::Failure;
use crate::ids::{SessionNumber, StaffId};

pub use id::{FormKey, SessionHash, SessionId};

/// How long a session lasts at most.
pub const LIFETIME: TimeDelta = TimeDelta::hours(12);
/// After how long without a request it ends.
pub const IDLE_TIMEOUT: TimeDelta = TimeDelta::minutes(30);
/// How long nobody is asked for password and code again.
pub const ELEVATION: TimeDelta = TimeDelta::minutes(10);
/// How long the code may take after the password.
const CODE_TIMEOUT: TimeDelta = TimeDelta::minutes(10);
/// How exactly it is known when a session was last used.
const SEEN_PRECISION: TimeDelta = TimeDelta::minutes(1);
/// As much as is kept of what the browser calls itself.
const MAX_USER_AGENT_CHARS: usize = 200;

/// How far a sign-in has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Stage {
    /// The password was right, and the second factor is still asked for.
    Code,
    /// The person has signed in.
    SignedIn,
}

/// A session that has not ended.
#[derive(Clone, Debug)]
pub struct Session {
    /// Finds it in the database.
    pub hash: SessionHash,
    /// Names it in the list of the person's sessions.
    pub number: SessionNumber,
    /// Whose it is.
    pub account: Account,
    /// How far the sign-in has come.
    pub stage: Stage,
    /// What the tokens of its forms are made with.
    pub form_key: FormKey,
    /// When it was last used, within a minute.
    pub seen_at: DateTime<Utc>,
    /// When it ends at the latest.
    pub expires_at: DateTime<Utc>,
    /// Until when nobody is asked for password and code again.
    pub elevated_until: Option<DateTime<Utc>>,
}

/// A session as its owner sees it in a list.
#[derive(Clone, Debug)]
pub struct SessionInfo {
    /// Names it.
    pub session_number: SessionNumber,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was last used, within a minute.
    pub seen_at: DateTime<Utc>,
    /// The address that it began at.
    pub address: Option<String>,
    /// What the browser calls itself.
    pub user_agent: String,
}

/// Where a session begins.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The address.
    pub address: Option<IpAddr>,
    /// What the browser calls itself.
    pub user_agent: String,
    /// Whether the person has just been asked who it is.
    pub asked: Asked,
}

/// Whether somebody who signs in has just been asked who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// For a password, or for password and code.
    Now,
    /// By the identity provider, at some time.
    Sometime,
}

impl Session {
    /// Whether the person was asked for password and code a short while ago.
    #[must_use]
    pub fn is_elevated(&self, now: DateTime<Utc>) -> bool {
        self.elevated_until.is_some_and(|until| now < until)
    }

    /// Who acts in this session.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::Staff(self.account.sign_in_name.shared())
    }
}

/// Begins a session. It is elevated where the person has just been asked.
pub async fn begin(
    db: &mut PgConnection,
    act: &Act,
    staff_id: StaffId,
    stage: Stage,
    origin: &Origin,
) -> Result<SessionId, Error> {
    let session_id = SessionId::generate();
    let lifetime = match stage {
        Stage::Code => CODE_TIMEOUT,
        Stage::SignedIn => LIFETIME,
    };
    let user_agent: String = origin.user_agent.chars().take(MAX_USER_AGENT_CHARS).collect();
    let row = store::NewSession {
        hash: session_id.hash(),
        number: SessionNumber::generate(act.now),
        staff_id,
        stage,
        form_key: random::bytes(),
        now: act.now,
        expires_at: act.now + lifetime,
        elevated_until: (stage == Stage::SignedIn && origin.asked == Asked::Now).then(|| act.now + ELEVATION),
        address: origin.address.map(|address| address.to_string()),
        user_agent: &user_agent,
    };
    store::insert_session(db, &row).await?;
    if stage == Stage::SignedIn {
        accounts::note_sign_in(db, staff_id, act.now).await?;
    }
    Ok(session_id)
}

/// The session of a cookie, if it has not ended and its person may sign in.
pub async fn find(
    db: &mut PgConnection,
    hash: SessionHash,
    now: DateTime<Utc>,
) -> Result<Option<Session>, Error> {
    let Some(row) = store::find_session(db, hash).await? else {
        return Ok(None);
    };
    let is_over = row.expires_at <= now || row.seen_at + IDLE_TIMEOUT <= now;
    let Ok(form_key) = FormKey::try_from(row.form_key) else {
        return Ok(None);
    };
    let account = accounts::find(db, row.staff_id).await?;
    Ok((!is_over && account.is_enabled).then_some(Session {
        hash,
        number: row.session_number,
        account,
        stage: row.stage,
        form_key,
        seen_at: row.seen_at,
        expires_at: row.expires_at,
        elevated_until: row.elevated_until,
    }))
}

/// The session of this number, if it has not ended and its person may sign in.
pub async fn find_numbered(
    db: &mut PgConnection,
    number: SessionNumber,
    now: DateTime<Utc>,
) -> Result<Option<Session>, Error> {
    let hash = store::find_hash(db, number).await?;
    match hash.and_then(|hash| SessionHash::try_from(hash).ok()) {
        Some(hash) => find(db, hash, now).await,
        None => Ok(None),
    }
}

/// Whether it is to be noted that a session is in use.
#[must_use]
pub fn is_to_be_noted(session: &Session, now: DateTime<Utc>) -> bool {
    session.seen_at + SEEN_PRECISION <= now
}

/// Notes that a session is in use.
pub async fn note_seen(db: &mut PgConnection, hash: SessionHash, now: DateTime<Utc>) -> Result<(), Failure> {
    Ok(store::update_seen_at(db, hash, now).await?)
}

/// Notes that the person was asked for password and code just now; the session has another cookie from now on. `None`: it has
/// another one already, by a request that was sent at the same time, whose cookie stays.
pub async fn elevate(
    db: &mut PgConnection,
    act: &Act,
    hash: SessionHash,
) -> Result<Option<SessionId>, Error> {
    let session_id = SessionId::generate();
    let is_renewed = store::update_elevation(db, hash, session_id.hash(), act.now + ELEVATION).await?;
    Ok(is_renewed.then_some(session_id))
}

/// The sessions of a person that have not ended, latest first.
pub async fn list(
    db: &mut PgConnection,
    staff_id: StaffId,
    now: DateTime<Utc>,
) -> Result<Vec<SessionInfo>, Error> {
    Ok(store::list_sessions(db, staff_id, now, now - IDLE_TIMEOUT).await?)
}

/// Ends the session of a cookie.
pub async fn end(db: &mut PgConnection, hash: SessionHash) -> Result<(), Error> {
    Ok(store::delete_session(db, hash).await?)
}

/// Ends a session of this person; returns whether there was one.
pub async fn end_numbered(
    db: &mut PgConnection,
    staff_id: StaffId,
    number: SessionNumber,
) -> Result<bool, Error> {
    Ok(store::delete_numbered(db, staff_id, number).await?)
}

/// Ends all sessions of a person; returns how many.
pub async fn end_all(db: &mut PgConnection, staff_id: StaffId) -> Result<u64, Error> {
    end_others(db, staff_id, None).await
}

/// Ends all sessions of a person but for `kept`; returns how many.
pub async fn end_others(
    db: &mut PgConnection,
    staff_id: StaffId,
    kept: Option<&SessionHash>,
) -> Result<u64, Error> {
    Ok(store::delete_others(db, staff_id, kept).await?)
}

/// Records that somebody ended sessions of a person, if there were any.
pub async fn record_ended(
    db: &mut PgConnection,
    act: &Act,
    account: &Account,
    ended: u64,
) -> Result<(), Error> {
    if ended == 0 {
        return Ok(());
    }
    let detail = json!({ "sessions": ended });
    Ok(act
        .record(db, "sessions_ended", ("staff", &account.sign_in_name), detail)
        .await?)
}

/// Deletes at most `limit` sessions that have ended; returns how many.
pub async fn prune(db: &mut PgConnection, now: DateTime<Utc>, limit: i64) -> Result<u64, Failure> {
    Ok(store::delete_over(db, now, limit).await?)
}
