//! The descriptions of the checks, for `--explain` and for `docs/CHECK.md`.

use crate::catalogue::checks_of;
use crate::check::Check;
use crate::plan::Group;

/// The beginning of `docs/CHECK.md`.
const INTRODUCTION: &str = "\
# The checks of `talentsoft-partner check`

`talentsoft-partner check` calls a partner's endpoint as Talentsoft does, and reports where it does not do what the contract and the specifications say.
The endpoint may be this service or any other.
[OPERATIONS.md](OPERATIONS.md#checking-an-endpoint) shows how to run it; this page lists the checks.

**Required** checks are those of the contract, or of a MUST in the specification that the rule names: the exit status is 1 if one fails.
**Recommended** checks are those of a SHOULD, of a security policy, or of something that the contract leaves open.
**Optional** checks are those of what a partner may leave out: if it does, they and the checks that depend on them are \"not offered\", which is not a failure.

Rules that begin with R are explained in [CONFORMANCE.md](CONFORMANCE.md), and sections such as \"contract s2.1\" are those of the contract with Talentsoft.
`talentsoft-partner check --explain ID` prints one entry.

Two rules are not checked, because it would take too many attempts or too much time: that attempts with wrong secrets are rate limited (R7), and that tokens expire.

This page is generated: `UPDATE_DOCS=1 cargo test -p contract-check the_page_of_the_checks` writes it again.
";

/// The text of `docs/CHECK.md`.
#[must_use]
pub fn page() -> String {
    let mut parts = vec![INTRODUCTION.to_owned()];
    for group in Group::ALL {
        parts.push(format!("## {}: {}\n", group.as_str(), group.about()));
        parts.extend(checks_of(*group).map(entry));
    }
    parts.join("\n")
}

fn entry(check: &Check) -> String {
    format!(
        "### {}\n\n{}, {}.\n{}\n\n- Why: {}\n- Fix: {}\n",
        check.id,
        capitalised(check.level.as_str()),
        check.rule,
        check.expects.replace(". ", ".\n"),
        item(check.why),
        item(check.fix),
    )
}

/// What `--explain` prints.
#[must_use]
pub fn explain(group: Group, check: &Check) -> String {
    format!(
        "{} ({}, {})\n\nGroup: {}, {}\n\nExpected: {}\n\nWhy: {}\n\nFix: {}",
        check.id,
        check.level.as_str(),
        check.rule,
        group.as_str(),
        group.about(),
        check.expects,
        check.why,
        check.fix
    )
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// The text of a list item, with each sentence on a line of its own.
fn item(text: &str) -> String {
    text.replace(". ", ".\n  ")
}
