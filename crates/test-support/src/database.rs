//! One throw-away PostgreSQL for the test binary, one database for each test.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use private_postgres::{Durability, Options, PrivatePostgres, reachable_dir, sweep_abandoned};
use sqlx::{Connection, Executor, PgConnection};
use talentsoft_partner::db::{Db, MIGRATIONS};
use tempfile::TempDir;
use tokio::sync::{Mutex, OnceCell};

use crate::program::build_dir;

static CLUSTER: OnceLock<PrivatePostgres> = OnceLock::new();
static TEMPLATE: OnceCell<()> = OnceCell::const_new();
static NEXT: AtomicU32 = AtomicU32::new(0);
/// `create database` takes a lock on its template that excludes another: better to wait here than to fail there.
static CREATING: Mutex<()> = Mutex::const_new(());

/// The cluster; it dies with this process.
fn cluster() -> &'static PrivatePostgres {
    CLUSTER.get_or_init(|| {
        let parent = parent();
        sweep_abandoned(&parent);
        start(&parent.join(std::process::id().to_string()))
    })
}

/// The parent of what the clusters of all test programs write: beside the build where PostgreSQL can enter it.
pub fn parent() -> PathBuf {
    let target = build_dir().parent().unwrap().to_owned();
    reachable_dir(&target.join("tmp").join("tests")).unwrap()
}

/// A directory for the files of a test, which PostgreSQL can enter.
pub fn directory() -> TempDir {
    let permissions = Permissions::from_mode(0o711);
    let mut builder = tempfile::Builder::new();
    builder.permissions(permissions).tempdir_in(parent()).unwrap()
}

/// A throw-away PostgreSQL of a test's own, to stop, freeze or fill.
pub fn start(data_dir: &Path) -> PrivatePostgres {
    start_with(data_dir, Durability::Disposable)
}

/// A PostgreSQL that loses nothing that was committed.
pub fn start_durable(data_dir: &Path) -> PrivatePostgres {
    start_with(data_dir, Durability::Full)
}

fn start_with(data_dir: &Path, durability: Durability) -> PrivatePostgres {
    let options = Options {
        data_dir: data_dir.to_owned(),
        durability,
        pg_bin_dir: None,
        max_connections: 300,
    };
    PrivatePostgres::start(&options).unwrap()
}

/// The URL of a fresh database with the present schema.
pub async fn fresh() -> String {
    let cluster = tokio::task::spawn_blocking(cluster).await.unwrap();
    TEMPLATE
        .get_or_init(|| async {
            let mut admin = PgConnection::connect(&cluster.database_url_of("postgres"))
                .await
                .unwrap();
            admin.execute("create database test_template").await.unwrap();
            let db = Db::new(&cluster.database_url_of("test_template"), 1, 1).unwrap();
            db.migrate().await.unwrap();
            db.close();
        })
        .await;
    create(cluster, "template test_template strategy file_copy").await
}

/// The URL of a database in which nothing is.
pub async fn empty() -> String {
    empty_with("").await
}

/// The same, with options of `create database`.
pub async fn empty_with(options: &str) -> String {
    let cluster = tokio::task::spawn_blocking(cluster).await.unwrap();
    create(cluster, options).await
}

/// The URL of a database with the schema of an earlier version, whose latest migration is this one.
pub async fn at_migration(version: i64) -> String {
    let url = empty().await;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    MIGRATIONS.run_to(version, &mut connection).await.unwrap();
    url
}

async fn create(cluster: &PrivatePostgres, options: &str) -> String {
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let _turn = CREATING.lock().await;
    let mut admin = PgConnection::connect(&cluster.database_url_of("postgres"))
        .await
        .unwrap();
    let create = format!("create database {name} {options}");
    admin.execute(sqlx::AssertSqlSafe(create)).await.unwrap();
    cluster.database_url_of(&name)
}
