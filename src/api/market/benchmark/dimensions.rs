//! `/occupation-benchmark/dimensions`: what can be asked for (B3, B4).

use actix_web::web;
use serde::Serialize;

use super::super::envelope::Data;
use super::super::error::Error;
use super::occupation::post_occupation;
use super::{Call, dimension, dimensions, latest};
use crate::api::reply::Reply;
use crate::market::benchmark::{Dimension, ListedOccupation, search_occupations};
use crate::wire::query::Query;

/// Occupations of a page unless told otherwise.
const DEFAULT_LIMIT: usize = 100;
/// Most occupations of a page.
const MAX_LIMIT: usize = 2000;
/// Most bytes of what is searched for.
const MAX_SEARCH_BYTES: usize = 1024;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/occupation-benchmark/dimensions")
                .get(get_dimensions)
                .head(get_dimensions),
        )
        .service(
            web::resource("/occupation-benchmark/dimensions/{dimension}")
                .get(get_dimension)
                .head(get_dimension)
                .post(post_occupation),
        );
}

/// `GET /occupation-benchmark/dimensions`: the dimensions that there are occupations of.
async fn get_dimensions(call: Call) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (_, table) = latest(&call).await?;
    Reply::ok(&Data {
        data: dimensions(&table),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DimensionBody<'a> {
    dimension: Dimension,
    title: &'static str,
    description: &'static str,
    taxonomy_version: &'a str,
    /// All that are found, on whatever page.
    occupation_count: usize,
    occupations: Vec<ListedOccupation<'a>>,
}

/// `GET /occupation-benchmark/dimensions/{dimension}`: the dimension, and its occupations by their codes.
async fn get_dimension(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    let query = Query::parse(call.query(), &["q", "limit", "page"])?;
    let text = query.get("q").unwrap_or_default();
    if text.len() > MAX_SEARCH_BYTES {
        let words = format!("`q` must have at most {MAX_SEARCH_BYTES} bytes");
        return Err(Error::InvalidParameter(words));
    }
    let limit = number(&query, "limit")?.unwrap_or(DEFAULT_LIMIT);
    let page = number(&query, "page")?.unwrap_or(1);
    let (version, table) = latest(&call).await?;
    let dimension = dimension(&table, &path)?;
    let found: Vec<ListedOccupation<'_>> = search_occupations(&table, dimension, text).collect();
    Reply::ok(&Data {
        data: DimensionBody {
            dimension,
            title: dimension.title(),
            description: dimension.description(),
            taxonomy_version: dimension.taxonomy_version(version.classification()),
            occupation_count: found.len(),
            occupations: found.into_iter().skip((page - 1) * limit).take(limit).collect(),
        },
    })
}

/// A whole number of the query, from 1.
fn number(query: &Query<'_>, name: &str) -> Result<Option<usize>, Error> {
    let read = |text: &str| {
        let number = text
            .parse()
            .ok()
            .filter(|number| (1..=MAX_LIMIT).contains(number));
        number.ok_or_else(|| {
            Error::InvalidParameter(format!("`{name}` must be a whole number from 1 to {MAX_LIMIT}"))
        })
    };
    query.get(name).map(read).transpose()
}
