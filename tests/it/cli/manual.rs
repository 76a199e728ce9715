//! The version, the manual pages, and what shells complete.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::tempdir;
use test_support::command_line::{program, succeed};

/// What a command prints that needs no database.
fn printed(args: &[&str]) -> String {
    succeed(&mut program(Path::new("/"), args))
}

#[test]
fn the_version_is_short_or_says_which_build_it_is() {
    let short = printed(&["-V"]);
    assert_eq!(
        short,
        format!("talentsoft-partner {}\n", env!("CARGO_PKG_VERSION"))
    );
    let long = printed(&["--version"]);
    let build = long
        .strip_prefix(short.trim_end())
        .unwrap_or_else(|| panic!("{long}"));
    assert!(build.starts_with(" (") && build.ends_with(")\n"), "{long}");
}

#[test]
fn bash_completes_subcommands_and_options() {
    let dir = tempdir().unwrap();
    let script = dir.path().join("talentsoft-partner");
    fs::write(&script, printed(&["completions", "bash"])).unwrap();
    let completed = |words: &[&str]| {
        // What readline does: the function that is registered for the program is called with what was typed.
        let last = words.len() - 1;
        let typed = format!(
            "source {script} && function=$(complete -p talentsoft-partner | sed 's/.*-F \\([^ ]*\\).*/\\1/') && \
             COMP_WORDS=({words}) COMP_CWORD={last} && $function talentsoft-partner '{word}' '{before}' && \
             printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            script = script.display(),
            words = words.iter().map(|word| format!("'{word}' ")).collect::<String>(),
            word = words[last],
            before = words[last - 1],
        );
        let mut bash = Command::new("bash");
        succeed(bash.args(["--norc", "--noprofile", "-c", &typed]))
    };
    assert_eq!(completed(&["talentsoft-partner", "cli"]), "client\n");
    assert_eq!(
        completed(&["talentsoft-partner", "client", "rev"]),
        "revoke-tokens\n"
    );
    let options = completed(&["talentsoft-partner", "serve", "--shutdown"]);
    assert_eq!(options, "--shutdown-delay\n--shutdown-grace\n");
    assert_eq!(completed(&["talentsoft-partner", "completions", "z"]), "zsh\n");
}

#[test]
fn other_shells_get_a_script_that_names_every_command() {
    for (shell, beginning) in [("zsh", "#compdef talentsoft-partner"), ("fish", "#")] {
        let script = printed(&["completions", shell]);
        assert!(script.starts_with(beginning), "{shell}");
        for command in commands(&printed(&["--help"])) {
            assert!(script.contains(&command), "{shell} does not know {command}");
        }
    }
}

/// The subcommands that a help lists.
fn commands(help: &str) -> Vec<String> {
    let lines = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty());
    let named = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    named
        .filter(|name| !name.is_empty() && *name != "help")
        .map(str::to_owned)
        .collect()
}

/// The names of the pages that there should be: one for the command of these words, and for each below it.
fn pages(words: &[&str], names: &mut Vec<String>) {
    names.push(format!(
        "{}.1",
        [&["talentsoft-partner"], words].concat().join("-")
    ));
    for command in commands(&printed(&[words, &["--help"]].concat())) {
        pages(&[words, &[&command]].concat(), names);
    }
}

#[test]
fn every_command_has_a_manual_page_with_its_options_and_examples() {
    let dir = tempdir().unwrap();
    let pages_dir = dir.path().join("man1");
    let said = printed(&["man", pages_dir.to_str().unwrap()]);
    let mut expected = Vec::new();
    pages(&[], &mut expected);
    expected.sort();
    let mut written: Vec<String> = fs::read_dir(&pages_dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    written.sort();
    assert_eq!(written, expected);
    assert!(
        said.starts_with(&format!("{} pages in ", written.len())),
        "{said}"
    );
    let page = |name: &str| fs::read_to_string(Path::new(&pages_dir).join(name)).unwrap();
    let serve = page("talentsoft-partner-serve.1");
    for part in [
        ".SH SYNOPSIS",
        "PARTNER_SHUTDOWN_DELAY",
        ".SH NOTES",
        "SIGTERM",
        ".SH \"SEE ALSO\"",
    ] {
        assert!(serve.contains(part), "{part} is missing in {serve}");
    }
    let main = page("talentsoft-partner.1");
    assert!(
        main.contains("talentsoft\\-partner customer add \"Acme\""),
        "{main}"
    );
}
