//! `market import` as others see it: it says how far it is, and whatever ends it, that it has ended.

use std::fmt::Write as _;
use std::process::{Child, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::{Connection, PgConnection};
use talentsoft_partner::market::imports::{ListedImport, Phase, list};
use talentsoft_partner::market::sources::SourceKind;

use test_support::command_line::{CommandLine, error_line};
use test_support::eventually;

/// Employment and wages of the nation, as little as there may be.
const WAGES: &str = "AREA,AREA_TITLE,AREA_TYPE,OCC_CODE,OCC_TITLE,O_GROUP,TOT_EMP,H_MEAN,A_MEAN,H_PCT10,H_PCT25,H_MEDIAN,H_PCT75,\
                     H_PCT90,A_PCT10,A_PCT25,A_MEDIAN,A_PCT75,A_PCT90
99,National,1,15-1252,Software Developers,detailed,100,50,100000,10,20,30,40,50,10000,20000,30000,40000,50000
";

/// A database whose tables nobody can write until the lock is let go.
struct Locked {
    registry: CommandLine,
    lock: PgConnection,
}

impl Locked {
    async fn new(statement: &'static str) -> Self {
        let registry = tokio::task::spawn_blocking(CommandLine::with_customer)
            .await
            .unwrap();
        let mut lock = PgConnection::connect(registry.database_url()).await.unwrap();
        sqlx::query("begin").execute(&mut lock).await.unwrap();
        sqlx::query(statement).execute(&mut lock).await.unwrap();
        Self { registry, lock }
    }

    fn spawn(&self, args: &[&str]) -> Child {
        let mut command: Command = self.registry.command(args);
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    async fn imports(&mut self) -> Vec<ListedImport> {
        list(&mut self.lock).await.unwrap()
    }

    /// The only import, as soon as it is as far as this.
    async fn import(&mut self, is_met: impl Fn(&ListedImport) -> bool) -> ListedImport {
        let mut found = None;
        eventually("the import is told of", async || {
            let imports = self.imports().await;
            assert!(imports.len() <= 1, "{imports:?}");
            found = imports.into_iter().find(|import| is_met(import));
            found.is_some()
        })
        .await;
        found.unwrap()
    }

    async fn release(&mut self) {
        sqlx::query("rollback").execute(&mut self.lock).await.unwrap();
    }
}

async fn end_of(child: Child) -> Output {
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output());
    ended.await.unwrap().unwrap()
}

fn titles(count: usize) -> String {
    (0..count).fold("name,socs\n".to_owned(), |mut text, number| {
        let _ = writeln!(text, "Developer {number},15-1252");
        text
    })
}

#[tokio::test]
async fn an_import_tells_of_what_it_reads_and_composes_until_it_ends() {
    let mut locked = Locked::new("lock table market_version in share mode").await;
    let text = titles(3000);
    let file = locked.registry.file("ours.csv", &text);
    let args = [
        "market",
        "import",
        "titles",
        file.to_str().unwrap(),
        "--customer",
        "Acme",
    ];
    let child = locked.spawn(&args);
    let import = locked.import(|import| import.phase == Phase::Composing).await;
    let all = i64::try_from(text.len()).unwrap();
    assert_eq!(import.kind, SourceKind::Titles);
    assert!(import.customer_id.is_some());
    assert_eq!((import.file, import.files), (1, 1));
    assert_eq!((import.done_bytes, import.total_bytes), (all, all));
    // It is told again and again, also while nothing happens.
    let again = locked.import(|later| later.heard_at > import.heard_at).await;
    assert_eq!(again.import_id, import.import_id);
    assert_eq!(again.started_at, import.started_at);
    locked.release().await;
    let output = end_of(child).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(locked.imports().await, []);
}

#[tokio::test]
async fn files_that_are_read_one_after_the_other_are_told_apart() {
    let mut locked = Locked::new("lock table market_version in share mode").await;
    let nation = locked.registry.file("nation.csv", WAGES);
    let state = WAGES.replace("99,National,1", "48,Texas,2");
    let state = locked.registry.file("state.csv", &state);
    let args = [
        "market",
        "import",
        "oews",
        nation.to_str().unwrap(),
        state.to_str().unwrap(),
    ];
    let child = locked.spawn(&args);
    let import = locked.import(|import| import.phase == Phase::Composing).await;
    assert_eq!(import.kind, SourceKind::Oews);
    assert_eq!((import.file, import.files), (2, 2));
    locked.release().await;
    end_of(child).await;
    assert_eq!(locked.imports().await, []);
}

#[tokio::test]
async fn an_import_that_is_interrupted_says_that_it_has_ended_and_leaves_nothing() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let mut locked = Locked::new("lock table market_own_title in share mode").await;
        let file = locked.registry.file("ours.csv", &titles(40_000));
        let child = locked.spawn(&["market", "import", "titles", file.to_str().unwrap()]);
        locked.import(|import| import.done_bytes > 0).await;
        kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
        let output = end_of(child).await;
        assert_eq!(
            error_line(&output),
            "the import was stopped; `market list` shows whether it has left a draft"
        );
        assert_eq!(locked.imports().await, []);
        locked.release().await;
        let versions = locked.registry.json(&["market", "list"]);
        assert_eq!(versions, serde_json::json!([]));
    }
}

#[tokio::test]
async fn an_import_that_fails_says_that_it_has_ended() {
    let mut locked = Locked::new("lock table market_own_title in share mode").await;
    let text = titles(40_000) + "Nobody,none\n";
    let file = locked.registry.file("ours.csv", &text);
    let child = locked.spawn(&["market", "import", "titles", file.to_str().unwrap()]);
    locked.import(|_| true).await;
    locked.release().await;
    let error = error_line(&end_of(child).await);
    assert!(error.contains("ours.csv"), "{error}");
    assert_eq!(locked.imports().await, []);
}

#[test]
fn an_import_goes_on_where_it_cannot_tell_how_far_it_is() {
    let registry = CommandLine::with_customer();
    registry.execute("alter table market_import rename to elsewhere");
    let file = registry.file("ours.csv", &titles(3));
    let imported = registry.json(&["market", "import", "titles", file.to_str().unwrap()]);
    assert_eq!(imported["draft"]["titles"], 3);
}
