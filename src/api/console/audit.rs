//! The audit trail, as a page and as a file.

use std::collections::BTreeSet;

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, SecondsFormat, Utc};
use console_pages::pages::{Audit, AuditEvent, AuditFilter, Door, FieldChange, Paging};
use console_pages::{Section, paths};
use futures_util::stream;
use serde_json::{Map, Value};

use super::{Admin, Error, Viewer, Visit, page};
use crate::app::App;
use crate::audit::{self, Event, EventFilter};
use crate::clock::within_years;
use crate::error::Failure;
use crate::page::{MAX_LIMIT, Page};
use crate::text::csv;
use crate::wire::query::Query;

/// Rows of a page.
const ROWS: i64 = 50;
/// What the list may be narrowed by.
const NAMES: [&str; 6] = ["actor", "action", "kind", "subject", "since", "until"];
/// The columns of the file.
const COLUMNS: [&str; 8] = [
    "at",
    "actor_kind",
    "actor",
    "action",
    "subject_kind",
    "subject",
    "address",
    "detail",
];

/// Registers the routes.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(paths::AUDIT).get(get_audit).head(get_audit))
        .service(page(paths::AUDIT_CSV).get(get_csv).head(get_csv));
}

/// `GET /audit`: newest first.
async fn get_audit(visit: Visit<Viewer>) -> Result<HttpResponse, Error> {
    let names = [&NAMES[..], &["cursor"]].concat();
    let query = visit.read_query(&names)?;
    let (filter, shown) = filter(&query)?;
    let page = Page {
        after: visit.cursor(&query, paths::AUDIT)?,
        limit: ROWS,
    };
    let (events, next) = visit
        .read(async |db| audit::page_events(db, &filter, &page).await)
        .await?;
    let at = |cursor: &str| {
        let pairs = NAMES.map(|name| (name, query.get(name).unwrap_or_default()));
        let pairs: Vec<_> = pairs.into_iter().chain([("cursor", cursor)]).collect();
        paths::with_query(paths::AUDIT, &pairs)
    };
    let paging = Paging {
        newer: page.after.map(|_: i64| at("")),
        older: visit.older(next, paths::AUDIT, at)?,
    };
    let rows = events.iter().map(row).collect();
    visit.page(
        Section::Audit,
        &Audit {
            filter: shown,
            rows,
            paging,
        },
    )
}

/// What the query asks for: for the database, and for the page.
fn filter(query: &Query<'_>) -> Result<(EventFilter, AuditFilter), Error> {
    let text = |name: &str| query.get(name).map(str::to_owned);
    let day = |name: &str| -> Result<Option<NaiveDate>, Error> {
        query
            .get(name)
            .map(|day| {
                let day: NaiveDate = day.parse().map_err(|_| Error::Invalid)?;
                within_years(begin(day)).map(|_| day).ok_or(Error::Invalid)
            })
            .transpose()
    };
    let until = day("until")?.map(|day| day.checked_add_days(Days::new(1)).unwrap_or(day));
    let filter = EventFilter {
        subject: text("subject"),
        actor: text("actor"),
        subject_kind: text("kind"),
        action: text("action"),
        since: day("since")?.map(begin),
        before: until.map(begin),
    };
    let shown = |name: &str| query.get(name).unwrap_or_default().to_owned();
    let shown = AuditFilter {
        actor: shown("actor"),
        action: shown("action"),
        kind: shown("kind"),
        subject: shown("subject"),
        since: shown("since"),
        until: shown("until"),
    };
    Ok((filter, shown))
}

/// The beginning of a day, in UTC.
fn begin(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

fn row(event: &Event) -> AuditEvent {
    let door = match event.actor_kind.as_str() {
        "staff" => Door::Console,
        "client" => Door::Api,
        "os_user" => Door::CommandLine,
        _ => Door::System,
    };
    let path = match event.subject_kind.as_str() {
        "client" => Some(paths::client(&event.subject)),
        "customer" => Some(paths::customer(&event.subject)),
        "invitation" => Some(paths::invitation(&event.subject)),
        _ => None,
    };
    AuditEvent {
        at: event.at,
        actor: event.actor.clone(),
        door,
        action: event.action.clone(),
        kind: event.subject_kind.clone(),
        subject: event.subject.clone(),
        path,
        address: event.address.clone(),
        request_id: None,
        changes: changes(&event.detail),
    }
}

/// What an event says beside its subject: each setting that was changed with what it was before, and each other member as a
/// field.
fn changes(detail: &Value) -> Vec<FieldChange> {
    let nothing = Map::new();
    let members = detail.as_object().unwrap_or(&nothing);
    let side = |name: &str| members.get(name).and_then(Value::as_object);
    let (Some(before), Some(after)) = (side("before"), side("after")) else {
        return members
            .iter()
            .map(|(field, value)| change(field, None, Some(value)))
            .collect();
    };
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = names
        .into_iter()
        .map(|name| (name, before.get(name), after.get(name)))
        .filter(|(_, before, after)| before != after)
        .map(|(name, before, after)| change(name, before, after));
    let others = members
        .iter()
        .filter(|(name, _)| !["before", "after"].contains(&name.as_str()));
    changed
        .chain(others.map(|(field, value)| change(field, None, Some(value))))
        .collect()
}

fn change(field: &str, before: Option<&Value>, after: Option<&Value>) -> FieldChange {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    FieldChange {
        field: field.to_owned(),
        before: before.map(text),
        after: after.map(text),
    }
}

/// `GET /audit.csv`: all that the query finds, as it is read; the audit trail says that it was taken out.
async fn get_csv(visit: Visit<Admin>) -> Result<HttpResponse, Error> {
    let query = visit.read_query(&NAMES)?;
    let (filter, _) = filter(&query)?;
    let act = visit.act();
    // HEAD takes nothing out.
    if visit.request().method() == Method::GET {
        let narrowed_by: Vec<_> = NAMES
            .iter()
            .copied()
            .filter(|name| query.get(name).is_some())
            .collect();
        visit
            .change(async |db| audit::record_export(db, &act, &narrowed_by).await)
            .await?;
    }
    let head = Bytes::from(format!("\u{feff}{}", csv::line(&COLUMNS)));
    let rows = stream::try_unfold(Rows::First, {
        let (app, filter) = (visit.shared_app(), std::sync::Arc::new(filter));
        move |rows| {
            let (app, filter) = (app.clone(), std::sync::Arc::clone(&filter));
            async move { more(&app, &filter, rows).await }
        }
    });
    let body = futures_util::StreamExt::chain(stream::iter([Ok::<_, Failure>(head)]), rows);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"audit.csv\""))
        .insert_header((CACHE_CONTROL, "no-store"))
        .streaming(body))
}

/// Which rows come next.
enum Rows {
    First,
    After(i64),
    None,
}

async fn more(app: &App, filter: &EventFilter, rows: Rows) -> Result<Option<(Bytes, Rows)>, Failure> {
    let after = match rows {
        Rows::First => None,
        Rows::After(position) => Some(position),
        Rows::None => return Ok(None),
    };
    let page = Page {
        after,
        limit: MAX_LIMIT,
    };
    let (events, next) = app
        .db
        .read(async |db| audit::page_events(db, filter, &page).await)
        .await?;
    let lines: String = events.iter().map(line).collect();
    Ok(Some((Bytes::from(lines), next.map_or(Rows::None, Rows::After))))
}

fn line(event: &Event) -> String {
    csv::line(&[
        &event.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        &event.actor_kind,
        &event.actor,
        &event.action,
        &event.subject_kind,
        &event.subject,
        event.address.as_deref().unwrap_or_default(),
        &event.detail.to_string(),
    ])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_a_change_the_fields_that_differ_are_shown_with_what_they_were() {
        let detail = json!({
            "before": { "scopes": ["platform"], "quota": null, "same": 1 },
            "after": { "scopes": ["platform", "videos"], "quota": "5/month", "same": 1 },
            "client_id": "a",
        });
        let shown: Vec<_> = changes(&detail)
            .into_iter()
            .map(|change| (change.field, change.before, change.after))
            .collect();
        let some = |text: &str| Some(text.to_owned());
        let expected = [
            ("quota".to_owned(), some("null"), some("5/month")),
            (
                "scopes".to_owned(),
                some("[\"platform\"]"),
                some("[\"platform\",\"videos\"]"),
            ),
            ("client_id".to_owned(), None, some("a")),
        ];
        assert_eq!(shown, expected);
        assert!(changes(&json!("x")).is_empty());
        assert_eq!(changes(&json!({ "before": 1, "after": 2 })).len(), 2);
    }
}
