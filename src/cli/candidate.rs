//! `candidate`: the people who are invited.

use clap::{Args, Subcommand};
use serde_json::json;

use super::context::CommandContext;
use crate::audit::Act;
use crate::clients;
use crate::ids::ApplicantId;
use crate::recruiting::people::{Person, erase};
use crate::recruiting::reports;
use crate::text::EmailAddress;

/// Subcommands of `candidate`.
#[derive(Subcommand)]
pub enum CandidateCommand {
    /// Erase a person: all their invitations, with links, results and reports
    ///
    /// What was sent to Talentsoft and to the platform is not recalled. The audit trail says that somebody was erased, not
    /// who.
    #[command(after_help = "\
Examples:
  talentsoft-partner candidate erase --customer Acme --applicant-id 0190a5d0-0000-7000-8000-000000000002
  talentsoft-partner candidate erase --email zoe.dupont@example.com")]
    Erase(EraseArgs),
}

/// Arguments of `candidate erase`.
#[derive(Args)]
pub struct EraseArgs {
    /// Customer whose candidate is erased, by name or id; with --email [default: all customers]
    #[arg(long, value_name = "NAME-OR-ID", required_unless_present = "email")]
    customer: Option<String>,

    /// Talentsoft's identifier of the candidate
    #[arg(
        long,
        value_name = "UUID",
        requires = "customer",
        required_unless_present = "email",
        conflicts_with = "email"
    )]
    applicant_id: Option<ApplicantId>,

    /// Email address of the candidate; upper and lower case of A to Z are the same
    #[arg(long, value_name = "EMAIL")]
    email: Option<EmailAddress>,
}

/// Runs a subcommand of `candidate`.
pub async fn run(context: &CommandContext<'_>, command: CandidateCommand) -> anyhow::Result<()> {
    match command {
        CandidateCommand::Erase(args) => erase_candidate(context, args).await,
    }
}

async fn erase_candidate(context: &CommandContext<'_>, args: EraseArgs) -> anyhow::Result<()> {
    let erased = context
        .with_database(async |db| {
            let customer = match &args.customer {
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
            let person = match (act.customer_id, args.applicant_id, args.email) {
                (Some(customer_id), Some(applicant_id), _) => Person::Applicant(customer_id, applicant_id),
                (_, None, Some(email)) => Person::Address(email),
                _ => anyhow::bail!("name the candidate: pass --customer and --applicant-id, or --email"),
            };
            let erased = db.transaction(async |db| erase(db, &act, &person).await).await?;
            reports::delete_detached(db, &erased.uploads).await;
            Ok(erased.invitations)
        })
        .await?;
    let value = json!({ "erased_invitations": erased });
    context.format.show(&value, || match erased {
        1 => "Erased 1 invitation.".to_owned(),
        number => format!("Erased {number} invitations."),
    })
}
