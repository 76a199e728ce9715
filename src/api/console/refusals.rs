//! Refused calls: by caller and reason, each, one; and explaining an assertion that was pasted.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, web};
use chrono::{DateTime, TimeDelta, Utc};
use console_pages::errors::ServiceError;
use console_pages::pages::{
    Caller, Check, Explain, Paging, Refusal, RefusalFilter, RefusalGroup, RefusalGroups, Refusals,
    RefusedCall, Verdict,
};
use console_pages::{Form, Hourly, Section, paths};
use serde_json::Value;

use super::shown::{HOURS, caller_of, hourly, reason};
use super::{Error, Operator, Viewer, Visit, page};
use crate::error::Failure;
use crate::hours::{hour_of, last_hours};
use crate::ids::{ClientId, RefusalId};
use crate::oauth::explain::{AssertionCheckResult, CheckReport, explain};
use crate::page::Page;
use crate::refusals::{self, CallerAddress, GroupFilter, RefusalInfo};
use crate::staff::failures;
use crate::wire::query::Query;
use crate::wire::refused::Refused;

/// Rows on one page.
const ROWS: i64 = 50;
/// Groups on one page: each has a sparkline.
const GROUPS: i64 = 20;
/// Longest text that is explained, in bytes.
const MAX_TEXT_BYTES: usize = 16 * 1024;

/// Registers the routes.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(paths::REFUSALS).get(get_refusals).head(get_refusals))
        .service(page(paths::REFUSAL_GROUPS).get(get_groups).head(get_groups))
        .service(page(paths::REFUSAL).get(get_refusal).head(get_refusal))
        .service(
            page(paths::EXPLAIN)
                .get(get_explain)
                .head(get_explain)
                .post(post_explain),
        );
}

/// What a query restricts, as it is shown, and as it is asked for.
struct Narrowed {
    shown: RefusalFilter,
    client_id: Option<ClientId>,
    address: Option<CallerAddress>,
    since: DateTime<Utc>,
}

impl Narrowed {
    fn read(query: &Query<'_>, now: DateTime<Utc>) -> Result<Self, Error> {
        let text = |name: &str| query.get(name).unwrap_or_default().trim().to_owned();
        let shown = RefusalFilter {
            client: text("client"),
            request: text("request"),
            reason: text("reason"),
            address: text("address"),
            hours: text("hours"),
        };
        let hours = match shown.hours.as_str() {
            "" | "24" => 24,
            "168" => 168,
            "336" => 336,
            _ => return Err(Error::Invalid),
        };
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let client_id = given(&shown.client).map(|text| text.parse()).transpose();
        let address = given(&shown.address).map(|text| text.parse()).transpose();
        Ok(Self {
            client_id: client_id.map_err(|_| Error::Invalid)?,
            address: address.map_err(|_| Error::Invalid)?,
            since: now - TimeDelta::hours(hours),
            shown,
        })
    }

    /// The path of another page of the same list.
    fn page(&self, path: &str, cursor: &str) -> String {
        let shown = &self.shown;
        let pairs = [
            ("client", shown.client.as_str()),
            ("request", &shown.request),
            ("reason", &shown.reason),
            ("address", &shown.address),
            ("hours", &shown.hours),
            ("cursor", cursor),
        ];
        paths::with_query(path, &pairs)
    }

    fn reason(&self) -> Option<String> {
        Some(self.shown.reason.clone()).filter(|reason| !reason.is_empty())
    }
}

/// `GET /refusals/groups`
async fn get_groups(visit: Visit<Viewer>) -> Result<HttpResponse, Error> {
    let names = ["client", "reason", "address", "hours", "cursor"];
    let query = visit.read_query(&names)?;
    let narrowed = Narrowed::read(&query, visit.now())?;
    let after = visit.cursor(&query, paths::REFUSAL_GROUPS)?;
    let is_first = after.is_none();
    let listed = Page { after, limit: GROUPS };
    let filter = GroupFilter {
        client_id: narrowed.client_id.clone(),
        reason: narrowed.reason(),
        address: narrowed.address,
        // Counted by whole hours, of which the present one is the last.
        since: Some(hour_of(narrowed.since) + TimeDelta::hours(1)),
        until: None,
    };
    let act = visit.act();
    let hours = last_hours(visit.now(), HOURS);
    let (groups, next, counts) = visit
        .read(async |db| {
            let (groups, next) = refusals::list_groups(db, &act, &filter, &listed).await?;
            let counts = refusals::list_hours_of(db, &groups, &hours).await?;
            Ok::<_, Failure>((groups, next, counts))
        })
        .await?;
    let path = |cursor: &str| narrowed.page(paths::REFUSAL_GROUPS, cursor);
    let page = RefusalGroups {
        rows: groups
            .iter()
            .zip(counts)
            .map(|(group, counts)| shown_group(group, hourly(&hours, &counts)))
            .collect(),
        paging: Paging {
            newer: (!is_first).then(|| path("")),
            older: visit.older(next, paths::REFUSAL_GROUPS, path)?,
        },
        filter: narrowed.shown,
    };
    visit.page(Section::Refusals, &page)
}

fn shown_group(group: &refusals::RefusalGroup, hours: Hourly) -> RefusalGroup {
    RefusalGroup {
        caller: caller_of(group),
        reason: reason(&group.reason, &group.meaning),
        refused: group.refused,
        not_kept: group.not_kept,
        first_at: group.first_at,
        last_at: group.last_at,
        hours: Some(hours),
    }
}

/// `GET /refusals`
async fn get_refusals(visit: Visit<Viewer>) -> Result<HttpResponse, Error> {
    let names = ["client", "request", "reason", "address", "hours", "cursor"];
    let query = visit.read_query(&names)?;
    let narrowed = Narrowed::read(&query, visit.now())?;
    let after: Option<RefusalId> = visit.cursor(&query, paths::REFUSALS)?;
    let is_first = after.is_none();
    let listed = Page { after, limit: ROWS };
    let request_id = Some(narrowed.shown.request.clone()).filter(|id| !id.is_empty());
    let filter = refusals::RefusalFilter {
        refusal_id: None,
        client_id: narrowed.client_id.clone(),
        // Who knows the request need not know when it was.
        since: request_id.is_none().then_some(narrowed.since),
        request_id,
        reason: narrowed.reason(),
        address: narrowed.address,
        until: None,
    };
    let act = visit.act();
    let (calls, next) = visit
        .read(async |db| refusals::list_refusals(db, &act, &filter, &listed).await)
        .await?;
    let path = |cursor: &str| narrowed.page(paths::REFUSALS, cursor);
    let page = Refusals {
        rows: calls.iter().map(shown_call).collect(),
        paging: Paging {
            newer: (!is_first).then(|| path("")),
            older: visit.older(next, paths::REFUSALS, path)?,
        },
        filter: narrowed.shown,
    };
    visit.page(Section::Refusals, &page)
}

fn shown_call(call: &RefusalInfo) -> RefusedCall {
    RefusedCall {
        refusal_id: call.refusal_id.to_string(),
        at: call.at,
        caller: Caller {
            client_id: call.client_id.as_ref().map(ToString::to_string),
            claimed: call.claimed_client_id.clone(),
            network: Some(call.address.clone()),
        },
        reason: reason(&call.reason, &call.meaning),
        route: format!("{} {}", call.method, call.route),
        status: call.status.into(),
        request_id: call.request_id.clone(),
        not_kept: call.not_kept,
    }
}

/// `GET /refusals/{refusal_id}`
async fn get_refusal(visit: Visit<Viewer>, path: web::Path<String>) -> Result<HttpResponse, Error> {
    let filter = refusals::RefusalFilter {
        refusal_id: Some(path.parse().map_err(|_| Error::NotFound)?),
        ..refusals::RefusalFilter::default()
    };
    let one = Page {
        after: None,
        limit: 1,
    };
    let act = visit.act();
    let (calls, _) = visit
        .read(async |db| refusals::list_refusals(db, &act, &filter, &one).await)
        .await?;
    let call = calls.first().ok_or(Error::NotFound)?;
    let page = Refusal {
        call: shown_call(call),
        checks: kept_checks(call.checks.as_ref()),
    };
    visit.page(Section::Refusals, &page)
}

/// The checks that were kept with a refusal.
fn kept_checks(checks: Option<&Value>) -> Vec<Check> {
    let checks = checks
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let text = |check: &Value, name: &str| {
        check
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    checks
        .iter()
        .map(|check| Check {
            check: text(check, "check"),
            rule: text(check, "rule"),
            verdict: match text(check, "verdict").as_str() {
                "pass" => Verdict::Pass,
                "fail" => Verdict::Fail,
                _ => Verdict::NotReached,
            },
            seen: text(check, "seen"),
        })
        .collect()
}

/// `GET /assertions/explain`
async fn get_explain(visit: Visit<Operator>) -> Result<HttpResponse, Error> {
    let query = visit.read_query(&["client"])?;
    let form = Form::new().with("client", query.get("client").unwrap_or_default());
    let page = Explain { form, checks: None };
    visit.page(Section::Refusals, &page)
}

/// `POST /assertions/explain`: nothing of what was pasted is kept or shown again.
async fn post_explain(visit: Visit<Operator>, payload: web::Payload) -> Result<HttpResponse, Error> {
    let fields = visit.form(payload, "explain", &["assertion"]).await?;
    let text = fields.text("assertion").unwrap_or_default();
    if text.is_empty() || text.len() > MAX_TEXT_BYTES {
        let must_be = ServiceError::AssertionLength
            .message()
            .with("most", MAX_TEXT_BYTES);
        let form = Form::new().error("assertion", must_be);
        return visit.page(Section::Refusals, &Explain { form, checks: None });
    }
    let (staff_id, now) = (visit.session().account.staff_id, visit.now());
    let wait = visit
        .change(async |db| failures::count_explanation(db, staff_id, now).await)
        .await?;
    if let Some(wait) = wait {
        return refuse_explanation(&visit, wait);
    }
    let reports = explain(&visit.app().oauth, text)
        .await
        .map_err(|error| match error {
            crate::oauth::Error::Failure(failure) => failure.into(),
            _ => Error::Invalid,
        })?;
    let page = Explain {
        form: Form::new(),
        checks: Some(reports.iter().map(shown_check).collect()),
    };
    visit.page(Section::Refusals, &page)
}

/// Answers who has had too many assertions explained.
fn refuse_explanation(visit: &Visit<Operator>, wait: TimeDelta) -> Result<HttpResponse, Error> {
    let message = ServiceError::TooManyExplanations.message();
    let form = Form::new().error("assertion", message.with("seconds", wait.num_seconds()));
    let mut response = visit.page(Section::Refusals, &Explain { form, checks: None })?;
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    let wait = HeaderValue::from(wait.num_seconds());
    response.headers_mut().insert(RETRY_AFTER, wait);
    Ok(Refused::because("console_explanations").mark(response))
}

fn shown_check(report: &CheckReport) -> Check {
    Check {
        check: report.check.to_owned(),
        rule: report.rule.to_owned(),
        verdict: match report.verdict {
            AssertionCheckResult::Pass => Verdict::Pass,
            AssertionCheckResult::Fail => Verdict::Fail,
            AssertionCheckResult::NotReached => Verdict::NotReached,
        },
        seen: report.seen.clone(),
    }
}
