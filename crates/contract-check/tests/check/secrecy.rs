//! No output has a secret, a token or an assertion, even if the partner quotes them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract_check::{Report, junit};

use crate::harness::{CLIENT_ID, SECRET, block_on, check, plan};
use crate::partner::{Partner, pairs};

/// A report in all forms in which it can be printed.
fn outputs(report: &Report) -> Vec<(&'static str, String)> {
    vec![
        ("text", report.to_text()),
        ("JSON", report.to_json().to_string()),
        ("JUnit", junit::to_xml(report).unwrap()),
        ("debug", format!("{report:?}")),
    ]
}

#[test]
fn no_output_has_a_secret_a_token_or_an_assertion() {
    block_on(async {
        // The first quotes every request in its errors; the others fail checks with tokens in their responses.
        for defect in [
            "echo",
            "token.error.wrong-secret",
            "assertion.wrong-audience",
            "bearer.query",
        ] {
            let partner = Partner::with_defect(defect);
            let report = check(plan(&partner.url)).await;
            let mut secrets = partner.tokens();
            assert!(secrets.len() > 10, "only {} tokens were issued", secrets.len());
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
                assert!(output.contains("***"), "{name} has nothing redacted");
                for secret in &secrets {
                    assert!(!output.contains(secret.as_str()), "{defect}: {name} has {secret}");
                }
            }
        }
    });
}
