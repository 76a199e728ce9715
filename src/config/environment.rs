//! Reads the environment and `.env`. Nothing else reads them.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};

use anyhow::{Context, bail, ensure};
use nix::fcntl::OFlag;
use nix::unistd::geteuid;

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

/// Reads `.env` in the working directory, if there is one. It does not change variables that are set.
///
/// A variable may name a program that is run, so the file is read only where nobody but this user and root can have written it.
pub fn load_dotenv() -> anyhow::Result<()> {
    let Some(file) = open_dotenv()? else {
        return Ok(());
    };
    match dotenvy::from_read(file) {
        Ok(()) => Ok(()),
        // The error quotes the line, which may hold a secret.
        Err(dotenvy::Error::LineParse(..)) => bail!(
            "the file .env has a line that is not NAME=value (a value with spaces needs quotes); the line is not shown, \
             for it may hold a secret"
        ),
        Err(error) => Err(error).context(UNREADABLE),
    }
}

const DOTENV: &str = ".env";
const UNREADABLE: &str = "the file .env cannot be read";

fn open_dotenv() -> anyhow::Result<Option<File>> {
    let link = match fs::symlink_metadata(DOTENV) {
        Ok(link) => link,
        // A user who may not search the working directory, such as an account that `runuser` changes to, has no file there.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => {
            return Ok(None);
        }
        Err(error) => return Err(error).context(UNREADABLE),
    };
    match fs::metadata(DOTENV) {
        Ok(metadata) if metadata.is_file() => {}
        // A folder, such as an environment of Python.
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).context(UNREADABLE),
    }
    require_trusted_owner(&link)?;
    let mut options = OpenOptions::new();
    // Whatever has taken its place since, nobody waits for its other end.
    options.read(true).custom_flags(OFlag::O_NONBLOCK.bits());
    let file = options.open(DOTENV).context(UNREADABLE)?;
    // Of the file that was opened: another one may have the name by now.
    let metadata = file.metadata().context(UNREADABLE)?;
    require_trusted_owner(&metadata)?;
    ensure!(
        metadata.mode() & WRITABLE_BY_OTHERS == 0,
        "the file .env may be written by others, who could have this program run theirs; look what it says, and run \
         `chmod go-w .env`"
    );
    Ok(Some(file))
}

/// The bits of a file's mode by which its group and all others may write it.
const WRITABLE_BY_OTHERS: u32 = 0o022;

fn require_trusted_owner(metadata: &fs::Metadata) -> anyhow::Result<()> {
    let owner = metadata.uid();
    ensure!(
        owner == geteuid().as_raw() || owner == 0,
        "the file .env belongs to the user with the number {owner}, who could have this program run any other; it is read only \
         if it belongs to root or to who runs the program: look what it says, and change its owner with `chown`, or run the \
         program in another directory"
    );
    Ok(())
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
