//! `/admin/v1/refusals` and `/admin/v1/refusal-groups`: which calls were refused, why, and what would mend it.

use actix_web::web;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Call;
use super::error::Error;
use crate::api::reply::Reply;
use crate::ids::{ClientId, RefusalId};
use crate::page::{MAX_LIMIT, Page};
use crate::refusals::{
    self, CallerAddress, GroupFilter, InvalidCallerAddress, RefusalFilter, RefusalGroup, RefusalInfo,
};
use crate::wire::query::Query;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/admin/v1/refusals")
                .get(get_refusals)
                .head(get_refusals),
        )
        .service(
            web::resource("/admin/v1/refusals/{refusal_id}")
                .get(get_refusal)
                .head(get_refusal),
        )
        .service(
            web::resource("/admin/v1/refusal-groups")
                .get(get_groups)
                .head(get_groups),
        );
}

/// What both lists are narrowed by.
struct Narrowed {
    client_id: Option<ClientId>,
    reason: Option<String>,
    address: Option<CallerAddress>,
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
}

impl Narrowed {
    fn read(query: &Query<'_>) -> Result<Self, Error> {
        let client_id = query.get("client_id").map(str::parse).transpose();
        let address = query.get("address").map(str::parse).transpose();
        Ok(Self {
            client_id: client_id.map_err(Error::InvalidClientId)?,
            reason: query.get("reason").map(str::to_owned),
            address: address.map_err(|InvalidCallerAddress| {
                Error::InvalidParameter("address must be an address of IPv4 or IPv6, or a /64 of IPv6")
            })?,
            since: instant(query, "since")?,
            until: instant(query, "until")?,
        })
    }
}

/// An instant of a query.
fn instant(query: &Query<'_>, name: &str) -> Result<Option<DateTime<Utc>>, Error> {
    let instant = query.get(name).map(DateTime::parse_from_rfc3339).transpose();
    let instant = instant.map_err(|_| {
        Error::InvalidParameter("since and until must be instants such as 2026-11-26T09:00:00Z (RFC 3339)")
    })?;
    Ok(instant.map(|instant| instant.to_utc()))
}

#[derive(Serialize)]
struct RefusalsBody {
    refusals: Vec<RefusalInfo>,
    next_cursor: Option<RefusalId>,
}

/// `GET /admin/v1/refusals`: the calls that were kept, newest first.
async fn get_refusals(call: Call) -> Result<Reply, Error> {
    let names = [
        "client_id",
        "request_id",
        "reason",
        "address",
        "since",
        "until",
        "limit",
        "cursor",
    ];
    let query = Query::parse(call.query(), &names)?.without_null()?;
    let page = query.page(MAX_LIMIT)?;
    let narrowed = Narrowed::read(&query)?;
    let filter = RefusalFilter {
        refusal_id: None,
        client_id: narrowed.client_id,
        request_id: query.get("request_id").map(str::to_owned),
        reason: narrowed.reason,
        address: narrowed.address,
        since: narrowed.since,
        until: narrowed.until,
    };
    let act = call.act();
    let (refusals, next_cursor) = call
        .read(async |db| refusals::list_refusals(db, &act, &filter, &page).await)
        .await?;
    Reply::ok(&RefusalsBody {
        refusals,
        next_cursor,
    })
}

/// `GET /admin/v1/refusals/{refusal_id}`.
async fn get_refusal(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let filter = RefusalFilter {
        refusal_id: Some(path.parse().map_err(|_| Error::UnknownPath("refusal"))?),
        ..RefusalFilter::default()
    };
    let page = Page {
        after: None,
        limit: 1,
    };
    let act = call.act();
    let (refusals, _) = call
        .read(async |db| refusals::list_refusals(db, &act, &filter, &page).await)
        .await?;
    Reply::ok(refusals.first().ok_or(Error::UnknownPath("refusal"))?)
}

#[derive(Serialize)]
struct GroupsBody {
    refusal_groups: Vec<RefusalGroup>,
    next_cursor: Option<String>,
}

/// `GET /admin/v1/refusal-groups`: all refused calls, counted by caller and reason, that of the latest first.
async fn get_groups(call: Call) -> Result<Reply, Error> {
    let names = [
        "client_id",
        "reason",
        "address",
        "since",
        "until",
        "limit",
        "cursor",
    ];
    let query = Query::parse(call.query(), &names)?.without_null()?;
    let page = query.page(MAX_LIMIT)?;
    let narrowed = Narrowed::read(&query)?;
    let filter = GroupFilter {
        client_id: narrowed.client_id,
        reason: narrowed.reason,
        address: narrowed.address,
        since: narrowed.since,
        until: narrowed.until,
    };
    let act = call.act();
    let (refusal_groups, next) = call
        .read(async |db| refusals::list_groups(db, &act, &filter, &page).await)
        .await?;
    Reply::ok(&GroupsBody {
        refusal_groups,
        next_cursor: next.map(|cursor| cursor.to_string()),
    })
}
