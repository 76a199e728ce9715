//! `assertion explain`: why an assertion is accepted or refused.

use anyhow::ensure;
use clap::Subcommand;
use serde_json::json;

use super::context::CommandContext;
use super::input::TextArgs;
use super::output::table;
use crate::oauth::explain::{AssertionCheckResult, CheckReport, explain, is_accepted};

/// Subcommands of `assertion`.
#[derive(Subcommand)]
pub enum AssertionCommand {
    /// Make every check of an assertion, and show the verdict and the value of each
    #[command(after_help = "\
The assertion is not used up, and nothing is written. Without audiences of its own a client's assertions must name \
PARTNER_PUBLIC_URL: set it as the service has it. Exit status 0: it would be accepted now; 1: it would not.

Example:
  talentsoft-partner assertion explain --file assertion.txt")]
    Explain(TextArgs),
}

/// Runs a subcommand of `assertion`.
pub async fn run(context: &CommandContext<'_>, command: AssertionCommand) -> anyhow::Result<()> {
    let AssertionCommand::Explain(args) = command;
    let text = args.read()?;
    let reports = context
        .with_app(async |app| Ok(explain(&app.oauth, &text).await?))
        .await?;
    let is_accepted = is_accepted(&reports);
    let value = json!({ "is_accepted": is_accepted, "checks": reports });
    context.format.show(&value, || describe(&reports))?;
    let failed: Vec<&str> = reports
        .iter()
        .filter(|report| report.verdict == AssertionCheckResult::Fail)
        .map(|report| report.check)
        .collect();
    ensure!(
        is_accepted,
        "the assertion would be refused; failed checks: {}",
        failed.join(", ")
    );
    Ok(())
}

fn describe(reports: &[CheckReport]) -> String {
    let rows = reports.iter().map(|report| {
        let verdict = match report.verdict {
            AssertionCheckResult::Pass => "pass",
            AssertionCheckResult::Fail => "FAIL",
            AssertionCheckResult::NotReached => "not reached",
        };
        [
            report.check.to_owned(),
            verdict.to_owned(),
            report.rule.to_owned(),
            report.seen.clone(),
        ]
    });
    table(["CHECK", "VERDICT", "RULE", "SEEN"], rows)
}
