//! What becomes of the rows of a file.

use std::fmt::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use super::{path, rows, run};
use test_support::command_line::CommandLine;
use test_support::{SECRET, eventually};

#[test]
fn a_file_is_imported_and_a_second_time_changes_nothing() {
    let registry = CommandLine::with_customer();
    let text = format!(
        "client_id;customer;scopes;token_ttl_seconds;client_secret;is_enabled\n\
         a;Acme;;15m;{SECRET};\n\
         b;Acme;videos;;{SECRET}b;false\n\
         c;none;platform;default;{SECRET}c;true\n"
    );
    let file = path(&registry, "clients.csv", &text);
    let dry = registry.json(&["client", "import", &file, "--dry-run"]);
    assert_eq!((&dry["is_imported"], &dry["created"]), (&json!(false), &json!(3)));
    assert_eq!(
        registry.json(&["client", "list"]),
        json!([]),
        "a dry run changes nothing"
    );

    let first = registry.json(&["client", "import", &file]);
    assert_eq!(rows(&first), ["2 a created -", "3 b created -", "4 c created -"]);
    let list = registry.json(&["client", "list"]);
    let of = |id: usize, name: &str| list[id][name].clone();
    assert_eq!(of(0, "token_ttl_seconds"), 900);
    assert_eq!(of(0, "scopes"), json!(["videos", "assessments"]));
    assert_eq!(
        (of(1, "is_enabled"), of(1, "scopes")),
        (json!(false), json!(["videos"]))
    );
    assert_eq!(of(2, "customer_id"), Value::Null);
    let audit = registry.json(&["audit", "list"]);
    assert!(!format!("{first}{list}{audit}").contains(SECRET));

    let again = registry.json(&["client", "import", &file]);
    assert_eq!(
        rows(&again),
        ["2 a unchanged -", "3 b unchanged -", "4 c unchanged -"]
    );
    assert_eq!(registry.json(&["client", "list"]), list);
    assert_eq!(registry.json(&["audit", "list"]), audit);
    for client in ["a", "b", "c"] {
        let secrets = registry.json(&["secret", "list", client]);
        assert_eq!(secrets.as_array().unwrap().len(), 1);
    }
}

#[test]
fn one_refused_row_keeps_all_out_unless_it_is_skipped() {
    let registry = CommandLine::with_client();
    let text = format!(
        "client_id,customer,scopes,token_ttl_seconds,clock_skew_seconds,client_secret\n\
         good,Acme,,,,{SECRET}\n\
         good,Acme,,,,{SECRET}\n\
         ,Acme,,,,{SECRET}\n\
         short,Acme,,59,,{SECRET}\n\
         scope,Acme,nope,,,{SECRET}\n\
         none,,,,,{SECRET}\n\
         nobody,Nobody,,,,{SECRET}\n\
         bare,Acme,,,,\n\
         weak,Acme,,,,weak\n\
         admin,Acme,admin,,,{SECRET}\n\
         cells,Acme\n\
         client-1,Acme,,,30s,\n\
         client-1x,Acme,,,x,{SECRET}\n"
    );
    let file = path(&registry, "clients.csv", &text);
    let before = registry.json(&["client", "list"]);
    let (report, error) = run(&registry, &["client", "import", &file]);
    let expected = [
        "2 good created -",
        "3 good refused client_id",
        "4 - refused client_id",
        "5 short refused token_ttl_seconds",
        "6 scope refused scopes",
        "7 none refused customer",
        "8 nobody refused customer",
        "9 bare refused client_secret",
        "10 weak refused client_secret",
        "11 admin refused -",
        "12 - refused -",
        "13 client-1 refused clock_skew_seconds",
        "14 client-1x refused clock_skew_seconds",
    ];
    assert_eq!(rows(&report), expected);
    assert!(
        error.contains("12 rows are refused, so nothing was imported"),
        "{error}"
    );
    for (row, words) in [
        (1, "line 2 is about the same client"),
        (3, "the token lifetime should be 60 to 3600 seconds"),
        (6, "pass --add-customers"),
        (7, "--generate-secrets"),
        (8, "--allow-weak-secrets"),
        (11, "pass --update"),
    ] {
        let reason = report["rows"][row]["reason"].as_str().unwrap();
        assert!(reason.contains(words), "{row}: {reason}");
    }
    assert!(!report.to_string().contains(SECRET) && !error.contains(SECRET));
    assert_eq!(
        registry.json(&["client", "list"]),
        before,
        "nothing is half imported"
    );

    let report = registry.json(&["client", "import", &file, "--skip-refused"]);
    assert_eq!(rows(&report), expected);
    assert_eq!(report["is_imported"], true);
    assert_eq!(registry.json(&["client", "list"]).as_array().unwrap().len(), 2);
}

#[test]
fn spaces_around_the_name_of_a_customer_are_no_part_of_it() {
    let registry = CommandLine::with_customer();
    let text = format!(
        "client_id,customer,client_secret\na,Acme ,{SECRET}\nb,\" New\",{SECRET}b\nc,New,{SECRET}c\n"
    );
    let file = path(&registry, "clients.csv", &text);
    let report = registry.json(&["client", "import", &file, "--add-customers"]);
    assert_eq!(rows(&report), ["2 a created -", "3 b created -", "4 c created -"]);
    let customers = registry.json(&["customer", "list"]);
    let names: Vec<&str> = customers
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Acme", "New"]);
    let again = registry.json(&["client", "import", &file]);
    assert_eq!(again["unchanged"], 3);
}

#[test]
fn spaces_around_identifiers_and_secrets_are_refused_by_their_column() {
    let registry = CommandLine::with_customer();
    // One that was registered before the rule.
    registry.execute(
        "insert into client (client_id, grants, scopes, audiences, max_assertion_ttl_seconds, clock_skew_seconds,
             replay_policy, expires_in_format, secret_salt, is_enabled, token_generation, created_at)
         values (' old', '{jwt_bearer}', '{platform}', '{}', 60, 60, 'off', 'number', decode(repeat('00', 16), 'hex'),
             true, 0, now())",
    );
    let text = format!(
        "client_id,customer,client_secret\n\
         a ,Acme,{SECRET}\n\
         b,Acme, {SECRET}\n\
         \" c\",Acme,{SECRET}\n\
         new,Acme,{SECRET}\n\
         \" old\",,\n"
    );
    let file = path(&registry, "clients.csv", &text);
    let (report, error) = run(&registry, &["client", "import", &file]);
    assert_eq!(
        rows(&report),
        [
            "2 a  refused client_id",
            "3 b refused client_secret",
            "4  c refused client_id",
            "5 new refused client_id",
            "6  old unchanged -",
        ]
    );
    let reason = |row: usize| report["rows"][row]["reason"].as_str().unwrap();
    assert!(
        reason(0).contains("without a space at its beginning and end"),
        "{}",
        reason(0)
    );
    assert!(reason(1).contains("there are spaces around it"), "{}", reason(1));
    assert!(!report.to_string().contains(SECRET) && !error.contains(SECRET));
}

#[test]
fn an_existing_client_is_changed_only_where_that_is_asked_for() {
    let registry = CommandLine::with_client();
    let object = json!([{
        "client_id": "client-1", "clock_skew_seconds": 30, "is_enabled": false, "audiences": ["https://a.example"],
    }]);
    let file = path(&registry, "clients.json", &object.to_string());
    let (report, _) = run(&registry, &["client", "import", &file]);
    let reason = report["rows"][0]["reason"].as_str().unwrap();
    assert!(
        reason.contains("audiences, clock_skew_seconds, is_enabled"),
        "{reason}"
    );

    let report = registry.json(&["client", "import", &file, "--update"]);
    assert_eq!(rows(&report), ["1 client-1 updated -"]);
    let changed = json!(["audiences", "clock_skew_seconds", "is_enabled"]);
    assert_eq!(report["rows"][0]["changed"], changed);
    let shown = registry.json(&["client", "show", "client-1"]);
    assert_eq!(
        (&shown["clock_skew_seconds"], &shown["is_enabled"]),
        (&json!(30), &json!(false))
    );
    let again = registry.json(&["client", "import", &file, "--update"]);
    assert_eq!(rows(&again), ["1 client-1 unchanged -"]);

    // Another secret is not added by an import.
    let other = json!([{ "client_id": "client-1", "client_secret": format!("{SECRET}x") }]);
    let file = path(&registry, "other.json", &other.to_string());
    let (report, _) = run(&registry, &["client", "import", &file, "--update"]);
    assert_eq!(rows(&report), ["1 client-1 refused client_secret"]);
}

#[test]
fn what_is_no_file_of_clients_is_refused_by_name() {
    let registry = CommandLine::new();
    for (name, content, words) in [
        ("clients.txt", "", "pass --format csv or --format json"),
        ("clients.csv", "client_id,colour\n", "a column \"colour\""),
        (
            "clients.json",
            "{}",
            "line 1 is not what an array of objects has there",
        ),
        ("absent.csv", "", "absent.csv cannot be read: No such file"),
    ] {
        if name != "absent.csv" {
            registry.file(name, content);
        }
        let error = registry.error(&["client", "import", name]);
        assert!(error.contains(words), "{name}: {error}");
    }
    let mut command = registry.command(&["client", "import", "x.csv", "--secrets-file", "s"]);
    let output = command.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(2) && error.contains("--generate-secrets"),
        "{error}"
    );
}

/// A file of so many new clients of Acme.
fn many(count: usize) -> String {
    (0..count).fold("client_id,customer\n".to_owned(), |mut text, number| {
        writeln!(text, "many-{number:05},Acme").unwrap();
        text
    })
}

#[tokio::test]
async fn a_killed_import_leaves_nothing_and_is_repeated() {
    let registry = tokio::task::spawn_blocking(CommandLine::with_customer)
        .await
        .unwrap();
    // More than are written by one statement.
    let file = path(&registry, "clients.csv", &many(110));
    let args = ["client", "import", &file, "--generate-secrets"];
    // The import waits in the middle of its transaction, for a client that another session is about to register.
    let url = registry.database_url().to_owned();
    let mut other = <sqlx::PgConnection as sqlx::Connection>::connect(&url)
        .await
        .unwrap();
    let mut holding = sqlx::Connection::begin(&mut other).await.unwrap();
    // What others do is looked at once in a transaction.
    let mut watching = <sqlx::PgConnection as sqlx::Connection>::connect(&url)
        .await
        .unwrap();
    sqlx::query(
        "insert into client (client_id, grants, scopes, audiences, max_assertion_ttl_seconds, clock_skew_seconds,
             replay_policy, expires_in_format, secret_salt, is_enabled, token_generation, created_at)
         values ('many-00020', '{jwt_bearer}', '{platform}', '{}', 60, 60, 'off', 'number', decode(repeat('00', 16), 'hex'),
             true, 0, now())",
    )
    .execute(&mut *holding)
    .await
    .unwrap();
    let mut child = registry
        .command(&args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    eventually("it waits", async || {
        sqlx::query_scalar::<_, bool>(
            "select exists (select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database())",
        )
        .fetch_one(&mut watching)
        .await
        .unwrap()
    })
    .await;
    child.kill().unwrap();
    child.wait().unwrap();
    holding.rollback().await.unwrap();
    let (registry, clients) = tokio::task::spawn_blocking(move || {
        let clients = registry.json(&["client", "list"]);
        (registry, clients)
    })
    .await
    .unwrap();
    assert_eq!(clients, json!([]));
    let repeated = tokio::task::spawn_blocking(move || {
        let report = registry.json(&["client", "import", &file, "--generate-secrets"]);
        (report, registry.json(&["client", "list", "--limit", "500"]))
    });
    let (report, clients) = repeated.await.unwrap();
    assert_eq!(report["created"], 110);
    assert_eq!(clients.as_array().unwrap().len(), 110);
}
