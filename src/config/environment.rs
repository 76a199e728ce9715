//! The environment: the only place that reads it, `.env` included.

use std::ffi::OsString;

use anyhow::{Context, bail};

/// Who became root through `sudo`; to be believed of root only, for anybody else can set it to anything.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the door that the lint keeps shut elsewhere"
)]
pub fn sudo_user() -> Option<String> {
    std::env::var("SUDO_USER").ok().filter(|name| !name.is_empty())
}

/// The socket at which systemd is told how far the service is, for a unit of `Type=notify`.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the door that the lint keeps shut elsewhere"
)]
pub fn notify_socket() -> Option<OsString> {
    std::env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty())
}

/// Reads `.env` in this or a parent directory, if there is one. Variables that are set already win.
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

/// The command with its variables as they count: an empty one is absent, and one that is not UTF-8 is named in the error.
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
