//! Clients by the hundred: `client import` and `client export`.

mod exported;
mod imported;
mod secrets;

use std::process::Output;

use serde_json::Value;

use test_support::command_line::{CommandLine, parse};

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
