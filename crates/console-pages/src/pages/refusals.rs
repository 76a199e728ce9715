//! Refused calls: counted by caller and reason, each call, and one call with every check of its assertion.

use chrono::{DateTime, Utc};

use super::page;
use super::shared::{Caller, Paging, Reason};
use crate::chart::{Hourly, Hue};
use crate::components::Tone;
use crate::context::{Context, Page as _};
use crate::form::{Choice, Form};
use crate::frame::{FlashKind, Section};
use crate::paths;
use crate::text::Message;

/// What both lists are narrowed by; empty restricts nothing. The names are those of the query.
#[derive(Clone, Debug, Default)]
pub struct RefusalFilter {
    /// The identifier of a client.
    pub client: String,
    /// The identifier of a request; of each call only.
    pub request: String,
    /// The short name of a reason.
    pub reason: String,
    /// An address.
    pub address: String,
    /// The hours that are looked at, as a number: `24`, `168` or `336`.
    pub hours: String,
}

impl RefusalFilter {
    fn form(&self) -> Form {
        let hours = if self.hours.is_empty() { "24" } else { &self.hours };
        Form::new()
            .with("client", &self.client)
            .with("request", &self.request)
            .with("reason", &self.reason)
            .with("address", &self.address)
            .with("hours", hours)
    }

    fn spans() -> Vec<Choice> {
        ["24", "168", "336"]
            .into_iter()
            .zip(["span-day", "span-week", "span-fortnight"])
            .map(|(value, id)| Choice::new(value, Message::text(id)))
            .collect()
    }

    /// What is restricted: the identifier of the label, the value, and the path without this restriction.
    fn chips(&self, path: &str) -> Vec<(&'static str, String, String)> {
        let all = [
            ("client", "field-client", &self.client),
            ("request", "field-request", &self.request),
            ("reason", "field-reason", &self.reason),
            ("address", "field-address", &self.address),
        ];
        let without = |left: &str| {
            let mut pairs: Vec<(&str, &str)> = all
                .iter()
                .filter(|(name, ..)| *name != left)
                .map(|(name, _, value)| (*name, value.as_str()))
                .collect();
            pairs.push(("hours", &self.hours));
            paths::with_query(path, &pairs)
        };
        all.iter()
            .filter(|(.., value)| !value.is_empty())
            .map(|(name, id, value)| (*id, (*value).clone(), without(name)))
            .collect()
    }

    /// The same restrictions on another list.
    fn on(&self, path: &str) -> String {
        let pairs = [
            ("client", self.client.as_str()),
            ("reason", &self.reason),
            ("address", &self.address),
            ("hours", &self.hours),
        ];
        paths::with_query(path, &pairs)
    }
}

/// Refused calls by caller and reason.
#[derive(Clone, Debug, Default)]
pub struct RefusalGroups {
    /// What they are narrowed by.
    pub filter: RefusalFilter,
    /// The groups of this page, that of the latest call first.
    pub rows: Vec<RefusalGroup>,
    /// The pages around it.
    pub paging: Paging,
}

/// Refused calls of one caller for one reason.
#[derive(Clone, Debug)]
pub struct RefusalGroup {
    /// Who.
    pub caller: Caller,
    /// Why.
    pub reason: Reason,
    /// How many.
    pub refused: i64,
    /// How many of them are counted only.
    pub not_kept: i64,
    /// When the first was.
    pub first_at: DateTime<Utc>,
    /// When the last was.
    pub last_at: DateTime<Utc>,
    /// By hour, where that was read.
    pub hours: Option<Hourly>,
}

page!(RefusalGroups, "refusal_groups.html", |_p, c| c.t("refusals"));

impl RefusalGroup {
    fn each(&self, filter: &RefusalFilter) -> String {
        let one = RefusalFilter {
            client: self.caller.client_id.clone().unwrap_or_default(),
            reason: self.reason.name.clone(),
            // Who names no client is counted by network.
            address: match self.caller.client_id {
                Some(_) => filter.address.clone(),
                None => self.caller.network.clone().unwrap_or_default(),
            },
            hours: filter.hours.clone(),
            ..RefusalFilter::default()
        };
        one.on(paths::REFUSALS)
    }
}

/// Each refused call that is kept.
#[derive(Clone, Debug, Default)]
pub struct Refusals {
    /// What they are narrowed by.
    pub filter: RefusalFilter,
    /// The calls of this page, newest first.
    pub rows: Vec<RefusedCall>,
    /// The pages around it.
    pub paging: Paging,
}

/// A refused call.
#[derive(Clone, Debug)]
pub struct RefusedCall {
    /// Its identifier.
    pub refusal_id: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub caller: Caller,
    /// Why.
    pub reason: Reason,
    /// The method and the pattern of the route.
    pub route: String,
    /// The status of the answer.
    pub status: i64,
    /// The identifier that the answer had.
    pub request_id: String,
    /// How many more calls of this caller were refused for this reason in the same hour, which are not kept.
    pub not_kept: i64,
}

page!(Refusals, "refusals.html", |_p, c| c.t("refusals-each"));

/// One refused call.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The call.
    pub call: RefusedCall,
    /// Every check of a refused assertion; empty where there was none.
    pub checks: Vec<Check>,
}

page!(Refusal, "refusal.html", |p, c| p.call.reason.meaning_in(c));

/// One check of an assertion.
#[derive(Clone, Debug)]
pub struct Check {
    /// What is checked.
    pub check: String,
    /// The rule behind it, as the documents number it.
    pub rule: String,
    /// Its result.
    pub verdict: Verdict,
    /// The values in the assertion, and what they must be.
    pub seen: String,
}

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The assertion meets it.
    Pass,
    /// The assertion fails it.
    Fail,
    /// It could not be made because of an earlier failure.
    NotReached,
}

impl Check {
    const fn tone(&self) -> Tone {
        match self.verdict {
            Verdict::Pass => Tone::Ok,
            Verdict::Fail => Tone::Bad,
            Verdict::NotReached => Tone::Off,
        }
    }

    const fn text(&self) -> &'static str {
        match self.verdict {
            Verdict::Pass => "check-passed",
            Verdict::Fail => "check-failed",
            Verdict::NotReached => "check-not-reached",
        }
    }

    /// What the assertion must be to meet it; none: a check that this version does not make.
    fn requirement(&self) -> Option<&'static str> {
        Some(match self.check.as_str() {
            "form" => "check-form",
            "iss" => "check-iss",
            "typ" => "check-typ",
            "alg" => "check-alg",
            "crit" => "check-crit",
            "mac" => "check-mac",
            "sub" => "check-sub",
            "aud" => "check-aud",
            "exp" => "check-exp",
            "nbf" => "check-nbf",
            "iat" => "check-iat",
            "jti" => "check-jti",
            "email" => "check-email",
            "name" => "check-name",
            "replay" => "check-replay",
            _ => return None,
        })
    }
}

/// Explaining an assertion: pasted into the field `assertion`, checked, and not kept.
#[derive(Clone, Debug, Default)]
pub struct Explain {
    /// What is wrong with what was entered, and the field `client` where it was given. Never the assertion.
    pub form: Form,
    /// What was found; none: nothing was pasted yet.
    pub checks: Option<Vec<Check>>,
}

page!(Explain, "explain.html", |_p, c| c.t("explain"), |p| !p
    .form
    .errors()
    .is_empty());

impl Explain {
    fn failed(checks: &[Check]) -> usize {
        checks
            .iter()
            .filter(|check| check.verdict == Verdict::Fail)
            .count()
    }

    fn summary(c: &Context<'_>, checks: &[Check]) -> String {
        match Self::failed(checks) {
            0 => c.t("explain-passes"),
            failed => c.t1("explain-fails", "count", failed),
        }
    }
}
