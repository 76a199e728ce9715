//! `completions` and `man`: what shells and the reader of manual pages know of the command line, generated from it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::context::CommandContext;
use crate::version;

/// The name of the program.
const PROGRAM: &str = "talentsoft-partner";

/// Arguments of `completions`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  talentsoft-partner completions bash > /usr/share/bash-completion/completions/talentsoft-partner
  talentsoft-partner completions zsh > /usr/share/zsh/vendor-completions/_talentsoft-partner
  talentsoft-partner completions fish > ~/.config/fish/completions/talentsoft-partner.fish")]
pub struct CompletionArgs {
    /// The shell to complete commands in
    shell: Shell,
}

/// Arguments of `man`.
#[derive(Args)]
#[command(after_help = "\
Example:
  talentsoft-partner man /usr/local/share/man/man1")]
pub struct ManArgs {
    /// Directory to write the pages to; it is made if it is not there
    dir: PathBuf,
}

/// Prints a script that completes `command` in a shell.
pub fn completions(
    context: &CommandContext<'_>,
    args: &CompletionArgs,
    mut command: Command,
) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, PROGRAM, &mut script);
    let script = String::from_utf8(script)?;
    // For bash it spells the hyphen of a program's name in two ways, so that nothing after a subcommand would be completed
    // (https://github.com/clap-rs/clap/issues/6421).
    let script = script.replace(&PROGRAM.replace('-', "__subcmd__"), &PROGRAM.replace('-', "__"));
    context.format.show(&script, || script.trim_end().to_owned())
}

/// Writes a page for `command` and for each of its subcommands.
pub fn man(context: &CommandContext<'_>, args: &ManArgs, command: Command) -> anyhow::Result<()> {
    let in_dir = || format!("cannot write manual pages to {}", args.dir.display());
    fs::create_dir_all(&args.dir).with_context(in_dir)?;
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut written = Vec::new();
    write_pages(&command, None, &args.dir, &mut written).with_context(in_dir)?;
    context.format.show(&written, || {
        format!("{} pages in {}", written.len(), args.dir.display())
    })
}

/// Writes the page of `command`, whose parent is called `parent`, and those of its subcommands.
fn write_pages(
    command: &Command,
    parent: Option<&str>,
    dir: &Path,
    written: &mut Vec<String>,
) -> std::io::Result<()> {
    let name = command.get_display_name().unwrap_or(PROGRAM);
    let file = format!("{name}.1");
    fs::write(dir.join(&file), page(command, name, parent)?)?;
    written.push(file);
    for subcommand in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        write_pages(subcommand, Some(name), dir, written)?;
    }
    Ok(())
}

fn page(command: &Command, name: &str, parent: Option<&str>) -> std::io::Result<Vec<u8>> {
    let man = Man::new(command.clone())
        .title(name.to_uppercase())
        .date(version::date())
        .source(format!("{PROGRAM} {}", version::VERSION))
        .manual("Talentsoft partner");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(help) = command.get_after_help() {
        notes(&mut page, &help.to_string())?;
    }
    see_also(&mut page, parent)?;
    Ok(page)
}

/// What the help says at its end, line by line: most of it are commands to paste.
fn notes(page: &mut dyn Write, text: &str) -> std::io::Result<()> {
    let mut roff = Roff::default();
    roff.control("SH", ["NOTES"]);
    roff.control("nf", []);
    for line in text.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff.to_writer(page)
}

fn see_also(page: &mut dyn Write, parent: Option<&str>) -> std::io::Result<()> {
    let mut roff = Roff::default();
    roff.control("SH", ["SEE ALSO"]);
    match parent {
        Some(parent) => roff.text([bold(parent), roman("(1)")]),
        None => roff.text([
            bold(format!("{PROGRAM} help")),
            roman(", and docs/OPERATIONS.md of the source, or /usr/share/doc/talentsoft-partner/docs/OPERATIONS.md"),
        ]),
    };
    roff.to_writer(page)
}
