//! Titles by their identifiers (T7, T8).

use actix_web::web;
use serde::Deserialize;
use title_engine::TitleId;

use super::super::envelope::{Data, given};
use super::super::error::Error;
use super::super::fields::{TitleWriter, allowed};

use super::{Call, MAX_BODY_BYTES, version};
use crate::api::call::read_json;
use crate::api::reply::Reply;
use crate::market;
use crate::market::titles::{Field, Fields, find_title, find_titles};
use crate::wire::query::Query;

/// Most titles that one request names.
const MAX_IDS: usize = 1000;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/{version}/titles/{title_id}")
            .get(get_title)
            .head(get_title),
    );
}

/// `GET /titles/versions/{version}/titles/{id}`: one title with all its fields; a removed one too.
async fn get_title(call: Call, path: web::Path<(String, String)>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (version_name, id) = path.into_inner();
    let version = version(&call, &version_name).await?;
    let title_id: TitleId = id
        .parse()
        .map_err(|_| market::Error::UnknownTitle(id.chars().take(40).collect()))?;
    let title = call
        .read_from_standby(async |db| find_title(db, &version, title_id).await)
        .await?;
    let writer = TitleWriter::new(&call, &version, allowed(call.caller())).await?;
    Reply::ok(&Data {
        data: writer.title(&title),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    ids: Vec<String>,
    #[serde(default, deserialize_with = "given")]
    fields: Option<Vec<String>>,
}

/// `POST /titles/versions/{version}/titles`: these titles in the order asked; unknown ones are left out.
pub(super) async fn post_titles(
    call: Call,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let version = version(&call, &path).await?;
    let (body, _) = read_json::<Body>(call.headers(), payload, MAX_BODY_BYTES).await?;
    if !(1..=MAX_IDS).contains(&body.ids.len()) {
        return Err(Error::InvalidBody(format!(
            "`ids` must have 1 to {MAX_IDS} identifiers"
        )));
    }
    let fields = match &body.fields {
        None => Fields::OF_LIST,
        Some(names) => fields_of(names)?,
    };
    let writer = TitleWriter::new(&call, &version, fields).await?;
    let ids: Vec<TitleId> = body.ids.iter().filter_map(|id| id.parse().ok()).collect();
    let titles = call
        .read_from_standby(async |db| find_titles(db, &version, &ids).await)
        .await?;
    let titles: Vec<_> = titles.iter().map(|title| writer.title(title)).collect();
    Reply::ok(&Data { data: titles })
}

/// The fields of a JSON array; at least one.
fn fields_of(names: &[String]) -> Result<Fields, Error> {
    if names.is_empty() {
        return Err(no_fields());
    }
    Ok(names
        .iter()
        .map(|name| name.parse::<Field>())
        .collect::<Result<_, _>>()?)
}

/// That the array of fields is empty.
pub(super) fn no_fields() -> Error {
    Error::InvalidBody("`fields` must have at least one field".to_owned())
}
