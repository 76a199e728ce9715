//! The page of the checks, and the forms of the report.

use std::fs;
use std::path::Path;

use contract_check::{Level, junit, reference};

use crate::harness::{block_on, check, plan};
use crate::partner::Partner;

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "it is asked for by whoever runs the test"
)]
fn the_page_of_the_checks_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/CHECK.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, reference::page()).unwrap();
    }
    let is_current = fs::read_to_string(&path).unwrap_or_default() == reference::page();
    assert!(
        is_current,
        "UPDATE_DOCS=1 cargo test -p contract-check the_page_of_the_checks writes it again"
    );
}

#[test]
fn the_json_says_what_was_sent_what_came_back_and_what_was_expected() {
    block_on(async {
        let partner = Partner::flawed("token.response.no-store");
        let report = check(plan(&partner.url)).await.to_json();
        assert_eq!(report["is_passed"], false);
        assert_eq!(report["summary"]["failed_required"][0], "token.response.no-store");
        let checks = report["checks"].as_array().unwrap();
        let failed = checks.iter().find(|one| one["outcome"] == "failed").unwrap();
        assert_eq!(failed["level"], "required");
        assert_eq!(failed["rule"], "R10");
        assert_eq!(failed["detail"], "Cache-Control is max-age=3600");
        let exchange = &failed["exchanges"][0];
        let form =
            "grant_type=client_credentials&client_id=428a51ae-0387-43ab-8c64-cf026f77656f&client_secret=***";
        assert_eq!(exchange["sent"]["method"], "POST");
        assert_eq!(exchange["sent"]["body"], form);
        assert_eq!(exchange["came_back"]["status"], 200);
        let body = exchange["came_back"]["body"].as_str().unwrap();
        assert!(body.contains("\"access_token\":\"***\""), "{body}");
        assert!(!failed["expected"].as_str().unwrap().is_empty());
    });
}

#[test]
fn the_junit_report_fails_where_the_run_fails() {
    block_on(async {
        for (flaw, failures) in [("token.response.no-store", 1), ("token.response.lifetime", 0)] {
            let partner = Partner::flawed(flaw);
            let report = check(plan(&partner.url)).await;
            let xml = junit::to_xml(&report).unwrap();
            let read = quick_junit::Report::deserialize_from_str(&xml).unwrap();
            assert_eq!(
                (read.tests, read.failures, read.errors),
                (report.findings.len(), failures, 0)
            );
            assert_eq!(report.failed(Level::Required).len(), failures);
        }
    });
}

#[test]
fn what_a_partner_says_cannot_break_the_xml() {
    block_on(async {
        let page = "<a>]]></system-out>\u{1}\u{1b}[2J&amp;\u{ffff}";
        let raw = crate::odd_servers::Raw::answering("200 OK", "content-type: text/html\r\n", page);
        let report = check(plan(&raw.url)).await;
        let xml = junit::to_xml(&report).unwrap();
        assert!(quick_junit::Report::deserialize_from_str(&xml).is_ok(), "{xml}");
    });
}

#[test]
fn the_text_shows_what_failed_and_how_to_mend_it() {
    block_on(async {
        let partner = Partner::flawed("assertion.alg-none");
        let text = check(plan(&partner.url)).await.describe();
        let wanted = [
            "  FAIL  assertion.alg-none ",
            "alg None: it was accepted: an access token came back with 200",
            "(the assertion: {\"alg\":\"None\",\"typ\":\"JWT\"}.",
            "to mend:   Verify with HS256 whatever the header says",
            "required and failed: assertion.alg-none",
        ];
        for wanted in wanted {
            assert!(text.contains(wanted), "{wanted} is not in {text}");
        }
    });
}
