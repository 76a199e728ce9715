//! Market data: how far an import is, as its page shows it and goes on by itself, and what publishing and retiring change.

use std::fmt::Write as _;
use std::process::{Child, Stdio};

use reqwest::Method;
use sqlx::{Postgres, Transaction};
use talentsoft_partner::housekeeping;
use talentsoft_partner::market::sources::{ImportedTitle, SourceKind};
use talentsoft_partner::staff::Role;
use test_support::browser::Browser;
use test_support::command_line::CommandLine;
use test_support::market::title;
use test_support::{PATIENCE, Setup, TestApp, application, eventually};

use crate::console;

/// More titles than the command reads ahead while it waits for the database.
const MANY: usize = 40_000;

/// A list of coded titles.
fn coded_titles() -> String {
    (0..MANY).fold("title\tsoc\n".to_owned(), |mut text, number| {
        let _ = writeln!(text, "Developer {number}\t15-1252");
        text
    })
}

/// An import that waits for a lock of the test.
struct Held {
    child: Child,
    lock: Transaction<'static, Postgres>,
    /// It has the file.
    _registry: CommandLine,
}

/// Imports coded titles, as far as this lock lets it.
async fn held(app: &TestApp, lock: &'static str) -> Held {
    let mut held = app.sql.begin().await.unwrap();
    sqlx::query(lock).execute(&mut *held).await.unwrap();
    let registry = CommandLine::on(app.database_url.clone());
    let file = registry.file("ours.tsv", &coded_titles());
    let args = ["market", "import", "coded-titles", file.to_str().unwrap()];
    let mut command = registry.command(&args);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    Held {
        child: child.unwrap(),
        lock: held,
        _registry: registry,
    }
}

const WHILE_READING: &str = "lock table market_job_title in share mode";
const WHILE_COMPOSING: &str = "lock table market_version in share mode";

async fn viewer(app: &TestApp) -> Browser {
    app.add_staff("vera", Role::Viewer).await;
    Browser::signed_in(app, "vera").await
}

async fn rows(app: &TestApp) -> i64 {
    sqlx::query_scalar("select count(*) from market_import")
        .fetch_one(&app.sql)
        .await
        .unwrap()
}

/// The numbers of the bar, if there is one.
fn bar(page: &str) -> Option<(i64, i64)> {
    let (_, rest) = page.split_once("<progress max=\"")?;
    let (all, rest) = rest.split_once("\" value=\"")?;
    let (done, _) = rest.split_once('"')?;
    Some((done.parse().unwrap(), all.parse().unwrap()))
}

#[tokio::test]
async fn an_import_is_shown_as_far_as_it_is_and_then_its_draft_without_a_reload() {
    let app = console().await;
    app.publish_titles(None, SourceKind::Onet, &[title("Nurse", "29-1141")])
        .await;
    let viewer = viewer(&app).await;
    let before = viewer.get("/market").await;
    assert!(
        before.body.contains("id=\"imports\"") && !before.body.contains("<progress"),
        "{}",
        before.body
    );
    let live = before.body.split("data-live=\"").nth(1).unwrap();
    let live = live.split('"').next().unwrap();
    let stream = viewer
        .request(Method::GET, live)
        .header("accept", "text/event-stream");
    let mut stream = stream.send().await.unwrap();
    let import = held(&app, WHILE_READING).await;
    changed(&mut stream).await;
    let mut page = String::new();
    eventually("it is shown how far it is", async || {
        page = viewer.get("/market").await.body;
        bar(&page).is_some_and(|(done, _)| done > 0)
    })
    .await;
    let (done, all) = bar(&page).unwrap();
    let total = i64::try_from(coded_titles().len()).unwrap();
    assert!(done < total && all == total, "{done} of {all}");
    let kilobytes = format!("of {} kB read.", total / 1000 + 1);
    for says in ["Coded titles", "Library that all share", &kilobytes] {
        assert!(page.contains(says), "{says}: {page}");
    }
    assert!(!page.contains("Draft"), "{page}");
    import.lock.rollback().await.unwrap();
    let output = tokio::task::spawn_blocking(move || import.child.wait_with_output());
    let output = output.await.unwrap().unwrap();
    assert!(output.status.success(), "{output:?}");
    changed(&mut stream).await;
    eventually("the draft is there, and the import is not", async || {
        page = viewer.get("/market").await.body;
        page.contains("Draft") && !page.contains("<progress")
    })
    .await;
    assert_eq!(rows(&app).await, 0);
}

/// Awaits that a stream says that something has changed.
async fn changed(stream: &mut reqwest::Response) {
    let mut seen = String::new();
    let change = async {
        while !seen.contains("event: changed") {
            let chunk = stream.chunk().await.unwrap().unwrap();
            seen.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    };
    tokio::time::timeout(PATIENCE, change).await.unwrap();
}

#[tokio::test]
async fn an_import_that_was_killed_is_shown_for_half_a_minute_and_forgotten_then() {
    let app = console().await;
    app.publish_titles(None, SourceKind::Onet, &[title("Nurse", "29-1141")])
        .await;
    let viewer = viewer(&app).await;
    let mut import = held(&app, WHILE_COMPOSING).await;
    let is_shown = async || {
        let page = viewer.get("/market").await.body;
        page.contains("The draft is being composed.")
    };
    eventually("it composes", is_shown).await;
    import.child.kill().unwrap();
    import.child.wait().unwrap();
    import.lock.rollback().await.unwrap();
    let pruning = application(Setup::default().settings, &app.clock, &app.db)
        .await
        .unwrap();
    let aged = async |seconds: f64| {
        sqlx::query("update market_import set heard_at = now() - make_interval(secs => $1)")
            .bind(seconds)
            .execute(&app.sql)
            .await
            .unwrap();
    };
    // It stays far below what it is kept for, however slow this is.
    aged(-600.0).await;
    housekeeping::prune(&pruning).await;
    assert!(is_shown().await);
    aged(31.0).await;
    assert!(!is_shown().await);
    assert_eq!(rows(&app).await, 1);
    housekeeping::prune(&pruning).await;
    assert_eq!(rows(&app).await, 0);
    let drafts: i64 = sqlx::query_scalar("select count(*) from market_version where status = 'draft'")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    assert_eq!(drafts, 0, "it has left nothing");
}

#[tokio::test]
async fn publishing_says_how_many_titles_differ_and_retiring_what_callers_get_then() {
    let app = console().await;
    app.add_staff("anna", Role::Admin).await;
    let admin = Browser::signed_in(&app, "anna").await;
    let customer_id = app.add_customer("Acme").await;
    let titles =
        |names: &[(&str, &str)]| -> Vec<_> { names.iter().map(|(name, code)| title(name, code)).collect() };
    let first = titles(&[("Nurse", "29-1141"), ("Coder", "15-1252"), ("Tester", "15-1252")]);
    let publish = async |titles: &[ImportedTitle]| {
        let published = app.publish_titles(Some(customer_id), SourceKind::Onet, titles);
        published.await.to_string()
    };
    let one = publish(&first).await;
    let path = |version: &str, action: &str| format!("/market/{customer_id}/{version}/{action}");
    let only = admin.get(&path(&one, "retire")).await;
    assert!(
        only.body.contains("this is the only one that is published"),
        "{}",
        only.body
    );
    let second = titles(&[
        ("Nurse", "11-2022"),
        ("Coder", "15-1252"),
        ("Writer", "15-1252"),
        ("Baker", "15-1252"),
    ]);
    let two = app
        .draft_titles(Some(customer_id), SourceKind::Onet, &second)
        .await
        .to_string();
    let page = admin.get(&path(&two, "publish")).await;
    assert!(
        page.body.contains("2 titles more, one title fewer, 1 altered"),
        "{}",
        page.body
    );
    let published = admin
        .submit(&page, "market-version", &[("reference", &two)])
        .await;
    assert_eq!(published.status, 303, "{published:?}");
    // The current one makes room for the one before, and that one for nobody.
    for (retired, then) in [(&two, &one), (&one, &two)] {
        let page = admin.get(&path(retired, "retire")).await;
        let says = format!("<dt>Version that callers get then who name none</dt><dd>{then}</dd>");
        assert!(page.body.contains(&says), "{retired}: {}", page.body);
    }
    let page = admin.get(&path(&two, "retire")).await;
    let retired = admin
        .submit(&page, "market-version", &[("reference", &two)])
        .await;
    assert_eq!(retired.status, 303, "{retired:?}");
    let market = admin.get("/market").await.body;
    let (_, row) = market.split_once(&format!(">{one}<span")).unwrap();
    assert!(row.split("</tr>").next().unwrap().contains("Current"), "{market}");
}
