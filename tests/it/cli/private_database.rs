//! Without `DATABASE_URL`: commands and services on the private PostgreSQL of a data directory, and the demo.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use test_support::command_line::{Service, directory, fail, parse, program, succeed};
use test_support::{SECRET, eventually};

/// Whether a process of the cluster in this data directory is there.
fn is_running(data_dir: &Path) -> bool {
    let data_dir = data_dir.canonicalize().unwrap();
    let data_dir = data_dir.to_str().unwrap();
    fs::read_dir("/proc").unwrap().flatten().any(|process| {
        let cmdline = fs::read(process.path().join("cmdline")).unwrap_or_default();
        let cmdline = String::from_utf8_lossy(&cmdline);
        cmdline.contains("postgres") && cmdline.contains(data_dir)
    })
}

/// `--json` of a command that succeeds.
fn json(dir: &Path, args: &[&str]) -> Value {
    parse(&succeed(&mut program(dir, &[args, &["--json"]].concat())))
}

#[tokio::test]
async fn a_command_starts_the_private_postgresql_for_itself_or_uses_that_of_a_running_service() {
    let dir = directory();
    let (dir, data) = (dir.path(), dir.path().join("data"));
    json(dir, &["customer", "add", "Acme"]);
    assert!(
        !is_running(&data),
        "a command that succeeds leaves nothing running"
    );
    assert_eq!(
        fail(&mut program(dir, &["customer", "add", "Acme"])),
        "a customer named `Acme` exists already"
    );
    assert!(!is_running(&data), "a command that fails leaves nothing running");

    let service = Service::spawn(program(dir, &["serve"]));
    assert!(is_running(&data));
    fs::write(dir.join("secret"), SECRET).unwrap();
    let add = [
        "client",
        "add",
        "--customer",
        "Acme",
        "--client-id",
        "beside",
        "--secret-file",
        "secret",
    ];
    json(dir, &add);
    eventually("it gets a token", async || {
        service.ask_as("beside", SECRET).await.0 == 200
    })
    .await;
    assert!(is_running(&data), "the command leaves the service its PostgreSQL");
    let error = fail(
        program(dir, &["serve"])
            .env("PARTNER_LISTEN", "127.0.0.1:0")
            .env("PARTNER_OPS_LISTEN", "127.0.0.1:0")
            .env("PARTNER_LOG", "warn"),
    );
    assert!(error.contains("is in use by another process"), "{error}");
    service.interrupt();
    assert!(!is_running(&data), "a service takes its PostgreSQL down");
    assert_eq!(json(dir, &["client", "list"])[0]["client_id"], "beside");
}

#[test]
fn a_master_key_that_is_lost_is_not_replaced() {
    let dir = directory();
    let (dir, file) = (dir.path(), dir.path().join("data/master.key"));
    json(dir, &["customer", "add", "Acme"]);
    assert!(!file.exists(), "nothing is sealed yet");
    Service::spawn(program(dir, &["serve"])).interrupt();
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let kept = dir.join("kept.key");
    fs::rename(&file, &kept).unwrap();
    for args in [&["serve"][..], &["demo"], &["key", "rotate", "token"]] {
        let mut command = program(dir, args);
        command
            .env("PARTNER_LISTEN", "127.0.0.1:0")
            .env("PARTNER_OPS_LISTEN", "127.0.0.1:0")
            .env("PARTNER_LOG", "error");
        let error = fail(&mut command);
        assert!(
            error.starts_with("the master key of this database is lost: "),
            "{error}"
        );
        assert!(error.contains("data/master.key is not there"), "{error}");
        assert!(!file.exists(), "{args:?} made another one");
    }
    assert_eq!(json(dir, &["customer", "list"])[0]["name"], "Acme");
    fs::rename(&kept, &file).unwrap();
    json(dir, &["key", "rotate", "token"]);
}

#[test]
fn commands_at_the_same_time_take_turns() {
    let dir = directory();
    let names = ["A", "B", "C", "D"];
    let spawn = |name| {
        let mut command = program(dir.path(), &["customer", "add", name]);
        command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children = names.map(spawn);
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let listed = json(dir.path(), &["customer", "list"]);
    let listed: Vec<&Value> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|customer| &customer["name"])
        .collect();
    assert_eq!(listed, names);
    assert!(!is_running(&dir.path().join("data")));
}

/// A demo and what it prints.
pub struct Demo {
    pub service: Service,
    output: BufReader<Box<dyn Read>>,
    /// Up to the end of the lines to paste.
    pub script: String,
}

impl Demo {
    fn start(dir: &Path) -> Self {
        Self::spawn(program(dir, &["demo"]))
    }

    /// Starts it, and reads up to the end of the lines to paste.
    pub fn spawn(command: Command) -> Self {
        let mut service = Service::spawn(command);
        let output = BufReader::new(Box::new(service.stdout()) as Box<dyn Read>);
        let mut demo = Self {
            service,
            output,
            script: String::new(),
        };
        demo.script = demo.read_until("/docs/");
        demo
    }

    fn read_until(&mut self, end: &str) -> String {
        let mut text = String::new();
        while !text.contains(end) {
            assert!(self.output.read_line(&mut text).unwrap() > 0, "it ended: {text}");
        }
        text
    }
}

/// What the lines to paste print, pasted as they are.
pub fn paste(text: &str) -> String {
    let is_line = |line: &&str| {
        let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        ["echo ", "curl "].iter().any(|start| line.starts_with(start))
            || line.split_once('=').is_some_and(|(name, _)| is_name(name))
    };
    let lines: Vec<&str> = text.lines().filter(is_line).collect();
    assert!(lines.len() > 8, "{text}");
    let mut shell = Command::new("sh");
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        shell.env_remove(name);
    }
    let output = shell
        .args(["-c", &lines.join("\n")])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap()
}

/// The lines with the identifier and the secret of the client.
pub fn pair(text: &str) -> Vec<String> {
    let is_pair = |line: &&str| line.starts_with("client_id ") || line.starts_with("client_secret ");
    text.lines().filter(is_pair).map(str::to_owned).collect()
}

#[test]
fn the_demo_prints_calls_that_work_and_finds_its_data_again() {
    let dir = directory();
    let (dir, data) = (dir.path(), dir.path().join("data"));
    let mut demo = Demo::start(dir);
    let first = demo.script.clone();
    assert!(
        pair(&first)[0].ends_with("428a51ae-0387-43ab-8c64-cf026f77656f"),
        "{first}"
    );
    let answers = paste(&first);
    assert_eq!(
        answers.matches(r#""token_type":"bearer""#).count(),
        4,
        "{answers}"
    );
    assert_eq!(answers.matches("Île-de-France").count(), 3, "{answers}");
    assert_eq!(
        answers
            .matches(r#""invited_by":"jean.dupont@demo.example""#)
            .count(),
        1,
        "{answers}"
    );
    assert_eq!(answers.matches(r#""status":"completed""#).count(), 2, "{answers}");
    assert_eq!(answers.matches(r#""error_message":null"#).count(), 1, "{answers}");
    assert_eq!(answers.matches("error").count(), 1, "{answers}");
    assert_eq!(
        answers.matches(r#""name":"Dental Hygienist""#).count(),
        1,
        "{answers}"
    );
    assert!(answers.contains(r#""jobLevels":["senior"]"#), "{answers}");
    let profiles = r#""institution-user-id":"0000001""#;
    assert_eq!(
        answers.matches(profiles).count(),
        2,
        "written and found: {answers}"
    );
    assert!(answers.contains(r#""meta":{"total":1}"#), "{answers}");
    let told = demo.read_until(r#""status":"completed""#);
    assert_eq!(
        told.matches("received for platform (valid signature)").count(),
        1,
        "{told}"
    );
    assert_eq!(
        told.matches("received for talentsoft (valid signature)").count(),
        2,
        "{told}"
    );
    assert!(
        told.find(r#""status":"started""#) < told.find(r#""status":"completed""#),
        "{told}"
    );
    demo.service.interrupt();
    assert!(!is_running(&data), "Ctrl-C leaves nothing running");
    let mode = fs::metadata(data.join("demo-client-secret"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let variables = fs::metadata(data.join("demo.env")).unwrap().permissions().mode();
    assert_eq!(variables & 0o777, 0o600);

    let demo = Demo::start(dir);
    let second = &demo.script;
    assert_eq!(pair(second), pair(&first), "it is the same client");
    assert!(paste(second).contains("Île-de-France"));
    let campaigns = json(dir, &["campaign", "list", "--customer", "Demo Company"]);
    assert_eq!(campaigns.as_array().unwrap().len(), 4, "{campaigns}");
    assert_eq!(json(dir, &["client", "list"]).as_array().unwrap().len(), 4);
    let secrets = json(dir, &["secret", "list", "428a51ae-0387-43ab-8c64-cf026f77656f"]);
    assert_eq!(secrets.as_array().unwrap().len(), 1, "{secrets}");
    demo.service.interrupt();
}

#[test]
fn the_demo_keeps_away_from_a_real_database_and_from_a_port_that_is_taken() {
    let dir = directory();
    let error =
        fail(program(dir.path(), &["demo"]).env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none"));
    assert!(error.contains("unset DATABASE_URL"), "{error}");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = fail(program(dir.path(), &["demo"]).env("PARTNER_LISTEN", &address));
    let expected = format!("PARTNER_LISTEN is {address}, which cannot be listened on");
    assert!(error.starts_with(&expected), "{error}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing was begun");
}
