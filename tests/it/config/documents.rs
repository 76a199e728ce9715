//! Documents and help have every variable with its default.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use clap::Args;
use talentsoft_partner::config::{
    ConsoleConfig, DatabaseConfig, ListenConfig, LogConfig, ProcessConfig, PublicConfig, ServiceConfig,
};

use super::{SECRET, refusal, run};

/// The arguments of the command that have a variable.
fn arguments() -> Vec<clap::Arg> {
    let command = clap::Command::new("defined");
    let command = DatabaseConfig::augment_args(command);
    let command = PublicConfig::augment_args(command);
    let command = ServiceConfig::augment_args(command);
    let command = ListenConfig::augment_args(command);
    let command = ConsoleConfig::augment_args(command);
    let command = ProcessConfig::augment_args(command);
    let command = LogConfig::augment_args(command);
    let arguments = command
        .get_arguments()
        .filter(|argument| argument.get_env().is_some());
    arguments.cloned().collect()
}

fn variable(argument: &clap::Arg) -> String {
    argument.get_env().unwrap().to_str().unwrap().to_owned()
}

/// Each variable with its default, as the command defines them, but for those that are known in order to be refused.
fn defined() -> BTreeMap<String, String> {
    let arguments = arguments();
    let shown = arguments.iter().filter(|argument| !argument.is_hide_set());
    shown
        .map(|argument| {
            let defaults = argument.get_default_values().iter();
            let defaults = defaults.map(|value| value.to_str().unwrap()).collect();
            (variable(argument), defaults)
        })
        .collect()
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_example_has_every_variable_with_a_sentence_and_its_default() {
    let text = read(".env.example");
    let mut shown = BTreeMap::new();
    let mut line_before = "";
    for line in text.lines() {
        let setting = line.strip_prefix('#').and_then(|line| line.split_once('='));
        if let Some((variable, default)) = setting.filter(|(variable, _)| !variable.contains(' ')) {
            let is_sentence = line_before.starts_with("# ") && line_before.ends_with('.');
            assert!(is_sentence, "{variable} has no sentence above it");
            shown.insert(variable.to_owned(), default.to_owned());
        }
        line_before = line;
    }
    assert_eq!(shown, defined());
}

#[test]
fn the_operations_manual_has_every_variable_with_its_default() {
    let text = read("docs/OPERATIONS.md");
    let table = text.lines().filter_map(|line| line.strip_prefix("| `"));
    let shown: BTreeMap<String, String> = table
        .filter_map(|row| {
            let (variable, rest) = row.split_once("` | ")?;
            let default = rest.split(" | ").next()?.trim_matches('`');
            let is_variable = variable.chars().all(|c| c.is_ascii_uppercase() || c == '_');
            is_variable.then(|| (variable.to_owned(), default.replace('–', "")))
        })
        .collect();
    assert_eq!(shown, defined());
}

#[test]
fn the_operations_manual_has_every_variable_that_is_refused() {
    let text = read("docs/OPERATIONS.md");
    let arguments = arguments();
    let hidden = arguments.iter().filter(|argument| argument.is_hide_set());
    let refused: Vec<String> = hidden.map(variable).collect();
    assert!(!refused.is_empty());
    for variable in refused {
        assert!(text.contains(&format!("`{variable}`")), "{variable}");
        let error = refusal(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example"),
            (&variable, "/nowhere/file.pem"),
        ]);
        assert!(error.contains(&format!("{variable} is set, but")), "{error}");
    }
}

#[test]
fn the_command_takes_these_variables_and_no_others() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(dir.path(), &["serve", "--help"], &[]);
    let help = String::from_utf8(output.stdout).unwrap();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: Vec<&str> = help
        .split("[env: ")
        .skip(1)
        .map(|rest| rest.split(['=', ']']).next().unwrap())
        .collect();
    shown.sort_unstable();
    assert_eq!(shown, defined().keys().collect::<Vec<_>>());
}

#[test]
fn the_help_does_not_print_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let variables = [
        ("DATABASE_URL", "postgres://partner:s3cret@host/partner"),
        ("PARTNER_MASTER_KEY", "s3cret"),
        ("PARTNER_REDIS_URL", "redis://partner:s3cret@host"),
    ];
    let output = run(dir.path(), &["serve", "--help"], &variables);
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("PARTNER_MASTER_KEY"), "{help}");
    assert!(!help.contains(SECRET), "{help}");
}
