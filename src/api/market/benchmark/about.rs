//! `/occupation-benchmark/status` and `/meta`: what there is (B1, B2).

use std::collections::BTreeSet;

use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::super::envelope::{Attribution, Data, status};
use super::super::error::Error;
use super::{Call, dimensions, latest};
use crate::api::reply::Reply;
use crate::market;
use crate::market::benchmark::{AreaLevel, Dataset, Dimension, NATION, Region, list_regions};
use crate::market::versions::VersionNumber;
use crate::wire::query::Query;

/// The data's title in `/meta`.
const ATTRIBUTION: &str = "Benchmarks of occupations from open data";

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/occupation-benchmark/status")
                .get(get_status)
                .head(get_status),
        )
        .service(
            web::resource("/occupation-benchmark/meta")
                .get(get_meta)
                .head(get_meta),
        );
}

/// `GET /occupation-benchmark/status`.
async fn get_status(call: Call) -> Result<HttpResponse, Error> {
    Query::expect_none(call.query())?;
    Ok(status(&call).await)
}

#[derive(Serialize)]
struct Meta<'a> {
    attribution: Attribution,
    /// That of the data, which is the same for Titles.
    version: VersionNumber,
    taxonomies: Vec<Taxonomy<'a>>,
    dimensions: Vec<Dimension>,
    datasets: Vec<&'static str>,
    regions: Regions<'a>,
    /// Kind and release of each source.
    sources: &'a [String],
}

#[derive(Serialize)]
struct Taxonomy<'a> {
    id: Dimension,
    title: &'static str,
    version: &'a str,
}

#[derive(Serialize)]
struct Regions<'a> {
    nations: [&'static str; 1],
    levels: BTreeSet<AreaLevel>,
    areas: Vec<Region<'a>>,
}

/// `GET /occupation-benchmark/meta`: what can be asked for, and where it comes from.
async fn get_meta(call: Call) -> Result<Reply, Error> {
    // The version of a taxonomy of Lightcast's means nothing here.
    let query = Query::parse(call.query(), &["nation", "lot_version"])?;
    if let Some(nation) = query.get("nation").filter(|nation| *nation != NATION) {
        return Err(market::Error::UnknownRegion(nation.chars().take(40).collect()).into());
    }
    let (version, table) = latest(&call).await?;
    let areas: Vec<Region<'_>> = list_regions(&table).collect();
    let dimensions = dimensions(&table);
    let taxonomy = |dimension: &Dimension| Taxonomy {
        id: *dimension,
        title: dimension.title(),
        version: dimension.taxonomy_version(version.classification()),
    };
    Reply::ok(&Data {
        data: Meta {
            attribution: Attribution {
                title: ATTRIBUTION,
                body: version.attributions.join(" "),
            },
            version: version.number,
            taxonomies: dimensions.iter().map(taxonomy).collect(),
            dimensions,
            datasets: Dataset::available(&table).names(),
            regions: Regions {
                nations: [NATION],
                levels: areas.iter().map(|area| area.level).collect(),
                areas,
            },
            sources: &version.sources,
        },
    })
}
