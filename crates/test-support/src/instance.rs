//! One running process of the service, and what it answers.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use nix::sys::signal::{Signal, kill};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::process::pid;
use crate::{Answer, ISSUER, MASTER_KEY, TestClient, assertion, eventually};

/// The program away from any `.env`, with what an instance needs.
fn program(database_url: Option<&str>) -> Command {
    let mut command = crate::program::program(Path::new("/"), &[]);
    command
        .env("PARTNER_MASTER_KEY", MASTER_KEY)
        .env("PARTNER_PUBLIC_URL", ISSUER)
        .env("PARTNER_LISTEN", "127.0.0.1:0")
        .env("PARTNER_OPS_LISTEN", "127.0.0.1:0");
    if let Some(url) = database_url {
        command.env("DATABASE_URL", url);
    }
    command
}

/// Another program, with what an instance needs and nothing else.
fn of_program(path: &Path, database_url: &str) -> Command {
    let mut command = Command::new(path);
    command.env_clear().current_dir("/").stdin(Stdio::null());
    for (name, value) in program(Some(database_url)).get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command
}

/// `command` as the argument of `outer`, with its environment.
fn within(mut outer: Command, command: &Command) -> Command {
    outer.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    outer.current_dir("/").stdin(Stdio::null());
    outer
}

/// A running `serve`; killed when dropped.
pub struct Instance {
    pub address: SocketAddr,
    pub ops_address: SocketAddr,
    child: Child,
    http: reqwest::Client,
    log: Arc<Mutex<Vec<String>>>,
}

impl Instance {
    /// An instance on a database.
    pub async fn start(database_url: &str) -> Self {
        Self::start_with(database_url, &[]).await
    }

    /// The same, with variables set.
    pub async fn start_with(database_url: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = program(Some(database_url));
        command.envs(variables.iter().copied());
        Self::run(command).await
    }

    /// Several instances on one database, started at the same time; the nth has the variables that are told for it.
    pub async fn start_several(
        database_url: &str,
        count: usize,
        variables: impl Fn(usize) -> Vec<(&'static str, String)>,
    ) -> Vec<Self> {
        let spawn = |number| {
            let mut command = program(Some(database_url));
            command.envs(variables(number));
            Self::spawn(command)
        };
        let mut instances: Vec<Self> = (0..count).map(spawn).collect();
        for instance in &mut instances {
            instance.serves().await;
        }
        instances
    }

    /// An instance of another program: of another version.
    pub async fn start_program(path: &Path, database_url: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = of_program(path, database_url);
        command.envs(variables.iter().copied());
        Self::run(command).await
    }

    /// An instance on a private PostgreSQL.
    pub async fn start_on_private_postgres(data_dir: &Path) -> Self {
        let mut command = program(None);
        command.env("PARTNER_DATA_DIR", data_dir);
        Self::run(command).await
    }

    /// An instance that may open this many files at most.
    pub async fn start_with_files(database_url: &str, files: u32) -> Self {
        let mut command = Command::new("/bin/sh");
        let script = format!("ulimit -n {files} && exec \"$0\" \"$@\"");
        command.arg("-c").arg(script);
        Self::run(within(command, &program(Some(database_url)))).await
    }

    /// An instance that need not serve yet, nor ever.
    pub async fn start_unready(database_url: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = program(Some(database_url));
        command.envs(variables.iter().copied());
        let mut instance = Self::spawn(command);
        instance.find_addresses("starting").await;
        instance
    }

    async fn run(command: Command) -> Self {
        let mut instance = Self::spawn(command);
        instance.serves().await;
        instance
    }

    /// Waits until it serves.
    pub async fn serves(&mut self) {
        self.find_addresses("serving").await;
    }

    /// Starts the process; its addresses are not known yet.
    fn spawn(mut command: Command) -> Self {
        command
            .arg("serve")
            .env("PARTNER_LOG_FORMAT", "json")
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let output = BufReader::new(child.stderr.take().unwrap());
        let lines = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                // One line for each good request would fill the memory.
                if !line.contains("\"request_id\"") || line.contains("\"cause\"") {
                    lines.lock().unwrap().push(line);
                }
            }
        });
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
        Self {
            address: unknown,
            ops_address: unknown,
            child,
            http,
            log,
        }
    }

    async fn find_addresses(&mut self, message: &str) {
        let mut found = None;
        eventually(message, async || {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended: {:?}", self.log());
            found = self.log().iter().find_map(|line| announced(line, message));
            found.is_some()
        })
        .await;
        (self.address, self.ops_address) = found.unwrap();
    }

    /// What it logged so far, without the requests in which it did not fail.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    pub fn signal(&self, signal: Signal) {
        kill(pid(self.child.id()), signal).unwrap();
    }

    /// What ends it without a word, for another task.
    pub fn killer(&self) -> impl FnOnce() + use<> {
        let pid = pid(self.child.id());
        move || kill(pid, Signal::SIGKILL).unwrap()
    }

    /// The most memory that it ever had resident, in KiB.
    pub fn peak_memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap();
        peak.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Ends it without a word.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// How it ended.
    pub async fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        eventually("it ends", async || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        })
        .await;
        status.unwrap()
    }

    /// Asks for SIGTERM's end, and waits for it.
    pub async fn stop(mut self) {
        self.signal(Signal::SIGTERM);
        let status = self.ended().await;
        assert!(status.success(), "{status}: {:?}", self.log());
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        self.http.request(method, url)
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        Answer::of(self.request(Method::POST, path).form(form))
            .await
            .unwrap()
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        Answer::of(self.request(Method::GET, path).bearer_auth(token))
            .await
            .unwrap()
    }

    /// The answer of readiness.
    pub async fn health(&self) -> Answer {
        self.get_ops("/health/ready").await
    }

    /// The status of readiness: `starting`, `ready`, `degraded`, `clock` or `draining`.
    pub async fn readiness(&self) -> String {
        self.health().await.json()["status"].as_str().unwrap().to_owned()
    }

    /// The state of the database, as readiness says it.
    pub async fn database(&self) -> String {
        let health = self.health().await.json();
        health["database"].as_str().unwrap_or_default().to_owned()
    }

    /// The value of a metric without labels, as it is written.
    pub async fn metric(&self, name: &str) -> String {
        let text = self.get_ops("/metrics").await.body;
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("no metric {name}")).to_owned()
    }

    pub async fn get_ops(&self, path: &str) -> Answer {
        let url = format!("http://{}{path}", self.ops_address);
        Answer::of(self.http.get(url)).await.unwrap()
    }

    pub async fn client_credentials(&self, client: &TestClient) -> Answer {
        self.post("/token", &client.credentials_form()).await
    }

    pub async fn jwt_bearer(&self, assertion: &str) -> Answer {
        self.post("/token", &assertion::form(assertion)).await
    }

    /// A token by `client_credentials`.
    pub async fn token(&self, client: &TestClient) -> String {
        self.client_credentials(client).await.token()
    }

    /// The status of `/auth/check`.
    pub async fn check(&self, token: &str) -> u16 {
        self.get("/auth/check", token).await.status.as_u16()
    }

    pub async fn revoke(&self, client: &TestClient, token: &str) -> Answer {
        self.try_revoke(client, token).await.unwrap()
    }

    /// As [`Instance::revoke`], where the instance may be killed meanwhile.
    pub async fn try_revoke(&self, client: &TestClient, token: &str) -> reqwest::Result<Answer> {
        let form = [
            ("client_id", client.client_id.as_str()),
            ("client_secret", &client.secret),
            ("token", token),
        ];
        Answer::of(self.request(Method::POST, "/revoke").form(&form)).await
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the log of {}:\n{}", self.address, self.log().join("\n"));
        }
    }
}

/// The addresses in the line with this message.
fn announced(line: &str, message: &str) -> Option<(SocketAddr, SocketAddr)> {
    let line: Value = serde_json::from_str(line).ok()?;
    if line.get("message") != Some(&message.into()) {
        return None;
    }
    let find = |name: &str| {
        let text = line
            .get(name)
            .or_else(|| line.get("fields")?.get(name))?
            .as_str()?;
        text.split_once("://")?.1.parse().ok()
    };
    Some((find("public")?, find("ops")?))
}

/// Runs a subcommand on a database beside the instances; it must succeed.
pub async fn command(
    database_url: &str,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    variables: &[(&str, &str)],
) -> String {
    let mut command = program(Some(database_url));
    command.args(arguments).envs(variables.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a subcommand of another program on a database; it must succeed.
pub async fn command_of(path: &Path, database_url: &str, arguments: &[&str]) -> String {
    let mut command = of_program(path, database_url);
    command.args(arguments);
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = output.await.unwrap().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// What an instance says that does not start.
pub async fn refusal(database_url: &str, variables: &[(&str, &str)]) -> String {
    let mut command = program(Some(database_url));
    command.arg("serve").envs(variables.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = output.await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}
