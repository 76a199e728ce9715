//! The command line: one file for each subcommand.

mod database;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{DatabaseConfig, LogConfig, ServiceConfig, load_dotenv};

/// The partner's side of the Talentsoft recruiting marketplace.
#[derive(Parser)]
#[command(version, about, max_term_width = 110)]
struct Cli {
    #[command(flatten)]
    database: DatabaseConfig,
    #[command(flatten)]
    service: ServiceConfig,
    #[command(flatten)]
    log: LogConfig,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service
    Serve(serve::ServeArgs),
}

/// Runs the command that the arguments name. An error is one line on standard error, and exit status 1.
#[must_use]
pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    load_dotenv()?;
    let cli = Cli::parse();
    cli.log.install()?;
    log_panics();
    // Background tasks and the accept loop live on this thread; the workers that answer requests have their own.
    actix_web::rt::System::new().block_on(async {
        match &cli.command {
            Command::Serve(args) => serve::run(&cli.database, &cli.service, args).await,
        }
    })
}

/// A panic is a defect: one line in the log, like every other failure.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| tracing::error!(cause = %panic, "panicked")));
}

fn complain(error: &anyhow::Error) {
    use std::io::Write;
    // Where even standard error is closed there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "talentsoft-partner: {error:#}");
}
