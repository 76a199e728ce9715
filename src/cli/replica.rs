//! `replica`: the replicas that are alive.

use clap::Subcommand;

use super::context::CommandContext;
use super::output::{instant, or_dash, table};
use crate::replica;

/// Subcommands of `replica`.
#[derive(Subcommand)]
pub enum ReplicaCommand {
    /// List the replicas that are alive: their versions, how each finds the database, and how late it hears of changes
    List,
}

/// Runs a subcommand of `replica`.
pub async fn run(context: &CommandContext<'_>, command: ReplicaCommand) -> anyhow::Result<()> {
    match command {
        ReplicaCommand::List => list(context).await,
    }
}

async fn list(context: &CommandContext<'_>) -> anyhow::Result<()> {
    let replicas = context
        .read(async |db| Ok(replica::list_replicas(db).await?))
        .await?;
    context.format.show(&replicas, || {
        let rows = replicas.iter().map(|replica| {
            [
                replica.replica_id.to_string(),
                or_dash(replica.version.as_deref(), str::to_owned),
                or_dash(replica.database_state.as_deref(), str::to_owned),
                or_dash(replica.feed_lag_ms, |millis| format!("{millis} ms")),
                or_dash(replica.started_at, instant),
                instant(replica.seen_at),
            ]
        });
        table(
            ["REPLICA", "VERSION", "DATABASE", "BEHIND", "STARTED", "SEEN"],
            rows,
        )
    })
}
