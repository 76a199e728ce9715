//! `migrate`: brings the schema up to date, and does nothing else. Of the other commands only `serve` and `demo` do so too.

use serde_json::json;

use super::context::CommandContext;
use super::database::{MissingMigrations, Ownership, open};

/// Opens the database, which brings its schema up to date.
pub async fn run(context: &CommandContext<'_>) -> anyhow::Result<()> {
    let opened = open(
        context.database,
        Ownership::Shared,
        MissingMigrations::Apply,
        1,
        &context.clock,
    )
    .await?;
    opened.close_after(Ok(())).await?;
    let done = json!({ "is_up_to_date": true });
    context
        .format
        .show(&done, || "The database's schema is up to date.".to_owned())
}
