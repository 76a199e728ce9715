//! Clients by the hundred: `client import` and `client export`.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use test_support::command_line::{CommandLine, parse};
use test_support::{SECRET, eventually};

/// What a command that may fail prints, and the line on standard error.
fn run(registry: &CommandLine, args: &[&str]) -> (Value, String) {
    let output = registry.command(&[args, &["--json"]].concat()).output().unwrap();
    (parsed(&output), error_of(&output))
}

fn parsed(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    if text.is_empty() {
        Value::Null
    } else {
        parse(&text)
    }
}

fn error_of(output: &Output) -> String {
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.success(), error.is_empty(), "{error}");
    error
}

fn path(registry: &CommandLine, name: &str, content: &str) -> String {
    registry.file(name, content).to_str().unwrap().to_owned()
}

/// Line, client, result and column of each row.
fn rows(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let row = |row: &Value| {
        let [client, result, column] = ["client_id", "result", "column"].map(|name| text(&row[name]));
        format!("{} {client} {result} {column}", row["line"])
    };
    report["rows"].as_array().unwrap().iter().map(row).collect()
}

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
fn generated_secrets_are_written_once_for_their_owner_alone() {
    let registry = CommandLine::new();
    let file = path(&registry, "clients.csv", "client_id,customer\na,Acme\nb,Acme\n");
    let import = |more: &[&str]| {
        let args = ["client", "import", &file, "--add-customers", "--generate-secrets"];
        run(&registry, &[&args[..], more].concat())
    };
    let (report, error) = import(&["--secrets-file", "secrets.csv"]);
    assert_eq!((error.as_str(), &report["created"]), ("", &json!(2)));
    assert!(report["rows"][0].get("client_secret").is_none());
    let secrets = registry.dir.path().join("secrets.csv");
    assert_eq!(
        fs::metadata(&secrets).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let text = fs::read_to_string(&secrets).unwrap();
    let pairs: Vec<&str> = text.lines().skip(1).collect();
    assert!(
        pairs.len() == 2 && pairs[0].len() == "a,".len() + 64,
        "{} lines",
        pairs.len()
    );

    // What it wrote is what the clients have, and nothing else is made when it is repeated.
    let report = registry.json(&["client", "import", secrets.to_str().unwrap()]);
    assert_eq!(rows(&report), ["2 a unchanged -", "3 b unchanged -"]);
    let (_, error) = import(&["--secrets-file", "secrets.csv"]);
    assert!(error.contains("is there already"), "{error}");
    let (report, _) = import(&[]);
    assert_eq!(rows(&report), ["2 a unchanged -", "3 b unchanged -"]);
    assert_eq!(fs::read_to_string(&secrets).unwrap(), text);

    let file = path(&registry, "more.csv", "client_id,customer\nc,Acme\n");
    let shown = registry.text(&["client", "import", &file, "--generate-secrets"]);
    assert!(shown.contains("will not be shown again"), "no secret was shown");
}

/// Nobody would ever have the secrets of clients that are registered then.
#[test]
fn nothing_is_registered_where_the_secrets_cannot_be_told() {
    let registry = CommandLine::with_customer();
    let file = path(&registry, "clients.csv", "client_id,customer\na,Acme\n");
    let import = ["client", "import", &file, "--generate-secrets"];
    let to_file = [&import[..], &["--secrets-file", "secrets.csv"]].concat();
    let full = || {
        let device = fs::OpenOptions::new().write(true).open("/dev/full");
        Stdio::from(device.unwrap())
    };
    // A pipe whose reader has gone.
    let closed = || Stdio::from(std::io::pipe().unwrap().1);
    for (args, stdout) in [(&import[..], full()), (&import, closed()), (&to_file, full())] {
        let output = registry.command(args).stdout(stdout).output().unwrap();
        let error = error_of(&output);
        let expected = "the import was not completed; run it again: cannot write to standard output";
        assert!(error.contains(expected), "{error}");
        assert_eq!(registry.json(&["client", "list"]), json!([]), "{args:?}");
        assert!(!registry.dir.path().join("secrets.csv").exists(), "{args:?}");
    }
    registry.json(&to_file);
}

#[test]
fn what_is_exported_can_be_imported_elsewhere() {
    let registry = CommandLine::with_customer();
    registry.json(&["customer", "add", "=cmd|' /C calc'!A0"]);
    registry.add_client(
        "all",
        &[
            "--organisational-unit",
            "Rennes; \"Sud\", none",
            "--grant",
            "jwt_bearer",
            "--scope",
            "videos,profiles",
            "--audience",
            "https://a.example/a,b",
            "--audience",
            "urn:with space",
            "--token-ttl",
            "15m",
            "--max-assertion-ttl",
            "30m",
            "--clock-skew",
            "0",
            "--replay-policy",
            "always",
            "--expires-in-format",
            "number",
            "--requests-per-second",
            "unlimited",
            "--callback-host",
            "ats.example",
            "--entitlement",
            "all",
            "--quota",
            "50/year",
        ],
    );
    registry.add_client("=1+1", &["--organisational-unit", "'none"]);
    registry.json(&[
        "client",
        "add",
        "--generate-secret",
        "--client-id",
        "admin",
        "--scope",
        "admin",
        "--admin-network",
        "203.0.113.0/24",
    ]);
    registry.text(&["client", "disable", "all"]);
    let comparable = |registry: &CommandLine| {
        let mut list = registry.json(&["client", "list"]);
        for client in list.as_array_mut().unwrap() {
            for name in ["created_at", "customer_id", "token_generation"] {
                client.as_object_mut().unwrap().remove(name);
            }
        }
        list
    };
    let expected = comparable(&registry);
    for name in ["clients.csv", "clients.json"] {
        let done = registry.json(&["client", "export", name]);
        assert_eq!(done, json!({ "file": name, "clients": 3, "has_secrets": false }));
        let exported = fs::read_to_string(registry.dir.path().join(name)).unwrap();
        assert!(!exported.contains(SECRET));
        assert!(
            name != "clients.csv" || exported.contains("\r\n'=1+1,"),
            "{exported}"
        );

        let other = CommandLine::new();
        let file = path(&other, name, &exported);
        let (report, error) = run(&other, &["client", "import", &file, "--add-customers"]);
        assert_eq!(report["refused"], 3, "no row has its secret");
        assert!(error.contains("3 rows are refused"), "{error}");
        let report = other.json(&["client", "import", &file, "--add-customers", "--generate-secrets"]);
        assert_eq!(report["created"], 3);
        assert_eq!(comparable(&other), expected, "{name}");
        let (report, error) = run(&registry, &["client", "import", name]);
        assert_eq!((error.as_str(), &report["unchanged"]), ("", &json!(3)), "{name}");
    }
    let error = registry.error(&["client", "export", "clients.csv"]);
    assert!(error.contains("cannot write clients.csv"), "{error}");
    let output = registry.command(&["client", "export"]).output().unwrap();
    let note = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && note.starts_with("The secrets are not among it"),
        "{note}"
    );
}

/// It would stand in the way of the next one under its name.
#[test]
fn nothing_is_left_of_a_file_that_cannot_be_written_to_its_end() {
    let registry = CommandLine::with_client();
    for name in ["clients.csv", "clients.json"] {
        let mut export = registry.command_on_full_disk(0, &["client", "export", name]);
        let error = error_of(&export.output().unwrap());
        assert!(
            error.contains(&format!("cannot write {name}: File too large")),
            "{error}"
        );
        assert!(!registry.dir.path().join(name).exists());
        registry.json(&["client", "export", name]);
    }
    let file = path(&registry, "more.csv", "client_id,customer\na,Acme\n");
    let args = [
        "client",
        "import",
        &file,
        "--generate-secrets",
        "--secrets-file",
        "secrets.csv",
    ];
    let error = error_of(&registry.command_on_full_disk(0, &args).output().unwrap());
    assert!(
        error.contains("the secrets cannot be written to secrets.csv: File too large"),
        "{error}"
    );
    registry.json(&args);
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

/// Looked at before the rows are, which takes long for what is hashed.
#[test]
fn a_file_of_secrets_in_a_folder_that_is_not_there_is_refused_at_once() {
    let registry = CommandLine::new();
    let args = ["client", "import", "absent.csv", "--generate-secrets"];
    let error = registry.error(&[&args[..], &["--secrets-file", "nowhere/secrets.csv"]].concat());
    let expected =
        "nowhere/secrets.csv cannot be written: nowhere is not a folder that is there; make it first";
    assert_eq!(error, expected);
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
