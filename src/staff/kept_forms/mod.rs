//! Forms that wait while the company's identity provider asks the person once more: what was entered, but for secrets, so that
//! nobody has to enter it again. A form belongs to its session, and goes with it.

mod store;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::audit::Act;
use crate::error::Failure;
use crate::ids::{KeptFormId, SessionNumber};

/// How long a form waits.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// Most forms that wait in one session: the latest ones.
const MOST_KEPT: i64 = 5;
/// The longest form that is kept, in bytes of its names and values.
const MAX_BYTES: usize = 64 * 1024;

/// What was entered in a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptForm {
    /// Where the form goes, without the prefix of the console.
    pub path: String,
    /// Its name.
    pub form_name: String,
    /// Names and values of its fields; no secret.
    pub fields: Vec<(String, String)>,
}

impl KeptForm {
    /// Whether it can be kept: it is not too long, and has no character that the database does not take.
    fn is_keepable(&self) -> bool {
        let texts = || self.fields.iter().flat_map(|(name, value)| [name, value]);
        let bytes: usize = texts().map(String::len).sum();
        bytes <= MAX_BYTES && texts().all(|text| !text.contains('\0'))
    }
}

/// Keeps a form for a while; `None` where it cannot be kept.
pub async fn keep(
    db: &mut PgConnection,
    act: &Act,
    session: SessionNumber,
    form: &KeptForm,
) -> Result<Option<KeptFormId>, Failure> {
    if !form.is_keepable() {
        return Ok(None);
    }
    let id = KeptFormId::generate(act.now);
    let row = store::KeptFormRow {
        path: form.path.clone(),
        form_name: form.form_name.clone(),
        fields: Json(form.fields.clone()),
    };
    store::insert_form(db, id, session, &row, act.now).await?;
    store::delete_older_than_latest(db, session, MOST_KEPT).await?;
    Ok(Some(id))
}

/// The form of this identifier, if it waits in this session.
pub async fn find(
    db: &mut PgConnection,
    session: SessionNumber,
    id: KeptFormId,
    now: DateTime<Utc>,
) -> Result<Option<KeptForm>, Failure> {
    let row = store::find_form(db, session, id, now - LIFETIME).await?;
    Ok(row.map(|row| KeptForm {
        path: row.path,
        form_name: row.form_name,
        fields: row.fields.0,
    }))
}

/// Deletes at most `limit` forms that have waited for too long; returns how many.
pub async fn prune(db: &mut PgConnection, now: DateTime<Utc>, limit: i64) -> Result<u64, Failure> {
    Ok(store::delete_forms(db, now - LIFETIME, limit).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_that_is_too_long_or_that_no_column_takes_is_not_kept() {
        let form = |value: String| KeptForm {
            path: "/staff/new".to_owned(),
            form_name: "staff-new".to_owned(),
            fields: vec![("name".to_owned(), value)],
        };
        assert!(form("x".repeat(MAX_BYTES - 4)).is_keepable());
        assert!(!form("x".repeat(MAX_BYTES - 3)).is_keepable());
        assert!(!form("a\0b".to_owned()).is_keepable());
    }
}
