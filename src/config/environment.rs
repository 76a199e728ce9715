//! Reads the environment and `.env`. Nothing else reads them.

use std::ffi::OsString;

use anyhow::{Context, bail};

/// The user who became root through `sudo`. Only root may rely on it, because any other user can set the variable.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the door that the lint keeps shut elsewhere"
)]
pub fn sudo_user() -> Option<String> {
    std::env::var("SUDO_USER").ok().filter(|name| !name.is_empty())
}

/// The socket of systemd for notifications of a unit of `Type=notify`, if the service runs as one.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the door that the lint keeps shut elsewhere"
)]
pub fn notify_socket() -> Option<OsString> {
    std::env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty())
}

/// Reads `.env` in the working directory or a parent of it, if there is one. It does not change variables that are set.
pub fn load_dotenv() -> anyhow::Result<()> {
    match dotenvy::dotenv() {
        Ok(_) => Ok(()),
        Err(error) if error.not_found() => Ok(()),
        // The error quotes the line, which may hold a secret.
        Err(dotenvy::Error::LineParse(..)) => bail!(
            "the file .env has a line that is not NAME=value (a value with spaces needs quotes); the line is not shown, \
             for it may hold a secret"
        ),
        Err(error) => Err(error).context("the file .env cannot be read"),
    }
}

/// Prepares the command for its environment variables: an empty variable counts as absent. The error names a variable that
/// is not UTF-8.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the door that the lint keeps shut elsewhere"
)]
pub fn apply_environment(mut command: clap::Command) -> anyhow::Result<clap::Command> {
    let mut empty = Vec::new();
    for argument in command.get_arguments() {
        let Some(variable) = argument.get_env() else {
            continue;
        };
        match std::env::var(variable) {
            Ok(value) if value.is_empty() => empty.push(argument.get_id().clone()),
            Err(std::env::VarError::NotUnicode(_)) => bail!("{} is not UTF-8", variable.display()),
            Ok(_) | Err(std::env::VarError::NotPresent) => {}
        }
    }
    for id in empty {
        command = command.mut_arg(id, |argument| argument.env(None::<&str>));
    }
    let names: Vec<String> = command
        .get_subcommands()
        .map(|sub| sub.get_name().to_owned())
        .collect();
    for name in names {
        let mut failed = Ok(());
        command = command.mut_subcommand(name, |sub| {
            apply_environment(sub.clone()).unwrap_or_else(|error| {
                failed = Err(error);
                sub
            })
        });
        failed?;
    }
    Ok(command)
}
