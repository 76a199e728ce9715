//! A report as JSON.

use serde_json::{Value, json};

use crate::check::Level;
use crate::report::Report;
use crate::result::{CheckResult, CheckStatus};

impl Report {
    /// The report as a JSON object.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let results: Vec<Value> = self.results.iter().map(result_json).collect();
        json!({
            "url": self.url,
            "client_id": self.client_id,
            "user": self.user,
            "audience": self.audience,
            "passed": self.has_passed(),
            "cut_short": self.cut_short,
            "summary": {
                "passed": self.count(CheckStatus::Passed),
                "noted": self.count(CheckStatus::Noted),
                "not_offered": self.count(CheckStatus::NotOffered),
                "skipped": self.count(CheckStatus::Skipped),
                "failed_required": self.failed(Level::Required),
                "failed_recommended": self.failed(Level::Recommended),
                "failed_optional": self.failed(Level::Optional),
            },
            "waits": self.waits,
            "checks": results,
        })
    }
}

fn result_json(result: &CheckResult) -> Value {
    let check = result.check;
    json!({
        "id": check.id,
        "group": result.group,
        "level": check.level,
        "rule": check.rule,
        "status": result.status,
        "detail": result.detail,
        "expected": check.expects,
        "why": check.why,
        "fix": check.fix,
        "milliseconds": u64::try_from(result.duration.as_millis()).unwrap_or(u64::MAX),
        "exchanges": result.exchanges,
    })
}
