//! The list of revoked tokens: read behind the requests, and what it holds is refused from the first of them on.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use reqwest::Method;
use sqlx::{AssertSqlSafe, Executor, PgConnection, PgPool, Postgres, Transaction};
use talentsoft_partner::app::Settings;
use talentsoft_partner::ids::{TokenId, uuid_v7};
use talentsoft_partner::keys::Purpose;
use talentsoft_partner::oauth::token::Token;
use talentsoft_partner::replica::Feed;

use test_support::eventually;
use test_support::{ISSUER, SECRET, Setup, TestApp, TestClient, application, database, send};

/// Tokens that were revoked of old: twenty pages of the list.
const LONG: i32 = 20_000;
/// The one at which the reading of the list is held up, on its sixth page.
const HELD_AT: i32 = 5_500;
/// Those of the pages before.
const KNOWN: i32 = 5_000;

/// Revokes tokens of a process that has long ended, in the order of the list.
async fn revoke_many(app: &TestApp, client: &TestClient) {
    sqlx::query(
        "insert into revoked_token (token_id, client_id, expires_at, revoked_at)
         select ('0161f1d9-3740-8000-9000-' || lpad(to_hex(100 * n), 12, '0'))::uuid, $1, $2 + interval '1 hour',
             case n when $3 then 'epoch' else $2 end
         from generate_series(1, $4) as n",
    )
    .bind(client.client_id.as_str())
    .bind(app.now())
    .bind(HELD_AT)
    .bind(LONG)
    .execute(&app.sql)
    .await
    .unwrap();
}

/// Waits until what was revoked is older than all that is under way on the server, where other tests write too: what is not
/// belongs to the first look.
async fn settled(app: &TestApp) {
    let fresh =
        "select count(*) from revoked_token where changed_in >= pg_snapshot_xmin(pg_current_snapshot())";
    eventually("it is older than all that is under way", async || {
        let fresh = sqlx::query_scalar::<_, i64>(fresh).fetch_one(&app.sql).await;
        fresh.unwrap() == 0
    })
    .await;
}

/// Holds up whoever reads the list up to the one token, and nobody who asks for another one. Nothing can be revoked by
/// an instance meanwhile: to write to the table there is `kept`. The list is read along its index, whatever the planner
/// would like better, so that the pages before are read.
async fn hold_up(sql: &PgPool) -> Transaction<'static, Postgres> {
    sql.execute(
        "alter table revoked_token rename to kept;
         create function is_let_go() returns boolean language plpgsql volatile cost 10000 as $$
         begin perform pg_advisory_xact_lock_shared(1); return true; end $$;
         create view revoked_token as select * from kept where revoked_at <> 'epoch' or is_let_go();
         do $$ declare way text; begin
             foreach way in array array['sort', 'seqscan', 'bitmapscan'] loop
                 execute format('alter database %I set enable_%s = off', current_database(), way);
             end loop;
         end $$",
    )
    .await
    .unwrap();
    let mut held = sql.begin().await.unwrap();
    held.execute("select pg_advisory_xact_lock(1)").await.unwrap();
    held
}

/// A service, what holds up whoever reads its long list of revoked tokens, and a service that does.
pub async fn with_long_list() -> (TestApp, Transaction<'static, Postgres>, TestApp) {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    revoke_many(&app, &client).await;
    settled(&app).await;
    let held = hold_up(&app.sql).await;
    let late = app.beside().await;
    knows(&late, KNOWN).await;
    (app, held, late)
}

async fn metric(app: &TestApp, name: &str) -> i64 {
    let text = app.get_ops("/metrics").await.body;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap().parse().unwrap()
}

async fn knows(app: &TestApp, count: i32) {
    let what = format!("it knows {count} revoked tokens");
    eventually(&what, async || {
        metric(app, "partner_revoked_tokens").await == i64::from(count)
    })
    .await;
}

async fn knows_all(app: &TestApp) {
    eventually("it knows all revoked tokens", async || {
        metric(app, "partner_revoked_tokens_complete").await == 1
    })
    .await;
}

async fn check(app: &TestApp, token: &str) -> u16 {
    app.get_with("/auth/check", token).await.status.as_u16()
}

async fn revoke(app: &TestApp, client: &TestClient, token: &str) {
    let form = [
        ("client_id", client.client_id.as_str()),
        ("client_secret", SECRET),
        ("token", token),
    ];
    assert_eq!(app.post_form("/revoke", &form).await.status, 200);
}

/// What introspection says of a token.
async fn introspect(app: &TestApp, client: &TestClient, token: &str) -> serde_json::Value {
    let form = [
        ("client_id", client.client_id.as_str()),
        ("client_secret", SECRET),
        ("token", token),
    ];
    app.post_form("/introspect", &form).await.json()
}

/// The identifier of a good token.
async fn id_of(app: &TestApp, client: &TestClient, token: &str) -> TokenId {
    let described = introspect(app, client, token).await;
    described["jti"].as_str().unwrap().parse().unwrap()
}

/// Revokes a token of the client without telling any instance.
async fn revoke_in(table: &str, connection: &mut PgConnection, client: &TestClient, token_id: TokenId) {
    let sql = format!(
        "insert into {table} (token_id, client_id, expires_at, revoked_at)
         values ($1, $2, to_timestamp({}), to_timestamp({}))",
        test_support::frozen_instant().timestamp() + test_support::TTL,
        test_support::frozen_instant().timestamp(),
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(token_id)
        .bind(client.client_id.as_str())
        .execute(connection)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_was_revoked_before_the_start_is_refused_from_the_first_request_on() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let ended = app.application_token(&client).await;
    let ended_later = app.application_token(&client).await;
    let good = app.application_token(&client).await;
    let later_id = id_of(&app, &client, &ended_later).await;
    revoke_many(&app, &client).await;
    revoke(&app, &client, &ended).await;
    settled(&app).await;
    let held = hold_up(&app.sql).await;

    let late = app.beside().await;
    assert_eq!(check(&late, &ended).await, 401);
    assert_eq!(check(&late, &good).await, 204);
    assert_eq!(check(&late, &ended).await, 401, "also once it knows the client");
    assert_eq!(late.get_with("/videos/campaigns", &ended).await.status, 401);
    assert_eq!(late.get_with("/videos/campaigns", &good).await.status, 200);
    assert_eq!(introspect(&late, &client, &ended).await["active"], false);
    assert_eq!(introspect(&late, &client, &good).await["active"], true);
    assert_eq!(late.get_ops("/health/ready").await.json()["status"], "ready");
    knows(&late, KNOWN).await;
    assert_eq!(metric(&late, "partner_revoked_tokens_complete").await, 0);

    // The look-out for changes goes on beside it.
    let mut connection = app.sql.acquire().await.unwrap();
    revoke_in("kept", &mut connection, &client, later_id).await;
    knows(&late, KNOWN + 1).await;
    assert_eq!(check(&late, &ended_later).await, 401);
    assert_eq!(metric(&late, "partner_revoked_tokens_complete").await, 0);

    held.rollback().await.unwrap();
    knows_all(&late).await;
    assert_eq!(metric(&late, "partner_revoked_tokens").await, i64::from(LONG + 2));
    for token in [&ended, &ended_later] {
        assert_eq!(check(&late, token).await, 401);
    }
    assert_eq!(check(&late, &good).await, 204);
}

#[tokio::test]
async fn a_short_list_is_known_before_the_first_request_and_of_a_long_one_the_beginning() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    revoke(&app, &client, &app.application_token(&client).await).await;
    let begin = async || {
        let settings = Settings::at(ISSUER);
        let begun = application(settings, &app.clock, &app.db);
        let begun = begun.await.unwrap();
        Feed::begin(
            Arc::clone(&begun.oauth),
            Arc::clone(&begun.market),
            Arc::clone(&begun.feed),
        )
        .await
        .unwrap();
        (
            begun.oauth.revocations.len(),
            begun.oauth.revocations.is_complete(),
        )
    };
    assert_eq!(begin().await, (1, true));
    revoke_many(&app, &client).await;
    settled(&app).await;
    assert_eq!(begin().await, (1000, false));
}

#[tokio::test]
async fn while_neither_the_list_nor_the_database_is_there_nobody_is_let_in() {
    let directory = database::directory();
    let cluster = database::start(&directory.path().join("data"));
    let app = TestApp::start_on(cluster.database_url().to_owned(), Setup::default()).await;
    let client = app.add_marketplace_client("acme").await;
    let (ended, good) = (
        app.application_token(&client).await,
        app.application_token(&client).await,
    );
    revoke_many(&app, &client).await;
    revoke(&app, &client, &ended).await;
    settled(&app).await;
    let held = hold_up(&app.sql).await;
    let late = app.beside().await;
    knows(&late, KNOWN).await;
    assert_eq!(check(&late, &good).await, 204);

    cluster.stop().unwrap();
    drop(held);
    eventually("the outage is noticed", async || {
        late.get_ops("/health/ready").await.json()["status"] == "degraded"
    })
    .await;
    for token in [&ended, &good] {
        let answer = send(late.request(Method::GET, "/videos/campaigns").bearer_auth(token)).await;
        assert_eq!(answer.problem(), (503, "unavailable".to_owned()));
        assert_eq!(answer.header("retry-after"), "2");
        assert_eq!(check(&late, token).await, 503);
    }

    let cluster = database::start(&directory.path().join("data"));
    knows_all(&late).await;
    assert_eq!(check(&late, &ended).await, 401);
    assert_eq!(check(&late, &good).await, 204);
    drop((late, app));
    cluster.stop().unwrap();
}

#[tokio::test]
async fn after_a_restore_the_list_is_read_again() {
    let directory = database::directory();
    let [data_dir, backup_dir] = ["data", "backup"].map(|name| directory.path().join(name));
    let cluster = database::start(&data_dir);
    let app = TestApp::start_on(cluster.database_url().to_owned(), Setup::default()).await;
    let client = app.add_marketplace_client("acme").await;
    let mut tokens = Vec::new();
    for _ in 0..3 {
        let token = app.application_token(&client).await;
        let id = id_of(&app, &client, &token).await;
        tokens.push((token, id));
    }
    let [(restored, restored_id), (one, one_id), (other, other_id)] = <[_; 3]>::try_from(tokens).unwrap();

    // A backup, in which a token is revoked that is good here.
    cluster.stop().unwrap();
    copy(&data_dir, &backup_dir);
    let backup = database::start(&backup_dir);
    let sql = PgPool::connect(backup.database_url()).await.unwrap();
    let mut connection = sql.acquire().await.unwrap();
    revoke_in("revoked_token", &mut connection, &client, restored_id).await;
    drop(connection);
    sql.close().await;
    backup.stop().unwrap();

    // Meanwhile many transactions happen here, and the service sees so: the second of two revocations that it hears of one
    // after the other is found by a look that began when they were over.
    let cluster = database::start(&data_dir);
    let sql = PgPool::connect(cluster.database_url()).await.unwrap();
    let mut connection = sql.acquire().await.unwrap();
    connection
        .execute(
            "create table burnt (number integer);
             do $$ begin
                 for n in 1..3000 loop
                     begin insert into burnt values (n); exception when others then null; end;
                 end loop;
             end $$",
        )
        .await
        .unwrap();
    for (token, id) in [(&one, one_id), (&other, other_id)] {
        revoke_in("revoked_token", &mut connection, &client, id).await;
        eventually("it is refused", async || check(&app, token).await == 401).await;
    }
    assert_eq!(check(&app, &restored).await, 204);
    drop(connection);
    sql.close().await;
    cluster.stop().unwrap();

    std::fs::remove_dir_all(&data_dir).unwrap();
    copy(&backup_dir, &data_dir);
    let cluster = database::start(&data_dir);
    eventually("what the backup has revoked is refused", async || {
        check(&app, &restored).await == 401
    })
    .await;
    drop(app);
    cluster.stop().unwrap();
}

/// Copies a cluster that does not run, with the owners of its files.
fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(copied.success());
}

#[tokio::test]
async fn a_token_with_an_identifier_of_another_form_is_revoked_like_any_other() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let ring = app.ring().await;
    let issued = app.application_token(&client).await;
    // As tokens were numbered once.
    let [ended, good] = [(); 2].map(|()| {
        let token = Token {
            token_id: TokenId(uuid_v7(app.now())),
            ..Token::open(&issued, &ring, ISSUER).unwrap()
        };
        let key = ring.sealing(Purpose::Token, app.now()).unwrap();
        token.seal(&key, ISSUER).unwrap()
    });
    revoke(&app, &client, &ended).await;
    for instance in [&app, &app.beside().await] {
        assert_eq!(check(instance, &ended).await, 401);
        assert_eq!(check(instance, &good).await, 204);
    }
}
