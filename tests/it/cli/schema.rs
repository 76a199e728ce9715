//! The schema of the database is of another version than the program, or of none.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use test_support::command_line::CommandLine;
use test_support::{SECRET, database};

/// The number of a migration that a later version has.
const LATER: i64 = 9_000;

/// Runs a statement; returns the one number that it finds.
async fn number(url: &str, sql: &str) -> i64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

/// Applies the migration of a later version, which only adds.
fn upgrade(registry: &CommandLine) {
    registry.execute("alter table client add column later text not null default 'x'");
    registry.execute(&format!(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values ({LATER}, 'later', true, 'x', 1)"
    ));
}

#[tokio::test]
async fn the_schema_of_the_next_version_is_used_with_a_warning() {
    let registry = CommandLine::with_client();
    upgrade(&registry);
    let service = registry.serve();
    assert_eq!(service.ask_as("client-1", SECRET).await.0, 200);
    let log = service.log();
    let warnings = log
        .lines()
        .filter(|line| line.contains("is newer than this program"));
    let warnings: Vec<&str> = warnings.collect();
    assert_eq!(warnings.len(), 1, "{log}");
    assert!(
        warnings[0].contains("WARN") && warnings[0].contains(&LATER.to_string()),
        "{log}"
    );

    let output = registry.command(&["client", "list", "--json"]).output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().contains("client-1"));
    let warning = String::from_utf8(output.stderr).unwrap();
    assert!(warning.contains("is newer than this program"), "{warning}");
    service.interrupt();
}

#[test]
fn a_schema_that_this_program_is_too_old_for_is_refused() {
    let registry = CommandLine::with_client();
    upgrade(&registry);
    registry.execute(&format!("update schema_floor set migration = {LATER}"));
    let expected = format!("it is for versions that know migration {LATER}, and this one knows those up to");
    for error in [
        registry.serve_error(&[]),
        registry.error(&["client", "list"]),
        registry.error(&["migrate"]),
    ] {
        assert!(error.contains(&expected), "{error}");
    }
}

#[tokio::test]
async fn a_command_refuses_an_older_schema_and_changes_nothing() {
    let url = database::at_migration(8).await;
    let registry = CommandLine::on(url.clone());
    let state = "select count(*) from pg_class c join pg_namespace n on n.oid = relnamespace
                 where nspname = 'public'";
    let before = number(&url, state).await;
    for command in [
        &["customer", "add", "Acme"][..],
        &["customer", "list"],
        &["client", "list"],
        &["key", "rotate", "token"],
    ] {
        assert_eq!(
            registry.error(command),
            "the schema of the database is older than this program: migration 9 was not applied to it; run \
             `talentsoft-partner migrate`"
        );
    }
    assert_eq!(number(&url, state).await, before);
    assert_eq!(number(&url, "select count(*) from _sqlx_migrations").await, 8);
    assert_eq!(number(&url, "select count(*) from sealing_key").await, 0);
    registry.text(&["migrate"]);
    assert!(number(&url, state).await > before);
    registry.json(&["customer", "add", "Acme"]);
}

#[tokio::test]
async fn a_database_without_a_schema_is_not_touched_by_a_command() {
    let url = database::empty().await;
    let registry = CommandLine::on(url.clone());
    assert_eq!(
        registry.error(&["customer", "list"]),
        "the database has no schema yet; run `talentsoft-partner migrate`"
    );
    let tables = "select count(*) from pg_tables where schemaname = 'public'";
    assert_eq!(number(&url, tables).await, 0);
}

#[tokio::test]
async fn the_service_does_not_migrate_where_it_is_told_not_to() {
    let url = database::at_migration(8).await;
    let registry = CommandLine::on(url.clone());
    let off = ("PARTNER_MIGRATE", "off");
    let error = registry.serve_error(&[off]);
    assert!(error.contains("migration 9 was not applied"), "{error}");
    assert!(error.ends_with("run `talentsoft-partner migrate`"), "{error}");
    assert_eq!(number(&url, "select count(*) from _sqlx_migrations").await, 8);

    registry.text(&["migrate"]);
    let mut command = registry.command(&["serve", "--migrate", "off"]);
    command.env("PARTNER_MIGRATE", "on");
    test_support::command_line::Service::spawn(command).interrupt();

    let other = CommandLine::on(database::at_migration(8).await);
    other.serve().interrupt();
    other.json(&["customer", "add", "Acme"]);
}

#[test]
fn a_migration_that_was_changed_after_it_was_applied_is_named() {
    let registry = CommandLine::with_customer();
    registry.execute("update _sqlx_migrations set checksum = 'other' where version = 3");
    for error in [
        registry.serve_error(&[]),
        registry.error(&["customer", "list"]),
        registry.error(&["migrate"]),
    ] {
        let expected = "migration 3 was applied to the database in another form than this program has it";
        assert!(error.starts_with(expected), "{error}");
    }
}

#[tokio::test]
async fn an_encoding_that_cannot_hold_every_text_is_refused() {
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let options = format!("encoding '{encoding}' lc_collate 'C' lc_ctype 'C' template template0");
        let url = database::empty_with(&options).await;
        let registry = CommandLine::on(url.clone());
        let expected = format!("the encoding of the database is {encoding}, and should be UTF8");
        for error in [
            registry.serve_error(&[]),
            registry.error(&["migrate"]),
            registry.error(&["client", "list"]),
        ] {
            assert!(error.starts_with(&expected), "{error}");
        }
        let tables = "select count(*) from pg_tables where schemaname = 'public'";
        assert_eq!(number(&url, tables).await, 0);
    }
}

#[tokio::test]
async fn a_user_that_may_not_change_the_schema_serves_where_it_is_up_to_date() {
    let registry = CommandLine::with_client();
    registry.execute("create role worker login");
    for grant in [
        "select, insert, update, delete on all tables in schema public",
        "usage on all sequences in schema public",
    ] {
        registry.execute(&format!("grant {grant} to worker"));
    }
    let as_worker = |registry: &CommandLine| {
        let url = registry.database_url().replace("user=postgres", "user=worker");
        CommandLine::on(url)
    };
    let worker = as_worker(&registry);
    let service = worker.serve();
    assert_eq!(service.ask_as("client-1", SECRET).await.0, 200);
    service.interrupt();
    worker.json(&["client", "list"]);
    worker.text(&["migrate"]);

    let older = CommandLine::on(database::at_migration(8).await);
    older.execute("grant select on all tables in schema public to worker");
    let error = as_worker(&older).serve_error(&[]);
    let expected = "the user of DATABASE_URL may not do what is needed, which the owner of the tables may: ";
    assert!(error.starts_with(expected), "{error}");
    assert!(error.contains("permission denied"), "{error}");
    let stranger = as_worker(&CommandLine::new());
    assert!(stranger.error(&["client", "list"]).starts_with(expected));
}
