//! Whether keys and secrets still open: for a backup, and for a database that was restored.

use sqlx::PgConnection;

use super::error::Error;
use super::operations::{open_key, secret_context, totp_context, unseal};
use super::ring::{Purpose, RingKey, SealingKeyId};
use super::store;
use crate::crypto::seal::MasterKey;

/// What opens, and what does not.
#[derive(Debug)]
pub struct Opened {
    /// How many keys the master key opens: all, for otherwise that is an error.
    pub keys: usize,
    /// How many sealed secrets the keys open, those of clients and of staff.
    pub secrets: usize,
    /// The identifiers of those that they do not open.
    pub closed: Vec<String>,
}

/// Whether the master key opens a key for this purpose.
pub fn open(master_key: &MasterKey, purpose: Purpose, sealed_key: &[u8]) -> Result<(), Error> {
    open_key(master_key, purpose, sealed_key)?;
    Ok(())
}

/// Opens every key of the database, and every secret that is sealed under one.
pub async fn open_all(db: &mut PgConnection, master_key: &MasterKey) -> Result<Opened, Error> {
    let keys: Vec<RingKey> = store::list_keys(db)
        .await?
        .iter()
        .map(|row| unseal(row, master_key))
        .collect::<Result<_, _>>()?;
    let opens = |id: SealingKeyId, context: &[u8], sealed: &[u8]| {
        let key = keys.iter().find(|key| key.id == id);
        key.is_some_and(|key| key.key.open(context, sealed).is_ok())
    };
    let mut opened = Opened {
        keys: keys.len(),
        secrets: 0,
        closed: Vec::new(),
    };
    let mut note = |is_open: bool, name: String| {
        if is_open {
            opened.secrets += 1;
        } else {
            opened.closed.push(name);
        }
    };
    for row in store::list_sealed_secrets(db).await? {
        let context = secret_context(&row.client_id, row.secret_id);
        let is_open = opens(row.sealing_key_id, &context, &row.sealed_secret);
        note(is_open, row.secret_id.to_string());
    }
    for row in store::list_sealed_totp_keys(db).await? {
        let is_open = opens(row.sealing_key_id, &totp_context(row.staff_id), &row.sealed_key);
        note(is_open, row.staff_id.to_string());
    }
    Ok(opened)
}
