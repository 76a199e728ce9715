//! Migrating while others are at work.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqlSafeStr};
use talentsoft_partner::audit::Act;
use talentsoft_partner::clock::Clock;
use talentsoft_partner::crypto::seal::MasterKey;
use talentsoft_partner::db::{Db, MIGRATIONS, SchemaError};
use talentsoft_partner::error::Failure;
use talentsoft_partner::keys;
use test_support::{MASTER_KEY, Registry, database, eventually, log};

/// The migrations of this version, and one of the next.
fn with_next(sql: &str, is_alone: bool) -> Migrator {
    let mut migrations: Vec<Migration> = MIGRATIONS.iter().cloned().collect();
    let sql = AssertSqlSafe(sql.to_owned()).into_sql_str();
    let next = Migration::new(9_000, "next".into(), MigrationType::Simple, sql, is_alone);
    migrations.push(next);
    Migrator::with_migrations(migrations)
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

/// The sessions of this database that wait for a lock.
async fn waiting(admin: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    )
    .fetch_one(admin)
    .await
    .unwrap()
}

async fn has_migration(admin: &mut PgConnection, version: i64) -> bool {
    sqlx::query_scalar("select exists (select from _sqlx_migrations where version = $1)")
        .bind(version)
        .fetch_one(admin)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_migration_that_waits_for_a_lock_lets_others_pass() {
    log::install();
    let url = database::fresh().await;
    let (mut admin, mut holder) = (connect(&url).await, connect(&url).await);
    holder
        .execute("begin; lock table customer in access share mode")
        .await
        .unwrap();

    let db = Db::new(&url, 1, 1).unwrap();
    let migrating = tokio::spawn(async move {
        let next = with_next("alter table customer add column later text", false);
        db.migrate_to(&next).await
    });
    let mut passed = 0;
    while passed < 3 {
        eventually("the migration waits", async || waiting(&mut admin).await > 0).await;
        // It comes behind the migration, and goes on while the holder is still there.
        admin.execute("select count(*) from customer").await.unwrap();
        passed += 1;
    }
    assert!(!has_migration(&mut admin, 9_000).await);
    assert!(!migrating.is_finished());
    holder.execute("commit").await.unwrap();
    migrating.await.unwrap().unwrap();
    assert!(has_migration(&mut admin, 9_000).await);
    let said = log::lines_with("a migration waits for a lock that another session holds");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].to_string().contains("9000"), "{said:?}");
}

#[tokio::test]
async fn an_index_that_failed_halfway_is_made_again() {
    let registry = Registry::fresh().await;
    let url = &registry.database_url;
    for name in ["one", "other"] {
        registry.add_customer(name).await;
    }
    let mut admin = connect(url).await;
    admin
        .execute("create table later (kind text); insert into later values ('x'), ('x')")
        .await
        .unwrap();
    let next = with_next(
        "-- no-transaction\n\
         drop index concurrently if exists later_kind_idx;\n\
         create unique index concurrently later_kind_idx on later (kind);\n",
        true,
    );
    let db = Db::new(url, 1, 1).unwrap();
    let failed = db.migrate_to(&next).await.unwrap_err();
    assert!(
        matches!(failed, SchemaError::Failed { migration: 9_000, .. }),
        "{failed}"
    );
    let is_valid = "select indisvalid from pg_index where indexrelid = 'later_kind_idx'::regclass";
    let valid: bool = sqlx::query_scalar(is_valid).fetch_one(&mut admin).await.unwrap();
    assert!(!valid, "PostgreSQL leaves what it began");
    assert!(!has_migration(&mut admin, 9_000).await);

    admin
        .execute("delete from later where ctid = (select min(ctid) from later)")
        .await
        .unwrap();
    db.migrate_to(&next).await.unwrap();
    let valid: bool = sqlx::query_scalar(is_valid).fetch_one(&mut admin).await.unwrap();
    assert!(valid && has_migration(&mut admin, 9_000).await);
    db.check_schema().await.unwrap();
}

#[tokio::test]
async fn replicas_that_start_together_take_turns_also_where_an_index_is_made_concurrently() {
    let url = database::empty().await;
    let sql = "drop index concurrently if exists customer_later_idx;\n\
               create index concurrently customer_later_idx on customer (customer_id);\n";
    let mut replicas = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let db = Db::new(&url, 1, 1).unwrap();
        replicas.spawn(async move { db.migrate_to(&with_next(sql, true)).await });
    }
    while let Some(migrated) = replicas.join_next().await {
        migrated.unwrap().unwrap();
    }
    let mut admin = connect(&url).await;
    let applied: i64 = sqlx::query_scalar("select count(*) from _sqlx_migrations")
        .fetch_one(&mut admin)
        .await
        .unwrap();
    assert_eq!(usize::try_from(applied).unwrap(), MIGRATIONS.iter().count() + 1);
}

#[tokio::test]
async fn a_start_on_a_schema_that_is_up_to_date_writes_nothing() {
    let registry = Registry::fresh().await;
    let mut admin = connect(&registry.database_url).await;
    admin
        .execute(AssertSqlSafe(
            "do $$ begin execute format('alter database %I set default_transaction_read_only = on',
             current_database()); end $$",
        ))
        .await
        .unwrap();
    let db = Db::new(&registry.database_url, 1, 1).unwrap();
    let refused = db
        .read(async |db| {
            db.execute("insert into customer select").await?;
            Ok::<_, Failure>(())
        })
        .await;
    assert!(matches!(refused, Err(Failure::Unavailable(_))), "it is read-only");
    db.migrate().await.unwrap();
    let act = Act::by_system(Clock::system().now());
    let master_key = MasterKey::parse(MASTER_KEY).unwrap();
    db.transaction(async |db| keys::ensure_keys(db, &act, &master_key).await)
        .await
        .unwrap();
}
