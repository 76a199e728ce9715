//! `health`: what the health check of a container, and people, learn of a running service.

use std::path::Path;
use std::process::Command;

use serde_json::json;
use test_support::command_line::{CommandLine, Service, fail, parse, program, succeed};
use test_support::ports::free_address;

fn health(address: &str, args: &[&str]) -> Command {
    let mut command = program(Path::new("/"), &[&["health"], args].concat());
    command.env("PARTNER_OPS_LISTEN", address);
    command
}

#[test]
fn a_service_that_serves_is_healthy() {
    let registry = CommandLine::new();
    let service: Service = registry.serve();
    let log = service.log();
    let serving = log
        .lines()
        .find(|line| line.contains(r#""message":"serving""#))
        .unwrap();
    let ops = parse(serving)["ops"].as_str().unwrap().to_owned();
    let address = ops.strip_prefix("http://").unwrap();
    assert_eq!(succeed(&mut health(address, &[])), "ready, database up\n");
    let answer = parse(&succeed(&mut health(address, &["--json"])));
    assert_eq!(answer, json!({ "status": "ready", "database": "up" }));
    // The port of the public service is not that of health.
    let public = service.base_url.strip_prefix("http://").unwrap().to_owned();
    let error = fail(&mut health(&public, &[]));
    assert!(
        error.starts_with("the service is not ready: its status is "),
        "{error}"
    );
    service.interrupt();
}

#[test]
fn where_nothing_answers_the_setting_is_named() {
    let address = free_address().to_string();
    let error = fail(&mut health(&address, &[]));
    let expected = format!("PARTNER_OPS_LISTEN is {address}, where no service answers");
    assert!(error.starts_with(&expected), "{error}");
}
