//! `docs/CHECK.md`, and the report as text, JSON and JUnit XML.

use std::fs;
use std::path::Path;

use contract_check::{Level, junit, reference};

use crate::harness::{block_on, check, plan};
use crate::partner::Partner;

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the variable makes the test write the page"
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
fn the_json_has_the_request_the_response_and_what_was_expected() {
    block_on(async {
        let partner = Partner::with_defect("token.response.no-store");
        let report = check(plan(&partner.url)).await.to_json();
        assert_eq!(report["passed"], false);
        assert_eq!(report["summary"]["failed_required"][0], "token.response.no-store");
        let checks = report["checks"].as_array().unwrap();
        let failed = checks.iter().find(|one| one["status"] == "failed").unwrap();
        assert_eq!(failed["level"], "required");
        assert_eq!(failed["rule"], "R10");
        assert_eq!(failed["detail"], "Cache-Control is max-age=3600");
        let exchange = &failed["exchanges"][0];
        let form =
            "grant_type=client_credentials&client_id=428a51ae-0387-43ab-8c64-cf026f77656f&client_secret=***";
        assert_eq!(exchange["request"]["method"], "POST");
        assert_eq!(exchange["request"]["body"], form);
        assert_eq!(exchange["response"]["status"], 200);
        let body = exchange["response"]["body"].as_str().unwrap();
        assert!(body.contains("\"access_token\":\"***\""), "{body}");
        assert!(!failed["expected"].as_str().unwrap().is_empty());
    });
}

#[test]
fn only_a_required_check_is_a_failure_in_the_junit_report() {
    block_on(async {
        for (defect, failures) in [("token.response.no-store", 1), ("token.response.lifetime", 0)] {
            let partner = Partner::with_defect(defect);
            let report = check(plan(&partner.url)).await;
            let xml = junit::to_xml(&report).unwrap();
            let read = quick_junit::Report::deserialize_from_str(&xml).unwrap();
            assert_eq!(
                (read.tests, read.failures, read.errors),
                (report.results.len(), failures, 0)
            );
            assert_eq!(report.failed(Level::Required).len(), failures);
        }
    });
}

#[test]
fn a_response_cannot_make_the_xml_malformed() {
    block_on(async {
        let page = "<a>]]></system-out>\u{1}\u{1b}[2J&amp;\u{ffff}";
        let raw = crate::odd_servers::RawServer::responding("200 OK", "content-type: text/html\r\n", page);
        let report = check(plan(&raw.url)).await;
        let xml = junit::to_xml(&report).unwrap();
        assert!(quick_junit::Report::deserialize_from_str(&xml).is_ok(), "{xml}");
    });
}

#[test]
fn the_text_shows_what_failed_and_how_to_fix_it() {
    block_on(async {
        let partner = Partner::with_defect("assertion.alg-none");
        let text = check(plan(&partner.url)).await.to_text();
        let wanted = [
            "  FAIL  assertion.alg-none ",
            "alg None: the request was accepted: the response was 200 with an access token",
            "(the assertion: {\"alg\":\"None\",\"typ\":\"JWT\"}.",
            "fix:       Verify the MAC with HS256 whatever the header says",
            "failed, required: assertion.alg-none",
        ];
        for wanted in wanted {
            assert!(text.contains(wanted), "{wanted} is not in {text}");
        }
    });
}
