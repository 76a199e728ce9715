//! HAProxy as a route to the database: one of several servers is the active one, and the test says which.

use std::net::SocketAddr;

use nix::sys::signal::Signal;
use sqlx::{Connection, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::cluster::url_at;
use crate::daemon::{Configured, Daemon, Home, find_program};
use crate::eventually;
use crate::ports::free_address;
use crate::process::Frozen;

/// What becomes of the sessions on the former server when the route is switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sessions {
    /// They stay where they are, as they do unless somebody asks for the other.
    Kept,
    Closed,
}

/// Runs a whole configuration, which listens at an address.
pub async fn start_configured(configuration: &str, address: SocketAddr) -> Configured {
    let home = Home::new();
    let daemon = spawn(&home, configuration);
    Configured::start(daemon, home, address).await
}

/// Waits until a route leads to the primary and to no other of so many servers: HAProxy sends sessions to all of them until
/// it has asked each.
pub async fn leads_to_the_primary(url: &str, servers: usize) {
    let mut in_a_row = 0;
    eventually("the route leads to the primary", async || {
        in_a_row = if is_primary(url).await { in_a_row + 1 } else { 0 };
        in_a_row > 2 * servers
    })
    .await;
}

async fn is_primary(url: &str) -> bool {
    let Ok(mut connection) = PgConnection::connect(url).await else {
        return false;
    };
    let asked = sqlx::query_scalar("select not pg_is_in_recovery()");
    asked.fetch_one(&mut connection).await.unwrap_or(false)
}

/// Runs it in the foreground.
fn spawn(home: &Home, configuration: &str) -> Daemon {
    let file = home.write("haproxy.cfg", configuration);
    let mut command = home.command(&find_program("haproxy"));
    command.arg("-db").arg("-f").arg(file);
    Daemon::spawn(command, &home.path("haproxy.log"), Signal::SIGKILL)
}

/// A running HAProxy; ended when dropped.
pub struct HaProxy {
    /// Where it accepts connections.
    pub address: SocketAddr,
    /// Where it takes commands.
    commands: SocketAddr,
    servers: Vec<SocketAddr>,
    daemon: Daemon,
    _home: Home,
}

impl HaProxy {
    /// A route to the first of the servers.
    pub async fn start(servers: &[SocketAddr]) -> Self {
        let home = Home::new();
        let (address, commands) = (free_address(), free_address());
        let daemon = spawn(&home, &configuration(address, commands, servers));
        daemon
            .answers(async || TcpStream::connect(commands).await.is_ok())
            .await;
        Self {
            address,
            commands,
            servers: servers.to_vec(),
            daemon,
            _home: home,
        }
    }

    /// The URL of the database behind the route.
    pub fn url(&self) -> String {
        url_at(self.address)
    }

    /// New connections go to another server.
    pub async fn switch(&self, to: SocketAddr, sessions: Sessions) {
        assert!(self.servers.contains(&to), "{to} is not behind this route");
        let others = self.servers.iter().filter(|&&server| server != to);
        let mut commands = vec![format!("set server {} state ready", name_of(to))];
        for other in others {
            commands.push(format!("set server {} state maint", name_of(*other)));
            if sessions == Sessions::Closed {
                commands.push(format!("shutdown sessions server {}", name_of(*other)));
            }
        }
        let answer = self.command(&commands.join("; ")).await;
        assert_eq!(answer.trim(), "", "a command was refused");
    }

    /// How many sessions there are on a server.
    pub async fn sessions(&self, server: SocketAddr) -> usize {
        let answer = self.command("show stat").await;
        let mut lines = answer
            .trim_start_matches("# ")
            .lines()
            .map(|line| line.split(',').collect::<Vec<_>>());
        let header = lines.next().unwrap();
        let column = |name: &str| header.iter().position(|found| *found == name).unwrap();
        let (place, current) = (["pxname", "svname"].map(column), column("scur"));
        let line = lines.find(|line| place.map(|at| line[at]).join("/") == name_of(server));
        line.unwrap()[current].parse().unwrap()
    }

    /// Stops it where it stands.
    pub fn freeze(&self) -> Frozen {
        self.daemon.freeze()
    }

    /// Gives it commands, and returns what it says.
    async fn command(&self, command: &str) -> String {
        let mut stream = TcpStream::connect(self.commands).await.unwrap();
        stream.write_all(format!("{command}\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

/// The name of a server in commands.
fn name_of(server: SocketAddr) -> String {
    format!("servers/port-{}", server.port())
}

fn configuration(address: SocketAddr, commands: SocketAddr, servers: &[SocketAddr]) -> String {
    let mut lines = vec![
        "global".to_owned(),
        format!("  stats socket ipv4@{commands} level admin"),
        "defaults".to_owned(),
        "  mode tcp".to_owned(),
        "  timeout connect 2s".to_owned(),
        "  timeout client 1h".to_owned(),
        "  timeout server 1h".to_owned(),
        "frontend route".to_owned(),
        format!("  bind {address}"),
        "  default_backend servers".to_owned(),
        "backend servers".to_owned(),
    ];
    for (number, server) in servers.iter().enumerate() {
        let state = if number == 0 { "" } else { " disabled" };
        lines.push(format!("  server port-{} {server}{state}", server.port()));
    }
    lines.join("\n") + "\n"
}
