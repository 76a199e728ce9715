//! Nothing that comes out holds a secret, a token or an assertion, however hard the partner tries.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract_check::{Report, junit};

use crate::harness::{CLIENT_ID, SECRET, block_on, check, plan};
use crate::partner::{Partner, pairs};

/// Everything that can be printed of a report.
fn outputs(report: &Report) -> [(&'static str, String); 4] {
    [
        ("text", report.describe()),
        ("JSON", report.to_json().to_string()),
        ("JUnit", junit::to_xml(report).unwrap()),
        ("debug", format!("{report:?}")),
    ]
}

#[test]
fn no_output_has_a_secret_a_token_or_an_assertion() {
    block_on(async {
        // The one that quotes what it is sent, and two that fail with tokens in their answers.
        for flaw in [
            "echo",
            "token.error.wrong-secret",
            "assertion.wrong-audience",
            "bearer.query",
        ] {
            let partner = Partner::flawed(flaw);
            let report = check(plan(&partner.url)).await;
            let mut secrets = partner.tokens();
            assert!(secrets.len() > 10, "only {} tokens were given out", secrets.len());
            secrets.push(SECRET.to_owned());
            secrets.push(STANDARD.encode(format!("{CLIENT_ID}:{SECRET}")));
            for (_, call) in partner.calls() {
                let body = call.split(' ').nth(2).unwrap_or_default();
                let assertions = pairs(body).into_iter().filter(|(name, _)| name == "assertion");
                secrets.extend(
                    assertions
                        .map(|(_, value)| value)
                        .filter(|value| value.len() > 100),
                );
            }
            for (name, output) in outputs(&report) {
                assert!(output.contains("***"), "{name} shows nothing");
                for secret in &secrets {
                    assert!(!output.contains(secret.as_str()), "{flaw}: {name} has {secret}");
                }
            }
        }
    });
}
