//! `candidate`: the people who are invited.

use clap::{Args, Subcommand};
use serde_json::json;

use super::context::Context;
use crate::audit::Act;
use crate::clients;
use crate::ids::ApplicantId;
use crate::recruiting::people::{Person, erase};
use crate::recruiting::reports;
use crate::text::EmailAddress;

/// Subcommands of `candidate`.
#[derive(Subcommand)]
pub enum CandidateCommand {
    /// Forget a person: all their invitations, with links, results and reports
    ///
    /// What others were told is not taken back. The audit trail keeps that somebody was forgotten, not who.
    #[command(after_help = "\
Examples:
  talentsoft-partner candidate erase --customer Acme --applicant-id 0190a5d0-0000-7000-8000-000000000002
  talentsoft-partner candidate erase --email zoe.dupont@example.com")]
    Erase(EraseArgs),
}

/// Who is to be forgotten.
#[derive(Args)]
pub struct EraseArgs {
    /// Customer whose candidate it is, by name or id; with --email, of this customer only
    #[arg(long, value_name = "NAME-OR-ID", required_unless_present = "email")]
    customer: Option<String>,

    /// The candidate, as Talentsoft names the person
    #[arg(
        long,
        value_name = "UUID",
        requires = "customer",
        required_unless_present = "email",
        conflicts_with = "email"
    )]
    applicant_id: Option<ApplicantId>,

    /// The candidate's address, in any case of the letters A to Z
    #[arg(long, value_name = "EMAIL")]
    email: Option<EmailAddress>,
}

/// Runs one of them.
pub async fn run(context: &Context<'_>, command: CandidateCommand) -> anyhow::Result<()> {
    match command {
        CandidateCommand::Erase(args) => erase_candidate(context, args).await,
    }
}

async fn erase_candidate(context: &Context<'_>, args: EraseArgs) -> anyhow::Result<()> {
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
                _ => anyhow::bail!("say who: --customer and --applicant-id, or --email"),
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
