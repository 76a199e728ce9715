//! The files of a primary before its first start: made once as long as somebody uses them, and copied for each test.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, LazyLock, Weak};

use private_postgres::tools_dir;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use super::{DATABASE, ROLE};
use crate::daemon::{Home, find_program};

static PRESENT: Mutex<Weak<Template>> = Mutex::const_new(Weak::new());

static TOOLS: LazyLock<PathBuf> = LazyLock::new(|| tools_dir().unwrap());

const NAME: &str = "template";

/// A directory with the role and the database of the service in it.
pub(super) struct Template(Home);

impl Template {
    /// The one that is there, or a new one.
    pub(super) async fn present() -> Arc<Self> {
        let mut present = PRESENT.lock().await;
        if let Some(template) = present.upgrade() {
            return template;
        }
        let template = Arc::new(Self(Home::new()));
        create(&template.0, NAME).await;
        *present = Arc::downgrade(&template);
        template
    }

    /// Copies it.
    pub(super) async fn copy(&self, home: &Home, name: &str) {
        let mut copy = home.command(&find_program("cp"));
        copy.arg("-a").arg(self.0.path(NAME)).arg(home.path(name));
        run(copy, "").await;
    }
}

/// Creates the files of a primary with an identifier of its own.
pub(super) async fn create(home: &Home, name: &str) {
    let mut initdb = tool(home, "initdb");
    initdb
        .arg("-D")
        .arg(home.path(name))
        .args(["-U", "postgres", "-E", "UTF8", "--no-locale", "--auth=trust"])
        // Small segments: an empty cluster is copied in a moment.
        .args(["--no-sync", "--wal-segsize=1"]);
    run(initdb, "").await;
    let mut postgres = tool(home, "postgres");
    postgres
        .args(["--single", "-F", "-c", "exit_on_error=on", "-D"])
        .arg(home.path(name))
        .arg("postgres");
    let statements = format!("create role {ROLE} login\ncreate database {DATABASE} owner {ROLE}\n");
    run(postgres, &statements).await;
}

/// One of PostgreSQL's own programs.
pub(super) fn tool(home: &Home, name: &str) -> Command {
    home.command(&TOOLS.join(name))
}

/// Runs a tool to its end with an input; it must succeed.
pub(super) async fn run(tool: Command, input: &str) {
    let (name, input) = (tool.get_program().to_owned(), input.to_owned());
    let output = spawn_blocking(move || output_of(tool, &input)).await.unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {error}", Path::new(&name).display());
}

fn output_of(mut tool: Command, input: &str) -> Output {
    tool.stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = tool.spawn().unwrap();
    // It may have ended already, and says why.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}
