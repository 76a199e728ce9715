//! The report as JSON.

use serde_json::{Value, json};

use crate::check::Level;
use crate::report::Report;
use crate::result::{Finding, Outcome};

impl Report {
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
