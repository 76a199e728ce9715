//! A report as text, for the terminal.

use crate::check::Level;
use crate::plan::Group;
use crate::report::Report;
use crate::result::{CheckResult, CheckStatus};

impl Report {
    /// The report as text: a line for each check, the last exchange and the fix for each failed one, and a summary.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut lines = vec![
            format!("{} as client {}", self.url, self.client_id),
            format!("user {}, audience {}", self.user, self.audience),
        ];
        for group in Group::ALL {
            let mut results = self
                .results
                .iter()
                .filter(|result| result.group == *group)
                .peekable();
            if results.peek().is_some() {
                lines.push(String::new());
                lines.push(format!("{}: {}", group.as_str(), group.about()));
            }
            results.for_each(|result| add_result(result, &mut lines));
        }
        lines.push(String::new());
        lines.extend(self.waits.iter().cloned());
        self.add_summary(&mut lines);
        lines.join("\n")
    }

    fn add_summary(&self, lines: &mut Vec<String>) {
        let counts: Vec<String> = CheckStatus::ALL
            .iter()
            .map(|status| format!("{} {}", self.count(*status), status.as_str()))
            .collect();
        lines.push(format!("{} checks: {}", self.results.len(), counts.join(", ")));
        for level in Level::ALL {
            let failed = self.failed(*level);
            if !failed.is_empty() {
                lines.push(format!("failed, {}: {}", level.as_str(), failed.join(", ")));
            }
        }
        if let Some(reason) = &self.cut_short {
            lines.push(format!("not everything could be checked: {reason}"));
        }
    }
}

fn add_result(result: &CheckResult, lines: &mut Vec<String>) {
    let check = result.check;
    let mark = match result.status {
        CheckStatus::Passed => "ok",
        CheckStatus::Noted => "note",
        CheckStatus::NotOffered => "none",
        CheckStatus::Skipped => "skip",
        CheckStatus::Failed => "FAIL",
    };
    lines.push(format!(
        "  {mark:<4}  {:<36}  {:<11}  {}",
        check.id,
        check.level.as_str(),
        check.rule
    ));
    if !result.detail.is_empty() {
        lines.push(format!("        {}", result.detail));
    }
    if result.status == CheckStatus::Failed {
        if let Some(exchange) = result.exchanges.last() {
            lines.push(format!("        request:   {}", exchange.request.to_line()));
            lines.push(format!("        response:  {}", exchange.response.to_line()));
        }
        lines.push(format!("        expected:  {}", check.expects));
        lines.push(format!("        fix:       {}", check.fix));
    }
}
