//! `campaign`: what recruiters choose from when they invite candidates.

use anyhow::bail;
use clap::{Args, Subcommand};
use serde_json::json;

use super::context::CommandContext;
use super::input::one_of;
use super::output::{instant, or_dash, table};
use crate::audit::Act;
use crate::clients;
use crate::clock;
use crate::ids::CampaignId;
use crate::recruiting::campaigns::{self, CampaignKind, Closing, NewCampaign};

/// Subcommands of `campaign`.
#[derive(Subcommand)]
pub enum CampaignCommand {
    /// Add a campaign
    #[command(after_help = "\
Example:
  talentsoft-partner campaign add --customer Acme --language fr-FR \"Développeur Rust\"")]
    Add(AddCampaignArgs),
    /// List campaigns, open and closed, in the order they were added
    List {
        /// Show only the campaigns of this customer, by name or id
        #[arg(long, value_name = "NAME-OR-ID")]
        customer: Option<String>,
    },
    /// Close a campaign: recruiters no longer see it
    Close {
        /// Campaign to close, as `campaign list` shows it
        campaign_id: CampaignId,
    },
}

/// Arguments of `campaign add`.
#[derive(Args)]
pub struct AddCampaignArgs {
    /// Name of the campaign: 1 to 200 characters
    name: String,

    /// Customer whose recruiters see it, by name or id
    #[arg(long, value_name = "NAME-OR-ID")]
    customer: String,

    /// What candidates are asked to do: video or assessment
    #[arg(long, default_value = "video", value_parser = one_of::<CampaignKind>)]
    kind: CampaignKind,

    /// Language of the campaign, a BCP 47 tag such as fr or fr-FR
    #[arg(long, value_name = "TAG")]
    language: String,
}

/// Runs a subcommand of `campaign`.
pub async fn run(context: &CommandContext<'_>, command: CampaignCommand) -> anyhow::Result<()> {
    match command {
        CampaignCommand::Add(args) => add(context, args).await,
        CampaignCommand::List { customer } => list(context, customer.as_deref()).await,
        CampaignCommand::Close { campaign_id } => close(context, campaign_id).await,
    }
}

async fn add(context: &CommandContext<'_>, args: AddCampaignArgs) -> anyhow::Result<()> {
    let campaign = context
        .with_database(async |db| {
            let customer = db
                .read(async |db| clients::find_customer(db, &args.customer).await)
                .await?;
            let new = NewCampaign {
                customer_id: customer.customer_id,
                kind: args.kind,
                name: args.name.parse()?,
                language: args.language.parse()?,
            };
            let act = context.act();
            Ok(db
                .transaction(async |db| campaigns::add_campaign(db, &act, &new).await)
                .await?)
        })
        .await?;
    context.format.show(&campaign, || {
        table(
            ["CAMPAIGN_ID", "KIND", "LANGUAGE", "NAME"],
            [[
                campaign.campaign_id.to_string(),
                campaign.kind.to_string(),
                campaign.language.to_string(),
                campaign.name.to_string(),
            ]],
        )
    })
}

async fn list(context: &CommandContext<'_>, customer: Option<&str>) -> anyhow::Result<()> {
    let (campaigns, customers) = context
        .with_database(async |db| {
            let customer = match customer {
                Some(name_or_id) => Some(
                    db.read(async |db| clients::find_customer(db, name_or_id).await)
                        .await?,
                ),
                None => None,
            };
            let act = Act {
                customer_id: customer.map(|customer| customer.customer_id),
                ..context.act()
            };
            let campaigns = db
                .read(async |db| campaigns::list_campaigns(db, &act).await)
                .await?;
            let customers = db.read(async |db| clients::list_customers(db).await).await?;
            Ok((campaigns, customers))
        })
        .await?;
    context.format.show(&campaigns, || {
        let rows = campaigns.iter().map(|campaign| {
            let owner = customers
                .iter()
                .find(|customer| customer.customer_id == campaign.customer_id);
            [
                campaign.campaign_id.to_string(),
                or_dash(owner, |customer| customer.name.clone()),
                campaign.kind.to_string(),
                campaign.language.to_string(),
                instant(campaign.created_at),
                or_dash(campaign.closed_at, instant),
                campaign.name.to_string(),
            ]
        });
        table(
            [
                "CAMPAIGN_ID",
                "CUSTOMER",
                "KIND",
                "LANGUAGE",
                "ADDED",
                "CLOSED",
                "NAME",
            ],
            rows,
        )
    })
}

async fn close(context: &CommandContext<'_>, campaign_id: CampaignId) -> anyhow::Result<()> {
    let act = context.act();
    context
        .with_database(async |db| {
            let closing = db
                .transaction(async |db| campaigns::close_campaign(db, &act, campaign_id).await)
                .await;
            match closing {
                Ok(Closing::Closed(_)) => Ok(()),
                Ok(Closing::AlreadyClosed(_)) | Err(campaigns::Error::UnknownCampaign) => {
                    bail!("no open campaign `{campaign_id}`; `campaign list` shows them")
                }
                Err(error) => Err(error.into()),
            }
        })
        .await?;
    let value = json!({ "campaign_id": campaign_id, "closed_at": clock::rfc3339(act.now) });
    context
        .format
        .show(&value, || format!("Closed campaign {campaign_id}."))
}
