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

/// The migrations of this version up to one of them.
fn up_to(version: i64) -> Migrator {
    let migrations = MIGRATIONS.iter().filter(|migration| migration.version <= version);
    Migrator::with_migrations(migrations.cloned().collect())
}

#[tokio::test]
async fn a_version_before_invitations_are_superseded_goes_on_inviting_while_the_key_is_exchanged() {
    const BEFORE: i64 = 10;
    // What that version sends, on a connection that has it prepared from then on.
    const INVITE: &str =
        "insert into invitation as present (invitation_id, campaign_id, applicant_id, application_id, lastname, firstname,
             email, link_digest, sealed_link, customer_id, client_id, kind, sealing_key_id, status, created_at,
             status_changed_at, expires_at)
         values (gen_random_uuid(), $1, $2, $2, 'Dupont', 'Zoe', $3, sha256(uuid_send(gen_random_uuid())), 'x', $1, 'client',
             'video', 1, 'invited', now(), now(), now())
         on conflict on constraint invitation_candidate_key do update set email = excluded.email
         returning invitation_id::text";
    let url = database::empty().await;
    let db = Db::new(&url, 1, 1).unwrap();
    db.migrate_to(&up_to(BEFORE)).await.unwrap();
    let (mut admin, mut older) = (connect(&url).await, connect(&url).await);
    for sql in [
        "alter table invitation drop constraint invitation_customer_id_fkey",
        "alter table invitation drop constraint invitation_client_id_fkey",
        "alter table invitation drop constraint invitation_campaign_id_fkey",
        "alter table invitation drop constraint invitation_sealing_key_id_fkey",
    ] {
        admin.execute(sql).await.unwrap();
    }
    let (one, two) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
    let mut invite = async |applicant: uuid::Uuid| -> String {
        let invited = sqlx::query_scalar(INVITE)
            .bind(one)
            .bind(applicant)
            .bind("zoe@site");
        invited.fetch_one(&mut older).await.unwrap()
    };
    let first = invite(one).await;
    for migration in MIGRATIONS.iter().filter(|migration| migration.version > BEFORE) {
        db.migrate_to(&up_to(migration.version)).await.unwrap();
        assert_eq!(invite(one).await, first, "{}", migration.description);
    }
    db.check_schema().await.unwrap();
    // Beside an invitation that a later version has superseded it finds none, and makes the present one.
    admin
        .execute("update invitation set superseded_by = gen_random_uuid()")
        .await
        .unwrap();
    let second = invite(one).await;
    assert_ne!(second, first);
    assert_eq!(invite(one).await, second);
    assert_ne!(invite(two).await, second);
    let kept: i64 = sqlx::query_scalar("select count(*) from invitation")
        .fetch_one(&mut admin)
        .await
        .unwrap();
    assert_eq!(kept, 3);
}
