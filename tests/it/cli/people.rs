//! `person erase`, and `candidate erase` as it was called before.

use serde_json::json;

use super::callbacks::with_events;
use test_support::command_line::CommandLine;

const NOBODY: &str = "0190a5d0-0000-7000-8000-000000000002";

#[test]
fn nobody_is_forgotten_without_an_error() {
    let registry = CommandLine::with_customer();
    let by_id = ["person", "erase", "--customer", "Acme", "--applicant-id", NOBODY];
    let by_address = ["person", "erase", "--email", "zoe.dupont@site"];
    let of_customer = [&by_address[..], &["--customer", "Acme"]].concat();
    for args in [&by_id[..], &by_address, &of_customer] {
        assert_eq!(
            registry.json(args),
            json!({
                "receipt_id": null,
                "erased_invitations": 0, "erased_results": 0, "erased_reports": 0, "erased_callbacks": 0, "erased_profiles": 0,
            })
        );
    }
    let as_before = ["candidate", "erase", "--email", "zoe.dupont@site"];
    for args in [&by_address, &as_before] {
        assert_eq!(
            registry.text(args),
            "Erased 0 invitations, 0 results, 0 reports, 0 callbacks and 0 profiles.\n"
        );
    }
}

#[test]
fn who_is_erased_leaves_a_receipt_with_the_reason() {
    let registry = with_events();
    let erase = ["person", "erase", "--email", "zoe@site"];
    for reason in ["", "a\nb"] {
        let mut command = registry.command(&[&erase[..], &["--reason", reason]].concat());
        assert_eq!(command.output().unwrap().status.code(), Some(2), "{reason:?}");
    }
    let erased = registry.json(&[&erase[..], &["--reason", "by letter"]].concat());
    let number = &erased["receipt_id"];
    assert_eq!(
        (&erased["erased_invitations"], &erased["erased_callbacks"]),
        (&json!(2), &json!(4))
    );
    let trail = registry.json(&["audit", "list", "--limit", "1"]);
    assert_eq!(
        (
            &trail[0]["action"],
            &trail[0]["subject_kind"],
            &trail[0]["subject"]
        ),
        (&json!("erased"), &json!("person"), number)
    );
    assert_eq!(
        trail[0]["detail"],
        json!({
            "reason": "by letter", "invitations": 2, "results": 0, "reports": 0, "callbacks": 4, "profiles": 0,
        })
    );
    assert_eq!(
        registry.json(&erase)["receipt_id"],
        json!(null),
        "erasing twice is erasing once"
    );
    let text = with_events().text(&erase);
    assert!(
        text.starts_with("Erased 2 invitations, 0 results, 0 reports, 4 callbacks and 0 profiles.\n"),
        "{text}"
    );
    assert!(text.contains("the number of the receipt"), "{text}");
}

#[test]
fn who_is_to_be_forgotten_is_said() {
    let registry = CommandLine::with_customer();
    let unknown = registry.error(&[
        "person",
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
