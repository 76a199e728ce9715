//! Ending tokens before their time (RFC 7009), and the set of ended ones that every check consults.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chrono::{DateTime, Utc};
use serde_json::json;

use super::error::Error;
use super::store::{self, RevokedToken};
use super::token::Token;
use crate::audit::{self, Actor, Subject};
use crate::db::Db;
use crate::ids::TokenId;
use crate::state::App;

/// The revoked tokens that have not expired, in memory, with the Unix seconds of their ends: 20 bytes and some each.
///
/// In parts by the last byte of their ids, which is random, so that forgetting some of a million holds up nobody for long.
pub struct RevocationSet([RwLock<Part>; PARTS]);

type Part = HashMap<TokenId, u32>;

const PARTS: usize = 256;

impl RevocationSet {
    fn part(&self, token_id: TokenId) -> &RwLock<Part> {
        let [.., last] = token_id.0.into_bytes();
        let [first, ..] = &self.0;
        self.0.get(usize::from(last)).unwrap_or(first)
    }

    /// Whether the token was revoked.
    #[must_use]
    pub fn contains(&self, token_id: TokenId) -> bool {
        read(self.part(token_id)).contains_key(&token_id)
    }

    /// Adds revoked tokens; returns those that were not known yet.
    pub fn extend(&self, tokens: &[RevokedToken]) -> Vec<RevokedToken> {
        let is_new = |token: &&RevokedToken| {
            // The next whole second: a token's end is one.
            let second =
                token.expires_at.timestamp() + i64::from(token.expires_at.timestamp_subsec_nanos() > 0);
            let expires_at = u32::try_from(second).unwrap_or(u32::MAX);
            write(self.part(token.token_id))
                .insert(token.token_id, expires_at)
                .is_none()
        };
        tokens.iter().filter(is_new).copied().collect()
    }

    /// Forgets those that have expired anyway.
    pub fn prune(&self, now: DateTime<Utc>) {
        for part in &self.0 {
            write(part).retain(|_, expires_at| i64::from(*expires_at) > now.timestamp());
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|part| read(part).len()).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for RevocationSet {
    fn default() -> Self {
        Self(std::array::from_fn(|_| RwLock::default()))
    }
}

fn read(part: &RwLock<Part>) -> RwLockReadGuard<'_, Part> {
    part.read().unwrap_or_else(PoisonError::into_inner)
}

fn write(part: &RwLock<Part>) -> RwLockWriteGuard<'_, Part> {
    part.write().unwrap_or_else(PoisonError::into_inner)
}

/// Revokes one token, for whoever it was issued to: here at once, on the other replicas through the change feed.
pub async fn revoke(
    db: &Db,
    set: &RevocationSet,
    token: &Token,
    now: DateTime<Utc>,
    actor: &Actor,
) -> Result<(), Error> {
    let revoked = RevokedToken {
        token_id: token.token_id,
        expires_at: token.expires_at(),
        revoked_at: now,
    };
    db.transaction(async |transaction| {
        if store::insert_revoked(transaction, &token.client_id, &revoked).await? {
            let subject = Subject {
                kind: "token",
                id: &token.token_id,
            };
            let detail = json!({ "client_id": token.client_id });
            audit::record(transaction, now, actor, "revoked", subject, detail).await?;
        }
        Ok::<_, Error>(())
    })
    .await?;
    set.extend(&[revoked]);
    Ok(())
}

/// RFC 7009 s2.1 for an authenticated client: unknown and expired tokens are a success, another client's is refused.
pub async fn revoke_own(app: &App, client: &crate::clients::CachedClient, text: &str) -> Result<(), Error> {
    let now = app.clock.now();
    let Ok(token) = Token::open(text, &app.ring, &app.service.issuer) else {
        return Ok(());
    };
    if token.client_id != client.info.client_id {
        return Err(Error::ForeignToken);
    }
    if token.expires_at() <= now {
        return Ok(());
    }
    revoke(
        &app.db,
        &app.revocations,
        &token,
        now,
        &Actor::Client(token.client_id.clone()),
    )
    .await
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::ids::uuid_v7;

    #[test]
    fn the_set_knows_what_was_added_until_it_expires() {
        let now = DateTime::from_timestamp(1_000, 0).unwrap();
        let token = RevokedToken {
            token_id: TokenId(uuid_v7(now)),
            expires_at: now + TimeDelta::seconds(10),
            revoked_at: now,
        };
        let set = RevocationSet::default();
        assert!(!set.contains(token.token_id));
        assert_eq!(set.extend(&[token]), vec![token]);
        assert_eq!(set.extend(&[token]), vec![]);
        assert!(set.contains(token.token_id));
        set.prune(now + TimeDelta::seconds(9));
        assert_eq!(set.len(), 1);
        set.prune(now + TimeDelta::seconds(10));
        assert!(set.is_empty());
    }
}
