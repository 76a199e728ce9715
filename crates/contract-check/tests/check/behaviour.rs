//! How a run treats the endpoint: it limits its rate, waits as it is told to, and sends credentials nowhere else.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract_check::{CheckStatus, Group, Level, junit};

use crate::harness::{CLIENT_ID, SECRET, block_on, check, failed, plan, result_of};
use crate::odd_servers::RawServer;
use crate::partner::Partner;

#[test]
fn requests_keep_the_planned_interval() {
    block_on(async {
        let partner = Partner::correct();
        let mut plan = plan(&partner.url);
        plan.requests_per_second = 25.try_into().unwrap();
        plan.groups = vec![Group::Token];
        check(plan).await;
        let calls = partner.calls();
        assert!(calls.len() > 20, "{}", calls.len());
        for pair in calls.windows(2) {
            let interval = pair[1].0 - pair[0].0;
            assert!(
                interval >= Duration::from_millis(40),
                "{interval:?}: {}",
                pair[1].1
            );
        }
    });
}

#[test]
fn only_a_few_wrong_secrets_are_sent() {
    block_on(async {
        let partner = Partner::correct();
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
            // The check of percent-encoding sends the right secret, which begins with a percent sign then.
            presents && text.contains(CLIENT_ID) && !text.contains(SECRET) && !basic.starts_with('%')
        };
        let wrong = partner.calls().iter().filter(|(_, call)| is_wrong(call)).count();
        // More of them could lock the client out: this repository's service allows ten.
        assert!((3..=5).contains(&wrong), "{wrong}");
    });
}

#[test]
fn a_429_is_waited_for() {
    block_on(async {
        let partner = Partner::correct();
        partner.rate_limit(1);
        let report = check(plan(&partner.url)).await;
        assert_eq!(failed(&report), Vec::<&str>::new(), "{}", report.to_text());
        assert_eq!(report.waits.len(), 1);
        assert!(
            report
                .to_text()
                .contains("POST /token: rate limited (429), retry after 0 s")
        );
    });
}

#[test]
fn a_429_without_end_fails_the_check() {
    block_on(async {
        let partner = Partner::correct();
        partner.rate_limit(u32::MAX);
        let mut plan = plan(&partner.url);
        plan.groups = vec![Group::Token];
        let report = check(plan).await;
        let (status, detail) = result_of(&report, "token.form.issued");
        assert_eq!(status, CheckStatus::Failed);
        assert!(detail.contains("429 3 times"), "{detail}");
    });
}

#[test]
fn a_long_retry_after_cuts_the_run_short() {
    block_on(async {
        let server = RawServer::responding("429 Too Many Requests", "retry-after: 86400\r\n", "");
        let mut plan = plan(&server.url);
        plan.groups = vec![Group::Token];
        let report = check(plan).await;
        let (status, detail) = result_of(&report, "token.form.issued");
        assert_eq!(status, CheckStatus::Skipped);
        assert!(detail.contains("86400 s"), "{detail}");
        // A run that made no check has not passed.
        assert!(report.failed(Level::Required).is_empty() && !report.has_passed());
        let xml = quick_junit::Report::deserialize_from_str(&junit::to_xml(&report).unwrap()).unwrap();
        assert_eq!((xml.failures, xml.errors), (0, 1));
    });
}

#[test]
fn credentials_go_to_the_url_given_and_nowhere_else() {
    block_on(async {
        let (partner, elsewhere) = (Partner::correct(), Partner::correct());
        partner.advertise_endpoint_at(&elsewhere.url);
        let report = check(plan(&partner.url)).await;
        assert_eq!(elsewhere.calls().len(), 0);
        assert_eq!(failed(&report), ["metadata.endpoints"]);
        // The check used the default path instead.
        assert_eq!(result_of(&report, "revocation.effect").0, CheckStatus::Passed);
    });
}

#[test]
fn nobody_is_invited_unless_the_plan_allows_it() {
    block_on(async {
        let partner = Partner::correct();
        let mut plan = plan(&partner.url);
        plan.campaigns = None;
        let report = check(plan).await;
        let writes = |call: &str| call.starts_with("POST /videos") || call.starts_with("POST /assessments");
        assert!(!partner.calls().iter().any(|(_, call)| writes(call)));
        let (status, detail) = result_of(&report, "videos.invite.success");
        assert_eq!(status, CheckStatus::Skipped);
        assert!(detail.contains("--allow-writes"), "{detail}");
    });
}

#[test]
fn only_the_groups_of_the_plan_are_checked() {
    block_on(async {
        let partner = Partner::correct();
        let mut plan = plan(&partner.url);
        plan.groups = vec![Group::CurrentUser];
        let report = check(plan).await;
        assert!(
            report
                .results
                .iter()
                .all(|result| result.group == Group::CurrentUser)
        );
        assert_eq!(
            report.count(CheckStatus::Passed),
            report.results.len(),
            "{}",
            report.to_text()
        );
    });
}

#[test]
fn the_path_of_the_base_url_is_kept() {
    block_on(async {
        let raw = RawServer::responding("404 Not Found", "", "");
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
fn a_partner_that_decodes_the_secret_learns_of_it() {
    block_on(async {
        let partner = Partner::with_defect("decodes-hex");
        let mut plan = plan(&partner.url);
        plan.groups = vec![Group::Assertion];
        let report = check(plan).await;
        let (status, detail) = result_of(&report, "assertion.accepted");
        assert_eq!(status, CheckStatus::Failed);
        assert!(detail.contains("decoded from hex"), "{detail}");
    });
}
