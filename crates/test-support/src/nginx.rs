//! nginx with a configuration of the test's.

use std::net::SocketAddr;
use std::process::Command;

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::daemon::{Daemon, find_program};
use crate::database::directory;

/// A running nginx; ended when dropped.
pub struct Nginx {
    pub address: SocketAddr,
    _daemon: Daemon,
    directory: TempDir,
}

impl Nginx {
    /// Runs a whole configuration, which listens at an address and leaves `pid` and `error_log` open.
    pub async fn start(address: SocketAddr, configuration: &str) -> Self {
        let directory = directory();
        let prefix = directory.path().to_str().unwrap();
        let file = directory.path().join("nginx.conf");
        std::fs::write(&file, configuration).unwrap();
        let mut command = Command::new(find_program("nginx"));
        command
            .args(["-p", prefix, "-e", &format!("{prefix}/early.log"), "-g"])
            .arg(format!(
                "daemon off; pid {prefix}/nginx.pid; error_log {prefix}/error.log;"
            ))
            .arg("-c")
            .arg(file);
        // By SIGTERM it takes its workers along.
        let daemon = Daemon::spawn(command, &directory.path().join("output.log"), Signal::SIGTERM);
        daemon
            .answers(async || TcpStream::connect(address).await.is_ok())
            .await;
        Self {
            address,
            _daemon: daemon,
            directory,
        }
    }

    /// What went wrong so far.
    pub fn error_log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("error.log")).unwrap()
    }
}
