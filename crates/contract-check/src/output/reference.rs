//! The checks in words: `--explain`, and `docs/CHECK.md`.

use crate::catalogue::checks_of;
use crate::check::Check;
use crate::plan::Group;

/// What stands before the tables of `docs/CHECK.md`.
const INTRODUCTION: &str = "\
# The checks of `talentsoft-partner check`

`talentsoft-partner check` calls a partner's endpoint as Talentsoft does, and says what is right and what is not.
The endpoint may be this service or any other.
[OPERATIONS.md](OPERATIONS.md#checking-an-endpoint) shows how to run it; this page lists what it checks.

**Required** is what the contract says, or a MUST of the text that the rule names: a failure makes the exit status 1.
**Recommended** is a SHOULD, a policy, or what the contract leaves open.
**Optional** is what a partner may leave out: then the checks that build on it are \"not offered\", which is no failure.

Rules with an R are those of [CONFORMANCE.md](CONFORMANCE.md).
`talentsoft-partner check --explain ID` prints one entry.

Two things are not checked, because finding out would cost the endpoint or the caller too much: that wrong secrets are slowed down (R7), and that a token is over when it expires.

This page is written by `UPDATE_DOCS=1 cargo test -p contract-check the_page_of_the_checks`.
";

/// The text of `docs/CHECK.md`.
#[must_use]
pub fn page() -> String {
    let mut parts = vec![INTRODUCTION.to_owned()];
    for group in Group::ALL {
        parts.push(format!("## {}: {}\n", group.as_str(), group.about()));
        parts.extend(checks_of(group).map(entry));
    }
    parts.join("\n")
}

fn entry(check: &Check) -> String {
    format!(
        "### {}\n\n{}, {}.\n{}\n\n- Why: {}\n- To mend it: {}\n",
        check.id,
        capitalised(check.level.as_str()),
        check.rule,
        check.expects.replace(". ", ".\n"),
        sentences(check.why),
        sentences(check.mend),
    )
}

/// What `--explain` prints.
#[must_use]
pub fn explain(group: Group, check: &Check) -> String {
    format!(
        "{} ({}, {})\n\nGroup: {}, {}\n\nExpected: {}\n\nWhy: {}\n\nTo mend it: {}",
        check.id,
        check.level.as_str(),
        check.rule,
        group.as_str(),
        group.about(),
        check.expects,
        check.why,
        check.mend
    )
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// One sentence on a line, within a list.
fn sentences(text: &str) -> String {
    text.replace(". ", ".\n  ")
}
