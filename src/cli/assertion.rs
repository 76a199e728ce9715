//! `assertion explain`: why an assertion is accepted or refused.

use anyhow::ensure;
use clap::Subcommand;
use serde_json::json;

use super::context::Context;
use super::input::TextArgs;
use super::output::table;
use crate::oauth::explain::{Finding, Verdict, explain, is_accepted};

/// Subcommands of `assertion`.
#[derive(Subcommand)]
pub enum AssertionCommand {
    /// Make every check of an assertion, and show how each went and what was seen
    #[command(after_help = "\
The assertion is not used up, and nothing is written. Without audiences of its own a client's assertions must name
PARTNER_PUBLIC_URL: set it as the service has it. Exit status 0: it would be accepted now; 1: it would not.

Example:
  talentsoft-partner assertion explain --file assertion.txt")]
    Explain(TextArgs),
}

/// Runs one of them.
pub async fn run(context: &Context<'_>, command: AssertionCommand) -> anyhow::Result<()> {
    let AssertionCommand::Explain(args) = command;
    let text = args.read()?;
    let findings = context
        .with_app(async |app| Ok(explain(&app.oauth, &text).await?))
        .await?;
    let is_accepted = is_accepted(&findings);
    let value = json!({ "is_accepted": is_accepted, "checks": findings });
    context.format.show(&value, || describe(&findings))?;
    let failed: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Fail)
        .map(|finding| finding.check)
        .collect();
    ensure!(
        is_accepted,
        "this assertion would be refused because of: {}",
        failed.join(", ")
    );
    Ok(())
}

fn describe(findings: &[Finding]) -> String {
    let rows = findings.iter().map(|finding| {
        let verdict = match finding.verdict {
            Verdict::Pass => "pass",
            Verdict::Fail => "FAIL",
            Verdict::NotReached => "not reached",
        };
        [
            finding.check.to_owned(),
            verdict.to_owned(),
            finding.rule.to_owned(),
            finding.seen.clone(),
        ]
    });
    table(["CHECK", "VERDICT", "RULE", "SEEN"], rows)
}
