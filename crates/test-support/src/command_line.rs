//! The program, as people and scripts run it: its commands on a database of their own, and `serve`.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use private_postgres::reachable_dir;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use talentsoft_partner::clock::Clock;
use tempfile::TempDir;

pub use crate::program::program;
use crate::{PATIENCE, SECRET, assertion, database};

/// What the program takes for its public URL unless told otherwise.
pub const PUBLIC_URL: &str = "http://localhost:8080";

/// A directory to run commands in, which PostgreSQL can enter; away from any `.env` of a developer.
pub fn directory() -> TempDir {
    let parent = reachable_dir(&std::env::temp_dir()).unwrap();
    let permissions = Permissions::from_mode(0o711);
    let mut builder = tempfile::Builder::new();
    builder.permissions(permissions).tempdir_in(parent).unwrap()
}

/// A database of its own, a master key, and a directory to run commands in.
pub struct CommandLine {
    pub dir: TempDir,
    database_url: String,
}

impl CommandLine {
    pub fn new() -> Self {
        Self::on(block_on(database::fresh()))
    }

    /// One on a database in which nothing is, no schema either.
    pub fn empty() -> Self {
        Self::on(block_on(database::empty()))
    }

    /// One on a database that a test prepared.
    pub fn on(database_url: String) -> Self {
        let registry = Self {
            dir: tempfile::tempdir().unwrap(),
            database_url,
        };
        registry.file("master.key", &"0123456789abcdef".repeat(4));
        registry
    }

    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// One with the customer Acme.
    pub fn with_customer() -> Self {
        let registry = Self::new();
        registry.json(&["customer", "add", "Acme"]);
        registry
    }

    /// One with the customer Acme and its client `client-1`, whose secret is [`SECRET`].
    pub fn with_client() -> Self {
        let registry = Self::with_customer();
        registry.add_client("client-1", &[]);
        registry
    }

    /// Registers a client of Acme with [`SECRET`].
    pub fn add_client(&self, client_id: &str, more: &[&str]) -> Value {
        let secret = self.file("secret", SECRET);
        let args = [
            "client",
            "add",
            "--customer",
            "Acme",
            "--client-id",
            client_id,
            "--secret-file",
        ];
        self.json(&[&args[..], &[secret.to_str().unwrap()], more].concat())
    }

    /// Writes a file that a command is to read.
    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// The program, in the directory and with the database of this registry, and with nothing else from outside.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = program(self.dir.path(), args);
        command
            .env("DATABASE_URL", &self.database_url)
            .env("PARTNER_MASTER_KEY_FILE", "master.key")
            .env("PARTNER_DATABASE_CONNECTIONS", "4");
        command
    }

    /// The same where no file can be written beyond `blocks` of 512 bytes, as on a disk that is full.
    pub fn command_on_full_disk(&self, blocks: u32, args: &[&str]) -> Command {
        let command = self.command(args);
        let mut limited = Command::new("sh");
        limited
            .args(["-c", r#"trap '' XFSZ && ulimit -f "$0" && exec "$@""#])
            .arg(blocks.to_string())
            .arg(command.get_program())
            .args(command.get_args())
            .env_clear()
            .envs(
                command
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .stdin(Stdio::null());
        if let Some(dir) = command.get_current_dir() {
            limited.current_dir(dir);
        }
        limited
    }

    /// Runs a statement on this database.
    pub fn execute(&self, sql: &str) {
        let (database_url, sql) = (self.database_url.clone(), sql.to_owned());
        block_on(async move {
            let mut connection = PgConnection::connect(&database_url).await.unwrap();
            sqlx::query(AssertSqlSafe(sql))
                .execute(&mut connection)
                .await
                .unwrap();
        });
    }

    /// What a command that succeeds prints.
    pub fn text(&self, args: &[&str]) -> String {
        succeed(&mut self.command(args))
    }

    /// What a command that succeeds prints with `--json`.
    pub fn json(&self, args: &[&str]) -> Value {
        parse(&self.text(&[args, &["--json"]].concat()))
    }

    /// The one line that a command that fails says on standard error.
    pub fn error(&self, args: &[&str]) -> String {
        fail(&mut self.command(args))
    }

    /// The same for a command that reads `input` from standard input.
    pub fn error_given(&self, args: &[&str], input: &str) -> String {
        error_line(&run_given(&mut self.command(args), input))
    }

    /// What a command prints that reads `input` from standard input.
    pub fn json_given(&self, args: &[&str], input: &str) -> Value {
        let output = run_given(&mut self.command(&[args, &["--json"]].concat()), input);
        parse(&printed(&output))
    }

    /// The one line of a `serve` on this database that does not start.
    pub fn serve_error(&self, variables: &[(&str, &str)]) -> String {
        let mut command = self.command(&["serve"]);
        command
            .env("PARTNER_LISTEN", "127.0.0.1:0")
            .env("PARTNER_OPS_LISTEN", "127.0.0.1:0")
            .env("PARTNER_LOG", "error")
            .envs(variables.iter().copied());
        fail(&mut command)
    }

    /// `serve` on this database, at ports of the system's choice.
    pub fn serve(&self) -> Service {
        Service::spawn(self.command(&["serve"]))
    }
}

/// Runs to its end what a test awaits, on a thread of its own: the test may have a runtime already.
fn block_on<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    thread::spawn(move || runtime.block_on(future)).join().unwrap()
}

pub fn succeed(command: &mut Command) -> String {
    printed(&command.output().unwrap())
}

pub fn fail(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "",
        "a failure prints nothing"
    );
    error_line(&output)
}

pub fn run_given(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // It may end before it has read everything.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().unwrap()
}

/// What is on standard error, but for warnings of slow statements: a slow machine has some.
fn standard_error(output: &Output) -> String {
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    let lines = error.split_inclusive('\n');
    lines
        .filter(|line| !line.contains(" WARN sqlx::query: slow statement"))
        .collect()
}

fn printed(output: &Output) -> String {
    let error = standard_error(output);
    assert!(output.status.success(), "{}: {error}", output.status);
    assert_eq!(error, "", "a success says nothing on standard error");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The one line of an exit with status 1.
pub fn error_line(output: &Output) -> String {
    let error = standard_error(output);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    let line = error.strip_prefix("talentsoft-partner: ").expect(&error);
    line.strip_suffix('\n').expect(&error).to_owned()
}

pub fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// A running `serve` or `demo`; killed when dropped.
pub struct Service {
    child: Child,
    pub base_url: String,
    log: Arc<Mutex<String>>,
}

impl Service {
    /// Spawns it and waits until it says where it listens.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command
            .env("PARTNER_LISTEN", "127.0.0.1:0")
            .env("PARTNER_OPS_LISTEN", "127.0.0.1:0")
            .env("PARTNER_WORKERS", "1")
            .env("PARTNER_LOG", "info")
            .env("PARTNER_LOG_FORMAT", "json")
            .env("PARTNER_SHUTDOWN_GRACE", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::default();
        let (sender, receiver) = channel();
        follow(child.stderr.take().unwrap(), Arc::clone(&log), move |line| {
            let said: Value = serde_json::from_str(line).unwrap_or_default();
            if said["message"] == "serving" {
                let _ = sender.send(said["public"].as_str().unwrap_or_default().to_owned());
            }
        });
        let mut service = Self {
            child,
            base_url: String::new(),
            log,
        };
        service.base_url = service.await_line(&receiver);
        service
    }

    fn await_line(&mut self, receiver: &Receiver<String>) -> String {
        receiver
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|_| panic!("not serving: {:?}, {}", self.child.try_wait(), self.log()))
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Its standard output; to be taken once.
    pub fn stdout(&mut self) -> impl Read + use<> {
        self.child.stdout.take().unwrap()
    }

    /// Presses Ctrl-C, and waits until it has ended well.
    pub fn interrupt(mut self) {
        let pid = i32::try_from(self.child.id()).unwrap();
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGINT).unwrap();
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status,
                None if Instant::now() > deadline => panic!("it goes on: {}", self.log()),
                None => thread::sleep(Duration::from_millis(10)),
            }
        };
        assert!(status.success(), "{status}: {}", self.log());
    }

    /// A POST to `/token`: status and answer.
    pub async fn ask_token(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let request = http().post(format!("{}/token", self.base_url)).form(form);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Asks with `client_credentials`.
    pub async fn ask_as(&self, client_id: &str, secret: &str) -> (u16, Value) {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", secret),
        ];
        self.ask_token(&form).await
    }

    /// The access token that an assertion is exchanged for.
    pub async fn exchange(&self, assertion: &str) -> (u16, Value) {
        self.ask_token(&assertion::form(assertion)).await
    }

    /// The status of `GET /videos/campaigns`.
    pub async fn campaigns_status(&self, token: &str) -> u16 {
        let request = http()
            .get(format!("{}/videos/campaigns", self.base_url))
            .bearer_auth(token);
        request.send().await.unwrap().status().as_u16()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn follow(pipe: impl Read + Send + 'static, log: Arc<Mutex<String>>, notice: impl Fn(&str) + Send + 'static) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            log.lock().unwrap().extend([&line, "\n"]);
            notice(&line);
        }
    });
}

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// Claims as Talentsoft sends them, good for 20 minutes.
pub fn claims(client_id: &str) -> Value {
    assertion::claims(client_id, PUBLIC_URL, Clock::system().now())
}

/// Claims with one of them replaced, or removed by null.
pub fn claims_but(client_id: &str, name: &str, value: Value) -> Value {
    let mut claims = claims(client_id);
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

pub fn sign(claims: &Value, secret: &str) -> String {
    assertion::sign_parts(r#"{"alg":"HS256","typ":"JWT"}"#, &claims.to_string(), secret)
}
