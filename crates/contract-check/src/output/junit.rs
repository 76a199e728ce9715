//! The report as JUnit XML, which continuous integration reads. Only what fails the run is a failure there.

use quick_junit::{NonSuccessKind, Report as JunitReport, TestCase, TestCaseStatus, TestSuite};

use crate::plan::Group;
use crate::report::Report;
use crate::result::{Finding, Outcome};

/// The XML could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the report cannot be written as XML")]
pub struct Unwritable(#[source] quick_junit::SerializeError);

/// The report as XML: a suite for each group, a case for each check.
pub fn to_xml(report: &Report) -> Result<String, Unwritable> {
    let mut junit = JunitReport::new("talentsoft-partner check");
    for group in Group::ALL {
        let findings = report.findings.iter().filter(|finding| finding.group == group);
        let mut suite = TestSuite::new(group.as_str());
        suite.add_test_cases(findings.map(case));
        if suite.tests > 0 {
            suite.add_property(("url", report.url.as_str()));
            junit.add_test_suite(suite);
        }
    }
    if let Some(why) = &report.cut_short {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(format!("not everything could be checked: {why}"));
        let mut suite = TestSuite::new("run");
        suite.add_test_case(TestCase::new("run", status));
        junit.add_test_suite(suite);
    }
    junit.to_string().map_err(Unwritable)
}

fn case(finding: &Finding) -> TestCase {
    let check = finding.check;
    let mut case = TestCase::new(check.id, status(finding));
    case.set_classname(format!("talentsoft-partner.check.{}", finding.group.as_str()));
    case.set_time(finding.took);
    let mut seen = vec![format!(
        "{}, {}: {}",
        check.level.as_str(),
        check.rule,
        check.expects
    )];
    if !finding.detail.is_empty() {
        seen.push(format!("{}: {}", finding.outcome.as_str(), finding.detail));
    }
    for exchange in &finding.exchanges {
        seen.push(format!("sent: {}", exchange.sent.line()));
        seen.push(format!("came back: {}", exchange.came_back.line()));
    }
    case.set_system_out(seen.join("\n"));
    case
}

fn status(finding: &Finding) -> TestCaseStatus {
    let mut status = match finding.outcome {
        Outcome::Passed | Outcome::Noted => return TestCaseStatus::success(),
        Outcome::Failed if finding.fails_the_run() => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::Failed | Outcome::NotOffered | Outcome::Skipped => TestCaseStatus::skipped(),
    };
    let level = finding.check.level.as_str();
    status.set_message(format!(
        "{} ({level}): {}",
        finding.outcome.as_str(),
        finding.detail
    ));
    if finding.outcome == Outcome::Failed {
        status.set_type(level);
        status.set_description(finding.check.mend);
    }
    status
}
