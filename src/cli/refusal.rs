//! `refusal`: why calls were refused.

use anyhow::ensure;
use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Subcommand};
use serde_json::Value;

use super::context::CommandContext;
use super::input::seconds;
use super::output::{instant, or_dash, properties, table};
use crate::ids::{ClientId, RefusalId};
use crate::page::{MAX_LIMIT, Page};
use crate::refusals::{self, CallerAddress, GroupFilter, RefusalFilter, RefusalGroup, RefusalInfo};

/// Most calls with one request id that are shown: callers may choose it.
const MOST_SHOWN: i64 = 20;

/// Subcommands of `refusal`.
#[derive(Subcommand)]
pub enum RefusalCommand {
    /// List refused calls, newest first, or how many there were by client and reason
    #[command(after_help = "\
A caller has a fixed number of calls in an hour that are kept (PARTNER_REFUSALS_PER_HOUR); NOT_KEPT says how many more were \
refused for the same reason in the same hour. --grouped counts all of them.

Examples:
  talentsoft-partner refusal list --client 428a51ae-0387-43ab-8c64-cf026f77656f --since 1h
  talentsoft-partner refusal list --grouped --since 7d
  talentsoft-partner refusal list --reason assertion_exp --since 2026-11-26T09:00:00Z")]
    List(ListArgs),
    /// Show why the call with this request id was refused, and what would mend it
    #[command(after_help = "\
The request id is X-Request-Id of the answer. A refusal can be found about a second after the answer.

Example:
  talentsoft-partner refusal show 0192f1c0a1b2c3d40000000000000001")]
    Show {
        /// X-Request-Id of the answer
        request_id: String,
    },
}

/// Arguments of `refusal list`.
#[derive(Args)]
pub struct ListArgs {
    /// Show only calls of this client
    #[arg(long, value_name = "CLIENT_ID")]
    client: Option<ClientId>,

    /// Show only calls with this id in the answer
    #[arg(long, value_name = "ID", conflicts_with = "grouped")]
    request_id: Option<String>,

    /// Show only calls that were refused for this reason, such as `assertion_exp`
    #[arg(long, value_name = "REASON")]
    reason: Option<String>,

    /// Show only calls from this address or IPv6 /64; with --grouped, from its network, of callers that named no client
    #[arg(long, value_name = "ADDRESS")]
    address: Option<CallerAddress>,

    /// Show only calls since then: a duration such as 30m, 12h or 7d, or an instant such as 2026-11-26T09:00:00Z; with
    /// --grouped, since the beginning of that hour
    #[arg(long, value_name = "WHEN", value_parser = since)]
    since: Option<Since>,

    /// Count by client, or by network where no client was named, and by reason
    #[arg(long)]
    grouped: bool,

    /// Largest number of lines to show
    #[arg(long, default_value = "50", value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..=MAX_LIMIT))]
    limit: i64,
}

/// An instant, or how long ago.
#[derive(Clone, Copy)]
enum Since {
    Instant(DateTime<Utc>),
    Ago(TimeDelta),
}

impl Since {
    fn at(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Instant(instant) => instant,
            Self::Ago(duration) => now - duration,
        }
    }
}

fn since(text: &str) -> Result<Since, String> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Ok(Since::Instant(instant.to_utc()));
    }
    let seconds = seconds(text).map_err(|_| {
        "it should be a duration such as 30m, 12h or 7d, or an instant such as 2026-11-26T09:00:00Z"
            .to_owned()
    })?;
    Ok(Since::Ago(TimeDelta::seconds(seconds.into())))
}

/// Runs a subcommand of `refusal`.
pub async fn run(context: &CommandContext<'_>, command: RefusalCommand) -> anyhow::Result<()> {
    match command {
        RefusalCommand::List(args) if args.grouped => list_groups(context, args).await,
        RefusalCommand::List(args) => list(context, args).await,
        RefusalCommand::Show { request_id } => show(context, request_id).await,
    }
}

async fn find(
    context: &CommandContext<'_>,
    limit: i64,
    filter: impl FnOnce(DateTime<Utc>) -> RefusalFilter,
) -> anyhow::Result<Vec<RefusalInfo>> {
    let page = Page::<RefusalId> { after: None, limit };
    context
        .read(async |db| {
            let act = context.act();
            let (found, _) = refusals::list_refusals(db, &act, &filter(act.now), &page).await?;
            Ok(found)
        })
        .await
}

async fn list(context: &CommandContext<'_>, args: ListArgs) -> anyhow::Result<()> {
    let found = find(context, args.limit, |now| RefusalFilter {
        refusal_id: None,
        client_id: args.client,
        request_id: args.request_id,
        reason: args.reason,
        address: args.address,
        since: args.since.map(|since| since.at(now)),
        until: None,
    })
    .await?;
    context.format.show(&found, || {
        let rows = found.iter().map(|refusal| {
            [
                instant(refusal.at),
                refusal.request_id.clone(),
                client_of(refusal),
                refusal.address.clone(),
                format!("{} {}", refusal.method, refusal.route),
                refusal.status.to_string(),
                refusal.reason.clone(),
                refusal.not_kept.to_string(),
            ]
        });
        table(
            [
                "AT",
                "REQUEST_ID",
                "CLIENT",
                "ADDRESS",
                "ROUTE",
                "STATUS",
                "REASON",
                "NOT_KEPT",
            ],
            rows,
        )
    })
}

async fn list_groups(context: &CommandContext<'_>, args: ListArgs) -> anyhow::Result<()> {
    let page = Page {
        after: None,
        limit: args.limit,
    };
    let groups: Vec<RefusalGroup> = context
        .read(async |db| {
            let act = context.act();
            let filter = GroupFilter {
                client_id: args.client,
                reason: args.reason,
                address: args.address,
                since: args.since.map(|since| since.at(act.now)),
                until: None,
            };
            let (groups, _) = refusals::list_groups(db, &act, &filter, &page).await?;
            Ok(groups)
        })
        .await?;
    context.format.show(&groups, || {
        let rows = groups.iter().map(|group| {
            [
                or_dash(group.client_id.as_ref(), ToString::to_string),
                or_dash(group.network.as_ref(), Clone::clone),
                group.reason.clone(),
                group.refused.to_string(),
                group.not_kept.to_string(),
                instant(group.first_at),
                instant(group.last_at),
            ]
        });
        table(
            [
                "CLIENT", "NETWORK", "REASON", "REFUSED", "NOT_KEPT", "FIRST", "LAST",
            ],
            rows,
        )
    })
}

async fn show(context: &CommandContext<'_>, request_id: String) -> anyhow::Result<()> {
    let wanted = Some(request_id.clone());
    let found = find(context, MOST_SHOWN, |_| RefusalFilter {
        request_id: wanted,
        ..RefusalFilter::default()
    })
    .await?;
    ensure!(
        !found.is_empty(),
        "no refused call has the request id {request_id}: it was let in, is too long ago, or was counted only \
         (`refusal list --grouped`)"
    );
    context.format.show(&found, || {
        let texts: Vec<String> = found.iter().map(describe).collect();
        texts.join("\n\n")
    })
}

/// The client, or the beginning of what the call claimed to be.
fn client_of(refusal: &RefusalInfo) -> String {
    match (&refusal.client_id, &refusal.claimed_client_id) {
        (Some(client_id), _) => client_id.to_string(),
        (None, Some(claimed)) => format!("unknown ({claimed})"),
        (None, None) => "-".to_owned(),
    }
}

fn describe(refusal: &RefusalInfo) -> String {
    let head = properties([
        ("at", instant(refusal.at)),
        ("request_id", refusal.request_id.clone()),
        ("client", client_of(refusal)),
        ("address", refusal.address.clone()),
        ("route", format!("{} {}", refusal.method, refusal.route)),
        ("status", refusal.status.to_string()),
        ("reason", refusal.reason.clone()),
        ("meaning", refusal.meaning.meaning.to_owned()),
        ("remedy", refusal.meaning.remedy.to_owned()),
        ("not_kept", refusal.not_kept.to_string()),
    ]);
    match refusal.checks.as_ref().and_then(Value::as_array) {
        None => head,
        Some(checks) => format!("{head}\n\n{}", describe_checks(checks)),
    }
}

fn describe_checks(checks: &[Value]) -> String {
    let text = |check: &Value, name: &str| {
        check
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let rows = checks.iter().map(|check| {
        let verdict = match text(check, "verdict").as_str() {
            "fail" => "FAIL".to_owned(),
            other => other.replace('_', " "),
        };
        [
            text(check, "check"),
            verdict,
            text(check, "rule"),
            text(check, "seen"),
        ]
    });
    table(["CHECK", "VERDICT", "RULE", "SEEN"], rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_a_duration_or_an_instant() {
        let now = DateTime::from_timestamp(1_520_181_000, 0).unwrap();
        for (text, expected) in [
            ("30m", 1_520_179_200),
            ("7d", 1_519_576_200),
            ("2018-03-04T16:00:00Z", 1_520_179_200),
            ("2018-03-04T17:00:00+01:00", 1_520_179_200),
        ] {
            assert_eq!(since(text).unwrap().at(now).timestamp(), expected, "{text}");
        }
        for bad in ["", "yesterday", "2018-03-04", "-1h", "1w"] {
            assert!(since(bad).is_err_and(|error| error.contains("12h")), "{bad}");
        }
    }
}
