//! `check`: calls a partner's endpoint as the marketplace does, and checks the responses. It needs neither database nor keys.

use std::fs;
use std::io::{IsTerminal, Write};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::json;

use super::context::CommandContext;
use super::input::read_secret;
use super::output::clean;
use crate::text::EmailAddress;
use contract_check::{
    BaseUrl, Campaigns, Check, Group, Level, Plan, Progress, catalogue, junit, reference, run as run_checks,
};

/// The user of the contract's example.
const DEFAULT_USER: &str = "jean.dupont@site";

/// Arguments of `check`.
#[derive(Args)]
#[command(after_help = "\
Exit status 0: no required check failed; 1: one did, or not everything could be checked.
Nobody is invited unless --allow-writes is given; tokens are requested, and a few wrong secrets are tried.
Redirects are not followed, and the secret is sent to no other host.

Examples:
  talentsoft-partner check https://api.partner.example --client-id 428a51ae-… --secret-file secret.txt
  talentsoft-partner check https://api.partner.example --client-id 428a51ae-… --secret-file - --only token --only bearer
  talentsoft-partner check --explain token.error.wrong-secret")]
pub struct CheckArgs {
    /// Base URL of the API, as it is given to Talentsoft
    #[arg(required_unless_present = "explain")]
    url: Option<BaseUrl>,

    /// The `client_id` to authenticate with
    #[arg(long, value_name = "ID", required_unless_present = "explain")]
    client_id: Option<String>,

    /// File that holds the client's secret, `-` for standard input; exactly one newline at its end is trimmed, nothing else
    #[arg(long, value_name = "FILE", required_unless_present = "explain")]
    secret_file: Option<PathBuf>,

    /// Email address of a user that the partner accepts
    #[arg(long, value_name = "EMAIL", default_value = DEFAULT_USER)]
    user: String,

    /// Audience that assertions name [default: the URL]
    #[arg(long, value_name = "URL")]
    audience: Option<String>,

    /// Check only this group; repeat for more
    #[arg(long, value_name = "GROUP", value_parser = group_names())]
    only: Vec<String>,

    /// Also make the calls that invite candidates: one made-up candidate at example.com for each campaign
    #[arg(long)]
    allow_writes: bool,

    /// The campaign of video interviews to invite to
    #[arg(long, value_name = "ID", requires = "allow_writes")]
    video_campaign: Option<String>,

    /// The campaign of assessments to invite to
    #[arg(long, value_name = "ID", requires = "allow_writes")]
    assessment_campaign: Option<String>,

    /// Also write the report as JUnit XML into this file
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,

    /// Describe one check: what it expects, why it matters and how to fix an endpoint that fails; makes no calls
    #[arg(long, value_name = "ID", exclusive = false)]
    explain: Option<String>,

    /// Largest number of requests per second
    #[arg(long, value_name = "N", default_value = "5")]
    requests_per_second: NonZeroU32,

    /// Seconds to wait for each response, 1 to 600
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
}

fn group_names() -> PossibleValuesParser {
    PossibleValuesParser::new(Group::ALL.iter().map(|group| group.as_str()))
}

/// Makes the checks, or explains one.
pub async fn run(context: &CommandContext<'_>, args: &CheckArgs) -> anyhow::Result<()> {
    if let Some(id) = &args.explain {
        return explain(context, id);
    }
    let plan = plan(args)?;
    let report = run_checks(plan, show_progress).await?;
    hide_progress();
    if let Some(file) = &args.junit {
        let xml = junit::to_xml(&report)?;
        fs::write(file, xml).with_context(|| format!("cannot write {}", file.display()))?;
    }
    context.format.show(&report.to_json(), || {
        let text = report.to_text();
        // The report quotes responses of the partner, which may hold control characters.
        text.lines().map(clean).collect::<Vec<_>>().join("\n")
    })?;
    let failed = report.failed(Level::Required);
    let checks = if failed.len() == 1 { "check" } else { "checks" };
    ensure!(
        failed.is_empty(),
        "{} required {checks} failed: {}",
        failed.len(),
        failed.join(", ")
    );
    if let Some(why) = &report.cut_short {
        bail!("not everything could be checked: {why}");
    }
    Ok(())
}

fn plan(args: &CheckArgs) -> anyhow::Result<Plan> {
    let (Some(url), Some(client_id), Some(secret_file)) = (&args.url, &args.client_id, &args.secret_file)
    else {
        bail!("pass the URL, --client-id and --secret-file");
    };
    ensure!(
        args.user.parse::<EmailAddress>().is_ok(),
        "--user must be an email address"
    );
    let campaigns = Campaigns {
        video: args.video_campaign.clone(),
        assessment: args.assessment_campaign.clone(),
    };
    ensure!(
        !args.allow_writes || campaigns.video.is_some() || campaigns.assessment.is_some(),
        "--allow-writes needs a campaign to invite to: pass --video-campaign ID or --assessment-campaign ID"
    );
    let groups = Group::ALL
        .iter()
        .copied()
        .filter(|group| args.only.iter().any(|name| name == group.as_str()));
    Ok(Plan {
        url: url.clone(),
        client_id: client_id.clone(),
        secret: read_secret(secret_file)?.expose().into(),
        user: args.user.clone(),
        audience: args.audience.clone().unwrap_or_else(|| url.as_str().to_owned()),
        groups: groups.collect(),
        campaigns: args.allow_writes.then_some(campaigns),
        requests_per_second: args.requests_per_second,
        timeout: Duration::from_secs(args.timeout),
    })
}

fn explain(context: &CommandContext<'_>, id: &str) -> anyhow::Result<()> {
    let (group, check) = catalogue::find(id)
        .with_context(|| format!("there is no check {id}; docs/CHECK.md lists them{}", similar(id)))?;
    context
        .format
        .show(&explained(group, check), || reference::explain(group, check))
}

fn explained(group: Group, check: &Check) -> serde_json::Value {
    json!({
        "id": check.id,
        "group": group,
        "level": check.level,
        "rule": check.rule,
        "expected": check.expects,
        "why": check.why,
        "fix": check.fix,
    })
}

/// A suggestion of the checks whose id contains `id`; empty if there are none.
fn similar(id: &str) -> String {
    let ids: Vec<&str> = catalogue::all()
        .map(|(_, check)| check.id)
        .filter(|known| known.contains(id))
        .collect();
    if ids.is_empty() || id.is_empty() {
        String::new()
    } else {
        format!("; did you mean {}?", ids.join(", "))
    }
}

/// Shows which check is made, on one line of the terminal that is written anew each time.
fn show_progress(progress: Progress) {
    let mut terminal = std::io::stderr().lock();
    if terminal.is_terminal() {
        let Progress { check, number, total } = progress;
        let _ = write!(terminal, "\r\x1b[K{number}/{total} {}", check.id);
        let _ = terminal.flush();
    }
}

fn hide_progress() {
    let mut terminal = std::io::stderr().lock();
    if terminal.is_terminal() {
        let _ = write!(terminal, "\r\x1b[K");
        let _ = terminal.flush();
    }
}
