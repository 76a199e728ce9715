//! Reads the rows of the document and finds what is wrong with them.

use std::collections::BTreeMap;
use std::fmt;

use crate::named_tests::no_test;

/// What stands in for a test, with a reason behind it.
const PHRASES: &[&str] = &["not applicable, because ", "known deviation, because "];
const SHORTEST_REASON: usize = 20;

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// A rule: `| R1 (M) s3.2 | asked | held | tests |`.
    Rule,
    /// A promise of the contract: `| C1 | asked | held | tests |`.
    Promise,
}

impl Kind {
    const ALL: &[Self] = &[Self::Rule, Self::Promise];

    fn letter(self) -> char {
        match self {
            Self::Rule => 'R',
            Self::Promise => 'C',
        }
    }

    /// The number of the last row, which the document states: "R1 to R75".
    fn stated_last(self, document: &str) -> Option<usize> {
        let letter = self.letter();
        let (_, after) = document.split_once(&format!("{letter}1 to {letter}"))?;
        let end = after.find(|character: char| !character.is_ascii_digit())?;
        after[..end].parse().ok()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Id(Kind, usize);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0.letter(), self.1)
    }
}

struct Row<'a> {
    id: Id,
    held: String,
    tests: Vec<&'a str>,
}

impl<'a> Row<'a> {
    /// The row of a line; `None` where the line is no row with a number.
    fn of(line: &'a str) -> Option<Result<Self, String>> {
        let kind = Kind::ALL.iter().find(|kind| {
            line.strip_prefix(&format!("| {}", kind.letter()))
                .is_some_and(|rest| rest.starts_with(|character: char| character.is_ascii_digit()))
        })?;
        let wrong = || format!("not a row of four cells with a rule and its weight: {line:.60}");
        Some(Self::parse(*kind, line).ok_or_else(wrong))
    }

    fn parse(kind: Kind, line: &'a str) -> Option<Self> {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [id, asked, held, tests] = cells[..] else {
            return None;
        };
        let mut words = id.split(' ');
        let number = words.next()?.strip_prefix(kind.letter())?.parse().ok()?;
        let weight = words.next();
        let is_weighed = match kind {
            Kind::Rule => weight.is_some_and(|word| ["(M)", "(S)", "(P)"].contains(&word)),
            Kind::Promise => weight.is_none(),
        };
        (is_weighed && !asked.is_empty() && !held.is_empty()).then(|| Self {
            id: Id(kind, number),
            held: held.to_lowercase(),
            tests: quoted(tests),
        })
    }

    fn findings(&self, find: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
        let id = self.id;
        let mut findings = Vec::new();
        // A promise is kept without exception.
        let may_have_reason = id.0 == Kind::Rule;
        if self.tests.is_empty() && !(may_have_reason && self.has_reason()) {
            findings.push(format!("{id} has neither a test nor a reason"));
        }
        let announces_reason = PHRASES.iter().any(|phrase| self.held.contains(phrase.trim_end()));
        if announces_reason && !self.has_reason() {
            findings.push(format!("{id} gives no reason"));
        }
        let tests = self.tests.iter();
        findings.extend(tests.filter_map(|test| Some(format!("{id}: {}", no_test(test, find)?))));
        findings
    }

    fn has_reason(&self) -> bool {
        PHRASES.iter().any(|phrase| {
            self.held
                .split_once(phrase)
                .is_some_and(|(_, reason)| reason.len() >= SHORTEST_REASON)
        })
    }
}

/// What stands between backticks.
pub fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Everything that is wrong with the document; `find` reads a file.
pub fn findings(document: &str, find: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let mut findings = Vec::new();
    let mut times: BTreeMap<Id, usize> = BTreeMap::new();
    for row in document.lines().filter_map(Row::of) {
        match row {
            Ok(row) => {
                *times.entry(row.id).or_default() += 1;
                findings.extend(row.findings(find));
            }
            Err(finding) => findings.push(finding),
        }
    }
    for kind in Kind::ALL {
        let Some(last) = kind.stated_last(document) else {
            findings.push(format!("no line says which row {} is the last", kind.letter()));
            continue;
        };
        let missing = (1..=last).map(|number| Id(*kind, number));
        let missing = missing.filter(|id| !times.contains_key(id));
        findings.extend(missing.map(|id| format!("{id} is missing")));
        let beyond = times.keys().filter(|id| id.0 == *kind && id.1 > last);
        findings.extend(beyond.map(|id| format!("{id} is behind the last row that is stated")));
    }
    let repeated = times.iter().filter(|(_, times)| **times > 1);
    findings.extend(repeated.map(|(id, times)| format!("{id} stands {times} times")));
    findings
}
