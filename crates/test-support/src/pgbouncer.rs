//! PgBouncer in transaction mode: a statement of a session may run on any of the connections to the server.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use nix::sys::signal::Signal;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};

use crate::cluster::{DATABASE, ROLE, url_at};
use crate::daemon::{Configured, Daemon, Home, find_program};
use crate::example::Example;
use crate::ports::free_address;
use crate::process::Frozen;
use crate::program::build_dir;

/// Where a PgBouncer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// Debian's package: in Debian 12 it is 1.18, which loses prepared statements.
    Debian,
    /// What `scripts/build-pgbouncer` built: of 1.21 or newer, which keeps them.
    Newer,
}

/// Runs a whole configuration, which listens at an address and leaves its file of users open. `users` are their names and
/// passwords.
pub async fn start_configured(
    configuration: Example,
    users: &[(&str, &str)],
    address: SocketAddr,
) -> Configured {
    let home = Home::new();
    let users: String = users
        .iter()
        .map(|(name, password)| format!("\"{name}\" \"{password}\"\n"))
        .collect();
    let users = home.write("userlist.txt", &users);
    let configuration = configuration
        .with("/etc/pgbouncer/userlist.txt", users.to_str().unwrap())
        .with("[pgbouncer]", "[pgbouncer]\nunix_socket_dir =");
    let file = home.write("pgbouncer.ini", configuration.text());
    let mut command = home.command(&program(Build::Newer));
    command.arg(file);
    let daemon = Daemon::spawn(command, &home.path("pgbouncer.log"), Signal::SIGKILL);
    Configured::start(daemon, home, address).await
}

/// A running PgBouncer; ended when dropped.
pub struct PgBouncer {
    pub address: SocketAddr,
    /// Major and minor version.
    pub version: (u32, u32),
    daemon: Daemon,
    _home: Home,
}

impl PgBouncer {
    /// Stands in front of the server at an address.
    pub async fn start(build: Build, server: SocketAddr) -> Self {
        Self::start_with(build, server, &[]).await
    }

    /// The same, with settings of the section `pgbouncer`.
    pub async fn start_with(build: Build, server: SocketAddr, settings: &[(&str, &str)]) -> Self {
        let program = program(build);
        let version = version_of(&program);
        let (home, address) = (Home::new(), free_address());
        let users = home.write("users.txt", &format!("\"{ROLE}\" \"\"\n\"postgres\" \"\"\n"));
        let mut lines = vec![
            "[databases]".to_owned(),
            format!("{DATABASE} = host={} port={}", server.ip(), server.port()),
            "[pgbouncer]".to_owned(),
            format!("listen_addr = {}", address.ip()),
            format!("listen_port = {}", address.port()),
            "unix_socket_dir =".to_owned(),
            "auth_type = trust".to_owned(),
            format!("auth_file = {}", users.display()),
            "admin_users = postgres".to_owned(),
            "pool_mode = transaction".to_owned(),
            "max_client_conn = 500".to_owned(),
            "ignore_startup_parameters = extra_float_digits,options".to_owned(),
            // A server that is back is noticed soon.
            "server_login_retry = 1".to_owned(),
        ];
        if version >= (1, 21) {
            lines.push("max_prepared_statements = 200".to_owned());
        }
        lines.extend(settings.iter().map(|(name, value)| format!("{name} = {value}")));
        let file = home.write("pgbouncer.ini", &(lines.join("\n") + "\n"));
        let mut command = home.command(&program);
        command.arg(file);
        let daemon = Daemon::spawn(command, &home.path("pgbouncer.log"), Signal::SIGKILL);
        let bouncer = Self {
            address,
            version,
            daemon,
            _home: home,
        };
        bouncer
            .daemon
            .answers(async || bouncer.console().await.is_ok())
            .await;
        bouncer
    }

    /// The URL of the database through it.
    pub fn url(&self) -> String {
        url_at(self.address)
    }

    /// Gives a command to its console, such as `reconnect`.
    pub async fn command(&self, command: &str) {
        let mut console = self.console().await.unwrap();
        // By the simple protocol: the console knows no other.
        let command = AssertSqlSafe(command.to_owned());
        console.execute(sqlx::raw_sql(command)).await.unwrap();
    }

    /// Stops it where it stands.
    pub fn freeze(&self) -> Frozen {
        self.daemon.freeze()
    }

    async fn console(&self) -> sqlx::Result<PgConnection> {
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.address.port())
            .username("postgres")
            .database("pgbouncer")
            .ssl_mode(PgSslMode::Disable)
            .disable_statement_logging();
        PgConnection::connect_with(&options).await
    }
}

fn program(build: Build) -> PathBuf {
    match build {
        Build::Debian => find_program("pgbouncer"),
        Build::Newer => {
            let program = build_dir().parent().unwrap().join("pgbouncer");
            assert!(
                program.is_file(),
                "{} is missing; `make test` builds it by scripts/build-pgbouncer",
                program.display()
            );
            program
        }
    }
}

/// Major and minor version, from the line `PgBouncer 1.18.0`.
fn version_of(program: &PathBuf) -> (u32, u32) {
    let output = Command::new(program).arg("--version").output().unwrap();
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = output.split_whitespace().nth(1).unwrap();
    let mut numbers = version.split('.').map(|number| number.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}
