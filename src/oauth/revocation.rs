//! Ending tokens before their time (RFC 7009), and finding out whether one was ended.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::error::Error;
use super::revocation_set::{Revocation, RevocationSet};
use super::server::AuthorizationServer;
use super::store::{self, RevokedToken};
use super::token::Token;
use crate::audit::{self, Actor, Subject};
use crate::db::Db;
use crate::error::Failure;

/// Whether a token was ended before its time: from memory, and where that is not known there, from the database.
pub async fn look_up(server: &AuthorizationServer, token: &Token) -> Result<Revocation, Failure> {
    if let Some(revocation) = server.revocations.recall(token) {
        return Ok(revocation);
    }
    let is_revoked = server
        .db
        .run(async |connection| Ok::<_, Failure>(store::is_revoked(connection, token.token_id).await?))
        .await?;
    Ok(if is_revoked {
        Revocation::Revoked
    } else {
        Revocation::NotRevoked
    })
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
    set.add(&revoked);
    Ok(())
}

/// RFC 7009 s2.1 for an authenticated client: unknown and expired tokens are a success, another client's is refused.
pub async fn revoke_own(
    server: &AuthorizationServer,
    client: &crate::clients::CachedClient,
    text: &str,
) -> Result<(), Error> {
    let now = server.clock.now();
    let Ok(token) = Token::open(text, &server.ring, server.settings.issuer.as_str()) else {
        return Ok(());
    };
    if token.client_id != client.info.client_id {
        return Err(Error::ForeignToken);
    }
    if token.expires_at() <= now {
        return Ok(());
    }
    revoke(
        &server.db,
        &server.revocations,
        &token,
        now,
        &Actor::Client(token.client_id.clone()),
    )
    .await
}
