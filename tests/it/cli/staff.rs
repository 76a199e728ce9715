//! `staff`: the people who sign in at the console.

use serde_json::{Value, json};

use test_support::command_line::CommandLine;

const PASSWORD: &str = "correct horse battery";

fn add(line: &CommandLine, name: &str, role: &str) -> Value {
    let args = ["staff", "add", name, "--name", "Lena Roth", "--role", role];
    line.json_given(&[&args[..], &["--password-file", "-"]].concat(), PASSWORD)
}

#[test]
fn staff_are_added_listed_and_changed() {
    let line = CommandLine::new();
    let lena = add(&line, "Lena", "admin");
    assert_eq!(
        (
            &lena["sign_in_name"],
            &lena["role"],
            &lena["is_enabled"],
            &lena["has_password"]
        ),
        (&json!("lena"), &json!("admin"), &json!(true), &json!(true))
    );
    let args = [
        "staff",
        "add",
        "omar",
        "--name",
        "Omar Haddad",
        "--role",
        "viewer",
    ];
    let omar = line.json(&[&args[..], &["--no-password"]].concat());
    assert_eq!(omar["has_password"], json!(false));
    assert_eq!(line.json(&["staff", "list"]), json!([lena, omar]));

    assert_eq!(
        line.json(&["staff", "role", "omar", "operator"])["role"],
        "operator"
    );
    assert_eq!(
        line.json(&["staff", "disable", "omar"])["is_enabled"],
        json!(false)
    );
    for _ in 0..2 {
        assert_eq!(line.json(&["staff", "enable", "omar"])["is_enabled"], json!(true));
    }
    let recorded = line.json(&["audit", "list", "--subject", "omar"]);
    let recorded = recorded.as_array().unwrap().iter();
    let changes: Vec<_> = recorded
        .map(|event| (event["action"].as_str().unwrap(), event["detail"].clone()))
        .take(3)
        .collect();
    let from_to = |name: &str, before: Value, after: Value| json!({ "before": { name: before }, "after": { name: after } });
    assert_eq!(
        changes,
        [
            ("enabled", from_to("is_enabled", json!(false), json!(true))),
            ("disabled", from_to("is_enabled", json!(true), json!(false))),
            (
                "role_changed",
                from_to("role", json!("viewer"), json!("operator"))
            ),
        ]
    );
    let identity = ["--issuer", "https://login.company.example", "--subject", "42"];
    let linked = line.json(&[&["staff", "link", "omar"], &identity[..]].concat());
    assert_eq!(linked["is_linked"], json!(true));
    let taken = line.error(&[&["staff", "link", "lena"], &identity[..]].concat());
    assert!(taken.contains("linked to the account `omar` already"), "{taken}");
    assert_eq!(line.json(&["staff", "unlink", "omar"])["is_linked"], json!(false));
    line.text(&["staff", "unlock", "omar"]);
    let removed = line.json(&["staff", "password", "lena", "--no-password"]);
    assert_eq!(removed["has_password"], json!(false));
    assert!(line.text(&["staff", "list"]).starts_with("SIGN_IN_NAME"));
    let trail = line.text(&["audit", "list", "--json"]);
    for action in [
        "role_changed",
        "disabled",
        "enabled",
        "linked",
        "unlinked",
        "unlocked",
        "password_changed",
    ] {
        assert!(trail.contains(action), "{action}: {trail}");
    }
    assert!(!trail.contains(PASSWORD) && !trail.contains("argon2"), "{trail}");
}

#[test]
fn what_would_leave_nobody_in_charge_or_be_weak_is_refused() {
    let line = CommandLine::new();
    add(&line, "lena", "admin");
    for args in [
        &["staff", "disable", "lena"][..],
        &["staff", "role", "lena", "viewer"],
    ] {
        let error = line.error(args);
        assert!(error.contains("`lena` is the last enabled admin"), "{error}");
    }
    let args = [
        "staff",
        "add",
        "lena",
        "--name",
        "x",
        "--role",
        "admin",
        "--no-password",
    ];
    assert!(
        line.error(&args)
            .contains("a staff account `lena` exists already")
    );
    let unknown = line.error(&["staff", "unlock", "nobody"]);
    assert!(
        unknown.contains("no staff account `nobody`; `staff list` shows them"),
        "{unknown}"
    );
    let args = ["staff", "password", "lena", "--password-file", "-"];
    let weak = line.error_given(&args, "short");
    assert!(
        weak.contains("a password must have at least 12 characters"),
        "{weak}"
    );
    let none = line.error_given(&["staff", "password", "lena"], "");
    assert!(none.contains("pass --password-file"), "{none}");
    for name in ["lena@site.example", "", "-x"] {
        let args = ["staff", "add", "--name", "x", "--role", "admin", "--", name];
        let status = line.command(&args).output().unwrap().status;
        assert_eq!(status.code(), Some(2), "{name:?}");
    }
}
