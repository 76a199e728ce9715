//! The Occupation Benchmark API (Lightcast contract s3).

mod about;
mod dimensions;
mod occupation;

use std::sync::Arc;

use actix_web::web;

use super::OccupationBenchmark;
use super::error::Error;
use crate::api::call;
use crate::market;
use crate::market::benchmark::{BenchmarkTable, Dimension};
use crate::market::versions::PublishedVersion;

type Call = call::Call<OccupationBenchmark>;

/// Registers the endpoints.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    about::configure(config);
    dimensions::configure(config);
}

/// The newest version that the caller sees, and what it says of occupations.
async fn latest(call: &Call) -> Result<(Arc<PublishedVersion>, Arc<BenchmarkTable>), Error> {
    let market = &call.app().market;
    let customer_id = call.caller().token.customer_id;
    let version = market.catalogue.version(call.db(), customer_id, "latest").await?;
    let table = market.benchmarks.table(call.db(), &version).await?;
    Ok((version, table))
}

/// The dimensions that there are occupations of.
fn dimensions(table: &BenchmarkTable) -> Vec<Dimension> {
    let is_there = |dimension: &&Dimension| !table.occupations(**dimension).is_empty();
    <Dimension as strum::VariantArray>::VARIANTS
        .iter()
        .filter(is_there)
        .copied()
        .collect()
}

/// The dimension of this name.
fn dimension(table: &BenchmarkTable, name: &str) -> Result<Dimension, Error> {
    let known = name
        .parse()
        .ok()
        .filter(|dimension| dimensions(table).contains(dimension));
    Ok(known.ok_or_else(|| market::Error::UnknownDimension(name.chars().take(40).collect()))?)
}
