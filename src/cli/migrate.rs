//! `migrate`: bring the schema up to date, and nothing else. `serve` and `demo` do it as well, and no other command.

use serde_json::json;

use super::context::Context;
use super::database::{Missing, Ownership, open};

/// Opens the database, which brings its schema up to date.
pub async fn run(context: &Context<'_>) -> anyhow::Result<()> {
    let opened = open(
        context.database,
        Ownership::Shared,
        Missing::Apply,
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
