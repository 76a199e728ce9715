//! PostgreSQL under Patroni, which promotes a standby where the primary is gone, with etcd to agree on who is the primary.
//!
//! Patroni is installed by `scripts/install-patroni`.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Mutex;

use nix::sys::signal::Signal;
use private_postgres::tools_dir;
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};

use crate::cluster::tidy_after_kill;
use crate::daemon::{Daemon, Home, find_program};
use crate::eventually;
use crate::example::Example;
use crate::ports::free_address;
use crate::process::Frozen;
use crate::program::build_dir;

/// What the hosts of the example are called. The first makes the cluster.
const NAMES: &[&str] = &["db1", "db2", "db3"];

/// A running etcd of one member; ended when dropped.
struct Etcd {
    address: SocketAddr,
    _daemon: Daemon,
    _home: Home,
}

impl Etcd {
    async fn start() -> Self {
        let (home, address, peers) = (Home::new(), free_address(), free_address());
        let (client, peer) = (format!("http://{address}"), format!("http://{peers}"));
        let mut command = home.command(&find_program("etcd"));
        command
            .arg("--data-dir")
            .arg(home.path("data"))
            .args([
                "--listen-client-urls",
                &client,
                "--advertise-client-urls",
                &client,
            ])
            .args([
                "--listen-peer-urls",
                &peer,
                "--initial-advertise-peer-urls",
                &peer,
            ])
            .args(["--initial-cluster", &format!("default={peer}")]);
        let daemon = Daemon::spawn(command, &home.path("etcd.log"), Signal::SIGTERM);
        let health = format!("{client}/health");
        daemon
            .answers(async || {
                reqwest::get(&health)
                    .await
                    .is_ok_and(|answer| answer.status() == 200)
            })
            .await;
        Self {
            address,
            _daemon: daemon,
            _home: home,
        }
    }
}

/// The three servers of the example `ha/patroni.yml`.
pub struct Patroni {
    pub members: Vec<Member>,
    etcd: Etcd,
}

/// One server, and the Patroni that runs it; ended when dropped.
pub struct Member {
    pub name: &'static str,
    /// PostgreSQL's.
    pub address: SocketAddr,
    /// Of Patroni's REST API.
    pub api: SocketAddr,
    /// None while its host is gone.
    daemon: Mutex<Option<Daemon>>,
    home: Home,
}

impl Patroni {
    /// A primary with a synchronous standby and another one.
    pub async fn start() -> Self {
        let etcd = Etcd::start().await;
        let members = NAMES.iter().map(|name| Member::new(name)).collect();
        let patroni = Self { members, etcd };
        for member in &patroni.members {
            patroni.start_member(member).await;
            let is_first = member.name == NAMES[0];
            let path = if is_first { "/primary" } else { "/replica" };
            member.answers_at(path).await;
        }
        patroni.has_synchronous_standby().await;
        patroni
    }

    /// Starts the host of a member.
    pub async fn start_member(&self, member: &Member) {
        let text = self.configuration(member);
        let file = member.home.write("patroni.yml", &text);
        let mut command = member.home.command(&installed("patroni"));
        command.arg(file).env("LC_ALL", "C.UTF-8");
        let daemon = Daemon::spawn(command, &member.home.path("patroni.log"), Signal::SIGTERM);
        daemon
            .answers(async || reqwest::get(member.url("/liveness")).await.is_ok())
            .await;
        *member.daemon.lock().unwrap() = Some(daemon);
    }

    /// The example, for one host.
    fn configuration(&self, member: &Member) -> String {
        let etcd = self.etcd.address.to_string();
        let path = |name: &str| member.home.path(name).to_str().unwrap().to_owned();
        let example = Example::read("ha/patroni.yml")
            .with("name: db1", &format!("name: {}", member.name))
            .with("10.0.0.11:8008", &member.api.to_string())
            .with("10.0.0.11:5432", &member.address.to_string())
            .with("10.0.0.21:2379,10.0.0.22:2379,10.0.0.23:2379", &etcd)
            .with("/var/lib/postgresql/15/partner", &path("data"))
            .with(
                "/usr/lib/postgresql/15/bin",
                tools_dir().unwrap().to_str().unwrap(),
            )
            .with("/var/lib/postgresql/patroni.pgpass", &path("pgpass"))
            .with("/run/postgresql", &path(""))
            .with("10.0.0.0/24", "127.0.0.1/32");
        example.text().to_owned()
    }

    /// The member that Patroni calls the primary.
    pub async fn primary(&self) -> &Member {
        let mut found = None;
        eventually("there is a primary", async || {
            found = None;
            for member in &self.members {
                if member.is("/primary").await {
                    found = Some(member);
                }
            }
            found.is_some()
        })
        .await;
        found.unwrap()
    }

    /// Waits until a standby confirms what is committed.
    pub async fn has_synchronous_standby(&self) {
        eventually("there is a synchronous standby", async || {
            for member in &self.members {
                if member.is("/sync").await {
                    return true;
                }
            }
            false
        })
        .await;
    }

    /// Lets the synchronous standby and the primary change places, and waits until they have.
    pub async fn switch_over(&self) {
        let before = self.primary().await;
        self.has_synchronous_standby().await;
        let request = reqwest::Client::new().post(before.url("/switchover"));
        let body = json!({ "leader": before.name }).to_string();
        let answer = request.body(body).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, 200, "{text}");
        assert_ne!(self.primary().await.name, before.name);
    }
}

impl Member {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            address: free_address(),
            api: free_address(),
            daemon: Mutex::default(),
            home: Home::new(),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.api)
    }

    /// Whether Patroni says that the member is what the path asks for.
    async fn is(&self, path: &str) -> bool {
        reqwest::get(self.url(path))
            .await
            .is_ok_and(|answer| answer.status() == 200)
    }

    /// Waits until Patroni says so.
    pub async fn answers_at(&self, path: &str) {
        eventually("Patroni says so", async || {
            let has_ended = self.daemon.lock().unwrap().as_ref().unwrap().has_ended();
            assert!(!has_ended, "Patroni ended: {}", self.log());
            self.is(path).await
        })
        .await;
    }

    /// What Patroni says of the member.
    pub async fn status(&self) -> Value {
        let text = reqwest::get(self.url("/patroni")).await.unwrap().text().await;
        serde_json::from_str(&text.unwrap()).unwrap()
    }

    fn log(&self) -> String {
        self.daemon.lock().unwrap().as_ref().unwrap().log()
    }

    /// Ends Patroni and PostgreSQL without a word, as when the host fails.
    pub fn kill(&self) {
        let daemon = self.daemon.lock().unwrap().take().unwrap();
        // First whoever would start the server again.
        let patroni = daemon.freeze();
        let data_dir = self.home.path("data");
        if let Ok(text) = fs::read_to_string(data_dir.join("postmaster.pid")) {
            let postmaster = text.lines().next().unwrap().parse().unwrap();
            Frozen::new(postmaster).kill();
            tidy_after_kill(&data_dir);
        }
        patroni.kill();
    }

    /// A superuser's connection.
    pub async fn admin(&self, database: &str) -> PgConnection {
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.address.port())
            .username("postgres")
            .password("change-me-postgres")
            .database(database)
            .ssl_mode(PgSslMode::Disable)
            .disable_statement_logging();
        PgConnection::connect_with(&options).await.unwrap()
    }

    /// Runs a statement as a superuser.
    pub async fn execute(&self, database: &str, sql: &str) {
        let mut admin = self.admin(database).await;
        admin.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
        admin.close().await.unwrap();
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // To end in order takes Patroni until the others have noticed.
        if self.daemon.lock().unwrap().is_some() {
            self.kill();
        }
    }
}

/// A program that `scripts/install-patroni` installed.
fn installed(name: &str) -> PathBuf {
    let program = build_dir().parent().unwrap().join("patroni/bin").join(name);
    assert!(
        program.is_file(),
        "{} is missing; scripts/install-patroni installs it",
        program.display()
    );
    program
}
