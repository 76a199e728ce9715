//! SQL of backups: what tables there are, their rows, and the schema that is prepared beside the one in use.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;
use sqlx::postgres::PgCopyIn;
use sqlx::{AssertSqlSafe, Executor, PgConnection};

use super::manifest::{Sequence, ServerInfo};

/// The schema in which a restored database is prepared, out of sight.
const STAGING: &str = "talentsoft_partner_restore";

/// Sessions and sign-ins that have begun are in no backup: one that was ended since would be back.
const LEFT_OUT: &[&str] = &[
    "_sqlx_migrations",
    "staff_kept_form",
    "staff_provider_visit",
    "staff_sent_form",
    "staff_session",
];

/// A table and those of its columns that are in a backup.
pub(super) struct Table {
    pub name: String,
    pub columns: Vec<String>,
}

/// What the server is, in this transaction.
pub(super) async fn find_server(db: &mut PgConnection) -> Result<(ServerInfo, DateTime<Utc>), sqlx::Error> {
    let row = sqlx::query!(
        r#"select current_setting('server_version') as "version!", system_identifier::text as "system!",
                  left(pg_walfile_name(pg_current_wal_flush_lsn()), 8) as "timeline!",
                  pg_current_wal_flush_lsn()::text as "log_position!", now() as "now!"
           from pg_control_system()"#
    )
    .fetch_one(db)
    .await?;
    let server = ServerInfo {
        version: row.version,
        system: row.system,
        timeline: row.timeline,
        log_position: row.log_position,
    };
    Ok((server, row.now))
}

/// The tables of the service, which are those of the owner of `client`, but for those that hold nothing that outlives a server.
/// Columns that are computed are left out, and the numbers of transactions.
pub(super) async fn list_tables(db: &mut PgConnection) -> Result<Vec<Table>, sqlx::Error> {
    let left_out: Vec<String> = LEFT_OUT.iter().map(ToString::to_string).collect();
    sqlx::query_as!(
        Table,
        r#"select relname::text as "name!", array_agg(attname::text order by attnum) as "columns!"
           from pg_class join pg_attribute on attrelid = pg_class.oid
           where relnamespace = current_schema()::text::regnamespace and relkind = 'r' and relpersistence = 'p'
               and relowner = (select relowner from pg_class where oid = to_regclass('client'))
               and attnum > 0 and not attisdropped and attgenerated = '' and atttypid <> 'xid8'::regtype
               and relname::text <> all($1)
           group by relname order by relname"#,
        &left_out
    )
    .fetch_all(db)
    .await
}

/// The numbers that columns have given out.
pub(super) async fn list_sequences(db: &mut PgConnection) -> Result<Vec<Sequence>, sqlx::Error> {
    sqlx::query_as!(
        Sequence,
        r#"select relname::text as "table!", attname::text as "column!",
                  pg_sequence_last_value(pg_get_serial_sequence(quote_ident(relname), attname)::regclass) as last_value
           from pg_class join pg_attribute on attrelid = pg_class.oid
           where relnamespace = current_schema()::text::regnamespace and relkind = 'r' and relpersistence = 'p'
               and attidentity <> '' and not attisdropped
           order by relname, attname"#
    )
    .fetch_all(db)
    .await
}

/// The greatest number in a column.
pub(super) async fn find_greatest(
    db: &mut PgConnection,
    sequence: &Sequence,
) -> Result<Option<i64>, sqlx::Error> {
    let sql = format!(
        "select max({})::bigint from {}",
        quoted(&sequence.column),
        quoted(&sequence.table)
    );
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(db).await
}

/// The tables that refer to others, each with one that it refers to.
pub(super) async fn list_references(db: &mut PgConnection) -> Result<Vec<(String, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select own.relname::text as "own!", other.relname::text as "other!"
           from pg_constraint join pg_class own on own.oid = conrelid join pg_class other on other.oid = confrelid
           where contype = 'f' and conrelid <> confrelid
               and own.relnamespace = current_schema()::text::regnamespace"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.own, row.other)).collect())
}

/// Indexes that PostgreSQL does not use because they were not built to their end.
pub(super) async fn list_invalid_indexes(db: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select relname::text as "name!" from pg_index join pg_class on pg_class.oid = indexrelid
           where not indisvalid and relnamespace = current_schema()::text::regnamespace order by relname"#
    )
    .fetch_all(db)
    .await
}

/// The rows of a table, as text.
pub(super) async fn copy_out<'c>(
    db: &'c mut PgConnection,
    table: &Table,
) -> Result<BoxStream<'c, Result<Bytes, sqlx::Error>>, sqlx::Error> {
    let statement = format!(
        "copy {} ({}) to stdout",
        quoted(&table.name),
        list(&table.columns)
    );
    db.copy_out_raw(&statement).await
}

/// Takes rows for a table, as text.
pub(super) async fn copy_in<'c>(
    db: &'c mut PgConnection,
    table: &str,
    columns: &[String],
) -> Result<PgCopyIn<&'c mut PgConnection>, sqlx::Error> {
    let statement = format!("copy {} ({}) from stdin", quoted(table), list(columns));
    db.copy_in_raw(&statement).await
}

/// The schema in which the service finds its tables, and what is in it already, if anything is.
pub(super) async fn find_target(db: &mut PgConnection) -> Result<(String, Option<String>), sqlx::Error> {
    let row = sqlx::query!(
        r#"select coalesce(current_schema()::text, 'public') as "name!",
               (select relname::text from pg_class where relnamespace = current_schema()::text::regnamespace
                   and relkind in ('r', 'p', 'v', 'm', 'S', 'f') order by relname limit 1) as occupant"#
    )
    .fetch_one(db)
    .await?;
    Ok((row.name, row.occupant))
}

/// Makes an empty schema that this session works in; what a restore left there that did not end goes.
pub(super) async fn enter_staging(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    for statement in [
        format!("drop schema if exists {STAGING} cascade"),
        format!("create schema {STAGING}"),
        format!("set search_path to {STAGING}"),
    ] {
        db.execute(AssertSqlSafe(statement)).await?;
    }
    Ok(())
}

/// Deletes the rows that migrations wrote.
pub(super) async fn delete_rows(db: &mut PgConnection, tables: &[&str]) -> Result<(), sqlx::Error> {
    let names: Vec<String> = tables.iter().map(|table| quoted(table)).collect();
    if !names.is_empty() {
        // Those that are in no backup too, where they refer to these.
        let statement = format!("truncate {} cascade", names.join(", "));
        db.execute(AssertSqlSafe(statement)).await?;
    }
    Ok(())
}

/// Turns the triggers of a table off, or on again; references are checked all the same.
pub(super) async fn switch_triggers(
    db: &mut PgConnection,
    table: &str,
    word: &'static str,
) -> Result<(), sqlx::Error> {
    let statement = format!("alter table {} {word} trigger user", quoted(table));
    db.execute(AssertSqlSafe(statement)).await?;
    Ok(())
}

/// Makes a column give out numbers after this one only.
pub(super) async fn set_sequence(
    db: &mut PgConnection,
    sequence: &Sequence,
    last_value: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "select setval(pg_get_serial_sequence(quote_ident($1), $2)::regclass, $3)",
        sequence.table,
        sequence.column,
        last_value,
    )
    .fetch_one(db)
    .await?;
    Ok(())
}

/// Ends every token that was issued: no token is of a generation that comes now. Those that were given out after the backup are
/// far fewer than are passed over.
pub(super) async fn end_tokens(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("update client set token_generation = token_generation + 1000000")
        .execute(db)
        .await?;
    Ok(())
}

/// Moves all that was prepared into the schema of the service. It is left in the middle of nothing: something that is not
/// moved is an error.
pub(super) async fn leave_staging(db: &mut PgConnection, target: &str) -> Result<(), sqlx::Error> {
    let moves = sqlx::query_scalar!(
        r#"select format('alter %s set schema %I', what, $2::text) as "statement!" from (
               select 'table ' || quote_ident(relname) as what from pg_class
               where relnamespace = $1::text::regnamespace and relkind in ('r', 'p', 'v', 'm')
               union all
               -- One that a column owns goes with its table.
               select 'sequence ' || quote_ident(relname) from pg_class
               where relnamespace = $1::text::regnamespace and relkind = 'S' and not exists (
                   select from pg_depend where classid = 'pg_class'::regclass and objid = pg_class.oid
                       and deptype in ('a', 'i'))
               union all
               select 'function ' || pg_proc.oid::regprocedure::text from pg_proc where pronamespace = $1::text::regnamespace
               union all
               select 'type ' || quote_ident(typname) from pg_type
               where typnamespace = $1::text::regnamespace and typtype in ('d', 'e')
           ) own"#,
        STAGING,
        target,
    )
    .fetch_all(&mut *db)
    .await?;
    for statement in moves {
        db.execute(AssertSqlSafe(statement)).await?;
    }
    db.execute(AssertSqlSafe(format!("drop schema {STAGING}")))
        .await?;
    Ok(())
}

/// Lets this session work in the schema of the service, and tells the planner what is in its tables.
pub(super) async fn analyze(db: &mut PgConnection, target: &str, tables: &[&str]) -> Result<(), sqlx::Error> {
    let names: Vec<String> = tables
        .iter()
        .map(|table| format!("{}.{}", quoted(target), quoted(table)))
        .collect();
    let statement = format!("analyze {}", names.join(", "));
    db.execute(AssertSqlSafe(statement)).await?;
    Ok(())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn list(columns: &[String]) -> String {
    let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
    columns.join(", ")
}
