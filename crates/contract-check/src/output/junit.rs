//! A report as JUnit XML, for continuous integration.

use quick_junit::{NonSuccessKind, Report as JunitReport, TestCase, TestCaseStatus, TestSuite};

use crate::plan::Group;
use crate::report::Report;
use crate::result::{CheckResult, CheckStatus};

/// The report could not be written as XML.
#[derive(Debug, thiserror::Error)]
#[error("the report cannot be written as XML")]
pub struct JunitError(#[source] quick_junit::SerializeError);

/// The report as XML, with a suite for each group and a case for each check.
///
/// Only the failure of a required check is a failure in the XML, because only that fails the run; failures of other
/// checks are skipped cases with a message. A run that was cut short has an error in a suite of its own.
pub fn to_xml(report: &Report) -> Result<String, JunitError> {
    let mut junit = JunitReport::new("talentsoft-partner check");
    for group in Group::ALL {
        let results = report.results.iter().filter(|result| result.group == *group);
        let mut suite = TestSuite::new(group.as_str());
        suite.add_test_cases(results.map(case));
        if suite.tests > 0 {
            suite.add_property(("url", report.url.as_str()));
            junit.add_test_suite(suite);
        }
    }
    if let Some(reason) = &report.cut_short {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(format!("not everything could be checked: {reason}"));
        let mut suite = TestSuite::new("run");
        suite.add_test_case(TestCase::new("run", status));
        junit.add_test_suite(suite);
    }
    junit.to_string().map_err(JunitError)
}

fn case(result: &CheckResult) -> TestCase {
    let check = result.check;
    let mut case = TestCase::new(check.id, case_status(result));
    case.set_classname(format!("talentsoft-partner.check.{}", result.group.as_str()));
    case.set_time(result.duration);
    let mut lines = vec![format!(
        "{}, {}: {}",
        check.level.as_str(),
        check.rule,
        check.expects
    )];
    if !result.detail.is_empty() {
        lines.push(format!("{}: {}", result.status.as_str(), result.detail));
    }
    for exchange in &result.exchanges {
        lines.push(format!("request: {}", exchange.request.to_line()));
        lines.push(format!("response: {}", exchange.response.to_line()));
    }
    case.set_system_out(lines.join("\n"));
    case
}

fn case_status(result: &CheckResult) -> TestCaseStatus {
    let mut status = match result.status {
        CheckStatus::Passed | CheckStatus::Noted => return TestCaseStatus::success(),
        CheckStatus::Failed if result.fails_the_run() => TestCaseStatus::non_success(NonSuccessKind::Failure),
        CheckStatus::Failed | CheckStatus::NotOffered | CheckStatus::Skipped => TestCaseStatus::skipped(),
    };
    let level = result.check.level.as_str();
    status.set_message(format!("{} ({level}): {}", result.status.as_str(), result.detail));
    if result.status == CheckStatus::Failed {
        status.set_type(level);
        status.set_description(result.check.fix);
    }
    status
}
