//! `person`: the people whose data is kept, as candidates and with profiles.

use clap::{Args, Subcommand};

use super::context::CommandContext;
use crate::audit::Act;
use crate::clients;
use crate::ids::{ApplicantId, CustomerId, ProfileId};
use crate::people::{Person, Receipt, erase};
use crate::recruiting::reports;
use crate::text::{EmailAddress, Name};

/// Subcommands of `person`.
#[derive(Subcommand)]
pub enum PersonCommand {
    /// Erase a person: all their invitations, with links, results and reports, and all their profiles
    ///
    /// What is known of the person elsewhere is found by the email address. What was sent to Talentsoft and to the platform
    /// is not recalled. The audit trail says that somebody was erased, under the number of a receipt, not who.
    #[command(after_help = "\
Examples:
  talentsoft-partner person erase --email zoe.dupont@example.com --reason \"Asked for it by letter\"
  talentsoft-partner person erase --customer Acme --applicant-id 0190a5d0-0000-7000-8000-000000000002
  talentsoft-partner person erase --profile-id 0190a5d0-0000-7000-8000-000000000003")]
    Erase(EraseArgs),
}

/// Arguments of `person erase`.
#[derive(Args)]
pub struct EraseArgs {
    /// Customer with whom alone the person is erased, by name or id [default: all customers]
    #[arg(long, value_name = "NAME-OR-ID")]
    customer: Option<String>,

    /// Why, for the audit trail: 1 to 200 characters, which should name nobody
    #[arg(long, value_name = "TEXT")]
    reason: Option<Name>,

    #[command(flatten)]
    known_by: KnownBy,
}

/// What the person is known by.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct KnownBy {
    /// Talentsoft's identifier of the candidate; the customer must be named
    #[arg(long, value_name = "UUID", requires = "customer")]
    applicant_id: Option<ApplicantId>,

    /// Identifier of one of the person's profiles
    #[arg(long, value_name = "UUID")]
    profile_id: Option<ProfileId>,

    /// Email address of the person, in any case of letters
    #[arg(long, value_name = "EMAIL")]
    email: Option<EmailAddress>,
}

impl KnownBy {
    fn person(self, customer_id: Option<CustomerId>) -> Option<Person> {
        let applicant = customer_id.zip(self.applicant_id);
        applicant
            .map(|(customer_id, applicant_id)| Person::Applicant(customer_id, applicant_id))
            .or(self.profile_id.map(Person::Profile))
            .or(self.email.map(Person::Address))
    }
}

/// Runs a subcommand of `person`.
pub async fn run(context: &CommandContext<'_>, command: PersonCommand) -> anyhow::Result<()> {
    match command {
        PersonCommand::Erase(args) => erase_person(context, args).await,
    }
}

async fn erase_person(context: &CommandContext<'_>, args: EraseArgs) -> anyhow::Result<()> {
    let receipt = context
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
            let Some(person) = args.known_by.person(act.customer_id) else {
                anyhow::bail!(
                    "name the person: pass --email, --profile-id, or --customer and --applicant-id"
                );
            };
            let erased = db
                .transaction(async |db| erase(db, &act, &person, args.reason.as_ref()).await)
                .await?;
            reports::delete_detached(db, &erased.uploads).await;
            Ok(erased.receipt())
        })
        .await?;
    context.format.show(&receipt, || describe(&receipt))
}

fn describe(Receipt { receipt_id, counts }: &Receipt) -> String {
    let of = |count: i64, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let profiles = i64::try_from(counts.erased_profiles).unwrap_or(i64::MAX);
    let receipt = receipt_id.map_or_else(String::new, |number| {
        format!("\nThe audit trail says so under the number of the receipt, {number}.")
    });
    format!(
        "Erased {}, {}, {}, {} and {}.{receipt}",
        of(counts.erased_invitations, "invitation"),
        of(counts.erased_results, "result"),
        of(counts.erased_reports, "report"),
        of(counts.erased_callbacks, "callback"),
        of(profiles, "profile"),
    )
}
