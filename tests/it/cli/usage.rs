//! What holds for every command: its help, its exit status, what it reads and prints.

use test_support::SECRET;
use test_support::command_line::CommandLine;

#[test]
fn a_wrong_usage_has_its_own_exit_status_and_a_secret_is_never_an_argument() {
    let registry = CommandLine::new();
    for args in [
        &["client", "add", "--client-secret", SECRET][..],
        &["client", "add", "--secret", SECRET],
        &["secret", "add", "client-1", SECRET],
        &["token", "inspect", "tsp_x"],
        &["assertion", "explain", "a.b.c"],
        &["client", "add", "--generate-secret", "--secret-file", "-"],
        &["client", "add", "--scope", "nonsense"],
        &["client", "add", "--scope", "nope"],
        &["client", "add", "--grant", "password"],
        &["client", "add", "--client-id", "é"],
        &["client", "update", "x", "--token-ttl", "soon"],
        &["key", "rotate", "master"],
        &["nonsense"],
        &[],
    ] {
        let output = registry.command(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn every_scope_is_offered_and_no_other_accepted() {
    let registry = CommandLine::new();
    let output = registry
        .command(&["client", "add", "--scope", "nope"])
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    let refusal = "unknown scope; the scopes are videos assessments profiles occupation-benchmark lightcast_open_free emsi_open platform admin introspect";
    assert!(error.contains(refusal), "{error}");
    let help = registry.text(&["client", "add", "--help"]);
    // Its lines are broken where they end.
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let scopes = "videos, assessments, profiles, occupation-benchmark, `lightcast_open_free`, `emsi_open`, platform, admin or introspect";
    assert!(help.contains(scopes), "{help}");
}

#[test]
fn every_subcommand_explains_itself() {
    let registry = CommandLine::new();
    for args in [
        &["serve"][..],
        &["demo"],
        &["migrate"],
        &["customer", "add"],
        &["customer", "list"],
        &["client", "add"],
        &["client", "list"],
        &["client", "show"],
        &["client", "update"],
        &["client", "enable"],
        &["client", "disable"],
        &["client", "revoke-tokens"],
        &["secret", "add"],
        &["secret", "list"],
        &["secret", "retire"],
        &["secret", "restore"],
        &["secret", "uses"],
        &["usage"],
        &["replica", "list"],
        &["key", "list"],
        &["key", "rotate"],
        &["key", "rewrap"],
        &["key", "new-master"],
        &["token", "inspect"],
        &["token", "revoke"],
        &["assertion", "explain"],
        &["campaign", "add"],
        &["campaign", "list"],
        &["campaign", "close"],
        &["audit", "list"],
    ] {
        let help = registry.text(&[args, &["--help"]].concat());
        let usage = format!("Usage: talentsoft-partner {}", args.join(" "));
        assert!(help.contains(&usage), "{args:?}: {help}");
        assert!(!help.starts_with("Usage"), "{args:?} says nothing");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let registry = CommandLine::with_client();
    let mut command = registry.command(&["client", "list"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command.stdout(writer).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
