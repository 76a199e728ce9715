//! Revoking tokens (RFC 7009), and finding out whether one was revoked.

use serde_json::json;
use sqlx::PgConnection;

use super::error::Error;
use super::revocation_set::Revocation;
use super::server::AuthorizationServer;
use super::store::{self, RevokedToken};
use super::token::Token;
use crate::audit::{self, Act, Change};
use crate::clients::CachedClient;
use crate::db::{BatchChange, Extent};
use crate::error::Failure;

/// Whether a token was revoked: from memory, and where memory does not know, from the database.
pub async fn find_revocation(server: &AuthorizationServer, token: &Token) -> Result<Revocation, Failure> {
    if let Some(revocation) = server.revocations.find(token) {
        return Ok(revocation);
    }
    let reading = server
        .db
        .read(async |db| Ok::<_, Failure>(store::is_revoked(db, token.token_id).await?));
    // Nearly all requests get by without it.
    let is_revoked = Box::pin(reading).await?;
    Ok(if is_revoked {
        Revocation::Revoked
    } else {
        Revocation::NotRevoked
    })
}

/// Revokes one token, whoever it was issued to; `db` must be in a transaction.
///
/// Once that is committed, the caller hands the result to [`AuthorizationServer::note_revoked`], so that it takes effect here
/// at once; the other replicas hear of it by the change feed.
#[must_use = "the revoked token must be added to the set in memory after the commit"]
pub async fn revoke(db: &mut PgConnection, act: &Act, token: &Token) -> Result<RevokedToken, Failure> {
    let revoked = RevokedToken::of(token, act);
    revoke_all(db, &[(act.clone(), revoked.clone())]).await?;
    Ok(revoked)
}

/// Revokes one token together with those that others revoke at the same moment: it is committed, and takes effect here, when
/// this returns.
pub async fn revoke_with_others(
    server: &AuthorizationServer,
    act: &Act,
    token: &Token,
) -> Result<(), Failure> {
    let revoked = RevokedToken::of(token, act);
    let item = (act.clone(), revoked.clone());
    server.revoking.write(&server.db, item).await?;
    server.note_revoked(&revoked);
    Ok(())
}

/// Revokes tokens and records by whom: once for each token, whoever else revokes it.
async fn revoke_all(db: &mut PgConnection, revoking: &[(Act, RevokedToken)]) -> Result<(), Failure> {
    let tokens: Vec<_> = revoking.iter().map(|(_, token)| token).collect();
    let mut inserted = store::insert_revoked(db, &tokens).await?;
    let new = revoking
        .iter()
        .filter(|(_, token)| inserted.remove(&token.token_id));
    let changes: Vec<Change<'_>> = new
        .map(|(act, token)| Change {
            act,
            action: "revoked",
            kind: "token",
            id: token.token_id.to_string(),
            detail: json!({ "client_id": token.client_id }),
        })
        .collect();
    if changes.is_empty() {
        return Ok(());
    }
    audit::record_all(db, &changes).await
}

/// Revocations that are made together. Each commit notifies the replicas, and only one commit of a server can do that at a
/// time: by themselves they would wait for each other.
pub struct Revoking;

impl BatchChange for Revoking {
    type Item = (Act, RevokedToken);
    type Outcome = ();

    const MAX_BATCH: usize = 128;
    const EXTENT: Extent = Extent::Transaction;

    async fn apply(&self, db: &mut PgConnection, items: &[Self::Item]) -> Result<Vec<()>, Failure> {
        revoke_all(db, items).await?;
        Ok(vec![(); items.len()])
    }
}

/// Stores again those of these revocations that the database has lost, where their clients are registered; returns how many.
///
/// A standby that is promoted may lack what was acknowledged last. The tokens stay refused where that is known, and this makes
/// it known to all.
pub async fn restore(db: &mut PgConnection, act: &Act, tokens: &[RevokedToken]) -> Result<u64, Failure> {
    let tokens: Vec<_> = tokens.iter().collect();
    let restored = store::insert_revoked(db, &tokens).await?.len() as u64;
    if restored > 0 {
        let detail = json!({ "tokens": restored });
        act.record(db, "restored", ("revoked_token", &"lost"), detail)
            .await?;
    }
    Ok(restored)
}

/// The token that an authenticated client asks to revoke (RFC 7009 s2.1); `None` where there is nothing to revoke, because
/// the token is unknown or has expired.
///
/// # Errors
/// [`Error::ForeignToken`] where it was issued to another client.
pub fn find_own(
    server: &AuthorizationServer,
    client: &CachedClient,
    text: &str,
) -> Result<Option<Token>, Error> {
    let Ok(token) = Token::open(text, &server.ring, server.settings.issuer.as_str()) else {
        return Ok(None);
    };
    if token.client_id != client.info.client_id {
        return Err(Error::ForeignToken);
    }
    // A wrong clock holds up no revocation: it only takes rights away.
    let now = server.clock.database_now();
    Ok((token.expires_at() > now).then_some(token))
}
