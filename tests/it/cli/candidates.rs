//! `candidate erase`: forgetting a person.

use serde_json::json;

use test_support::command_line::CommandLine;

const NOBODY: &str = "0190a5d0-0000-7000-8000-000000000002";

#[test]
fn nobody_is_forgotten_without_an_error() {
    let registry = CommandLine::with_customer();
    let by_id = [
        "candidate",
        "erase",
        "--customer",
        "Acme",
        "--applicant-id",
        NOBODY,
    ];
    let by_address = ["candidate", "erase", "--email", "zoe.dupont@site"];
    let of_customer = [&by_address[..], &["--customer", "Acme"]].concat();
    for args in [&by_id[..], &by_address, &of_customer] {
        assert_eq!(registry.json(args), json!({ "erased_invitations": 0 }));
    }
    assert_eq!(registry.text(&by_address), "Erased 0 invitations.\n");
}

#[test]
fn who_is_to_be_forgotten_is_said() {
    let registry = CommandLine::with_customer();
    let unknown = registry.error(&[
        "candidate",
        "erase",
        "--customer",
        "Nobody",
        "--applicant-id",
        NOBODY,
    ]);
    assert!(unknown.contains("Nobody"), "{unknown}");
    for args in [
        &[][..],
        &["--customer", "Acme"],
        &["--applicant-id", NOBODY],
        &["--customer", "Acme", "--applicant-id", "x"],
        &["--email", "x"],
        &[
            "--customer",
            "Acme",
            "--applicant-id",
            NOBODY,
            "--email",
            "zoe.dupont@site",
        ],
    ] {
        let mut command = registry.command(&[&["candidate", "erase"][..], args].concat());
        assert_eq!(command.output().unwrap().status.code(), Some(2), "{args:?}");
    }
}
