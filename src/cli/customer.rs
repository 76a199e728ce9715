//! `customer`: the companies that use Talentsoft and buy from the partner.

use clap::Subcommand;

use super::context::Context;
use super::output::{instant, table};
use crate::clients;

/// Subcommands of `customer`.
#[derive(Subcommand)]
pub enum CustomerCommand {
    /// Add a customer
    #[command(after_help = "\
Example:
  talentsoft-partner customer add \"Acme\"")]
    Add {
        /// Its name: 1 to 200 characters, unique
        name: String,
    },
    /// List all customers, by name
    List,
}

/// Runs one of them.
pub async fn run(context: &Context<'_>, command: CustomerCommand) -> anyhow::Result<()> {
    match command {
        CustomerCommand::Add { name } => add(context, &name).await,
        CustomerCommand::List => list(context).await,
    }
}

async fn add(context: &Context<'_>, name: &str) -> anyhow::Result<()> {
    let now = context.clock.now();
    let customer = context
        .with_database(async |db| Ok(clients::add_customer(db, name, now, &context.actor).await?))
        .await?;
    context.format.show(&customer, || {
        table(
            ["CUSTOMER_ID", "NAME"],
            [[customer.customer_id.to_string(), customer.name.clone()]],
        )
    })
}

async fn list(context: &Context<'_>) -> anyhow::Result<()> {
    let customers = context
        .with_database(async |db| Ok(clients::list_customers(db).await?))
        .await?;
    context.format.show(&customers, || {
        let rows = customers.iter().map(|customer| {
            [
                customer.customer_id.to_string(),
                customer.name.clone(),
                instant(customer.created_at),
            ]
        });
        table(["CUSTOMER_ID", "NAME", "ADDED"], rows)
    })
}
