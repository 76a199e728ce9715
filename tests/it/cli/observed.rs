//! What is counted, and which replicas there are, as the command line shows it.

use serde_json::{Value, json};

use test_support::command_line::CommandLine;

/// A count of each kind in the present hour.
const COUNTED: [&str; 4] = [
    "insert into token_count (client_id, hour, issued)
         values ('client-1', date_trunc('hour', now()), 7), ('', date_trunc('hour', now()), 9)",
    "insert into refusal_count (hour, client_id, network, reason, refused, kept, kept_unproved, first_at, last_at)
         values (date_trunc('hour', now()), 'client-1', '', 'client_wrong_secret', 3, 3, 3, now(), now())",
    "insert into secret_use (secret_id, hour, address, uses, first_at, last_at)
         select secret_id, date_trunc('hour', now()), '203.0.113.7', 5, now(), now() from client_secret",
    "insert into replica (replica_id, seen_at)
         values ('0190a5d0-0000-7000-8000-000000000001', now() + interval '1 minute')",
];

fn latest(series: &Value) -> (usize, i64) {
    let hours = series.as_array().unwrap();
    let counts = hours.iter().map(|hour| hour["count"].as_i64().unwrap());
    (hours.len(), counts.sum())
}

#[test]
fn tokens_refusals_and_uses_are_shown_by_hour_and_address() {
    let registry = CommandLine::with_client();
    for sql in COUNTED {
        registry.execute(sql);
    }
    // The hour may have ended since.
    let all = registry.json(&["usage", "--hours", "2"]);
    assert_eq!(latest(&all["tokens_issued"]), (2, 9));
    assert_eq!(latest(&all["refused"]), (2, 3));
    let own = registry.json(&["usage", "--client", "client-1"]);
    assert_eq!(latest(&own["tokens_issued"]), (24, 7));
    let table = registry.text(&["usage"]);
    assert_eq!(table.lines().count(), 25, "{table}");
    assert!(table.starts_with("HOUR"), "{table}");

    let uses = registry.json(&["secret", "uses", "client-1"]);
    assert_eq!(uses[0]["addresses"][0]["address"], json!("203.0.113.7"));
    registry.json(&["secret", "add", "client-1", "--generate-secret"]);
    let table = registry.text(&["secret", "uses", "client-1"]);
    let cells: Vec<Vec<&str>> = table
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().skip(1).take(2).collect())
        .collect();
    assert_eq!(cells, [["203.0.113.7", "5"], ["-", "0"]], "{table}");
    assert!(registry.error(&["secret", "uses", "nobody"]).contains("nobody"));
}

#[test]
fn replicas_say_what_they_are() {
    let registry = CommandLine::with_client();
    assert_eq!(registry.json(&["replica", "list"]), json!([]));
    for sql in COUNTED {
        registry.execute(sql);
    }
    let listed = registry.json(&["replica", "list"]);
    assert_eq!(
        listed[0]["replica_id"],
        json!("0190a5d0-0000-7000-8000-000000000001")
    );
    let table = registry.text(&["replica", "list"]);
    assert!(table.lines().nth(1).unwrap().contains("  -"), "{table}");
}
