//! What came of forms that are done once: whoever sends one again, by a second click or by going back, is answered as the first
//! time. Every form that is shown has a number of its own; the same one, filled in alike, is the same form.

mod store;

use aws_lc_rs::digest;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::sessions;
use crate::error::Failure;
use crate::ids::{FormNumber, SessionNumber};

/// What a form is known by: a digest, of which the number of the form is a part that nobody can guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentFormKey([u8; 32]);

impl SentFormKey {
    /// Of a form that was shown in this session with this number, sent to this path, and filled in like this.
    pub fn new<'a>(
        session: SessionNumber,
        number: FormNumber,
        path: &str,
        fields: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(session.0.as_bytes());
        context.update(number.0.as_bytes());
        let fields = fields.flat_map(|(name, value)| [name, value]);
        for text in std::iter::once(path).chain(fields) {
            let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
            context.update(&length.to_be_bytes());
            context.update(text.as_bytes());
        }
        let mut key = [0; 32];
        key.copy_from_slice(context.finish().as_ref());
        Self(key)
    }
}

/// Notes that a form is being done, in the transaction that does it; where it was done before, what came of it. A second request
/// waits for the first. What fails is rolled back, and was not done.
pub async fn begin<T: DeserializeOwned>(
    db: &mut PgConnection,
    key: SentFormKey,
    now: DateTime<Utc>,
) -> Result<Option<T>, Failure> {
    if store::insert_form(db, &key.0, now).await? {
        return Ok(None);
    }
    find(db, key).await
}

/// Notes what came of a form, in the same transaction.
pub async fn finish(
    db: &mut PgConnection,
    key: SentFormKey,
    outcome: &impl Serialize,
) -> Result<(), Failure> {
    let outcome = serde_json::to_value(outcome).map_err(Failure::internal)?;
    Ok(store::update_outcome(db, &key.0, &Json(outcome)).await?)
}

/// What came of a form, if it was sent before.
pub async fn find<T: DeserializeOwned>(
    db: &mut PgConnection,
    key: SentFormKey,
) -> Result<Option<T>, Failure> {
    let Some(Json(outcome)) = store::find_outcome(db, &key.0).await? else {
        return Ok(None);
    };
    serde_json::from_value(outcome)
        .map(Some)
        .map_err(Failure::internal)
}

/// Deletes at most `limit` forms whose session is over; returns how many.
pub async fn prune(db: &mut PgConnection, now: DateTime<Utc>, limit: i64) -> Result<u64, Failure> {
    Ok(store::delete_forms(db, now - sessions::LIFETIME, limit).await?)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_form_is_the_same_by_session_number_path_and_what_was_entered() {
        let key = |session, number, path, fields: &[(&str, &str)]| {
            let (session, number) = (
                SessionNumber(Uuid::from_u128(session)),
                FormNumber(Uuid::from_u128(number)),
            );
            SentFormKey::new(session, number, path, fields.iter().copied())
        };
        let one = key(1, 2, "/keys/new", &[("purpose", "token")]);
        assert_eq!(key(1, 2, "/keys/new", &[("purpose", "token")]), one);
        for other in [
            key(3, 2, "/keys/new", &[("purpose", "token")]),
            key(1, 3, "/keys/new", &[("purpose", "token")]),
            key(1, 2, "/keys/1/remove", &[("purpose", "token")]),
            key(1, 2, "/keys/new", &[("purpose", "link")]),
            key(1, 2, "/keys/new", &[("purposetoken", "")]),
            key(1, 2, "/keys/newpurpose", &[("token", "")]),
            key(1, 2, "/keys/new", &[]),
        ] {
            assert_ne!(other, one);
        }
    }
}
