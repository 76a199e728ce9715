//! A pooler lends the sessions of the database to several callers in turn.

use std::process::Command;

use sqlx::PgConnection;
use talentsoft_partner::db::Db;
use talentsoft_partner::error::Failure;
use test_support::cluster::{Node, ROLE};
use test_support::instance::command;
use test_support::pgbouncer::{Build, PgBouncer};
use test_support::{Instance, Registry, TestClient, eventually};
use tokio::task::JoinSet;

use super::close;

async fn scene() -> (Node, TestClient) {
    let one = Node::primary("one").await;
    let registry = Registry::prepared(&one.url()).await;
    let client = registry.add_marketplace_client("acme").await;
    close(registry).await;
    (one, client)
}

/// Whether some session listens for changes.
async fn somebody_listens(one: &Node) -> bool {
    one.query("select exists (select from pg_stat_activity where query ilike 'listen%')")
        .await
}

/// Revokes many tokens at two instances at once; none of the calls fails, and each instance hears of the other's.
async fn revoke_at_both(first: &Instance, second: &Instance, client: &TestClient) {
    let mut tokens = Vec::new();
    for _ in 0..40 {
        tokens.push(first.token(client).await);
    }
    let mut calls = JoinSet::new();
    for (number, token) in tokens.iter().enumerate() {
        let instance = if number % 2 == 0 { first } else { second };
        let form = [
            ("client_id", client.client_id.as_str()),
            ("client_secret", &client.secret),
            ("token", token),
        ];
        let revoking = instance.request(reqwest::Method::POST, "/revoke").form(&form);
        let listing = instance.request(reqwest::Method::GET, "/videos/campaigns");
        let other = first.token(client).await;
        calls.spawn(async move {
            let revoked = revoking.send().await.unwrap().status();
            (revoked, listing.bearer_auth(other).send().await.unwrap().status())
        });
    }
    for (revoked, listed) in calls.join_all().await {
        assert_eq!((revoked.as_u16(), listed.as_u16()), (200, 200));
    }
    for token in &tokens {
        eventually("both know", async || {
            first.check(token).await == 401 && second.check(token).await == 401
        })
        .await;
    }
}

#[tokio::test]
async fn through_a_pooler_changes_arrive_by_polling_and_no_call_fails() {
    let (one, client) = scene().await;
    // As it comes, and told to ignore what a session begins with.
    for ignored in ["extra_float_digits", "extra_float_digits,options"] {
        let settings = [("ignore_startup_parameters", ignored)];
        let bouncer = PgBouncer::start_with(Build::Newer, one.address, &settings).await;
        let (first, second) = (
            Instance::start(&bouncer.url()).await,
            Instance::start(&bouncer.url()).await,
        );
        revoke_at_both(&first, &second, &client).await;
        for instance in [&first, &second] {
            eventually("it says how changes arrive", async || {
                instance
                    .log()
                    .iter()
                    .any(|line| line.contains("DATABASE_DIRECT_URL"))
            })
            .await;
        }
        assert!(!somebody_listens(&one).await);
        first.stop().await;
        second.stop().await;
    }
}

#[tokio::test]
async fn with_a_direct_url_changes_arrive_at_once() {
    let (one, client) = scene().await;
    let bouncer = PgBouncer::start(Build::Newer, one.address).await;
    let direct = one.url();
    let variables = [("DATABASE_DIRECT_URL", direct.as_str())];
    let first = Instance::start_with(&bouncer.url(), &variables).await;
    let second = Instance::start_with(&bouncer.url(), &variables).await;
    eventually("it listens", async || somebody_listens(&one).await).await;
    revoke_at_both(&first, &second, &client).await;

    // What is called direct and is not is found out.
    let bouncer_url = bouncer.url();
    let wrong = [("DATABASE_DIRECT_URL", bouncer_url.as_str())];
    let third = Instance::start_with(&bouncer.url(), &wrong).await;
    eventually("it says how changes arrive", async || {
        third
            .log()
            .iter()
            .any(|line| line.contains("DATABASE_DIRECT_URL"))
    })
    .await;
    for instance in [first, second, third] {
        instance.stop().await;
    }
}

#[tokio::test]
async fn the_command_line_works_through_a_pooler() {
    let (one, client) = scene().await;
    let bouncer = PgBouncer::start(Build::Newer, one.address).await;
    let listed = command(&bouncer.url(), ["client", "list"], &[]).await;
    assert!(listed.contains(client.client_id.as_str()));
}

#[tokio::test]
async fn titles_are_imported_and_published_through_a_pooler() {
    let one = Node::primary("one").await;
    let registry = Registry::prepared(&one.url()).await;
    let client = registry.add_titles_client("titles").await;
    close(registry).await;
    let bouncer = PgBouncer::start(Build::Newer, one.address).await;
    let instance = Instance::start(&bouncer.url()).await;
    // The library that comes with the service is published at the first call.
    let token = instance.token(&client).await;
    let versions = instance.get("/titles/versions", &token).await;
    assert_eq!(versions.json(), serde_json::json!({ "data": ["1.0"] }));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ours.csv");
    std::fs::write(&file, "name,socs\nOur Own Nurse,29-1141\n").unwrap();
    let import = ["market", "import", "titles", file.to_str().unwrap()];
    let imported = command(&bouncer.url(), import, &[]).await;
    assert!(imported.contains("Draft 1.1: 1 titles"), "{imported}");
    command(&bouncer.url(), ["market", "publish"], &[]).await;
    eventually("the import is published", async || {
        let versions = instance.get("/titles/versions", &token).await;
        versions.json() == serde_json::json!({ "data": ["1.1", "1.0"] })
    })
    .await;
    instance.stop().await;
}

#[tokio::test]
async fn what_takes_long_has_no_limit_and_leaves_none_behind_in_a_session_that_is_lent() {
    let (one, _) = scene().await;
    one.execute(&format!("alter role {ROLE} set statement_timeout = '4s'"))
        .await;
    // One session, which everybody is lent in turn.
    let settings = [("default_pool_size", "1")];
    let bouncer = PgBouncer::start_with(Build::Newer, one.address, &settings).await;
    let db = Db::new(&bouncer.url(), 1, 1).unwrap();
    let limits = async |db: &mut PgConnection| -> Result<(String, String), Failure> {
        let shown = sqlx::query_as(
            "select current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout')",
        );
        Ok(shown.fetch_one(db).await?)
    };
    let before = db.read(limits).await.unwrap();
    assert_eq!(before.0, "4s");
    let within = db.long_transaction(limits).await.unwrap();
    assert_eq!(within, ("0".to_owned(), "10min".to_owned()));
    assert_eq!(db.read(limits).await.unwrap(), before);
}

#[tokio::test]
async fn a_pooler_that_loses_prepared_statements_is_refused_in_words() {
    let (one, _) = scene().await;
    let bouncer = PgBouncer::start(Build::Debian, one.address).await;
    if bouncer.version >= (1, 21) {
        return;
    }
    let url = bouncer.url();
    let serve = move || {
        let mut serve = Command::new(env!("CARGO_BIN_EXE_talentsoft-partner"));
        serve
            .arg("serve")
            .current_dir("/")
            .env_clear()
            .env("DATABASE_URL", url);
        serve.env("PARTNER_MASTER_KEY", test_support::MASTER_KEY);
        serve
            .env("PARTNER_LISTEN", "127.0.0.1:0")
            .env("PARTNER_OPS_LISTEN", "127.0.0.1:0");
        serve.output().unwrap()
    };
    let output = tokio::task::spawn_blocking(serve).await.unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{error}");
    assert!(error.contains("PgBouncer 1.21"), "{error}");
}
