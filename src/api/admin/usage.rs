//! `/admin/v1/usage`, `/admin/v1/replicas` and the uses of a client's secrets: is it well, and who uses what.

use actix_web::web;
use serde::Serialize;

use super::Call;
use super::error::Error;
use crate::api::reply::Reply;
use crate::clients::{self, SecretUses};
use crate::hours::{HourCount, complete, last_hours};
use crate::ids::ClientId;
use crate::oauth;
use crate::refusals;
use crate::replica::{self, ReplicaInfo};
use crate::wire::query::Query;

/// Hours of a series unless the call says otherwise.
const DEFAULT_HOURS: u16 = 24;
/// Most hours of a series: so long are counts kept.
const MAX_HOURS: u16 = 192;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/admin/v1/usage").get(get_usage).head(get_usage))
        .service(
            web::resource("/admin/v1/replicas")
                .get(get_replicas)
                .head(get_replicas),
        )
        .service(
            web::resource("/admin/v1/clients/{client_id}/secret-uses")
                .get(get_secret_uses)
                .head(get_secret_uses),
        );
}

/// How many hours a query asks for.
fn hours_of(query: &Query<'_>) -> Result<u16, Error> {
    let Some(text) = query.get("hours") else {
        return Ok(DEFAULT_HOURS);
    };
    text.parse()
        .ok()
        .filter(|hours| (1..=MAX_HOURS).contains(hours))
        .ok_or(Error::InvalidParameter("hours must be a number from 1 to 192"))
}

#[derive(Serialize)]
struct UsageBody {
    tokens_issued: Vec<HourCount>,
    refused: Vec<HourCount>,
}

/// `GET /admin/v1/usage`: tokens issued and calls refused by hour, of one client or of all.
async fn get_usage(call: Call) -> Result<Reply, Error> {
    let query = Query::parse(call.query(), &["client_id", "hours"])?;
    let client_id = query.get("client_id").map(str::parse::<ClientId>).transpose();
    let client_id = client_id.map_err(Error::InvalidClientId)?;
    let hours = last_hours(call.app().clock.database_now(), hours_of(&query)?);
    let since = hours.first().copied().unwrap_or_default();
    let client_id = client_id.as_ref();
    let (issued, refused) = call
        .read(async |db| {
            let issued = oauth::list_issued(db, client_id, since).await?;
            Ok::<_, Error>((issued, refusals::list_by_hour(db, client_id, since).await?))
        })
        .await?;
    Reply::ok(&UsageBody {
        tokens_issued: complete(&hours, &issued),
        refused: complete(&hours, &refused),
    })
}

#[derive(Serialize)]
struct ReplicasBody {
    replicas: Vec<ReplicaInfo>,
}

/// `GET /admin/v1/replicas`: those that are alive, the oldest first.
async fn get_replicas(call: Call) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let replicas = call
        .read(async |db| Ok::<_, Error>(replica::list_replicas(db).await?))
        .await?;
    Reply::ok(&ReplicasBody { replicas })
}

#[derive(Serialize)]
struct SecretUsesBody {
    secret_uses: Vec<SecretUses>,
}

/// `GET /admin/v1/clients/{client_id}/secret-uses`: how often each secret was accepted, by hour, and from where.
async fn get_secret_uses(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    let query = Query::parse(call.query(), &["hours"])?;
    let hours = hours_of(&query)?;
    let client_id = path.parse().map_err(|_| Error::UnknownPath("client"))?;
    let act = call.act();
    let secret_uses = call
        .read(async |db| clients::list_secret_uses(db, &act, &client_id, hours).await)
        .await?;
    Reply::ok(&SecretUsesBody { secret_uses })
}
