//! Raw titles to titles of the library: `normalize`, `normalize/inspect`, `normalize/bulk` (T9 to T11).

use std::sync::Arc;

use actix_web::web;
use serde::Serialize;

use super::super::ExpandedTitles;
use super::super::error::Error;
use super::super::fields::{TitleBody, TitleWriter};
use super::bulk::map_all;
use super::request::{OPTIONS, Purpose, Request, read_bulk, read_one};
use super::{version, versions};
use crate::api::call;
use crate::api::guard::ScopeMarker;
use crate::api::reply::Reply;
use crate::clients::Entitlement;
use crate::error::Failure;
use crate::market;
use crate::market::quota::use_quota;
use crate::market::titles::{Best, Explanation, INDEXED_VERSIONS, TitleIndex};
use crate::market::versions::PublishedVersion;
use crate::wire::query::Query;
use crate::wire::rate_limit::QuotaLeft;
use crate::wire::request_context::RequestContext;

type Call = call::Call<ExpandedTitles>;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/{version}/normalize").post(post_normalize))
        .service(web::resource("/{version}/normalize/inspect").post(post_inspect))
        .service(web::resource("/{version}/normalize/bulk").post(post_bulk));
}

/// What a raw title was found to stand for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NormalizedBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    term: Option<&'a str>,
    title: Option<TitleBody<'a>>,
    confidence: f32,
    job_levels: &'a [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<EvidenceBody<'a>>,
}

/// What speaks for a candidate.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EvidenceBody<'a> {
    words: &'a [&'a str],
    exact_keys: &'a [String],
    titles: Vec<SimilarBody<'a>>,
    coded_titles: Vec<SimilarBody<'a>>,
}

/// A title that is similar to the raw one; a coded title has no identifier.
#[derive(Serialize)]
struct SimilarBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    name: &'a str,
    similarity: f32,
}

impl<'a> EvidenceBody<'a> {
    fn new(evidence: &'a Explanation<'_>) -> Self {
        let titles = evidence.titles.iter().map(|title| SimilarBody {
            id: Some(title.id.to_string()),
            name: title.name,
            similarity: title.similarity,
        });
        let coded = evidence.coded_titles.iter().map(|title| SimilarBody {
            id: None,
            name: title.name,
            similarity: title.similarity,
        });
        Self {
            words: &evidence.words,
            exact_keys: &evidence.exact_keys,
            titles: titles.collect(),
            coded_titles: coded.collect(),
        }
    }
}

/// The answer, with what was ignored of the request.
#[derive(Serialize)]
struct Answer<T> {
    data: T,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// The best title for a raw one, where it is likely enough.
fn likely<'a>(
    writer: &'a TitleWriter,
    best: &'a Best<'_>,
    threshold: f32,
    term: Option<&'a str>,
) -> NormalizedBody<'a> {
    let title = best.title().filter(|_| {
        best.confidence()
            .is_some_and(|confidence| confidence >= threshold)
    });
    NormalizedBody {
        term,
        title: title.map(|title| writer.title(title)),
        confidence: best.confidence().unwrap_or_default(),
        job_levels: best.job_levels(),
        evidence: None,
    }
}

/// `POST …/normalize`: the best title for a raw one.
async fn post_normalize(call: Call, path: web::Path<String>, payload: web::Payload) -> Result<Reply, Error> {
    call.caller().require(Entitlement::NormalizeTitles)?;
    let query = Query::parse(call.query(), &OPTIONS)?;
    let version = version(&call, &path).await?;
    let request = read_one(call.headers(), &query, payload, Purpose::Normalize).await?;
    let (writer, index) = prepare(&call, &version, &request, 1).await?;
    let best = index.best(&request.terms);
    let body = likely(&writer, &best, request.options.threshold, None);
    call.app().metrics.normalizations.inc([band(best.confidence())]);
    Reply::ok(&Answer {
        data: body,
        warnings: request.warnings,
    })
}

/// `POST …/normalize/inspect`: the candidates for a raw title, the likeliest first.
async fn post_inspect(call: Call, path: web::Path<String>, payload: web::Payload) -> Result<Reply, Error> {
    call.caller().require(Entitlement::NormalizeTitles)?;
    let query = Query::parse(call.query(), &OPTIONS)?;
    let version = version(&call, &path).await?;
    let request = read_one(call.headers(), &query, payload, Purpose::Inspect).await?;
    let (writer, index) = prepare(&call, &version, &request, 1).await?;
    let limit = request.options.limit;
    let normalized = if request.options.evidence {
        index.inspect(&request.terms, limit)
    } else {
        index.normalize(&request.terms, limit)
    };
    let likely = normalized
        .candidates
        .iter()
        .filter(|candidate| candidate.confidence >= request.options.threshold);
    let bodies: Vec<NormalizedBody<'_>> = likely
        .map(|candidate| NormalizedBody {
            term: None,
            title: Some(writer.title(candidate.title)),
            confidence: candidate.confidence,
            job_levels: &normalized.job_levels,
            evidence: candidate.evidence.as_ref().map(EvidenceBody::new),
        })
        .collect();
    let best = normalized.candidates.first();
    let band = band(best.map(|best| best.confidence));
    call.app().metrics.normalizations.inc([band]);
    Reply::ok(&Answer {
        data: bodies,
        warnings: request.warnings,
    })
}

/// `POST …/normalize/bulk`: the best title for each of up to 500 raw ones, in their order.
async fn post_bulk(call: Call, path: web::Path<String>, payload: web::Payload) -> Result<Reply, Error> {
    call.caller().require(Entitlement::NormalizeTitlesInBulk)?;
    let query = Query::parse(call.query(), &OPTIONS)?;
    let version = version(&call, &path).await?;
    let request = read_bulk(call.headers(), &query, payload).await?;
    let count = u32::try_from(request.terms.len()).unwrap_or(u32::MAX);
    let (writer, index) = prepare(&call, &version, &request, count).await?;
    let threshold = request.options.threshold;
    let written = map_all(request.terms, move |term| {
        let best = index.best(&term);
        let body = likely(&writer, &best, threshold, Some(&term));
        serde_json::value::to_raw_value(&body).map(|body| (band(best.confidence()), body))
    });
    let mut bodies = Vec::new();
    for written in written.await? {
        let (band, body) = written.map_err(Failure::internal)?;
        call.app().metrics.normalizations.inc([band]);
        bodies.push(body);
    }
    Reply::ok(&Answer {
        data: bodies,
        warnings: request.warnings,
    })
}

/// How likely the best title is, for the metrics.
fn band(confidence: Option<f32>) -> &'static str {
    match confidence {
        None => "none",
        Some(0.9..) => "high",
        Some(0.5..) => "medium",
        Some(_) => "low",
    }
}

/// What a normalization needs, and at last its share of the quota: what is refused costs nothing.
async fn prepare<T>(
    call: &Call,
    version: &Arc<PublishedVersion>,
    request: &Request<T>,
    count: u32,
) -> Result<(TitleWriter, Arc<TitleIndex>), Error> {
    let writer = TitleWriter::new(call, version, request.options.fields).await?;
    let market = &call.app().market;
    require_index(call, version).await?;
    let index = market.indexes.index(call.db(), version).await?;
    take_quota(call, count).await?;
    Ok((writer, index))
}

/// Refuses a version that is not among the two newest, which alone are in memory.
pub(super) async fn require_index<S: ScopeMarker>(
    call: &call::Call<S>,
    version: &PublishedVersion,
) -> Result<(), Error> {
    let customer_id = call.caller().token.customer_id;
    let catalogue = &call.app().market.catalogue;
    let is_indexed = catalogue.is_among_newest(call.db(), customer_id, version, INDEXED_VERSIONS);
    if is_indexed.await? {
        return Ok(());
    }
    let newest: Vec<String> = versions(call)
        .await?
        .iter()
        .take(INDEXED_VERSIONS)
        .map(|newer| newer.number.to_string())
        .collect();
    Err(Error::InvalidParameter(format!(
        "Version {} can be read, and neither searched nor normalized with; the versions for that are {}.",
        version.number,
        newest.join(" and ")
    )))
}

/// Takes so many normalizations off the client's quota, if it has one, and notes what is left for the response.
async fn take_quota(call: &Call, count: u32) -> Result<(), Error> {
    let caller = call.caller();
    let Some(quota) = caller.quota else {
        return Ok(());
    };
    let (client_id, now) = (caller.client_id(), call.now());
    let used = call
        .change_in_one_statement(async |db| use_quota(db, client_id, quota, count, now).await)
        .await;
    let left = match &used {
        Ok(state) => Some((state.remaining, state.reset, false)),
        Err(market::Error::QuotaExceeded { left, seconds, .. }) => Some((*left, *seconds, true)),
        Err(_) => None,
    };
    if let Some((remaining, reset, is_exceeded)) = left {
        if is_exceeded {
            call.app().metrics.quota_refusals.inc(["titles"]);
        }
        RequestContext::of(call.request()).note_quota(QuotaLeft {
            remaining,
            reset,
            is_exceeded,
        });
    }
    used?;
    Ok(())
}
