//! SQL about the server itself.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// Deletes at most `$limit` rows of a table whose instant is before `$before`, the oldest first and none that another transaction
/// deletes; how many it were. `$key` finds a row again: its key, or `ctid` where that is long, as a row that is locked keeps it.
macro_rules! delete_before {
    ($db:expr, $table:literal, $key:literal, $instant:literal, $before:expr, $limit:expr) => {{
        let deleted = sqlx::query!(
            "delete from "
                + $table
                + " where "
                + $key
                + " = any(array(select "
                + $key
                + " from "
                + $table
                + " where "
                + $instant
                + " < $1 order by "
                + $instant
                + " limit $2 for update skip locked))",
            $before,
            $limit,
        );
        deleted.execute($db).await.map(|deleted| deleted.rows_affected())
    }};
}
pub(crate) use delete_before;

/// The session setting that tells our session from one that a pooler lends; see `session.rs`.
pub(super) const MARKER: &str = "talentsoft_partner.session";

/// What a server says of itself.
pub(super) struct ServerRow {
    pub is_in_recovery: bool,
    pub is_read_only: bool,
    /// The number that `initdb` gave it, and its copies share.
    pub system: i64,
    pub timeline: i32,
    /// When the server's process was started, if it has replayed a log and is not in recovery any more.
    pub recovered: Option<DateTime<Utc>>,
    /// What PostgreSQL calls the table `client`; none where there is none.
    pub registry: Option<i64>,
    /// The end of what is on its disk; in recovery, of what it has replayed. In bytes.
    pub wal_position: i64,
    /// Which transactions have ended, as text.
    pub snapshot: String,
    pub time: DateTime<Utc>,
    pub process_id: i32,
    pub encoding: String,
    /// The value of [`MARKER`].
    pub marker: Option<String>,
}

pub(super) async fn find_server(connection: &mut PgConnection) -> Result<ServerRow, sqlx::Error> {
    // The control file has the timeline of the last checkpoint only, and a promoted standby makes none at first. A standby
    // knows which one it receives, but shows it to members of pg_read_all_stats only; to others it is null.
    sqlx::query_as!(
        ServerRow,
        r#"select pg_is_in_recovery() as "is_in_recovery!",
                  current_setting('transaction_read_only')::boolean as "is_read_only!",
                  system_identifier as "system!",
                  case when pg_is_in_recovery()
                       then greatest((select timeline_id from pg_control_checkpoint()),
                                     (select received_tli from pg_stat_wal_receiver))
                       else ('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))::bit(32)::integer
                  end as "timeline!",
                  case when not pg_is_in_recovery() and pg_last_wal_replay_lsn() is not null
                       then pg_postmaster_start_time() end as recovered,
                  to_regclass('client')::oid::bigint as registry,
                  coalesce(case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
                                else pg_current_wal_flush_lsn() end - '0/0', 0)::bigint as "wal_position!",
                  pg_current_snapshot()::text as "snapshot!",
                  clock_timestamp() as "time!",
                  pg_backend_pid() as "process_id!",
                  current_setting('server_encoding') as "encoding!",
                  current_setting('talentsoft_partner.session', true) as marker
           from pg_control_system()"#
    )
    .fetch_one(connection)
    .await
}

/// The value of [`MARKER`] in a session.
pub(super) async fn find_marker<'c>(
    session: impl sqlx::PgExecutor<'c>,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("select current_setting('talentsoft_partner.session', true)")
        .fetch_one(session)
        .await
}

/// The end of what is on the server's disk; in recovery, of what it has replayed. In bytes.
pub(super) async fn find_wal_position(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select coalesce(case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
                                else pg_current_wal_flush_lsn() end - '0/0', 0)::bigint as "position!""#
    )
    .fetch_one(connection)
    .await
}

/// Whether the server is the primary and takes changes.
pub(super) async fn is_writable(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select not pg_is_in_recovery() and not current_setting('transaction_read_only')::boolean as "is_writable!""#
    )
    .fetch_one(connection)
    .await
}

/// Those of the server's processes that still run.
pub(super) async fn list_running(
    connection: &mut PgConnection,
    process_ids: &[i32],
) -> Result<Vec<i32>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select pid as "pid!" from pg_stat_activity where pid = any($1)"#,
        process_ids
    )
    .fetch_all(connection)
    .await
}
