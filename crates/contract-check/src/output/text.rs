//! The report for people.

use crate::check::Level;
use crate::plan::Group;
use crate::report::Report;
use crate::result::{Finding, Outcome};

impl Report {
    /// For people: a line for each check, what was seen where it failed, and a summary.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut lines = vec![
            format!("{} as client {}", self.url, self.client_id),
            format!("user {}, audience {}", self.user, self.audience),
        ];
        for group in Group::ALL {
            let mut findings = self
                .findings
                .iter()
                .filter(|finding| finding.group == group)
                .peekable();
            if findings.peek().is_some() {
                lines.push(String::new());
                lines.push(format!("{}: {}", group.as_str(), group.about()));
            }
            findings.for_each(|finding| describe(finding, &mut lines));
        }
        lines.push(String::new());
        lines.extend(self.waits.iter().cloned());
        lines.push(self.summary());
        lines.join("\n")
    }

    fn summary(&self) -> String {
        let counts = Outcome::ALL
            .into_iter()
            .map(|outcome| format!("{} {}", self.count(outcome), outcome.as_str()));
        let counts: Vec<String> = counts.collect();
        let mut lines = vec![format!("{} checks: {}", self.findings.len(), counts.join(", "))];
        for level in [Level::Required, Level::Recommended, Level::Optional] {
            let failed = self.failed(level);
            if !failed.is_empty() {
                lines.push(format!("{} and failed: {}", level.as_str(), failed.join(", ")));
            }
        }
        lines.extend(
            self.cut_short
                .iter()
                .map(|why| format!("not everything could be checked: {why}")),
        );
        lines.join("\n")
    }
}

fn describe(finding: &Finding, lines: &mut Vec<String>) {
    let check = finding.check;
    let mark = match finding.outcome {
        Outcome::Passed => "ok",
        Outcome::Noted => "note",
        Outcome::NotOffered => "none",
        Outcome::Skipped => "skip",
        Outcome::Failed => "FAIL",
    };
    lines.push(format!(
        "  {mark:<4}  {:<36}  {:<11}  {}",
        check.id,
        check.level.as_str(),
        check.rule
    ));
    if !finding.detail.is_empty() {
        lines.push(format!("        {}", finding.detail));
    }
    if finding.outcome == Outcome::Failed {
        if let Some(exchange) = finding.exchanges.last() {
            lines.push(format!("        sent:      {}", exchange.sent.line()));
            lines.push(format!("        came back: {}", exchange.came_back.line()));
        }
        lines.push(format!("        expected:  {}", check.expects));
        lines.push(format!("        to mend:   {}", check.mend));
    }
}
