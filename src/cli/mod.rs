//! The command line: one file for each group of subcommands.

mod assertion;
mod audit;
mod backup;
mod callback;
mod campaign;
mod check;
mod client;
mod client_file;
mod context;
mod customer;
mod database;
mod demo;
mod health;
mod hint;
mod input;
mod key;
mod manual;
mod market;
mod migrate;
mod notify;
mod output;
mod person;
mod private_server;
mod progress;
mod refusal;
mod replica;
mod secret;
mod serve;
mod settings;
mod signals;
mod staff;
mod start;
mod subdomain;
mod token;
mod usage;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use self::context::{CommandContext, os_user};
use self::output::Format;
use crate::clock::Clock;
use crate::config::{DatabaseConfig, LogConfig, PublicConfig, apply_environment, load_dotenv};
use crate::telemetry::log_buffer::LOG;
use crate::version::DESCRIPTION;

/// The partner's side of the Talentsoft recruiting marketplace.
///
/// Every option that has a variable in brackets can be set there, or in a file .env, as well. Errors are one line on
/// standard error, with exit status 1; a wrong usage has exit status 2.
#[derive(Parser)]
#[command(
    version,
    long_version = DESCRIPTION.as_str(),
    about,
    max_term_width = 110,
    after_help = "\
Examples:
  talentsoft-partner demo
  talentsoft-partner customer add \"Acme\"
  talentsoft-partner client add --customer Acme --client-id 428a51ae-… --secret-file secret.txt
  talentsoft-partner serve"
)]
struct Cli {
    /// Print JSON: an array for a list, an object for a single thing
    #[arg(long, global = true, display_order = 900)]
    json: bool,
    #[command(flatten, next_help_heading = "Database")]
    database: DatabaseConfig,
    #[command(flatten, next_help_heading = "Service")]
    public: PublicConfig,
    #[command(flatten, next_help_heading = "Log")]
    log: LogConfig,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service
    Serve(serve::ServeArgs),
    /// Run the service with demo data, and print calls to try
    Demo(demo::DemoArgs),
    /// Bring the database's schema up to date
    Migrate,
    /// Manage customers: the companies that use Talentsoft and buy from the partner
    #[command(subcommand)]
    Customer(customer::CustomerCommand),
    /// Manage clients: who may call the API, and what each of them may do
    #[command(subcommand)]
    Client(Box<client::ClientCommand>),
    /// Manage the secrets of a client
    #[command(subcommand)]
    Secret(secret::SecretCommand),
    /// Manage the keys that seal tokens, secrets and invitation links
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Inspect and revoke access tokens
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Explain assertions, the JWTs by which Talentsoft gets a token for a user
    #[command(subcommand)]
    Assertion(assertion::AssertionCommand),
    /// Manage the campaigns that recruiters invite candidates to
    #[command(subcommand)]
    Campaign(campaign::CampaignCommand),
    /// Manage the outbox: callbacks to Talentsoft and webhooks to the platform
    #[command(subcommand)]
    Callback(callback::CallbackCommand),
    /// Manage the subdomains at which people have profiles
    #[command(subcommand)]
    Subdomain(subdomain::SubdomainCommand),
    /// Manage the data of people: candidates, and those with profiles
    #[command(subcommand, alias = "candidate")]
    Person(person::PersonCommand),
    /// Manage the data behind the data APIs: import files, and publish versions
    #[command(subcommand)]
    Market(market::MarketCommand),
    /// Find out why calls were refused
    #[command(subcommand)]
    Refusal(refusal::RefusalCommand),
    /// Show how many tokens were issued and how many calls refused, by hour
    Usage(usage::UsageArgs),
    /// Show the replicas of the service
    #[command(subcommand)]
    Replica(replica::ReplicaCommand),
    /// Manage the people who sign in at the console
    #[command(subcommand)]
    Staff(staff::StaffCommand),
    /// Back up the database: all its rows, into a folder
    #[command(after_help = "\
The folder has a manifest and a file for each table; it holds personal data, and what is sealed in the database stays sealed in \
it. It is made in one snapshot while the service runs, and is complete when the manifest is there.

Examples:
  talentsoft-partner backup /var/backups/partner-$(date +%F)
  talentsoft-partner restore --check /var/backups/partner-2026-11-26")]
    Backup(backup::BackupArgs),
    /// Restore a backup into an empty database, or check a backup or the database
    #[command(after_help = "\
A backup is restored whole or not at all, into a database that has no tables yet, and with the master key that it was made with.
Replicas that run go on: they find the restored database by themselves.

All tokens that were issued before are over afterwards, because nothing is known of those that were revoked after the backup.

Examples:
  talentsoft-partner restore --check /var/backups/partner-2026-11-26
  talentsoft-partner restore /var/backups/partner-2026-11-26
  talentsoft-partner restore --check")]
    Restore(backup::RestoreArgs),
    /// Show the audit trail: who changed what, and when
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Call a partner's endpoint as Talentsoft does, and report what does not conform to the contract
    Check(Box<check::CheckArgs>),
    /// Ask a running service on this machine whether it is ready
    Health(health::HealthArgs),
    /// Print what a shell needs to complete commands
    Completions(manual::CompletionArgs),
    /// Write the manual pages
    Man(manual::ManArgs),
}

/// Runs the command that the arguments name. An error is one line on standard error, and exit status 1.
#[must_use]
pub fn main() -> ExitCode {
    let result = run();
    LOG.flush();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print_error(&error);
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    load_dotenv()?;
    let matches = apply_environment(Cli::command())?.get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let default_filter = match &cli.command {
        Command::Serve(_) => LogConfig::SERVICE_FILTER,
        _ => LogConfig::COMMAND_FILTER,
    };
    cli.log.install(default_filter)?;
    log_panics();
    let context = CommandContext {
        database: &cli.database,
        public: &cli.public,
        format: if cli.json { Format::Json } else { Format::Text },
        clock: Clock::system(),
        actor: os_user(),
    };
    // Background tasks and the accept loop live on this thread; the workers that answer requests have their own.
    actix_web::rt::System::new().block_on(dispatch(&context, cli.command))
}

/// Makes a panic, which is a defect, one line in the log like every other failure.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| tracing::error!(cause = %panic, "panicked")));
}

async fn dispatch(context: &CommandContext<'_>, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(args) => serve::run(context, &args).await,
        Command::Demo(args) => demo::run(context, &args).await,
        Command::Migrate => migrate::run(context).await,
        Command::Customer(command) => customer::run(context, command).await,
        Command::Client(command) => client::run(context, *command).await,
        Command::Secret(command) => secret::run(context, command).await,
        Command::Key(command) => key::run(context, command).await,
        Command::Token(command) => token::run(context, command).await,
        Command::Assertion(command) => assertion::run(context, command).await,
        Command::Campaign(command) => campaign::run(context, command).await,
        Command::Callback(command) => callback::run(context, command).await,
        Command::Subdomain(command) => subdomain::run(context, command).await,
        Command::Person(command) => person::run(context, command).await,
        Command::Market(command) => market::run(context, command).await,
        Command::Refusal(command) => refusal::run(context, command).await,
        Command::Usage(args) => usage::run(context, args).await,
        Command::Replica(command) => replica::run(context, command).await,
        Command::Staff(command) => staff::run(context, command).await,
        Command::Backup(args) => backup::run_backup(context, &args).await,
        Command::Restore(args) => backup::run_restore(context, &args).await,
        Command::Audit(command) => audit::run(context, command).await,
        Command::Check(args) => check::run(context, &args).await,
        Command::Health(args) => health::run(context, &args).await,
        Command::Completions(args) => manual::completions(context, &args, Cli::command()),
        Command::Man(args) => manual::man(context, &args, Cli::command()),
    }
}

/// Prints an error and what to do about it on standard error: one line, whatever the causes say.
fn print_error(error: &anyhow::Error) {
    use std::io::Write;
    let mut text = hint::words(error);
    if let Some(hint) = hint::hint(error) {
        text.push_str("; ");
        text.push_str(hint);
    }
    let text: Vec<&str> = text.split_whitespace().collect();
    // Where standard error is closed as well, nobody can be told.
    let _ = writeln!(
        std::io::stderr(),
        "talentsoft-partner: {}",
        output::clean(&text.join(" "))
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The help is wrapped to the width of the terminal, so a line break within a sentence would be one line too many.
    #[test]
    fn no_help_breaks_a_line_within_a_sentence() {
        fn look(command: &clap::Command) {
            let text = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            let is_prose = |line: &str| !line.is_empty() && !line.starts_with(' ');
            for pair in lines.windows(2) {
                let &[line, next] = pair else { continue };
                let is_broken = is_prose(line) && is_prose(next) && !line.ends_with(['.', ':']);
                assert!(!is_broken, "{}: {line}", command.get_name());
            }
            command.get_subcommands().for_each(look);
        }
        look(&Cli::command());
    }
}
