//! The tutorials of `docs/tutorials`, followed in order: each in a clean folder, with a demo of its own.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use test_support::command_line::{directory, program};

use crate::cli::private_database::Demo;

/// Seconds after which lines that wait for something are given up.
const PATIENCE_SECONDS: &str = "300";

/// What a reader runs, and what it prints.
struct Step<'a> {
    lines: &'a str,
    shown: &'a str,
}

/// The fenced blocks of a page, by what stands behind the fence.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once("\n```") {
        let (language, after) = after.split_once('\n').unwrap();
        let (block, after) = after.split_once("\n```\n").expect("a fence ends");
        found.push((language, block));
        rest = after;
    }
    found
}

/// Without those that are for the terminal of the demo, which the test has started.
fn steps(page: &str) -> Vec<Step<'_>> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for (language, block) in blocks(page) {
        match language {
            "sh" => steps.push(Step {
                lines: block,
                shown: "",
            }),
            "sh terminal" => assert_eq!(block, "talentsoft-partner demo"),
            "text" | "json" => steps.last_mut().expect("something was run before").shown = block,
            other => panic!("{other} is neither run nor printed"),
        }
    }
    steps
}

/// Lines without the white space that only aligns.
fn squeezed(text: &str) -> Vec<String> {
    let lines = text.trim().lines();
    lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// Whether a line is as shown, where `…` stands for any text.
fn line_fits(shown: &str, line: &str) -> bool {
    let Some((start, rest)) = shown.split_once('…') else {
        return shown == line;
    };
    let Some(line) = line.strip_prefix(start) else {
        return false;
    };
    let ends = line.char_indices().map(|(at, _)| at).chain([line.len()]);
    ends.into_iter().any(|at| line_fits(rest, &line[at..]))
}

/// The same of all lines, where a line `…` stands for any lines.
fn fits(shown: &[String], printed: &[String]) -> bool {
    match (shown, printed) {
        ([], []) => true,
        ([first, rest @ ..], _) if first == "…" => (0..=printed.len()).any(|at| fits(rest, &printed[at..])),
        ([first, shown @ ..], [line, printed @ ..]) => line_fits(first, line) && fits(shown, printed),
        _ => false,
    }
}

/// Runs the steps in one shell, in the folder of the demo; each leaves what it prints in a file.
fn follow(steps: &[Step<'_>], dir: &Path) {
    let mut script = String::new();
    for (number, step) in steps.iter().enumerate() {
        writeln!(script, "{{\n{}\n}} >step-{number} 2>&1 </dev/null", step.lines).unwrap();
    }
    let talentsoft_partner = program(dir, &[]);
    let programs = Path::new(talentsoft_partner.get_program()).parent().unwrap();
    let mut shell = Command::new("timeout");
    shell.env_clear();
    for (name, value) in talentsoft_partner.get_envs() {
        let Some(value) = value else { continue };
        if name == "PATH" {
            let mut path = programs.as_os_str().to_owned();
            path.push(":");
            path.push(value);
            shell.env(name, path);
        } else {
            shell.env(name, value);
        }
    }
    let output = shell
        .args([PATIENCE_SECONDS, "sh", "-c", &script])
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn check(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/tutorials/{name}.md"));
    let page = fs::read_to_string(path).unwrap();
    let steps = steps(&page);
    assert!(steps.len() > 6, "{name} has {} steps", steps.len());
    let dir = directory();
    let demo = Demo::spawn(program(dir.path(), &["demo"]));
    follow(&steps, dir.path());
    for (number, step) in steps.iter().enumerate() {
        let printed = fs::read_to_string(dir.path().join(format!("step-{number}"))).unwrap();
        assert!(
            fits(&squeezed(step.shown), &squeezed(&printed)),
            "{name}:\n{}\nprinted:\n{printed}\nand not:\n{}",
            step.lines,
            step.shown
        );
    }
    demo.service.interrupt();
}

#[test]
fn a_marketplace_integrator_can_follow_the_tutorial() {
    check("integrator");
}

#[test]
fn an_admin_can_follow_the_tutorial() {
    check("admin");
}

#[test]
fn a_backend_developer_can_follow_the_tutorial() {
    check("backend");
}

#[test]
fn an_operator_can_follow_the_tutorial() {
    check("operator");
}

#[test]
fn what_is_printed_otherwise_does_not_fit() {
    let fits = |shown: &str, printed: &str| fits(&squeezed(shown), &squeezed(printed));
    assert!(fits("…\na … c\n…", "x\na  b c\nd"));
    assert!(fits("{\"id\":\"…\",\"a\":1}", "{\"id\":\"7\",\"a\":1}\n"));
    assert!(!fits("{\"id\":\"…\",\"a\":1}", "{\"id\":\"7\",\"a\":2}\n"));
    assert!(!fits("", "something"));
    assert!(!fits("a\n…\nb", "a\nc"));
}
