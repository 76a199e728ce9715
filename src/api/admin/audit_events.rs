//! `/admin/v1/audit-events`: who changed what, when and from where.

use actix_web::web;
use serde::Serialize;

use super::Call;
use super::error::Error;
use crate::api::reply::Reply;
use crate::audit::{self, Event, EventFilter};
use crate::page::MAX_LIMIT;
use crate::wire::query::Query;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/admin/v1/audit-events")
            .get(get_audit_events)
            .head(get_audit_events),
    );
}

#[derive(Serialize)]
struct EventsBody {
    audit_events: Vec<Event>,
    next_cursor: Option<String>,
}

/// `GET /admin/v1/audit-events`: newest first.
async fn get_audit_events(call: Call) -> Result<Reply, Error> {
    let names = ["subject", "subject_kind", "actor", "action", "limit", "cursor"];
    let query = Query::parse(call.query(), &names)?.without_null()?;
    let page = query.page(MAX_LIMIT)?;
    let text = |name: &str| query.get(name).map(str::to_owned);
    let filter = EventFilter {
        subject: text("subject"),
        actor: text("actor"),
        subject_kind: text("subject_kind"),
        action: text("action"),
        ..EventFilter::default()
    };
    let (audit_events, next) = call
        .read(async |db| audit::page_events(db, &filter, &page).await)
        .await?;
    Reply::ok(&EventsBody {
        audit_events,
        next_cursor: next.map(|number| number.to_string()),
    })
}
