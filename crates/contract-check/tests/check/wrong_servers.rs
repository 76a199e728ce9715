//! For every check a partner that does just that wrong: the check notices, and no other does.

use std::time::Duration;

use contract_check::catalogue::checks_of;
use contract_check::{Check, Group, Outcome};

use crate::harness::{block_on, check, failed, outcome, plan};
use crate::partner::{Offers, Partner};

/// What is never wrong: a partner may do it either way.
const CANNOT_FAIL: [&str; 3] = ["assertion.reused", "revocation.offered", "token.tls"];

#[test]
fn a_partner_that_does_everything_right_passes_every_check() {
    block_on(async {
        let partner = Partner::good();
        let report = check(plan(&partner.url)).await;
        for finding in &report.findings {
            let expected = match finding.check.id {
                // It speaks plain http, on this machine.
                "token.tls" => Outcome::Noted,
                _ => Outcome::Passed,
            };
            assert_eq!(finding.outcome, expected, "{finding:#?}");
        }
    });
}

#[test]
fn a_partner_that_offers_the_least_fails_nothing() {
    block_on(async {
        let partner = Partner::start("", Offers::TheLeast);
        let report = check(plan(&partner.url)).await;
        assert_eq!(failed(&report), Vec::<&str>::new());
        for id in [
            "assertion.accepted",
            "assertion.alg-none",
            "current-user.same",
            "current-user.other",
            "assessments.campaigns",
            "assessments.invite.success",
            "videos.creation-link",
            "videos.status.unknown",
            "revocation.offered",
            "revocation.effect",
            "metadata.offered",
            "metadata.issuer",
        ] {
            assert_eq!(outcome(&report, id).0, Outcome::NotOffered, "{id}");
        }
        assert_eq!(outcome(&report, "current-user.application").0, Outcome::Passed);
    });
}

/// Every check of the group is failed by the partner that is flawed for it, and no other check is.
fn each_check_has_its_wrong_server(group: Group) {
    block_on(async {
        let mut complaints = Vec::new();
        for Check { id, .. } in checks_of(group).filter(|check| !CANNOT_FAIL.contains(&check.id)) {
            let partner = Partner::flawed(id);
            let report = check(plan(&partner.url)).await;
            let failed = failed(&report);
            if failed != [*id] {
                let details: Vec<_> = failed.iter().map(|id| outcome(&report, id)).collect();
                complaints.push(format!("{id} is wrong, and {failed:?} failed: {details:?}"));
            }
        }
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    });
}

#[test]
fn each_check_of_tokens_has_its_wrong_server() {
    each_check_has_its_wrong_server(Group::Token);
}

#[test]
fn each_check_of_assertions_has_its_wrong_server() {
    each_check_has_its_wrong_server(Group::Assertion);
}

#[test]
fn each_check_of_bearers_has_its_wrong_server() {
    each_check_has_its_wrong_server(Group::Bearer);
}

#[test]
fn each_check_of_the_current_user_has_its_wrong_server() {
    each_check_has_its_wrong_server(Group::CurrentUser);
}

#[test]
fn each_check_of_videos_has_its_wrong_server() {
    each_check_has_its_wrong_server(Group::Videos);
}

#[test]
fn each_check_of_assessments_has_its_wrong_server() {
    each_check_has_its_wrong_server(Group::Assessments);
}

#[test]
fn each_check_of_revocation_has_its_wrong_server() {
    each_check_has_its_wrong_server(Group::Revocation);
}

#[test]
fn each_check_of_metadata_has_its_wrong_server() {
    each_check_has_its_wrong_server(Group::Metadata);
}

#[test]
fn plain_http_is_a_failure_away_from_this_machine() {
    block_on(async {
        let partner = Partner::good();
        let report = check(plan(&partner.url_from_afar())).await;
        assert_eq!(failed(&report), ["token.tls"], "{}", report.describe());
    });
}

#[test]
fn a_partner_that_takes_an_assertion_once_passes_with_a_note() {
    block_on(async {
        let mut plan = plan(&Partner::good().url);
        plan.timeout = Duration::from_secs(30);
        // The good partner takes one again: `a_partner_that_does_everything_right_passes_every_check`.
        let partner = Partner::flawed("single-use");
        plan.url = partner.url.parse().unwrap();
        plan.groups = vec![Group::Assertion];
        let report = check(plan).await;
        assert_eq!(failed(&report), Vec::<&str>::new());
        assert_eq!(outcome(&report, "assertion.reused").0, Outcome::Noted);
    });
}
