//! What the change feed reads while transactions commit in any order, and one goes on and on.

use std::cell::Cell;

use chrono::TimeDelta;
use futures_util::future::join_all;
use sqlx::{PgPool, Postgres, Transaction};
use talentsoft_partner::db::{Look, Snapshot};
use talentsoft_partner::ids::TokenId;
use talentsoft_partner::oauth::{RevokedCursor, list_revoked};
use uuid::Uuid;

use test_support::{TestApp, TestClient};

const WRITERS: u128 = 8;
const ROUNDS: u128 = 40;

/// The tokens that this writer revokes in this round; the last one of a round may be in a transaction that is rolled back.
fn token(writer: u128, round: u128, number: u128) -> Uuid {
    Uuid::from_u128(0x0161_f1d9_3740_8000_9000_0000_0000_0000 + (writer << 32) + (round << 8) + number)
}

async fn revoke(
    transaction: &mut Transaction<'_, Postgres>,
    app: &TestApp,
    client: &TestClient,
    token: Uuid,
) {
    sqlx::query(
        "insert into revoked_token (token_id, client_id, expires_at, revoked_at) values ($1, $2, $3, $4)",
    )
    .bind(token)
    .bind(client.client_id.as_str())
    .bind(app.now() + TimeDelta::hours(1))
    .bind(app.now())
    .execute(&mut **transaction)
    .await
    .unwrap();
}

/// Looks at the database as the feed does, by the connection of the look before.
async fn look(app: &TestApp, before: Option<Look>) -> Look {
    app.db.look(before).await.unwrap()
}

/// What the feed reads at this look, and by how many pages.
async fn read(app: &TestApp, look: &mut Look, before: &Snapshot) -> Vec<TokenId> {
    let ended = look.facts.snapshot.ended_since(before);
    let mut cursors: Vec<_> = ended.into_iter().map(RevokedCursor::of).collect();
    let mut tokens = Vec::new();
    while !cursors.is_empty() {
        let page = list_revoked(&mut look.connection, &cursors, app.now())
            .await
            .unwrap();
        tokens.extend(page.0.into_iter().map(|revoked| revoked.token_id));
        cursors = page.1;
    }
    tokens
}

#[tokio::test]
async fn whatever_the_order_of_commits_each_revocation_is_read_exactly_once() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let sql = PgPool::connect(&app.database_url).await.unwrap();
    let mut looked = look(&app, None).await;
    let mut seen = looked.facts.snapshot.clone();
    let mut long = app.sql.begin().await.unwrap();
    revoke(&mut long, &app, &client, token(99, 0, 0)).await;

    let write = async |writer: u128| {
        for round in 0..ROUNDS {
            let mut transaction = sql.begin().await.unwrap();
            // As long as the writer is slow, others overtake it.
            for number in 0..=(writer + round) % 4 {
                revoke(&mut transaction, &app, &client, token(writer, round, number)).await;
            }
            if (writer * 7 + round).is_multiple_of(5) {
                transaction.rollback().await.unwrap();
            } else {
                transaction.commit().await.unwrap();
            }
        }
    };
    let has_ended = Cell::new(false);
    let writing = async {
        join_all((0..WRITERS).map(write)).await;
        has_ended.set(true);
    };
    let mut read_tokens = Vec::new();
    let mut looks = 0;
    // The writers go on while this looks and reads.
    let reading = async {
        while !has_ended.get() {
            looked = look(&app, Some(looked)).await;
            read_tokens.extend(read(&app, &mut looked, &seen).await);
            seen = looked.facts.snapshot.clone();
            looks += 1;
        }
        (looked, seen)
    };
    let ((), (looked, seen)) = tokio::join!(writing, reading);
    long.commit().await.unwrap();
    let mut looked = look(&app, Some(looked)).await;
    read_tokens.extend(read(&app, &mut looked, &seen).await);

    let mut committed: Vec<TokenId> = sqlx::query_scalar("select token_id from revoked_token")
        .fetch_all(&sql)
        .await
        .unwrap();
    committed.sort_unstable_by_key(|token| token.0);
    read_tokens.sort_unstable_by_key(|token| token.0);
    assert_eq!(read_tokens, committed, "in {looks} looks");
    assert!(looks > 1, "{looks} looks");
}

#[tokio::test]
async fn what_was_read_behind_a_long_transaction_is_not_read_again() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let mut looked = look(&app, None).await;
    let mut seen = looked.facts.snapshot.clone();
    let mut long = app.sql.begin().await.unwrap();
    revoke(&mut long, &app, &client, token(99, 0, 0)).await;
    for round in 0..3 {
        for number in 0..50 {
            let mut transaction = app.sql.begin().await.unwrap();
            revoke(&mut transaction, &app, &client, token(1, round, number)).await;
            transaction.commit().await.unwrap();
        }
        looked = look(&app, Some(looked)).await;
        assert_eq!(
            read(&app, &mut looked, &seen).await.len(),
            50,
            "of this round only"
        );
        seen = looked.facts.snapshot.clone();
        looked = look(&app, Some(looked)).await;
        assert_eq!(read(&app, &mut looked, &seen).await, []);
        seen = looked.facts.snapshot.clone();
    }
    long.commit().await.unwrap();
    looked = look(&app, Some(looked)).await;
    assert_eq!(read(&app, &mut looked, &seen).await, [TokenId(token(99, 0, 0))]);
}
