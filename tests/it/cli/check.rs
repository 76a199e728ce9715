//! `check`: what it prints, and how it ends.

use std::process::{Command, Output};

use test_support::SECRET;
use test_support::command_line::{
    CommandLine, PUBLIC_URL, Service, error_line, fail, parse, program, run_given, succeed,
};

/// `check` of a service, without anything that the other commands need.
fn check(registry: &CommandLine, service: &Service, more: &[&str]) -> Command {
    let mut command = program(registry.dir.path(), &["check", &service.base_url]);
    command.args(["--client-id", "client-1", "--secret-file", "secret"]);
    command.args(["--audience", PUBLIC_URL, "--requests-per-second", "1000"]);
    command.args(more);
    command
}

/// Neither stream holds the secret.
fn assert_secret_kept(output: &Output) {
    for stream in [&output.stdout, &output.stderr] {
        assert!(!String::from_utf8_lossy(stream).contains(SECRET));
    }
}

#[test]
fn a_service_that_is_right_passes_with_status_0() {
    let registry = CommandLine::with_client();
    let service = registry.serve();
    let output = check(&registry, &service, &["--junit", "report.xml"])
        .output()
        .unwrap();
    assert_secret_kept(&output);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "",
        "there is no terminal to show progress on"
    );
    assert!(text.contains("  ok    token.form.issued "), "{text}");
    assert!(text.contains(" skipped, 0 failed"), "{text}");
    let xml = std::fs::read_to_string(registry.dir.path().join("report.xml")).unwrap();
    assert!(xml.contains("failures=\"0\"") && !xml.contains(SECRET), "{xml}");
}

#[test]
fn a_failed_check_is_status_1_and_named() {
    let registry = CommandLine::with_client();
    let service = registry.serve();
    registry.file("secret", &"0".repeat(64));
    let output = check(&registry, &service, &["--only", "token", "--json"])
        .output()
        .unwrap();
    let line = error_line(&output);
    assert!(
        line.starts_with("1 required check failed: token.form.issued"),
        "{line}"
    );
    let report = parse(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(report["passed"], false);
    let checks = report["checks"].as_array().unwrap();
    assert!(checks.iter().all(|one| one["group"] == "token"));
    assert!(!report.to_string().contains(&"0".repeat(64)));
}

#[test]
fn the_secret_may_come_from_standard_input() {
    let registry = CommandLine::with_client();
    let service = registry.serve();
    let mut command = program(registry.dir.path(), &["check", &service.base_url]);
    command.args([
        "--client-id",
        "client-1",
        "--secret-file",
        "-",
        "--only",
        "bearer",
        "--json",
    ]);
    command.args(["--requests-per-second", "1000"]);
    let output = run_given(&mut command, &format!("{SECRET}\n"));
    assert_secret_kept(&output);
    let report = parse(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(report["passed"], true, "{report}");
}

#[test]
fn a_check_is_explained_without_a_call() {
    let dir = tempfile::tempdir().unwrap();
    let text = succeed(&mut program(
        dir.path(),
        &["check", "--explain", "assertion.alg-none"],
    ));
    for part in ["assertion.alg-none (required, R41)", "\nWhy: ", "\nFix: "] {
        assert!(text.contains(part), "{text}");
    }
    let json = succeed(&mut program(
        dir.path(),
        &["check", "--explain", "token.tls", "--json"],
    ));
    assert_eq!(parse(&json)["level"], "required");
    let line = fail(&mut program(dir.path(), &["check", "--explain", "alg-none"]));
    assert!(line.ends_with("did you mean assertion.alg-none?"), "{line}");
}

#[test]
fn a_wrong_call_of_the_tool_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("secret"), SECRET).unwrap();
    let base = [
        "check",
        "https://api.partner.example",
        "--client-id",
        "a",
        "--secret-file",
        "secret",
    ];
    let run = |more: &[&str]| program(dir.path(), &[&base[..], more].concat()).output().unwrap();
    for more in [
        &["--only", "nothing"][..],
        &["--requests-per-second", "0"],
        &["--timeout", "0"],
        &["--video-campaign", "1"],
    ] {
        assert_eq!(run(more).status.code(), Some(2), "{more:?}");
    }
    assert_eq!(
        program(dir.path(), &["check"]).output().unwrap().status.code(),
        Some(2)
    );
    let url = [
        "check",
        "https://me@api.partner.example",
        "--client-id",
        "a",
        "--secret-file",
        "secret",
    ];
    assert_eq!(program(dir.path(), &url).output().unwrap().status.code(), Some(2));
    assert!(error_line(&run(&["--allow-writes"])).contains("--video-campaign"));
    assert!(error_line(&run(&["--user", "nobody"])).contains("email address"));
}

#[test]
fn an_endpoint_with_tls_is_checked_by_its_certificate() {
    let registry = CommandLine::with_client();
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    registry.file("cert.pem", &own.cert.pem());
    registry.file("key.pem", &own.signing_key.serialize_pem());
    let mut serve = registry.command(&["serve"]);
    serve
        .env("PARTNER_TLS_CERT", "cert.pem")
        .env("PARTNER_TLS_KEY", "key.pem");
    let service = Service::spawn(serve);
    assert!(service.base_url.starts_with("https://"), "{}", service.base_url);
    let only_token = ["--only", "token", "--json"];
    let unknown = check(&registry, &service, &only_token).output().unwrap();
    assert!(String::from_utf8_lossy(&unknown.stdout).contains("no connection could be made"));
    let known = check(&registry, &service, &only_token)
        .env("SSL_CERT_FILE", "cert.pem")
        .output()
        .unwrap();
    let report = parse(&String::from_utf8(known.stdout).unwrap());
    assert_eq!(report["passed"], true, "{report}");
    assert_eq!(report["checks"][0]["id"], "token.tls");
    assert_eq!(report["checks"][0]["status"], "passed");
}
