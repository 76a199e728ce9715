//! `customer`: the companies that use Talentsoft and buy from the partner.

use clap::{Args, Subcommand};
use serde_json::json;

use super::context::Context;
use super::input::one_of;
use super::output::{instant, or_dash, properties, table};
use crate::clients;
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
        /// Its name: 1 to 200 characters, unique
        name: String,
    },
    /// List all customers, by name
    List,
    /// Show a customer and where its recruiters make campaigns
    Show {
        /// Which, by name or id
        #[arg(value_name = "NAME-OR-ID")]
        customer: String,
    },
    /// Set the link by which a customer's recruiters make campaigns on the partner's own site
    #[command(after_help = "\
Examples:
  talentsoft-partner customer set-creation-link Acme --kind video \\
      \"https://meet.partner.example/{customer_id}/new?by={user_email}\"
  talentsoft-partner customer set-creation-link Acme --kind video --clear")]
    SetCreationLink(CreationLinkArgs),
}

/// A creation link, or its end.
#[derive(Args)]
pub struct CreationLinkArgs {
    /// Whose, by name or id
    #[arg(value_name = "NAME-OR-ID")]
    customer: String,

    /// For which campaigns: video or assessment
    #[arg(long, value_parser = one_of::<CampaignKind>)]
    kind: CampaignKind,

    /// https URL of at most 2000 bytes; `{customer_id}` and `{user_email}` in it are filled in for who asks
    #[arg(required_unless_present = "clear")]
    url: Option<String>,

    /// Take the link away
    #[arg(long, conflicts_with = "url")]
    clear: bool,
}

/// Runs one of them.
pub async fn run(context: &Context<'_>, command: CustomerCommand) -> anyhow::Result<()> {
    match command {
        CustomerCommand::Add { name } => add(context, &name).await,
        CustomerCommand::List => list(context).await,
        CustomerCommand::Show { customer } => show(context, &customer).await,
        CustomerCommand::SetCreationLink(args) => set_creation_link(context, args).await,
    }
}

async fn add(context: &Context<'_>, name: &str) -> anyhow::Result<()> {
    let customer = context
        .change(async |db, act| Ok(clients::add_customer(db, act, name).await?))
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

async fn show(context: &Context<'_>, customer: &str) -> anyhow::Result<()> {
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
        "created_at": customer.created_at,
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

async fn set_creation_link(context: &Context<'_>, args: CreationLinkArgs) -> anyhow::Result<()> {
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
        Some(_) => format!("{name} makes {kind} campaigns at this link."),
        None => format!("{name} has no link to make {kind} campaigns."),
    })
}
