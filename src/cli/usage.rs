//! `usage`: how many tokens were issued and how many calls refused, by hour.

use clap::Args;
use serde::Serialize;

use super::context::CommandContext;
use super::output::{instant, table};
use crate::hours::{HourCount, complete, last_hours};
use crate::ids::ClientId;
use crate::{oauth, refusals};

/// Most hours that are shown: so long are counts kept.
pub const MAX_HOURS: i64 = 192;

/// Arguments of `usage`.
#[derive(Args)]
pub struct UsageArgs {
    /// Count only what was issued to this client, and calls that named it [default: all together]
    #[arg(long, value_name = "CLIENT_ID")]
    client: Option<ClientId>,

    /// So many hours up to now, 192 at most
    #[arg(long, default_value = "24", value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=MAX_HOURS))]
    hours: u16,
}

#[derive(Serialize)]
struct Usage {
    tokens_issued: Vec<HourCount>,
    refused: Vec<HourCount>,
}

/// Runs `usage`.
pub async fn run(context: &CommandContext<'_>, args: UsageArgs) -> anyhow::Result<()> {
    let client_id = args.client.as_ref();
    let usage = context
        .read(async |db| {
            let hours = last_hours(context.act().now, args.hours);
            let since = hours.first().copied().unwrap_or_default();
            let issued = oauth::list_issued(db, client_id, since).await?;
            let refused = refusals::list_by_hour(db, client_id, since).await?;
            Ok(Usage {
                tokens_issued: complete(&hours, &issued),
                refused: complete(&hours, &refused),
            })
        })
        .await?;
    context.format.show(&usage, || {
        let rows = usage.tokens_issued.iter().zip(&usage.refused);
        let rows = rows.map(|(issued, refused)| {
            [
                instant(issued.hour),
                issued.count.to_string(),
                refused.count.to_string(),
            ]
        });
        table(["HOUR", "TOKENS", "REFUSED"], rows)
    })
}
