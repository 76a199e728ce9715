//! One server of a cluster.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use nix::sys::signal::Signal;
use sqlx::postgres::{PgConnectOptions, PgSslMode, Postgres};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Decode, Executor, PgConnection, Type};

use super::settings::Settings;
use super::template::{self, Template, run, tool};
use super::{DATABASE, url_at};
use crate::daemon::{Daemon, Home};
use crate::eventually;
use crate::ports::free_address;
use crate::process::Frozen;

/// A PostgreSQL server; ended when dropped.
pub struct Node {
    pub address: SocketAddr,
    name: String,
    settings: Mutex<Settings>,
    /// None while it is stopped.
    daemon: Mutex<Option<Daemon>>,
    /// Kept for the next test.
    template: Option<Arc<Template>>,
    /// The last to be dropped.
    home: Arc<Home>,
}

impl Node {
    /// A primary with an empty database.
    pub async fn primary(name: &str) -> Self {
        Self::primary_with(name, &[]).await
    }

    /// The same, with settings.
    pub async fn primary_with(name: &str, settings: &[(&str, &str)]) -> Self {
        let mut all = Settings::new();
        for (setting, value) in settings {
            all.set(setting, value);
        }
        let mut node = Self::new(name, Arc::new(Home::new()), all);
        let template = Template::present().await;
        template.copy(&node.home, name).await;
        node.template = Some(template);
        node.start().await;
        node
    }

    /// A primary with another system identifier than all others have: it shares no history with them.
    pub async fn unrelated_primary(name: &str) -> Self {
        let node = Self::new(name, Arc::new(Home::new()), Settings::new());
        template::create(&node.home, name).await;
        node.start().await;
        node
    }

    /// A standby that streams from this node.
    pub async fn standby(&self, name: &str) -> Self {
        let node = Self::new(
            name,
            Arc::clone(&self.home),
            self.settings.lock().unwrap().clone(),
        );
        let mut copy = tool(&node.home, "pg_basebackup");
        copy.args(["--wal-method=stream", "--checkpoint=fast", "--no-sync", "-d"])
            .arg(self.conninfo())
            .arg("-D")
            .arg(node.data_dir());
        run(copy, "").await;
        node.become_standby_of(self);
        node.start().await;
        node.streams_from(self).await;
        node
    }

    fn new(name: &str, home: Arc<Home>, settings: Settings) -> Self {
        Self {
            address: free_address(),
            name: name.to_owned(),
            settings: Mutex::new(settings),
            daemon: Mutex::default(),
            template: None,
            home,
        }
    }

    /// The URL of the service's database here.
    pub fn url(&self) -> String {
        url_at(self.address)
    }

    /// A superuser's connection to the service's database.
    pub async fn admin(&self) -> PgConnection {
        self.try_connect().await.unwrap()
    }

    /// What a superuser is answered: one value.
    pub async fn query<T>(&self, sql: &'static str) -> T
    where
        T: Type<Postgres> + for<'row> Decode<'row, Postgres> + Send + Unpin,
    {
        let mut admin = self.admin().await;
        sqlx::query_scalar(sql).fetch_one(&mut admin).await.unwrap()
    }

    /// Runs statements as a superuser.
    pub async fn execute(&self, sql: &str) {
        let mut admin = self.admin().await;
        admin.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
    }

    /// How many processes serve a role.
    pub async fn server_processes(&self, role: &str) -> i64 {
        let mut admin = self.admin().await;
        sqlx::query_scalar("select count(*) from pg_stat_activity where usename = $1::text")
            .bind(role)
            .fetch_one(&mut admin)
            .await
            .unwrap()
    }

    /// Starts it, and waits until it can be asked.
    pub async fn start(&self) {
        self.write_settings();
        let mut postgres = tool(&self.home, "postgres");
        postgres
            .args(["-c", "listen_addresses=127.0.0.1"])
            .args(["-c", "unix_socket_directories="])
            .args(["-p", &self.address.port().to_string()])
            .arg("-D")
            .arg(self.data_dir());
        let log = self.home.path(&format!("{}.log", self.name));
        // An immediate shutdown: it leaves no shared memory behind.
        let daemon = Daemon::spawn(postgres, &log, Signal::SIGQUIT);
        daemon.answers(async || self.try_connect().await.is_ok()).await;
        let former = self.daemon.lock().unwrap().replace(daemon);
        assert!(former.is_none(), "{} runs already", self.name);
    }

    /// Stops it by a fast shutdown: its standbys have received all that was committed.
    pub async fn stop(&self) {
        let daemon = self.daemon.lock().unwrap().take().unwrap();
        daemon.stop(Signal::SIGINT).await;
    }

    /// Ends all its processes without a word.
    pub fn kill(&self) {
        let daemon = self.daemon.lock().unwrap().take().unwrap();
        daemon.kill();
        tidy_after_kill(&self.data_dir());
    }

    /// Stops all its processes where they stand.
    pub fn freeze(&self) -> Frozen {
        self.daemon.lock().unwrap().as_ref().unwrap().freeze()
    }

    /// Changes a setting for good, and waits until it holds for new sessions; old ones follow when they are idle. One that
    /// needs a start is in force after the next [`Node::start`].
    pub async fn set(&self, name: &str, value: &str) {
        self.settings.lock().unwrap().set(name, value);
        if self.daemon.lock().unwrap().is_none() {
            return;
        }
        let before = self.configuration_read_at().await;
        self.write_settings();
        self.signal(Signal::SIGHUP);
        eventually("the settings are read again", async || {
            self.configuration_read_at().await != before
        })
        .await;
    }

    /// When the parent process read its settings last: a new session has it from there.
    async fn configuration_read_at(&self) -> String {
        self.query("select pg_conf_load_time()::text").await
    }

    /// Ends recovery, and waits until it is a primary.
    pub async fn promote(&self) {
        let mut admin = self.admin().await;
        admin.execute("select pg_promote(false)").await.unwrap();
        eventually("it is promoted", async || {
            sqlx::query_scalar("select not pg_is_in_recovery()")
                .fetch_one(&mut admin)
                .await
                .unwrap()
        })
        .await;
    }

    /// Makes a standby of a former primary, running or not: its own history beyond the one of the other is lost.
    pub async fn demote(&self, primary: &Self) {
        if self.daemon.lock().unwrap().is_some() {
            self.stop().await;
        }
        // Before that, what pg_rewind looks into still names the former timeline.
        primary.execute("checkpoint").await;
        let mut rewind = tool(&self.home, "pg_rewind");
        rewind
            .arg("-D")
            .arg(self.data_dir())
            .args(["--source-server", &primary.conninfo(), "--no-sync"]);
        run(rewind, "").await;
        self.become_standby_of(primary);
        self.start().await;
        self.streams_from(primary).await;
    }

    /// A running standby streams from another node from now on.
    pub async fn follow(&self, primary: &Self) {
        let conninfo = {
            let mut settings = self.settings.lock().unwrap();
            settings.follow(&self.name, primary.address);
            settings.get("primary_conninfo")
        };
        self.set("primary_conninfo", &conninfo).await;
        self.streams_from(primary).await;
    }

    /// A standby hears no more of its primary.
    pub async fn cut_off(&self) {
        self.set("primary_conninfo", "").await;
        eventually("it receives nothing more", async || {
            self.query("select not exists (select from pg_stat_wal_receiver)")
                .await
        })
        .await;
    }

    /// Waits until a standby has replayed what its primary has written so far.
    pub async fn catches_up_with(&self, primary: &Self) {
        let written: String = primary.query("select pg_current_wal_lsn()::text").await;
        let mut admin = self.admin().await;
        eventually("the standby has replayed it", async || {
            sqlx::query_scalar("select pg_last_wal_replay_lsn() >= $1::text::pg_lsn")
                .bind(&written)
                .fetch_one(&mut admin)
                .await
                .unwrap()
        })
        .await;
    }

    /// Waits until the other node sends it what is committed there.
    pub async fn streams_from(&self, primary: &Self) {
        let mut admin = primary.admin().await;
        eventually("it streams", async || {
            sqlx::query_scalar(
                "select exists (select from pg_stat_replication where application_name = $1 and state = 'streaming')",
            )
            .bind(&self.name)
            .fetch_one(&mut admin)
            .await
            .unwrap()
        })
        .await;
    }

    fn become_standby_of(&self, primary: &Self) {
        let mut settings = self.settings.lock().unwrap();
        settings.follow(&self.name, primary.address);
        self.home.write(&format!("{}/standby.signal", self.name), "");
    }

    fn write_settings(&self) {
        let file = format!("{}/postgresql.auto.conf", self.name);
        self.home.write(&file, &self.settings.lock().unwrap().file());
    }

    fn signal(&self, signal: Signal) {
        self.daemon.lock().unwrap().as_ref().unwrap().signal(signal);
    }

    async fn try_connect(&self) -> sqlx::Result<PgConnection> {
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.address.port())
            .username("postgres")
            .database(DATABASE)
            .ssl_mode(PgSslMode::Disable)
            .disable_statement_logging();
        PgConnection::connect_with(&options).await
    }

    fn conninfo(&self) -> String {
        let (host, port) = (self.address.ip(), self.address.port());
        format!("host={host} port={port} user=postgres dbname=postgres sslmode=disable gssencmode=disable")
    }

    fn data_dir(&self) -> PathBuf {
        self.home.path(&self.name)
    }
}

/// Removes what a server leaves behind that could not tidy up, but for its data.
pub(crate) fn tidy_after_kill(data_dir: &Path) {
    let file = data_dir.join("postmaster.pid");
    let text = fs::read_to_string(&file).unwrap();
    // Another process may have the id by now, and the next server would take it for this one.
    fs::remove_file(file).unwrap();
    if let Some(id) = text.lines().nth(6).and_then(|ids| ids.split_whitespace().nth(1)) {
        let _ = Command::new("ipcrm").args(["-m", id]).output();
    }
}
