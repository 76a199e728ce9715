//! What a run found: for people, and as JSON.

use serde_json::{Value, json};

use super::catalogue::{Group, Level};
use super::outcome::{Finding, Outcome};
use super::session::Session;

/// What a run found. Nothing in it is secret.
#[derive(Debug)]
pub struct Report {
    /// The endpoint.
    pub url: String,
    /// The client.
    pub client_id: String,
    /// The user that assertions and headers named.
    pub user: String,
    /// The audience that assertions named.
    pub audience: String,
    /// What each check found, in the order in which they were made.
    pub findings: Vec<Finding>,
    /// Every time that the partner asked for patience (429).
    pub waits: Vec<String>,
    /// Why something could not be checked: the partner stopped answering, or asked for more patience than there is.
    pub cut_short: Option<String>,
}

impl Report {
    /// The report of a session.
    pub(super) fn new(session: &Session, mut findings: Vec<Finding>) -> Self {
        for finding in &mut findings {
            finding.detail = session.caller.masked(&finding.detail);
        }
        let plan = &session.plan;
        Self {
            url: plan.url.as_str().to_owned(),
            client_id: plan.client_id.clone(),
            user: plan.user.clone(),
            audience: plan.audience.clone(),
            findings,
            waits: session.caller.waits(),
            cut_short: session.caller.cut_short(),
        }
    }

    /// How many checks ended so.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> usize {
        let is_so = |finding: &&Finding| finding.outcome == outcome;
        self.findings.iter().filter(is_so).count()
    }

    /// The failed checks of a level.
    #[must_use]
    pub fn failed(&self, level: Level) -> Vec<&'static str> {
        self.findings
            .iter()
            .filter(|finding| finding.outcome == Outcome::Failed && finding.check.level == level)
            .map(|finding| finding.check.id)
            .collect()
    }

    /// Whether no required check failed, and the partner let all of them be made.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.cut_short.is_none() && self.failed(Level::Required).is_empty()
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let findings: Vec<Value> = self.findings.iter().map(finding_json).collect();
        json!({
            "url": self.url,
            "client_id": self.client_id,
            "user": self.user,
            "audience": self.audience,
            "is_passed": self.is_passed(),
            "cut_short": self.cut_short,
            "summary": {
                "passed": self.count(Outcome::Passed),
                "noted": self.count(Outcome::Noted),
                "not_offered": self.count(Outcome::NotOffered),
                "skipped": self.count(Outcome::Skipped),
                "failed_required": self.failed(Level::Required),
                "failed_recommended": self.failed(Level::Recommended),
                "failed_optional": self.failed(Level::Optional),
            },
            "waits": self.waits,
            "checks": findings,
        })
    }

    /// For people: a line for each check, what was seen where it failed, and a summary.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut lines = vec![
            format!("{} as client {}", self.url, self.client_id),
            format!("user {}, audience {}", self.user, self.audience),
        ];
        for group in Group::ALL {
            let mut findings = self
                .findings
                .iter()
                .filter(|finding| finding.group == group)
                .peekable();
            if findings.peek().is_some() {
                lines.push(String::new());
                lines.push(format!("{}: {}", group.as_str(), group.about()));
            }
            findings.for_each(|finding| describe(finding, &mut lines));
        }
        lines.push(String::new());
        lines.extend(self.waits.iter().cloned());
        lines.push(self.summary());
        lines.join("\n")
    }

    fn summary(&self) -> String {
        let counts = Outcome::ALL
            .into_iter()
            .map(|outcome| format!("{} {}", self.count(outcome), outcome.as_str()));
        let counts: Vec<String> = counts.collect();
        let mut lines = vec![format!("{} checks: {}", self.findings.len(), counts.join(", "))];
        for level in [Level::Required, Level::Recommended, Level::Optional] {
            let failed = self.failed(level);
            if !failed.is_empty() {
                lines.push(format!("{} and failed: {}", level.as_str(), failed.join(", ")));
            }
        }
        lines.extend(
            self.cut_short
                .iter()
                .map(|why| format!("not everything could be checked: {why}")),
        );
        lines.join("\n")
    }
}

fn describe(finding: &Finding, lines: &mut Vec<String>) {
    let check = finding.check;
    let mark = match finding.outcome {
        Outcome::Passed => "ok",
        Outcome::Noted => "note",
        Outcome::NotOffered => "none",
        Outcome::Skipped => "skip",
        Outcome::Failed => "FAIL",
    };
    lines.push(format!(
        "  {mark:<4}  {:<36}  {:<11}  {}",
        check.id,
        check.level.as_str(),
        check.rule
    ));
    if !finding.detail.is_empty() {
        lines.push(format!("        {}", finding.detail));
    }
    if finding.outcome == Outcome::Failed {
        if let Some(exchange) = finding.exchanges.last() {
            lines.push(format!("        sent:      {}", exchange.sent.line()));
            lines.push(format!("        came back: {}", exchange.came_back.line()));
        }
        lines.push(format!("        expected:  {}", check.expects));
        lines.push(format!("        to mend:   {}", check.mend));
    }
}

fn finding_json(finding: &Finding) -> Value {
    let check = finding.check;
    json!({
        "id": check.id,
        "group": finding.group,
        "level": check.level,
        "rule": check.rule,
        "outcome": finding.outcome,
        "detail": finding.detail,
        "expected": check.expects,
        "why": check.why,
        "mend": check.mend,
        "milliseconds": u64::try_from(finding.took.as_millis()).unwrap_or(u64::MAX),
        "exchanges": finding.exchanges,
    })
}
