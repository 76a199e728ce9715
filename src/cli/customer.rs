//! `customer`: adds and renames customers, and sets their creation links.

use clap::{Args, Subcommand};
use serde_json::json;

use super::context::CommandContext;
use super::input::one_of;
use super::output::{instant, or_dash, properties, table};
use crate::clients::{self, Customer};
use crate::clock;
use crate::recruiting::CampaignKind;
use crate::recruiting::creation_links::{self, UrlTemplate};

/// Subcommands of `customer`.
#[derive(Subcommand)]
pub enum CustomerCommand {
    /// Add a customer
    #[command(after_help = "\
Example:
  talentsoft-partner customer add \"Acme\"")]
    Add {
        /// Name of the customer: 1 to 200 characters, unique
        name: String,
    },
    /// List all customers in the order of their names
    List,
    /// Show a customer and its creation links
    Show {
        /// Customer to show, by name or id
        #[arg(value_name = "NAME-OR-ID")]
        customer: String,
    },
    /// Give a customer another name
    #[command(after_help = "\
Example:
  talentsoft-partner customer rename Acme \"Acme Europe\"")]
    Rename {
        /// Customer to rename, by name or id
        #[arg(value_name = "NAME-OR-ID")]
        customer: String,
        /// New name of the customer: 1 to 200 characters, unique
        #[arg(value_name = "NEW-NAME")]
        name: String,
    },
    /// Set a creation link, where a customer's recruiters create campaigns on the partner's own site
    #[command(after_help = "\
Examples:
  talentsoft-partner customer set-creation-link Acme --kind video \\
      \"https://meet.partner.example/{customer_id}/new?by={user_email}\"
  talentsoft-partner customer set-creation-link Acme --kind video --clear")]
    SetCreationLink(CreationLinkArgs),
}

/// Arguments of `customer set-creation-link`.
#[derive(Args)]
pub struct CreationLinkArgs {
    /// Customer whose link is set, by name or id
    #[arg(value_name = "NAME-OR-ID")]
    customer: String,

    /// Kind of campaigns that are created there: video or assessment
    #[arg(long, value_parser = one_of::<CampaignKind>)]
    kind: CampaignKind,

    /// https URL of at most 2000 bytes; `{customer_id}` and `{user_email}` in it are replaced by those of the recruiter
    #[arg(required_unless_present = "clear")]
    url: Option<String>,

    /// Remove the link
    #[arg(long, conflicts_with = "url")]
    clear: bool,
}

/// Runs a subcommand of `customer`.
pub async fn run(context: &CommandContext<'_>, command: CustomerCommand) -> anyhow::Result<()> {
    match command {
        CustomerCommand::Add { name } => add(context, &name).await,
        CustomerCommand::List => list(context).await,
        CustomerCommand::Show { customer } => show(context, &customer).await,
        CustomerCommand::Rename { customer, name } => rename(context, &customer, &name).await,
        CustomerCommand::SetCreationLink(args) => set_creation_link(context, args).await,
    }
}

async fn add(context: &CommandContext<'_>, name: &str) -> anyhow::Result<()> {
    let customer = context
        .change(async |db, act| Ok(clients::add_customer(db, act, name).await?))
        .await?;
    show_name(context, &customer)
}

async fn rename(context: &CommandContext<'_>, customer: &str, name: &str) -> anyhow::Result<()> {
    let customer = context
        .change(async |db, act| {
            let found = clients::find_customer(db, customer).await?;
            Ok(clients::rename_customer(db, act, found.customer_id, name).await?)
        })
        .await?;
    show_name(context, &customer)
}

fn show_name(context: &CommandContext<'_>, customer: &Customer) -> anyhow::Result<()> {
    context.format.show(customer, || {
        table(
            ["CUSTOMER_ID", "NAME"],
            [[customer.customer_id.to_string(), customer.name.clone()]],
        )
    })
}

async fn list(context: &CommandContext<'_>) -> anyhow::Result<()> {
    let customers = context
        .read(async |db| Ok(clients::list_customers(db).await?))
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

async fn show(context: &CommandContext<'_>, customer: &str) -> anyhow::Result<()> {
    let (customer, links) = context
        .with_database(async |db| {
            let customer = db
                .read(async |db| clients::find_customer(db, customer).await)
                .await?;
            let links = db
                .read(async |db| creation_links::list_creation_links(db, customer.customer_id).await)
                .await?;
            Ok((customer, links))
        })
        .await?;
    let link = |kind: CampaignKind| {
        let link = links.iter().find(|link| link.kind == kind);
        link.map(|link| link.url_template.as_str())
    };
    let (video, assessment) = (link(CampaignKind::Video), link(CampaignKind::Assessment));
    let value = json!({
        "customer_id": customer.customer_id,
        "name": customer.name,
        "created_at": clock::rfc3339(customer.created_at),
        "video_creation_link": video,
        "assessment_creation_link": assessment,
    });
    context.format.show(&value, || {
        properties([
            ("customer_id", customer.customer_id.to_string()),
            ("name", customer.name.clone()),
            ("added", instant(customer.created_at)),
            ("video creation link", or_dash(video, str::to_owned)),
            ("assessment creation link", or_dash(assessment, str::to_owned)),
        ])
    })
}

async fn set_creation_link(context: &CommandContext<'_>, args: CreationLinkArgs) -> anyhow::Result<()> {
    let act = context.act();
    let url = args.url.as_deref().filter(|_| !args.clear);
    let template = url.map(str::parse::<UrlTemplate>).transpose()?;
    let customer = context
        .with_database(async |db| {
            let customer = db
                .read(async |db| clients::find_customer(db, &args.customer).await)
                .await?;
            let (customer_id, template) = (customer.customer_id, template.as_ref());
            db.transaction(async |db| {
                creation_links::set_creation_link(db, &act, customer_id, args.kind, template).await
            })
            .await?;
            Ok(customer)
        })
        .await?;
    let (name, kind) = (&customer.name, args.kind.as_str());
    let value = json!({ "customer_id": customer.customer_id, "kind": kind, "url_template": url });
    context.format.show(&value, || match &template {
        Some(_) => format!("Set the creation link of {name} for {kind} campaigns."),
        None => format!("{name} has no creation link for {kind} campaigns."),
    })
}
