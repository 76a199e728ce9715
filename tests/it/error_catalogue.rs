//! `docs/ERRORS.md`: written from the lists in the code, which have every error that the sources and the API document name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::Value;
use talentsoft_partner::api::catalogue::{Entry, MARKET, OAUTH, PROBLEMS};
use talentsoft_partner::refusals::REASONS;

const HEAD: &str = "# Errors

<!-- Written from the code: UPDATE_DOCS=1 cargo test --test it the_page_of_the_errors -->

Every answer has an `X-Request-Id`: the log line with it, and `talentsoft-partner refusal show ID` where the call was refused for who sent it, have the reason.
The [API document](openapi.yaml) has an example of each that a shell can run on the demo.

";

const OAUTH_HEAD: &str = "## OAuth endpoints

`/token`, `/connect/token`, `/revoke` and `/introspect` answer JSON with `error`, and words in `error_description` (RFC 6749 section 5.2).

";

const PROBLEMS_HEAD: &str = "## Problem types

What Talentsoft, the partner's platform, admins and reverse proxies call answers `application/problem+json` (RFC 9457).
`type` is `tag:talentsoft-partner.example,2026:` and the name: a tag URI (RFC 4151), which names a type and leads nowhere, so it stays the same wherever the service runs.
`detail` says what must be.

";

const ROWS: &str = "### Rows of a batch

`POST /videos/interviews` and `POST /assessments/invitations` are answered 200 where the batch could be read, with a row for each candidate.
A row that is refused has `status` `error`, and `error_message` says what must be: a member that is missing or not valid, a campaign that is not an open one of the customer, or a `callback_url` that is no https URL or names a host that the client may not be called back at.
The other rows are not touched by it: correct the row, and send it alone.

";

const MARKET_HEAD: &str = "## Data APIs

Titles, Occupation Benchmark and Career Coach Profiles answer `{\"errors\":[{\"status\",\"title\",\"detail\"}]}`, as Lightcast's do.
The names are those of the log.
What concerns access is 401 here, and has the reasons of [refused calls](#reasons-of-refused-calls); paths, methods, bodies and failures are refused as everywhere, with statuses 404, 405, 408, 413, 415, 500 and 503.

";

const REASONS_HEAD: &str = "## Reasons of refused calls

Not in any answer: what `refusal list`, `refusal show`, `/admin/v1/refusals` and the console say to the partner.

";

fn table(page: &mut String, head: &str, entries: &[Entry]) {
    page.push_str(head);
    page.push_str("| Name | Status | Cause | What mends it |\n|---|---|---|---|\n");
    for entry in entries {
        let statuses: Vec<String> = entry.statuses.iter().map(u16::to_string).collect();
        let (name, words) = (entry.name, entry.words);
        writeln!(
            page,
            "| <a id=\"{name}\"></a>`{name}` | {} | {} | {} |",
            statuses.join(", "),
            words.meaning,
            words.remedy
        )
        .unwrap();
    }
    page.push('\n');
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    table(&mut page, OAUTH_HEAD, OAUTH);
    table(&mut page, PROBLEMS_HEAD, PROBLEMS);
    page.push_str(ROWS);
    table(&mut page, MARKET_HEAD, MARKET);
    page.push_str(REASONS_HEAD);
    page.push_str("| Reason | Cause | What mends it |\n|---|---|---|\n");
    for (name, words) in REASONS {
        let cells = format!("| `{name}` | {} | {} |", words.meaning, words.remedy);
        page.push_str(&cells);
        page.push('\n');
    }
    page
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the variable makes the test write the page"
)]
fn the_page_of_the_errors_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ERRORS.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, page()).unwrap();
    }
    let is_current = fs::read_to_string(&path).unwrap_or_default() == page();
    assert!(
        is_current,
        "UPDATE_DOCS=1 cargo test --test it the_page_of_the_errors writes it again"
    );
}

#[test]
fn the_lists_are_in_order_and_have_words() {
    for entries in [OAUTH, PROBLEMS, MARKET] {
        let names: Vec<&str> = entries.iter().map(|entry| entry.name).collect();
        assert!(names.is_sorted_by(|one, next| one < next), "{names:?}");
        for entry in entries {
            let words = [entry.words.meaning, entry.words.remedy];
            assert!(
                words
                    .iter()
                    .all(|text| text.ends_with('.') && !text.contains('|')),
                "{}",
                entry.name
            );
            assert!(
                entry.statuses.is_sorted() && !entry.statuses.is_empty(),
                "{}",
                entry.name
            );
        }
    }
}

fn sources(dir: &Path, found: &mut String) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("console") {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !path.ends_with("catalogue.rs")
        {
            let text = fs::read_to_string(&path).unwrap();
            found.push_str(text.split("#[cfg(test)]\nmod ").next().unwrap());
        }
    }
}

/// The text that begins here, if it is one.
fn literal(text: &str) -> Option<&str> {
    text.trim_start().strip_prefix('"')?.split('"').next()
}

/// The texts of the arms of a function, up to its end.
fn arms<'a>(source: &'a str, function: &str) -> Vec<&'a str> {
    let body = source
        .split(function)
        .nth(1)
        .unwrap_or_else(|| panic!("{function} is not there"));
    let body = body.split("\n    }\n").next().unwrap();
    body.split("=> ")
        .skip(1)
        .filter_map(|arm| literal(arm.trim_start_matches('(')))
        .collect()
}

fn root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(root(path)).unwrap()
}

/// The names of problems in the sources, with the status where it stands beside them.
fn problems_in_sources() -> BTreeSet<(String, Option<u16>)> {
    let mut all = String::new();
    sources(&root("src/api"), &mut all);
    let mut found = BTreeSet::new();
    for (call, status) in [("bad_request(", 400), ("not_found(", 404), ("conflict(", 409)] {
        let names = all.split(call).skip(1).filter_map(literal);
        found.extend(names.map(|name| (name.to_owned(), Some(status))));
    }
    let statuses: BTreeMap<&str, u16> = [
        ("FORBIDDEN", 403),
        ("GONE", 410),
        ("PRECONDITION_FAILED", 412),
        ("PRECONDITION_REQUIRED", 428),
        ("CONFLICT", 409),
    ]
    .into();
    for part in all.split("StatusCode::").skip(1) {
        if let Some((status, rest)) = part.split_once(',')
            && let (Some(status), Some(name)) = (statuses.get(status), literal(rest))
        {
            found.insert((name.to_owned(), Some(*status)));
        }
    }
    for (path, function) in [
        ("src/api/guard/refusal.rs", "pub fn problem(&self)"),
        ("src/wire/body.rs", "fn name(self)"),
        ("src/wire/query.rs", "fn name(&self)"),
        ("src/wire/problem.rs", "pub fn of_status(status: StatusCode)"),
    ] {
        let source = read(path);
        let names = arms(&source, function);
        assert!(names.len() > 5, "{path}: {names:?}");
        found.extend(names.into_iter().map(|name| (name.to_owned(), None)));
    }
    found.extend(["unavailable", "internal", "unknown-scope"].map(|name| (name.to_owned(), None)));
    found
}

#[test]
fn every_problem_in_the_sources_is_in_the_list_and_no_other() {
    let found = problems_in_sources();
    let listed: BTreeSet<&str> = PROBLEMS.iter().map(|entry| entry.name).collect();
    let named: BTreeSet<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(listed, named);
    for (name, status) in &found {
        let entry = PROBLEMS.iter().find(|entry| entry.name == name).unwrap();
        assert!(
            status.is_none_or(|status| entry.statuses.contains(&status)),
            "{name}: {status:?}"
        );
    }
}

#[test]
fn every_code_of_oauth_and_every_error_of_the_data_apis_is_in_its_list() {
    let oauth = read("src/api/oauth/error.rs");
    let mut codes: BTreeSet<&str> = arms(&oauth, "pub(super) fn code(&self)").into_iter().collect();
    let guard = oauth.split("fn code_of(refusal: &Refusal)").nth(1).unwrap();
    let guard = guard.split("\n}\n").next().unwrap();
    codes.extend(
        guard
            .split("=> ")
            .skip(1)
            .filter_map(|arm| literal(arm.trim_start_matches('{'))),
    );
    assert_eq!(codes, OAUTH.iter().map(|entry| entry.name).collect());
    let market = read("src/api/market/error.rs");
    let market = market
        .split("fn refused(&self)")
        .nth(1)
        .unwrap()
        .split("\n    }\n")
        .next()
        .unwrap();
    let mut reasons: BTreeSet<&str> = market.split("=> ").skip(1).filter_map(literal).collect();
    reasons.insert("over_quota");
    assert_eq!(reasons, MARKET.iter().map(|entry| entry.name).collect());
}

/// Every object in the document that shows an error, with the status under which it stands.
fn shown_errors(value: &Value, found: &mut Vec<(String, Option<u64>)>) {
    if let Value::Object(members) = value {
        if let (Some(kind), Some(status)) =
            (members.get("type").and_then(Value::as_str), members.get("status"))
        {
            if let Some(name) = kind.strip_prefix("tag:talentsoft-partner.example,2026:") {
                found.push((name.to_owned(), status.as_u64()));
            }
        } else if let (Some(code), true) = (
            members.get("error").and_then(Value::as_str),
            members.contains_key("error_description"),
        ) {
            found.push((code.to_owned(), None));
        }
        members.values().for_each(|member| shown_errors(member, found));
    }
    value
        .as_array()
        .into_iter()
        .flatten()
        .for_each(|item| shown_errors(item, found));
}

#[test]
fn every_error_that_the_api_document_shows_is_in_a_list_with_its_status() {
    let document: Value = serde_norway::from_str(talentsoft_partner::api::docs::OPENAPI).unwrap();
    let mut shown = Vec::new();
    shown_errors(&document, &mut shown);
    assert!(shown.len() > 80, "{}", shown.len());
    for (name, status) in &shown {
        let entry = OAUTH.iter().chain(PROBLEMS).find(|entry| entry.name == name);
        let entry = entry.unwrap_or_else(|| panic!("{name} is in no list"));
        let is_known =
            status.is_none_or(|status| entry.statuses.iter().any(|known| u64::from(*known) == status));
        assert!(is_known, "{name}: {status:?}");
    }
    let shown: BTreeSet<&str> = shown.iter().map(|(name, _)| name.as_str()).collect();
    // What is no request for a route, what the network does, and what the demo cannot show.
    let others = [
        "bad-request",
        "body-unreadable",
        "head-too-large",
        "head-too-slow",
        "missing-entitlement",
        "network-other",
        "no-customer",
        "uri-too-long",
        "access_denied",
    ];
    let missing: Vec<&str> = OAUTH
        .iter()
        .chain(PROBLEMS)
        .map(|entry| entry.name)
        .filter(|name| !shown.contains(name) && !others.contains(name))
        .collect();
    assert_eq!(missing, [""; 0], "not shown in the API document");
}
