//! Reads a client as it is kept in memory: with its live secrets, those that are sealed opened.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use sqlx::PgConnection;

use super::ClientCache;
use crate::clients::cached::{CachedClient, CachedSecret};
use crate::clients::store::{self, SecretRow};
use crate::crypto::assertion_key::AssertionKey;
use crate::crypto::secret::SecretHash;
use crate::error::Failure;
use crate::ids::ClientId;
use crate::keys::{self, Purpose, secret_context};

impl ClientCache {
    pub(super) async fn read_client(
        &self,
        connection: &mut PgConnection,
        client_id: &ClientId,
    ) -> Result<Option<CachedClient>, Failure> {
        let Some(info) = store::find_client(connection, client_id).await? else {
            return Ok(None);
        };
        let mut secrets = Vec::new();
        for secret in store::list_secrets(connection, client_id).await? {
            if secret.retired_at.is_none() {
                secrets.push(Arc::new(self.cached_secret(connection, client_id, secret).await?));
            }
        }
        Ok(Some(CachedClient {
            info,
            secrets,
            checked_at: AtomicU64::new(self.began.elapsed().as_secs()),
            is_being_checked: AtomicBool::new(false),
        }))
    }

    async fn cached_secret(
        &self,
        connection: &mut PgConnection,
        client_id: &ClientId,
        row: SecretRow,
    ) -> Result<CachedSecret, Failure> {
        let digest = self
            .digests
            .get_or_insert_with(&row.secret_id, || Ok::<_, Failure>(Arc::default()))?;
        let mut assertion_key = None;
        if let (Some(sealed), Some(key_id)) = (&row.sealed_secret, row.sealing_key_id) {
            let mut key = self.ring.opening(Purpose::Secret, key_id);
            if key.is_none() {
                keys::load(connection, &self.ring).await?;
                key = self.ring.opening(Purpose::Secret, key_id);
            }
            let key = key.ok_or_else(|| Failure::internal(format!("there is no secret key {key_id}")))?;
            let context = secret_context(client_id, row.secret_id);
            let secret = key.key.open(&context, sealed).map_err(Failure::internal)?;
            assertion_key = Some(AssertionKey::new(&secret));
            // Whoever was first wrote the same.
            let _ = digest.set(self.digester.digest_bytes(&secret));
        }
        Ok(CachedSecret {
            secret_id: row.secret_id,
            hash: SecretHash::from_phc(&row.secret_hash).map_err(Failure::internal)?,
            assertion_key,
            expires_at: row.expires_at,
            digest,
        })
    }
}
