//! Reads secrets, tokens and assertions from files, standard input or a hidden prompt. They are never arguments, which the
//! shell's history and `ps` would show.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, bail, ensure};
use chrono::TimeDelta;
use clap::Args;
use strum::VariantArray;
use zeroize::{Zeroize, Zeroizing};

use super::context::Shown;
use crate::clients::{NewSecret, Strength};
use crate::crypto::secret::PresentedSecret;
use crate::text::text_of;

/// The most that is read, in bytes; no secret, token or assertion is as long.
const MAX_BYTES: u64 = 64 * 1024;

/// Where a token or an assertion comes from.
#[derive(Args)]
pub struct TextArgs {
    /// File to read, `-` for standard input [default: standard input, unless that is a terminal]
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl TextArgs {
    /// Reads the text; white space and a byte order mark around it are not part of it.
    pub fn read(&self) -> anyhow::Result<String> {
        let bytes = match self.file.as_deref() {
            None if io::stdin().is_terminal() => {
                bail!("there is nothing to read: pass --file FILE, or pipe the text into standard input")
            }
            None => read(Path::new("-"))?,
            Some(file) => read(file)?,
        };
        let text = text_of(&bytes).context("the input is not a token or an assertion")?;
        ensure!(!text.is_empty(), "the input is empty");
        Ok(text.to_owned())
    }
}

/// Where the secret of a client comes from.
#[derive(Args)]
pub struct SecretArgs {
    /// File that holds the secret, `-` for standard input; line ends, spaces and a byte order mark around it are not part of it
    ///
    /// With neither this nor --generate-secret the secret is asked for, hidden, when standard input is a terminal.
    #[arg(long, value_name = "FILE", conflicts_with = "generate_secret")]
    secret_file: Option<PathBuf>,

    /// Generate a secret of 64 hex digits and show it, once
    #[arg(long)]
    generate_secret: bool,

    /// Accept a secret of fewer than 32 bytes (RFC 7518 s3.2 asks for 32)
    #[arg(long)]
    allow_weak_secret: bool,

    /// Time after which the secret expires, such as 90m, 12h or 30d [default: never]
    #[arg(long, value_name = "DURATION", value_parser = positive_seconds)]
    expires_in: Option<i32>,
}

impl SecretArgs {
    /// Reads, asks for or generates the secret.
    pub fn obtain(&self) -> anyhow::Result<NewSecret> {
        let secret = match &self.secret_file {
            _ if self.generate_secret => PresentedSecret::generate(),
            Some(file) => read_secret(file)?,
            None if io::stdin().is_terminal() => prompt()?,
            None => bail!(
                "there is no secret: pass --secret-file FILE (`-` for standard input) or --generate-secret, \
                 or run this on a terminal to be asked"
            ),
        };
        Ok(NewSecret {
            secret,
            strength: if self.allow_weak_secret {
                Strength::Any
            } else {
                Strength::Strong
            },
            expires_in: self.expires_in.map(|seconds| TimeDelta::seconds(seconds.into())),
        })
    }

    /// The secret, if it was generated: whoever typed it or has it in a file need not be shown it.
    pub fn to_show(&self, new: &NewSecret) -> Option<PresentedSecret> {
        self.generate_secret.then(|| new.secret.clone())
    }

    /// Whether a command that takes it shows it.
    pub const fn shown(&self) -> Shown {
        if self.generate_secret {
            Shown::Once
        } else {
            Shown::Again
        }
    }
}

/// Reads a secret from a file, or from standard input for `-`, without what an editor adds around it.
pub fn read_secret(file: &Path) -> anyhow::Result<PresentedSecret> {
    let bytes = read(file)?;
    let text = text_of(&bytes).with_context(|| format!("the secret in {} cannot be read", name(file)))?;
    PresentedSecret::new(text.to_owned()).with_context(|| format!("{} does not hold one secret", name(file)))
}

/// Where the password of a person comes from.
#[derive(Args)]
pub struct PasswordArgs {
    /// File that holds the password, `-` for standard input; line ends, spaces and a byte order mark around it are not part of it
    ///
    /// Without it the password is asked for, hidden, when standard input is a terminal.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,

    /// Have no password: the person signs in with the company
    #[arg(long, conflicts_with = "password_file")]
    no_password: bool,
}

impl PasswordArgs {
    /// Reads or asks for the password; `None`: there is to be none.
    pub fn obtain(&self) -> anyhow::Result<Option<PresentedSecret>> {
        match &self.password_file {
            _ if self.no_password => Ok(None),
            Some(file) => read_secret(file).map(Some),
            None if io::stdin().is_terminal() => prompt_for("password").map(Some),
            None => bail!(
                "there is no password: pass --password-file FILE (`-` for standard input) or --no-password, or run this on \
                 a terminal to be asked"
            ),
        }
    }
}

fn prompt() -> anyhow::Result<PresentedSecret> {
    prompt_for("secret")
}

/// Asks for a secret twice, hidden.
fn prompt_for(what: &str) -> anyhow::Result<PresentedSecret> {
    let ask =
        |prompt| rpassword::prompt_password(prompt).with_context(|| format!("cannot ask for the {what}"));
    let secret = ask(format!("New {what}: "))?;
    let again = Zeroizing::new(ask(format!("Repeat the {what}: "))?);
    let is_same = secret == *again;
    let secret = PresentedSecret::new(secret)?;
    ensure!(is_same, "the two {what}s differ; nothing was changed");
    Ok(secret)
}

/// Reads all of a file, or of standard input for `-`.
fn read(file: &Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let is_stdin = file == Path::new("-");
    let cannot = || format!("{} cannot be read", name(file));
    let source: Box<dyn Read> = if is_stdin {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(file).with_context(cannot)?)
    };
    // The buffer has its full size from the start, because growing it would leave copies of the secret in memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(MAX_BYTES + 1)?));
    let length = source.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    if length.with_context(cannot)? > usize::try_from(MAX_BYTES)? {
        bytes.zeroize();
        bail!("{} is longer than {MAX_BYTES} bytes", name(file));
    }
    Ok(bytes)
}

fn name(file: &Path) -> String {
    if file == Path::new("-") {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    }
}

/// Parses a duration such as `90s`, `15m`, `12h` or `30d` into seconds; a number without a unit is in seconds.
pub fn seconds(text: &str) -> Result<i32, String> {
    let (number, unit) = match text.char_indices().next_back() {
        Some((at, 's')) => (text.get(..at), 1),
        Some((at, 'm')) => (text.get(..at), 60),
        Some((at, 'h')) => (text.get(..at), 3600),
        Some((at, 'd')) => (text.get(..at), 86400),
        _ => (Some(text), 1),
    };
    number
        .filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|number| number.parse::<i32>().ok()?.checked_mul(unit))
        .ok_or_else(|| {
            "a duration is a number with a unit, such as 90s, 15m, 12h or 30d, or a number of seconds"
                .to_owned()
        })
}

/// The same, and not zero.
pub fn positive_seconds(text: &str) -> Result<i32, String> {
    let seconds = seconds(text)?;
    if seconds > 0 {
        Ok(seconds)
    } else {
        Err("a secret cannot expire at once: the duration must be at least 1 second".to_owned())
    }
}

/// Reads the name of one of the variants of an enum.
pub fn one_of<T>(text: &str) -> Result<T, String>
where
    T: FromStr + VariantArray + Display,
{
    text.parse().map_err(|_| {
        let names: Vec<String> = T::VARIANTS.iter().map(ToString::to_string).collect();
        format!("it must be one of {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_or_are_seconds() {
        for (text, expected) in [
            ("0", 0),
            ("90", 90),
            ("90s", 90),
            ("15m", 900),
            ("12h", 43_200),
            ("30d", 2_592_000),
        ] {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
        for bad in [
            "",
            "s",
            "1.5h",
            "-1",
            "+1",
            "1 h",
            "1w",
            "é",
            "99999d",
            "3000000000",
        ] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
        assert!(positive_seconds("0d").is_err());
    }

    #[test]
    fn what_stands_around_a_secret_in_a_file_is_not_part_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secret");
        let read = |content: &[u8]| {
            std::fs::write(&file, content).unwrap();
            read_secret(&file).map(|secret| secret.expose().to_owned())
        };
        for good in [
            &b"a secret"[..],
            b"a secret\n",
            b"a secret\r\n",
            b"a secret\r",
            b"\xef\xbb\xbfa secret\n\n",
            b" a secret \n",
        ] {
            assert_eq!(read(good).unwrap(), "a secret", "{good:?}");
        }
        for (bad, words) in [
            (&b""[..], "does not hold one secret"),
            (b"\n", "does not hold one secret"),
            (b"a\nb", "does not hold one secret"),
            (b"a\rb", "does not hold one secret"),
            (b"\xff\xfea\0", "it is in UTF-16; save it as UTF-8"),
            (b"caf\xe9", "it is not text in UTF-8"),
        ] {
            let error = format!("{:#}", read(bad).unwrap_err());
            assert!(error.contains(words), "{bad:?}: {error}");
        }
    }
}
