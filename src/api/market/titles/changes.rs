//! `GET /titles/versions/{version}/changes`: against the version before (T5).

use actix_web::web;

use super::super::envelope::Data;
use super::super::error::Error;
use super::{Call, version};
use crate::api::reply::Reply;
use crate::market::titles::list_changes;
use crate::wire::query::Query;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/{version}/changes")
            .get(get_changes)
            .head(get_changes),
    );
}

async fn get_changes(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let version = version(&call, &path).await?;
    let changes = call
        .read_from_standby(async |db| list_changes(db, &version).await)
        .await?;
    Reply::ok::<Error>(&Data { data: changes })
}
