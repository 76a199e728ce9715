//! For every check a partner with exactly that defect: this check fails, and no other.

use contract_check::catalogue::checks_of;
use contract_check::{Check, CheckStatus, Group};

use crate::harness::{block_on, check, failed, plan, result_of};
use crate::partner::{Offers, Partner};

/// Checks that never fail against these partners, because a partner may do it either way (or is on this machine).
const CANNOT_FAIL: &[&str] = &["assertion.reused", "revocation.offered", "token.tls"];

#[test]
fn a_correct_partner_passes_every_check() {
    block_on(async {
        let partner = Partner::correct();
        let report = check(plan(&partner.url)).await;
        for result in &report.results {
            let expected = match result.check.id {
                // The partner of the tests has no TLS.
                "token.tls" => CheckStatus::Noted,
                _ => CheckStatus::Passed,
            };
            assert_eq!(result.status, expected, "{result:#?}");
        }
    });
}

#[test]
fn a_partner_without_optional_features_fails_nothing() {
    block_on(async {
        let partner = Partner::start("", Offers::Minimum);
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
            assert_eq!(result_of(&report, id).0, CheckStatus::NotOffered, "{id}");
        }
        assert_eq!(
            result_of(&report, "current-user.application").0,
            CheckStatus::Passed
        );
    });
}

/// For each check of a group, a partner with this defect fails this check and no other.
fn each_defect_fails_exactly_its_check(group: Group) {
    block_on(async {
        let mut violations = Vec::new();
        for Check { id, .. } in checks_of(group).filter(|check| !CANNOT_FAIL.contains(&check.id)) {
            let partner = Partner::with_defect(id);
            let report = check(plan(&partner.url)).await;
            let failed = failed(&report);
            if failed != [*id] {
                let details: Vec<_> = failed.iter().map(|id| result_of(&report, id)).collect();
                violations.push(format!("{id} is the defect, but {failed:?} failed: {details:?}"));
            }
        }
        assert!(violations.is_empty(), "{}", violations.join("\n"));
    });
}

#[test]
fn each_token_endpoint_defect_fails_exactly_its_check() {
    each_defect_fails_exactly_its_check(Group::Token);
}

#[test]
fn each_assertion_defect_fails_exactly_its_check() {
    each_defect_fails_exactly_its_check(Group::Assertion);
}

#[test]
fn each_bearer_defect_fails_exactly_its_check() {
    each_defect_fails_exactly_its_check(Group::Bearer);
}

#[test]
fn each_current_user_defect_fails_exactly_its_check() {
    each_defect_fails_exactly_its_check(Group::CurrentUser);
}

#[test]
fn each_video_defect_fails_exactly_its_check() {
    each_defect_fails_exactly_its_check(Group::Videos);
}

#[test]
fn each_assessment_defect_fails_exactly_its_check() {
    each_defect_fails_exactly_its_check(Group::Assessments);
}

#[test]
fn each_revocation_defect_fails_exactly_its_check() {
    each_defect_fails_exactly_its_check(Group::Revocation);
}

#[test]
fn each_metadata_defect_fails_exactly_its_check() {
    each_defect_fails_exactly_its_check(Group::Metadata);
}

#[test]
fn plain_http_fails_the_check_unless_the_host_is_this_machine() {
    block_on(async {
        let partner = Partner::correct();
        let report = check(plan(&partner.url_without_loopback())).await;
        assert_eq!(failed(&report), ["token.tls"], "{}", report.to_text());
    });
}

#[test]
fn a_partner_that_accepts_an_assertion_only_once_passes_with_a_note() {
    block_on(async {
        let partner = Partner::with_defect("single-use");
        let mut plan = plan(&partner.url);
        plan.groups = vec![Group::Assertion];
        let report = check(plan).await;
        assert_eq!(failed(&report), Vec::<&str>::new());
        assert_eq!(result_of(&report, "assertion.reused").0, CheckStatus::Noted);
    });
}
