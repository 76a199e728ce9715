//! `staff`: the people who sign in at the console. The first one is added here, on the host.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use sqlx::PgConnection;

use super::context::CommandContext;
use super::input::{PasswordArgs, one_of};
use super::output::{instant, or_dash, table};
use crate::audit::Act;
use crate::crypto::password::PasswordPool;
use crate::crypto::secret::PresentedSecret;
use crate::staff::accounts::{self, Identity, NewAccount};
use crate::staff::{self, Account, HashedPassword, Role, SignInName, second_factor, sessions};
use crate::text::Name;

/// Subcommands of `staff`.
#[derive(Subcommand)]
pub enum StaffCommand {
    /// Add a person
    #[command(after_help = "\
Examples:
  talentsoft-partner staff add lena --name \"Lena Roth\" --role admin
  talentsoft-partner staff add omar --name \"Omar Haddad\" --role viewer --no-password")]
    Add(AddArgs),
    /// List all people in the order of their sign-in names
    List,
    /// Let nobody sign in as a person, and end that person's sessions
    Disable(AccountArgs),
    /// Let a person sign in again
    Enable(AccountArgs),
    /// Change what a person may do, and end that person's sessions
    Role(RoleArgs),
    /// Set a new password, and end the person's sessions
    Password(PasswordChangeArgs),
    /// Forget failed sign-ins of a person, so that sign-in is not paused any more
    Unlock(AccountArgs),
    /// Remove the second factor of a person who has lost it, and end the person's sessions
    ResetSecondFactor(AccountArgs),
    /// Let a person sign in with the company: link the account to a person at the identity provider
    #[command(after_help = "\
Example:
  talentsoft-partner staff link omar --issuer https://login.company.example --subject 00u1a2b3c4d5e6f7")]
    Link(LinkArgs),
    /// Take all links to the identity provider away, and end the person's sessions
    Unlink(AccountArgs),
}

/// Which person.
#[derive(Args)]
pub struct AccountArgs {
    /// Sign-in name of the person
    #[arg(value_name = "SIGN_IN_NAME")]
    account: String,
}

/// Arguments of `staff add`.
#[derive(Args)]
pub struct AddArgs {
    /// What the person signs in with: 1 to 64 letters, digits, dots, hyphens and underscores, unique
    sign_in_name: SignInName,

    /// Name of the person: 1 to 200 characters
    #[arg(long)]
    name: Name,

    /// What the person may do: viewer, operator or admin
    #[arg(long, value_parser = one_of::<Role>)]
    role: Role,

    #[command(flatten)]
    password: PasswordArgs,
}

/// Arguments of `staff role`.
#[derive(Args)]
pub struct RoleArgs {
    #[command(flatten)]
    account: AccountArgs,

    /// What the person may do: viewer, operator or admin
    #[arg(value_parser = one_of::<Role>)]
    role: Role,
}

/// Arguments of `staff password`.
#[derive(Args)]
pub struct PasswordChangeArgs {
    #[command(flatten)]
    account: AccountArgs,
    #[command(flatten)]
    password: PasswordArgs,
}

/// Arguments of `staff link`.
#[derive(Args)]
pub struct LinkArgs {
    #[command(flatten)]
    account: AccountArgs,

    /// Issuer of the identity provider, as `PARTNER_OIDC_ISSUER` names it
    #[arg(long, value_name = "URL")]
    issuer: String,

    /// Subject (`sub`) of the person there
    #[arg(long)]
    subject: String,
}

/// Runs a subcommand of `staff`.
pub async fn run(context: &CommandContext<'_>, command: StaffCommand) -> anyhow::Result<()> {
    match command {
        StaffCommand::Add(args) => add(context, args).await,
        StaffCommand::List => list(context).await,
        StaffCommand::Disable(args) => {
            change(context, &args, async |db, act, found| {
                accounts::disable(db, act, found.staff_id).await.map(|_| ())
            })
            .await
        }
        StaffCommand::Enable(args) => {
            change(context, &args, async |db, act, found| {
                accounts::enable(db, act, found.staff_id).await.map(|_| ())
            })
            .await
        }
        StaffCommand::Role(args) => {
            change(context, &args.account, async |db, act, found| {
                accounts::set_role(db, act, found.staff_id, args.role)
                    .await
                    .map(|_| ())
            })
            .await
        }
        StaffCommand::Password(args) => set_password(context, &args).await,
        StaffCommand::Unlock(args) => {
            change(context, &args, async |db, act, found| {
                accounts::unlock(db, act, found.staff_id).await
            })
            .await
        }
        StaffCommand::ResetSecondFactor(args) => {
            change(context, &args, async |db, act, found| {
                second_factor::remove(db, act, found).await?;
                sessions::end_all(db, found.staff_id).await.map(|_| ())
            })
            .await
        }
        StaffCommand::Link(args) => link(context, args).await,
        StaffCommand::Unlink(args) => {
            change(context, &args, async |db, act, found| {
                accounts::unlink(db, act, found.staff_id).await
            })
            .await
        }
    }
}

async fn add(context: &CommandContext<'_>, args: AddArgs) -> anyhow::Result<()> {
    let password = hashed(args.password.obtain()?).await?;
    let new = NewAccount {
        sign_in_name: args.sign_in_name,
        name: args.name,
        role: args.role,
        password,
    };
    let added = context
        .change(async |db, act| Ok(accounts::add(db, act, &new).await?))
        .await?;
    context
        .format
        .show(&added, || describe(std::slice::from_ref(&added)))
}

async fn list(context: &CommandContext<'_>) -> anyhow::Result<()> {
    let accounts = context.read(async |db| Ok(accounts::list(db).await?)).await?;
    context.format.show(&accounts, || describe(&accounts))
}

async fn set_password(context: &CommandContext<'_>, args: &PasswordChangeArgs) -> anyhow::Result<()> {
    let password = hashed(args.password.obtain()?).await?;
    change(context, &args.account, async |db, act, found| {
        accounts::set_password(db, act, found.staff_id, password.as_ref(), None).await
    })
    .await
}

async fn link(context: &CommandContext<'_>, args: LinkArgs) -> anyhow::Result<()> {
    let identity = Identity {
        issuer: args.issuer,
        subject: args.subject,
    };
    change(context, &args.account, async |db, act, found| {
        accounts::link(db, act, found.staff_id, &identity).await
    })
    .await
}

/// Changes an account, and shows what it is then.
async fn change(
    context: &CommandContext<'_>,
    args: &AccountArgs,
    work: impl AsyncFnOnce(&mut PgConnection, &Act, &Account) -> Result<(), staff::Error>,
) -> anyhow::Result<()> {
    let changed = context
        .change(async |db, act| {
            let found = accounts::find_by_name(db, &args.account).await?;
            work(db, act, &found).await?;
            Ok(accounts::find(db, found.staff_id).await?)
        })
        .await?;
    context
        .format
        .show(&changed, || describe(std::slice::from_ref(&changed)))
}

/// Hashes a password, if there is one.
async fn hashed(password: Option<PresentedSecret>) -> anyhow::Result<Option<HashedPassword>> {
    let Some(password) = password else {
        return Ok(None);
    };
    let hashed = staff::hash_password(&PasswordPool::new(1, 0), password).await;
    hashed.map(Some).context("the password cannot be set")
}

fn describe(accounts: &[Account]) -> String {
    let yes = |is_so: bool| if is_so { "yes" } else { "no" }.to_owned();
    let rows = accounts.iter().map(|account| {
        [
            account.sign_in_name.to_string(),
            account.name.to_string(),
            account.role.to_string(),
            yes(account.is_enabled),
            yes(account.has_password),
            yes(account.has_second_factor),
            yes(account.is_linked),
            or_dash(account.signed_in_at, instant),
        ]
    });
    let header = [
        "SIGN_IN_NAME",
        "NAME",
        "ROLE",
        "ENABLED",
        "PASSWORD",
        "SECOND_FACTOR",
        "COMPANY",
        "LAST_SIGN_IN",
    ];
    table(header, rows)
}
