//! `subdomain`: the sites at which people have profiles.

use clap::{Args, Subcommand};
use serde_json::json;

use super::context::CommandContext;
use super::output::{instant, table};
use crate::clients;
use crate::profiles::{
    self, Subdomain, SubdomainName, add_subdomain, erase_subdomain, list_subdomains, remove_subdomain,
};

/// Most profiles that one transaction erases.
const ERASURE_BATCH: u32 = 500;

/// Subcommands of `subdomain`.
#[derive(Subcommand)]
pub enum SubdomainCommand {
    /// Add a subdomain of a customer
    #[command(after_help = "\
Example:
  talentsoft-partner subdomain add acme --customer Acme")]
    Add {
        /// Name of the subdomain: a label of the DNS in lower case, unique among all customers
        name: SubdomainName,
        /// Customer whose subdomain it is, by name or id
        #[arg(long, value_name = "NAME-OR-ID")]
        customer: String,
    },
    /// List all subdomains in the order of their names
    List,
    /// Remove a subdomain
    #[command(after_help = "\
Examples:
  talentsoft-partner subdomain remove acme
  talentsoft-partner subdomain remove acme --erase-profiles")]
    Remove(RemoveArgs),
}

/// Arguments of `subdomain remove`.
#[derive(Args)]
pub struct RemoveArgs {
    /// Name of the subdomain
    name: SubdomainName,

    /// Erase the profiles that are there first; without this, a subdomain that has some is not removed
    #[arg(long)]
    erase_profiles: bool,
}

/// Runs a subcommand of `subdomain`.
pub async fn run(context: &CommandContext<'_>, command: SubdomainCommand) -> anyhow::Result<()> {
    match command {
        SubdomainCommand::Add { name, customer } => add(context, &name, &customer).await,
        SubdomainCommand::List => list(context).await,
        SubdomainCommand::Remove(args) => remove(context, &args).await,
    }
}

async fn add(context: &CommandContext<'_>, name: &SubdomainName, customer: &str) -> anyhow::Result<()> {
    let (subdomain, customer) = context
        .change(async |db, act| {
            let customer = clients::find_customer(db, customer).await?;
            let subdomain = add_subdomain(db, act, customer.customer_id, name).await?;
            Ok((subdomain, customer.name))
        })
        .await?;
    context
        .format
        .show(&subdomain, || format!("Added {name}, a subdomain of {customer}."))
}

async fn list(context: &CommandContext<'_>) -> anyhow::Result<()> {
    let act = context.act();
    let (subdomains, customers) = context
        .read(async |db| {
            Ok((
                list_subdomains(db, &act).await?,
                clients::list_customers(db).await?,
            ))
        })
        .await?;
    let owner = |subdomain: &Subdomain| {
        let owner = customers
            .iter()
            .find(|customer| customer.customer_id == subdomain.customer_id);
        owner.map_or_else(String::new, |customer| customer.name.clone())
    };
    context.format.show(&subdomains, || {
        let rows = subdomains.iter().map(|subdomain| {
            [
                subdomain.name.to_string(),
                owner(subdomain),
                subdomain.profiles.to_string(),
                instant(subdomain.created_at),
            ]
        });
        table(["NAME", "CUSTOMER", "PROFILES", "ADDED"], rows)
    })
}

async fn remove(context: &CommandContext<'_>, args: &RemoveArgs) -> anyhow::Result<()> {
    let erased = context
        .with_database(async |db| {
            let act = context.act();
            let mut erased = 0;
            if args.erase_profiles {
                let erasing = db.in_batches(ERASURE_BATCH, async |db, limit| {
                    match erase_subdomain(db, &act, &args.name, limit).await {
                        Ok(erased) => Ok(erased),
                        // The removal says so.
                        Err(profiles::Error::Failure(failure)) => Err(failure),
                        Err(_) => Ok(0),
                    }
                });
                erased = erasing.await?;
            }
            db.transaction(async |db| remove_subdomain(db, &act, &args.name).await)
                .await?;
            Ok(erased)
        })
        .await?;
    let value = json!({ "name": args.name, "erased_profiles": erased });
    let plural = if erased == 1 { "" } else { "s" };
    context.format.show(&value, || {
        format!("Removed {}, and erased {erased} profile{plural}.", args.name)
    })
}
