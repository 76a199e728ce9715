//! How the tool behaves towards a partner: slowly, patiently, and to nobody else.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract_check::{Group, Level, Outcome, junit};

use crate::harness::{CLIENT_ID, SECRET, block_on, check, failed, outcome, plan};
use crate::odd_servers::Raw;
use crate::partner::Partner;

#[test]
fn requests_come_no_closer_than_they_may() {
    block_on(async {
        let partner = Partner::good();
        let mut plan = plan(&partner.url);
        plan.requests_per_second = 25.try_into().unwrap();
        plan.groups = vec![Group::Token];
        check(plan).await;
        let calls = partner.calls();
        assert!(calls.len() > 20, "{}", calls.len());
        for pair in calls.windows(2) {
            let between = pair[1].0 - pair[0].0;
            assert!(between >= Duration::from_millis(40), "{between:?}: {}", pair[1].1);
        }
    });
}

#[test]
fn few_wrong_secrets_are_tried() {
    block_on(async {
        let partner = Partner::good();
        check(plan(&partner.url)).await;
        let is_wrong = |call: &String| {
            let basic = call
                .rsplit_once("Basic ")
                .and_then(|(_, value)| STANDARD.decode(value).ok());
            let basic = basic
                .map(|bytes| String::from_utf8(bytes).unwrap())
                .unwrap_or_default();
            let text = format!("{call} {basic}");
            let presents = text.contains("client_secret=") || !basic.is_empty();
            // The escaped form of the right one begins so.
            presents && text.contains(CLIENT_ID) && !text.contains(SECRET) && !basic.starts_with('%')
        };
        let wrong = partner.calls().iter().filter(|(_, call)| is_wrong(call)).count();
        // The service itself takes ten before it asks for patience.
        assert!((3..=5).contains(&wrong), "{wrong}");
    });
}

#[test]
fn who_asks_for_patience_gets_it() {
    block_on(async {
        let partner = Partner::good();
        partner.refuse(1);
        let report = check(plan(&partner.url)).await;
        assert_eq!(failed(&report), Vec::<&str>::new(), "{}", report.describe());
        assert_eq!(report.waits.len(), 1);
        assert!(report.describe().contains("POST /token: asked to wait 0 s (429)"));
    });
}

#[test]
fn who_asks_for_patience_for_ever_is_told_so() {
    block_on(async {
        let partner = Partner::good();
        partner.refuse(u32::MAX);
        let mut plan = plan(&partner.url);
        plan.groups = vec![Group::Token];
        let report = check(plan).await;
        let (end, why) = outcome(&report, "token.form.issued");
        assert_eq!(end, Outcome::Failed);
        assert!(why.contains("429 3 times"), "{why}");
    });
}

#[test]
fn patience_has_an_end() {
    block_on(async {
        let patient = Raw::answering("429 Too Many Requests", "retry-after: 86400\r\n", "");
        let mut plan = plan(&patient.url);
        plan.groups = vec![Group::Token];
        let report = check(plan).await;
        let (end, why) = outcome(&report, "token.form.issued");
        assert_eq!(end, Outcome::Skipped);
        assert!(why.contains("86400 s"), "{why}");
        // What could not be checked has not passed.
        assert!(report.failed(Level::Required).is_empty() && !report.is_passed());
        let xml = quick_junit::Report::deserialize_from_str(&junit::to_xml(&report).unwrap()).unwrap();
        assert_eq!((xml.failures, xml.errors), (0, 1));
    });
}

#[test]
fn credentials_go_to_the_url_given_and_nowhere_else() {
    block_on(async {
        let (partner, elsewhere) = (Partner::good(), Partner::good());
        partner.point_to(&elsewhere.url);
        let report = check(plan(&partner.url)).await;
        assert_eq!(elsewhere.calls().len(), 0);
        assert_eq!(failed(&report), ["metadata.endpoints"]);
        // The endpoint at its usual place was taken instead.
        assert_eq!(outcome(&report, "revocation.effect").0, Outcome::Passed);
    });
}

#[test]
fn nobody_is_invited_unless_it_is_allowed() {
    block_on(async {
        let partner = Partner::good();
        let mut plan = plan(&partner.url);
        plan.campaigns = None;
        let report = check(plan).await;
        let writes = |call: &str| call.starts_with("POST /videos") || call.starts_with("POST /assessments");
        assert!(!partner.calls().iter().any(|(_, call)| writes(call)));
        let (end, why) = outcome(&report, "videos.invite.success");
        assert_eq!(end, Outcome::Skipped);
        assert!(why.contains("--allow-writes"), "{why}");
    });
}

#[test]
fn a_group_alone_is_checked_alone() {
    block_on(async {
        let partner = Partner::good();
        let mut plan = plan(&partner.url);
        plan.groups = vec![Group::CurrentUser];
        let report = check(plan).await;
        assert!(
            report
                .findings
                .iter()
                .all(|finding| finding.group == Group::CurrentUser)
        );
        assert_eq!(
            report.count(Outcome::Passed),
            report.findings.len(),
            "{}",
            report.describe()
        );
    });
}

#[test]
fn an_api_below_a_path_is_found_there() {
    block_on(async {
        let raw = Raw::answering("404 Not Found", "", "");
        check(plan(&format!("{}/api/v1/", raw.url))).await;
        let requests = raw.requests.lock().unwrap();
        assert!(
            requests[0].starts_with("POST /api/v1/token HTTP/1.1"),
            "{}",
            requests[0]
        );
        let metadata = "GET /.well-known/oauth-authorization-server/api/v1 HTTP/1.1";
        assert!(requests.iter().any(|request| request.starts_with(metadata)));
    });
}

#[test]
fn a_partner_that_decodes_the_secret_is_told_so() {
    block_on(async {
        let partner = Partner::flawed("decodes-hex");
        let mut plan = plan(&partner.url);
        plan.groups = vec![Group::Assertion];
        let report = check(plan).await;
        let (end, why) = outcome(&report, "assertion.accepted");
        assert_eq!(end, Outcome::Failed);
        assert!(why.contains("decoded from hex"), "{why}");
    });
}
