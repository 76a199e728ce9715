//! `callback`: the outbox, and retrying parked events.

use serde_json::{Value, json};

use test_support::command_line::CommandLine;

const INVITATION: &str = "0190a5d0-0000-7000-8000-000000000001";
const OTHER: &str = "0190a5d0-0000-7000-8000-000000000002";

/// A customer with two invitations, and with events in every state.
pub fn with_events() -> CommandLine {
    let registry = CommandLine::with_client();
    registry.json(&[
        "campaign",
        "add",
        "--customer",
        "Acme",
        "--language",
        "fr",
        "Rust",
    ]);
    for (id, states) in [
        (
            INVITATION,
            "('started', now(), null, null), ('completed', null, now(), 'the receiver answered 500')",
        ),
        (
            OTHER,
            "('started', null::timestamptz, now(), 'the receiver answered 503'), ('cancelled', null, null, null)",
        ),
    ] {
        registry.execute(&format!(
            "insert into invitation (invitation_id, customer_id, client_id, campaign_id, kind, applicant_id, application_id,
                 lastname, firstname, email, link_digest, sealed_link, sealing_key_id, status, created_at,
                 status_changed_at, expires_at)
             select '{id}', customer_id, 'client-1', campaign_id, 'video', gen_random_uuid(), gen_random_uuid(),
                 'Dupont', 'Zoé', 'zoe@site', sha256('{id}'), '', (select min(sealing_key_id) from sealing_key),
                 'started', now(), now(), now()
             from campaign"
        ));
        registry.execute(&format!(
            "insert into webhook_event (invitation_id, destination, type, status, occurred_at, due_at, delivered_at,
                 parked_at, last_error, attempts)
             select '{id}', 'callback', 'invitation.status_changed', status, now(), now(), delivered_at, parked_at,
                 last_error, 7
             from (values {states}) state (status, delivered_at, parked_at, last_error)"
        ));
    }
    registry
}

fn states(events: &Value) -> Vec<(&str, &str)> {
    let events = events.as_array().unwrap().iter();
    events
        .map(|event| {
            (
                event["state"].as_str().unwrap(),
                event["status"].as_str().unwrap(),
            )
        })
        .collect()
}

#[test]
fn events_are_listed_newest_first_and_by_what_is_asked() {
    let registry = with_events();
    let all = registry.json(&["callback", "list"]);
    assert_eq!(
        states(&all),
        [
            ("pending", "cancelled"),
            ("parked", "started"),
            ("parked", "completed"),
            ("delivered", "started"),
        ]
    );
    assert_eq!(all[1]["last_error"], "the receiver answered 503");
    assert_eq!(
        (&all[1]["due_at"], &all[1]["attempts"]),
        (&Value::Null, &json!(7))
    );
    assert!(all[0]["due_at"].is_string());
    let list = |args: &[&str]| registry.json(&[&["callback", "list"], args].concat());
    assert_eq!(states(&list(&["--pending"])), [("pending", "cancelled")]);
    assert_eq!(states(&list(&["--delivered"])), [("delivered", "started")]);
    assert_eq!(
        states(&list(&["--parked", "--invitation", OTHER])),
        [("parked", "started")]
    );
    assert_eq!(list(&["--limit", "1"]).as_array().unwrap().len(), 1);
    let table = registry.text(&["callback", "list", "--parked"]);
    assert!(table.starts_with("EVENT_ID"), "{table}");
    assert!(
        table.contains("parked  7         -    the receiver answered 500"),
        "{table}"
    );
}

#[test]
fn what_was_given_up_is_taken_up_again_and_that_is_recorded() {
    let registry = with_events();
    let parked = registry.json(&["callback", "list", "--parked", "--invitation", OTHER]);
    let event_id = parked[0]["event_id"].as_str().unwrap();
    let retried = registry.text(&["callback", "retry", event_id]);
    assert_eq!(retried, "Retried 1 event.\n");
    let error = registry.error(&["callback", "retry", event_id]);
    assert_eq!(
        error,
        format!("there is no parked event `{event_id}`; `callback list --parked` shows them")
    );
    let pending = registry.json(&["callback", "list", "--pending", "--invitation", OTHER]);
    assert_eq!(
        states(&pending),
        [("pending", "cancelled"), ("pending", "started")]
    );
    assert_eq!(pending[1]["attempts"], 0);

    assert_eq!(
        registry.json(&["callback", "retry", "--all-parked"]),
        json!({ "retried": 1 })
    );
    assert_eq!(registry.json(&["callback", "list", "--parked"]), json!([]));
    let trail = registry.json(&["audit", "list", "--limit", "2"]);
    assert_eq!(trail[0]["subject"], "all parked");
    assert_eq!(trail[0]["detail"], json!({ "events": 1 }));
    assert_eq!(
        (&trail[1]["action"], &trail[1]["subject"]),
        (&json!("retried"), &json!(event_id))
    );
    // One or all has to be said.
    let output = registry.command(&["callback", "retry"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn what_nobody_wants_any_more_is_discarded_for_good_and_that_is_recorded() {
    let registry = with_events();
    let customer_id = registry.json(&["customer", "list"])[0]["customer_id"].clone();
    for (args, detail, subject) in [
        (
            ["--client", "client-1"].as_slice(),
            json!({ "events": 2, "client_id": "client-1" }),
            "parked",
        ),
        (
            &["--customer", "Acme"],
            json!({ "events": 2, "customer_id": customer_id }),
            "parked",
        ),
        (&["--all-parked"], json!({ "events": 2 }), "all parked"),
    ] {
        let discarded = registry.json(&[&["callback", "discard"], args].concat());
        assert_eq!(discarded, json!({ "discarded": 2 }), "{args:?}");
        let left = registry.json(&["callback", "list"]);
        let mut left = states(&left);
        assert!(left.iter().all(|(state, _)| *state != "parked"), "{left:?}");
        left.sort_unstable();
        assert_eq!(left.last(), Some(&("pending", "cancelled")), "others stay");
        let trail = registry.json(&["audit", "list", "--limit", "1"]);
        assert_eq!(trail[0]["action"], "discarded");
        assert_eq!(
            (&trail[0]["subject"], &trail[0]["detail"]),
            (&json!(subject), &detail)
        );
        assert_eq!(
            registry.text(&[&["callback", "discard"], args].concat()),
            "Discarded 0 events.\n"
        );
        registry.execute(
            "insert into webhook_event (invitation_id, destination, type, status, occurred_at, due_at, parked_at)
             select invitation_id, 'callback', 'invitation.status_changed', 'started', now(), now(), now()
             from invitation",
        );
    }
    let parked = registry.json(&["callback", "list", "--parked"]);
    let event_id = parked[0]["event_id"].as_str().unwrap();
    assert_eq!(
        registry.text(&[
            "callback",
            "discard",
            event_id,
            "--reason",
            "Their endpoint is gone"
        ]),
        "Discarded 1 event.\n"
    );
    let trail = registry.json(&["audit", "list", "--limit", "1"]);
    assert_eq!(
        trail[0]["detail"],
        json!({ "events": 1, "reason": "Their endpoint is gone" })
    );
    let again = registry.error(&["callback", "discard", event_id]);
    assert_eq!(
        again,
        format!("there is no parked event `{event_id}`; `callback list --parked` shows them")
    );
    for unknown in [["--client", "nobody"], ["--customer", "nobody"]] {
        let error = registry.error(&[&["callback", "discard"], unknown.as_slice()].concat());
        assert!(error.contains("nobody"), "{error}");
    }
    for wrong in [
        &["callback", "discard"][..],
        &["callback", "discard", "--all-parked", event_id],
        &["callback", "discard", "--reason", "gone"],
        &["callback", "discard", "--all-parked", "--reason", ""],
    ] {
        let output = registry.command(wrong).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
}
