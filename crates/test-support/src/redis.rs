//! A Redis server that keeps nothing on disk.

use std::net::SocketAddr;
use std::sync::Mutex;

use nix::sys::signal::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::daemon::{Daemon, Home, find_program};
use crate::ports::free_address;
use crate::process::Frozen;

/// A Redis server; ended when dropped.
pub struct Redis {
    pub address: SocketAddr,
    options: Vec<String>,
    /// None after it was killed.
    daemon: Mutex<Option<Daemon>>,
    home: Home,
}

impl Redis {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With more options, such as `--requirepass` and a password.
    pub async fn start_with(options: &[&str]) -> Self {
        let redis = Self {
            address: free_address(),
            options: options.iter().map(|&option| option.to_owned()).collect(),
            daemon: Mutex::default(),
            home: Home::new(),
        };
        redis.start_again().await;
        redis
    }

    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Starts it after it was killed, at the same address and empty.
    pub async fn start_again(&self) {
        let mut command = self.home.command(&find_program("redis-server"));
        let (host, port) = (self.address.ip().to_string(), self.address.port().to_string());
        command
            .args(["--bind", &host, "--port", &port, "--save", ""])
            .arg("--dir")
            .arg(self.home.path(""))
            .args(&self.options);
        let daemon = Daemon::spawn(command, &self.home.path("redis.log"), Signal::SIGKILL);
        // A server that wants a password says so.
        daemon
            .answers(async || {
                self.try_command("PING")
                    .await
                    .is_ok_and(|answer| !answer.is_empty())
            })
            .await;
        let former = self.daemon.lock().unwrap().replace(daemon);
        assert!(former.is_none(), "it runs already");
    }

    /// The first bytes of the answer to a command, as they are sent: `+PONG\r\n`.
    pub async fn command(&self, command: &str) -> String {
        self.try_command(command).await.unwrap()
    }

    /// Ends it without a word.
    pub fn kill(&self) {
        self.daemon.lock().unwrap().take().unwrap().kill();
    }

    /// Stops it where it stands.
    pub fn freeze(&self) -> Frozen {
        self.daemon.lock().unwrap().as_ref().unwrap().freeze()
    }

    async fn try_command(&self, command: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(format!("{command}\r\n").as_bytes()).await?;
        let mut answer = vec![0; 4096];
        let length = stream.read(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
    }
}
