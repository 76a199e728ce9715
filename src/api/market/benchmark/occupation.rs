//! `POST /occupation-benchmark/dimensions/{dimension}`: what the data say of one occupation (B5).

use actix_web::web;
use serde::Deserialize;

use super::super::envelope::given;
use super::super::error::Error;
use super::{Call, dimension, latest};
use crate::api::call::read_json;
use crate::api::reply::Reply;
use crate::market;
use crate::market::benchmark::{
    AreaLevel, BenchmarkTable, Dataset, Datasets, NATION, Question, Region, find_region,
};
use crate::wire::query::Query;

/// Most bytes of a body.
const MAX_BODY_BYTES: usize = 16 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    id: String,
    #[serde(default, deserialize_with = "given")]
    region: Option<RegionBody>,
    #[serde(default, deserialize_with = "given")]
    datasets: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionBody {
    nation: String,
    #[serde(default, deserialize_with = "given")]
    level: Option<String>,
    #[serde(default, deserialize_with = "given")]
    id: Option<String>,
}

pub(super) async fn post_occupation(
    call: Call,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (_, table) = latest(&call).await?;
    let dimension = dimension(&table, &path)?;
    let (body, _) = read_json::<Body>(call.headers(), payload, MAX_BODY_BYTES).await?;
    let datasets = body.datasets.as_deref().map_or(Ok(Datasets::all()), datasets)?;
    let region = region(&table, body.region.as_ref())?;
    let question = Question::new(&table, (dimension, &body.id), region, datasets)?;
    call.app().metrics.benchmarks.inc([region.level.into()]);
    if let Some(benchmark) = question.answer_from_memory() {
        return Reply::ok(&benchmark);
    }
    let benchmark = call
        .read_from_standby(async |db| question.answer_from_database(db).await)
        .await?;
    Reply::ok::<Error>(&benchmark)
}

/// The datasets of these names; at least one.
fn datasets(names: &[String]) -> Result<Datasets, Error> {
    if names.is_empty() {
        return Err(Error::InvalidBody(
            "`datasets` must have at least one dataset".to_owned(),
        ));
    }
    let known = names
        .iter()
        .map(|name| name.parse::<Dataset>())
        .collect::<Result<Datasets, _>>();
    known.map_err(|error| {
        let names = Datasets::all().names().join(", ");
        Error::InvalidBody(format!("datasets: {error}; the datasets are {names}"))
    })
}

/// The region that is asked about: the nation where none is named.
fn region<'a>(table: &'a BenchmarkTable, body: Option<&RegionBody>) -> Result<Region<'a>, Error> {
    let Some(body) = body else {
        return Ok(find_region(table, AreaLevel::Nation, NATION)?);
    };
    if body.nation != NATION {
        let nation: String = body.nation.chars().take(40).collect();
        return Err(market::Error::UnknownRegion(format!("nation {nation}")).into());
    }
    let level = match body.level.as_deref() {
        None => AreaLevel::Nation,
        Some(text) => text
            .parse()
            .map_err(|_| Error::InvalidBody("region.level must be `nation`, `state` or `msa`".to_owned()))?,
    };
    let id = match (level, body.id.as_deref()) {
        (AreaLevel::Nation, id) => id.unwrap_or(NATION),
        (_, Some(id)) => id,
        (AreaLevel::State | AreaLevel::Msa, None) => {
            return Err(Error::InvalidBody(format!(
                "region.id must be the census code of the {level}, such as 48 or 19820"
            )));
        }
    };
    Ok(find_region(table, level, id)?)
}
