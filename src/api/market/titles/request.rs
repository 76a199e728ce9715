//! What a normalization is asked for: by a JSON body, or by plain text with the options in the query (Lightcast contract s2).

use actix_web::http::header::HeaderMap;
use actix_web::web;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::super::envelope::given;
use super::super::error::Error;
use super::find::no_fields;
use crate::api::call::read_question;
use crate::market::titles::{Field, Fields, InvalidField};
use crate::wire::body::{self, BodyError};
use crate::wire::content_type::ContentType;
use crate::wire::query::Query;

/// What a query may say.
pub(super) const OPTIONS: [&str; 3] = ["fields", "confidenceThreshold", "limit"];

/// Most bytes of a term.
const MAX_TERM_BYTES: usize = 1024;
/// Most terms of one request.
const MAX_TERMS: usize = 500;
/// Most bytes of a body with one term: it may be written in escapes, and has options beside it.
const MAX_BODY_BYTES: usize = 16 * 1024;
/// Most bytes of a body with many terms.
const MAX_BULK_BODY_BYTES: usize = 2 * 1024 * 1024;
/// What a confidence must reach unless told otherwise.
const DEFAULT_THRESHOLD: f64 = 0.5;
/// Candidates that are inspected unless told otherwise.
const DEFAULT_LIMIT: usize = 5;
/// Most candidates that are inspected.
const MAX_LIMIT: usize = 100;

/// How to answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Options {
    pub fields: Fields,
    /// The least confidence of what is answered: 0 to 1.
    pub threshold: f32,
    /// Most candidates.
    pub limit: usize,
    /// Whether the evidence of each candidate is answered.
    pub evidence: bool,
}

/// What a request with one term is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The best title.
    Normalize,
    /// The candidates, with their evidence where `fields` names it.
    Inspect,
}

/// The field that is not one of a title: what speaks for a candidate.
const EVIDENCE: &str = "evidence";

/// A request whose terms are right.
#[derive(Debug)]
pub(super) struct Request<T> {
    pub terms: T,
    pub options: Options,
    /// What was ignored of it.
    pub warnings: Vec<String>,
}

/// A JSON body with one term.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct OneBody {
    term: String,
    #[serde(default, deserialize_with = "given")]
    fields: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    confidence_threshold: Option<f64>,
    // A whole number may be written as `5.0` (JSON Schema, "integer").
    #[serde(default, deserialize_with = "given")]
    limit: Option<f64>,
}

/// A JSON body with many terms.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct BulkBody {
    terms: Vec<String>,
    #[serde(default, deserialize_with = "given")]
    fields: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    confidence_threshold: Option<f64>,
}

/// The fields that a request names.
#[derive(Clone, Copy, Debug, Default)]
struct Wanted {
    /// Those of a title; none for those that a title has unless told otherwise.
    fields: Option<Fields>,
    evidence: bool,
}

impl Wanted {
    fn read<'a>(
        names: Option<impl Iterator<Item = &'a str>>,
        purpose: Purpose,
    ) -> Result<Self, InvalidField> {
        let mut wanted = Self::default();
        for name in names.into_iter().flatten() {
            if name == EVIDENCE && purpose == Purpose::Inspect {
                wanted.evidence = true;
            } else {
                let field = std::iter::once(name.parse::<Field>()?).collect();
                wanted.fields = Some(wanted.fields.map_or(field, |fields| fields.with(field)));
            }
        }
        Ok(wanted)
    }

    /// The fields of a JSON body.
    fn of_body(names: Option<&[String]>, purpose: Purpose) -> Result<Self, Error> {
        if names.is_some_and(<[String]>::is_empty) {
            return Err(no_fields());
        }
        Ok(Self::read(
            names.map(|names| names.iter().map(String::as_str)),
            purpose,
        )?)
    }
}

impl Options {
    fn new(wanted: Wanted, threshold: Option<f64>, limit: Option<usize>) -> Result<Self, String> {
        let threshold = threshold.unwrap_or(DEFAULT_THRESHOLD);
        if !(0.0..=1.0).contains(&threshold) {
            return Err("`confidenceThreshold` must be a number from 0 to 1".to_owned());
        }
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if limit > MAX_LIMIT {
            return Err(format!("`limit` must be a whole number from 0 to {MAX_LIMIT}"));
        }
        Ok(Self {
            fields: wanted.fields.unwrap_or(Fields::OF_NORMALIZED),
            threshold: as_confidence(threshold),
            limit,
            evidence: wanted.evidence,
        })
    }

    /// The options of a query.
    fn of_query(query: &Query<'_>, purpose: Purpose) -> Result<Self, Error> {
        let names = query.get("fields").map(|list| list.split(',').map(str::trim));
        let wanted = Wanted::read(names, purpose)?;
        let invalid = |name: &str, form: &str| Error::InvalidParameter(format!("`{name}` must be {form}"));
        let threshold = query.get("confidenceThreshold").map(|text| {
            let number = text.parse().ok().filter(|number: &f64| number.is_finite());
            number.ok_or_else(|| invalid("confidenceThreshold", "a number from 0 to 1"))
        });
        let limit = query.get("limit").map(|text| {
            let number = text.parse().ok();
            number.ok_or_else(|| invalid("limit", "a whole number from 0 to 100"))
        });
        Self::new(wanted, threshold.transpose()?, limit.transpose()?).map_err(Error::InvalidParameter)
    }
}

/// Reads a request with one term.
pub(super) async fn read_one(
    headers: &HeaderMap,
    query: &Query<'_>,
    payload: web::Payload,
    purpose: Purpose,
) -> Result<Request<String>, Error> {
    let request = if is_text(headers)? {
        Request {
            terms: read_text(headers, payload, MAX_BODY_BYTES).await?,
            options: Options::of_query(query, purpose)?,
            warnings: Vec::new(),
        }
    } else {
        let body: OneBody = read_body(headers, payload, MAX_BODY_BYTES).await?;
        let wanted = Wanted::of_body(body.fields.as_deref(), purpose)?;
        let limit = body.limit.map(whole).transpose()?;
        let options = Options::new(wanted, body.confidence_threshold, limit);
        Request {
            terms: body.term,
            options: options.map_err(Error::InvalidBody)?,
            warnings: ignored(query),
        }
    };
    check_term(&request.terms, "`term`")?;
    Ok(request)
}

/// Reads a request with up to 500 terms; as plain text, one each line.
pub(super) async fn read_bulk(
    headers: &HeaderMap,
    query: &Query<'_>,
    payload: web::Payload,
) -> Result<Request<Vec<String>>, Error> {
    let request = if is_text(headers)? {
        let text = read_text(headers, payload, MAX_BULK_BODY_BYTES).await?;
        Request {
            terms: text.lines().map(str::to_owned).collect(),
            options: Options::of_query(query, Purpose::Normalize)?,
            warnings: Vec::new(),
        }
    } else {
        let body: BulkBody = read_body(headers, payload, MAX_BULK_BODY_BYTES).await?;
        let wanted = Wanted::of_body(body.fields.as_deref(), Purpose::Normalize)?;
        let options = Options::new(wanted, body.confidence_threshold, None);
        Request {
            terms: body.terms,
            options: options.map_err(Error::InvalidBody)?,
            warnings: ignored(query),
        }
    };
    if !(1..=MAX_TERMS).contains(&request.terms.len()) {
        return Err(Error::InvalidBody(format!(
            "`terms` must have 1 to {MAX_TERMS} titles"
        )));
    }
    for (index, term) in request.terms.iter().enumerate() {
        check_term(term, &format!("`terms[{index}]`"))?;
    }
    Ok(request)
}

async fn read_body<T: DeserializeOwned>(
    headers: &HeaderMap,
    payload: web::Payload,
    max_bytes: usize,
) -> Result<T, Error> {
    let read = read_question(headers, payload, max_bytes).await;
    read.map_err(|error| match Error::from(error) {
        Error::Body(BodyError::MediaType(_)) => {
            Error::Body(BodyError::MediaType("application/json or text/plain in UTF-8"))
        }
        other => other,
    })
}

async fn read_text(headers: &HeaderMap, payload: web::Payload, max_bytes: usize) -> Result<String, Error> {
    let bytes = body::read_text(headers, payload.into_inner(), max_bytes).await?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| Error::InvalidBody(format!("it is not UTF-8 at byte {}", error.valid_up_to())))?;
    Ok(text.to_owned())
}

fn check_term(term: &str, name: &str) -> Result<(), Error> {
    if term.len() > MAX_TERM_BYTES {
        return Err(Error::TermTooLong(format!(
            "{name} has {} bytes; the most are {MAX_TERM_BYTES}",
            term.len()
        )));
    }
    if term.is_empty() {
        return Err(Error::InvalidBody(format!(
            "{name} must have 1 to {MAX_TERM_BYTES} bytes"
        )));
    }
    Ok(())
}

/// A threshold as confidences are: one that is written as an answer had it is reached by that answer.
#[expect(clippy::cast_possible_truncation, reason = "to the nearest confidence")]
fn as_confidence(threshold: f64) -> f32 {
    threshold as f32
}

/// The limit of a JSON body.
fn whole(limit: f64) -> Result<usize, Error> {
    let text = if limit.fract() == 0.0 {
        format!("{limit:.0}")
    } else {
        String::new()
    };
    let words = || Error::InvalidBody(format!("`limit` must be a whole number from 0 to {MAX_LIMIT}"));
    text.parse().map_err(|_| words())
}

/// Whether the body is plain text; one in another charset than UTF-8 is refused.
fn is_text(headers: &HeaderMap) -> Result<bool, BodyError> {
    let text = ContentType::of(headers).filter(|content_type| content_type.is("text/plain"));
    text.as_ref().map(ContentType::check_charset).transpose()?;
    Ok(text.is_some())
}

/// What is ignored of a query beside a JSON body, which has the options itself.
fn ignored(query: &Query<'_>) -> Vec<String> {
    let names = OPTIONS.iter().filter(|name| query.get(name).is_some());
    names
        .map(|name| format!("`{name}` in the query is ignored; with a JSON body, options are members of it"))
        .collect()
}
