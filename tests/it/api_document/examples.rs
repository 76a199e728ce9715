//! The examples of the API document that a shell runs, on the demo.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use test_support::command_line::{directory, program};

use super::shape::misfits;
use super::{METHODS, object};
use crate::cli::private_database::Demo;

/// So many examples are pasted before the variables are read again: an admin's token lives ten minutes.
const BETWEEN_READINGS: usize = 20;

/// One method of one path.
pub struct Operation<'a> {
    pub id: &'a str,
    pub method: &'a str,
    pub path: &'a str,
    pub value: &'a Value,
}

pub fn operations(document: &Value) -> Vec<Operation<'_>> {
    let mut found = Vec::new();
    for (path, item) in object(&document["paths"]) {
        for method in METHODS.into_iter().filter(|name| item.get(name).is_some()) {
            let value = &item[method];
            let id = value["operationId"].as_str().unwrap();
            found.push(Operation {
                id,
                method,
                path,
                value,
            });
        }
    }
    found
}

/// What a reference leads to; the value itself, where it is none.
pub fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => {
            let found = document.pointer(reference.trim_start_matches('#'));
            resolved(
                document,
                found.unwrap_or_else(|| panic!("{reference} leads nowhere")),
            )
        }
        None => value,
    }
}

/// The fenced lines of a description that a shell runs.
pub fn example_blocks(description: &Value) -> Vec<&str> {
    let text = description.as_str().unwrap_or_default();
    let parts = text.split("```sh\n").skip(1);
    parts
        .map(|part| part.split_once("\n```").expect("a fence ends").0)
        .collect()
}

/// What is to be pasted, and what must come of it.
struct Example<'a> {
    name: String,
    lines: &'a str,
    expected: Expected<'a>,
}

enum Expected<'a> {
    /// The call of this operation is answered as it documents.
    Answer(&'a Operation<'a>),
    /// The last call is refused with one of these statuses, by this body.
    Refusal(Vec<&'a str>, &'a Value),
}

fn all<'a>(document: &'a Value, operations: &'a [Operation<'a>]) -> Vec<Example<'a>> {
    let mut found = Vec::new();
    for operation in operations {
        for (number, lines) in example_blocks(&operation.value["description"])
            .into_iter()
            .enumerate()
        {
            found.push(Example {
                name: format!("{} {number}", operation.id),
                lines,
                expected: Expected::Answer(operation),
            });
        }
        for (status, response) in object(&operation.value["responses"]) {
            if response.get("$ref").is_none() {
                found.extend(refusals(operation.id, response, &[status.as_str()]));
            }
        }
    }
    for (name, response) in object(&document["components"]["responses"]) {
        let reference = format!("#/components/responses/{name}");
        let mut statuses: Vec<&str> = operations
            .iter()
            .flat_map(|operation| object(&operation.value["responses"]))
            .filter(|(_, response)| response["$ref"] == reference.as_str())
            .map(|(status, _)| status.as_str())
            .collect();
        statuses.dedup();
        found.extend(refusals(name, response, &statuses));
    }
    found
}

fn refusals<'a>(name: &str, response: &'a Value, statuses: &[&'a str]) -> Vec<Example<'a>> {
    let bodies = response["content"].as_object().into_iter().flatten();
    let examples = bodies.flat_map(|(_, body)| body["examples"].as_object().into_iter().flatten());
    let mut found = Vec::new();
    for (reason, example) in examples {
        for lines in example_blocks(&example["description"]) {
            found.push(Example {
                name: format!("{name} {reason}"),
                lines,
                expected: Expected::Refusal(statuses.to_owned(), &example["value"]),
            });
        }
    }
    found
}

/// One script of all: each example in a shell of its own, with a curl that also writes down the last call and its answer.
fn script(examples: &[Example<'_>], variables: &Path) -> String {
    let mut script = String::from(
        "curl() {\n: >\"$OUT/body\"\ncommand curl --output \"$OUT/body\" --dump-header \"$OUT/head\" \
         --write-out '%{http_code} %{method} %{url_effective}\\n' \"$@\" >\"$OUT/call\"\ncat \"$OUT/body\"\n}\n",
    );
    for (number, example) in examples.iter().enumerate() {
        if number % BETWEEN_READINGS == 0 {
            writeln!(script, "OUT=$PWD\n. {}", variables.display()).unwrap();
        }
        let lines = example.lines;
        writeln!(
            script,
            "OUT=$PWD/{number}; mkdir $OUT\n(\n{lines}\n) >$OUT/stdout 2>$OUT/stderr </dev/null"
        )
        .unwrap();
    }
    script
}

fn sh(script: &str, dir: &Path) -> String {
    let mut shell = Command::new("sh");
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        shell.env_remove(name);
    }
    let file = dir.join("script");
    fs::write(&file, script).unwrap();
    let output = shell
        .arg(file)
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap()
}

/// Whether the path of a URL is one of a template, such as `/videos/{id}`.
fn is_of(template: &str, path: &str) -> bool {
    if let Some((prefix, "")) = template.split_once("{original}") {
        return path
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.starts_with([';', '/']));
    }
    let (mut known, mut segments) = (template.split('/'), path.split('/'));
    loop {
        match (known.next(), segments.next()) {
            (None, None) => return true,
            (Some(known), Some(segment))
                if known == segment || known.starts_with('{') && !segment.is_empty() => {}
            _ => return false,
        }
    }
}

/// UUIDs, which are others each time, become one.
fn masked(value: &Value) -> String {
    let text = value.to_string();
    let is_uuid = |window: &[u8]| {
        window.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
    };
    let mut masked = String::new();
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        if rest.len() >= 36 && is_uuid(&rest.as_bytes()[..36]) {
            masked.push_str("UUID");
            rest = &rest[36..];
        } else {
            masked.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    masked
}

/// What is not as the document has it.
fn complaint(document: &Value, example: &Example<'_>, dir: &Path) -> Option<String> {
    let read =
        |name: &str| String::from_utf8_lossy(&fs::read(dir.join(name)).unwrap_or_default()).into_owned();
    let (call, body, errors) = (read("call"), read("body"), read("stderr"));
    if !errors.is_empty() {
        return Some(errors);
    }
    let said = format!("{}{body}", call.lines().last().unwrap_or("no call"));
    let mut parts = call.lines().last().unwrap_or_default().split(' ');
    let (status, method, url) = (parts.next()?, parts.next()?, parts.next()?);
    let json: Option<Value> = serde_json::from_str(&body).ok();
    match &example.expected {
        Expected::Refusal(statuses, value) => {
            let is_same = json.is_some_and(|json| masked(&json) == masked(value));
            (!is_same || !statuses.contains(&status)).then_some(said)
        }
        Expected::Answer(operation) => {
            let base = document["servers"][0]["url"].as_str().unwrap();
            let path = url.strip_prefix(base).unwrap_or(url).split(['?', '#']).next()?;
            let responses = object(&operation.value["responses"]);
            let is_expected = match operation.value["x-example-status"].as_str() {
                Some(expected) => status == expected,
                None => status < "400",
            };
            let Some(response) = responses.get(status).filter(|_| is_expected) else {
                return Some(said);
            };
            if method != operation.method.to_uppercase() || !is_of(operation.path, path) {
                return Some(format!("another call: {said}"));
            }
            let response = resolved(document, response);
            let content = response["content"].as_object()?;
            let media_type = read("head").lines().rev().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-type")
                    .then(|| value.split(';').next().unwrap_or_default().trim().to_owned())
            });
            let Some(documented) = content.get(media_type.as_deref().unwrap_or_default()) else {
                return Some(format!("{media_type:?} is not documented"));
            };
            let wrong = json.map(|json| misfits(document, &documented["schema"], &json, "the answer"));
            match wrong {
                Some(wrong) => (!wrong.is_empty()).then(|| wrong.join("; ")),
                None => media_type
                    .is_some_and(|name| name.ends_with("json"))
                    .then_some(said),
            }
        }
    }
}

#[test]
fn every_example_of_the_api_document_works_on_the_demo() {
    let dir = directory();
    let demo = Demo::spawn(program(dir.path(), &["demo"]));
    let variables = dir.path().join("data/demo.env");
    let work = tempfile::tempdir().unwrap();
    let served = format!(". {}\ncurl -sS \"$SERVICE/openapi.yaml\"", variables.display());
    let document: Value = serde_norway::from_str(&sh(&served, work.path())).unwrap();
    let operations = operations(&document);
    let examples = all(&document, &operations);
    assert!(examples.len() > 180, "{}", examples.len());
    sh(&script(&examples, &variables), work.path());
    let found: Vec<String> = examples
        .iter()
        .enumerate()
        .filter_map(|(number, example)| {
            let complaint = complaint(&document, example, &work.path().join(number.to_string()))?;
            Some(format!("{}: {complaint}", example.name))
        })
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    demo.service.interrupt();
}
