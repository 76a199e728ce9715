//! `GET /titles/versions/{version}/titles`: all titles of a version, streamed (T6).

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, Bytes};
use actix_web::{HttpResponse, HttpResponseBuilder};

use super::super::envelope::Data;
use super::super::error::Error;
use super::super::fields::TitleWriter;
use super::find::post_titles;
use super::normalize::require_index;
use super::{Call, version};
use crate::app::App;
use crate::error::Failure;
use crate::market::titles::{Fields, TITLES_PER_READ, Title, TitlePosition, read_titles};
use crate::market::versions::PublishedVersion;
use crate::wire::etag::EntityTag;
use crate::wire::query::Query;

/// Titles that a search finds, and that a page has, unless told otherwise.
const DEFAULT_PAGE: i64 = 100;
/// Most titles of one page; who gives no limit gets all.
const MAX_LIMIT: i64 = 100_000;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/{version}/titles")
            .get(get_titles)
            .head(get_titles)
            .post(post_titles),
    );
}

/// Most bytes of what is searched for.
const MAX_SEARCH_BYTES: usize = 1024;

/// What a list has.
struct Selection {
    /// What the titles are searched for; `None`: all titles.
    text: Option<String>,
    fields: Fields,
    /// Titles before its first.
    skip: i64,
    /// Most titles; `None`: all.
    limit: Option<i64>,
}

impl Selection {
    fn read(query: &str) -> Result<Self, Error> {
        let query = Query::parse(query, &["q", "fields", "limit", "page"])?;
        let is_too_long = query.get("q").is_some_and(|text| text.len() > MAX_SEARCH_BYTES);
        if is_too_long {
            return Err(Error::InvalidParameter(format!(
                "`q` must have at most {MAX_SEARCH_BYTES} bytes"
            )));
        }
        let fields = query.get("fields").map(Fields::parse).transpose()?;
        let limit = query
            .get("limit")
            .map(|text| number("limit", text, MAX_LIMIT))
            .transpose()?;
        let page = query
            .get("page")
            .map(|text| number("page", text, MAX_LIMIT))
            .transpose()?;
        // Who asks for a page without saying how long it is gets pages of the usual length.
        let limit = limit.or(page.map(|_| DEFAULT_PAGE));
        let skip = (page.unwrap_or(1) - 1) * limit.unwrap_or_default();
        Ok(Self {
            text: query.get("q").map(str::to_owned),
            fields: fields.unwrap_or(Fields::OF_LIST),
            skip,
            limit,
        })
    }
}

/// A whole number of a query, from 1.
fn number(name: &str, text: &str, most: i64) -> Result<i64, Error> {
    let number = text.parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| Error::InvalidParameter(format!("`{name}` must be a whole number from 1 to {most}")))
}

async fn get_titles(call: Call, path: web::Path<String>) -> Result<HttpResponse, Error> {
    let selection = Selection::read(call.query())?;
    let version = version(&call, &path).await?;
    let writer = TitleWriter::new(&call, &version, selection.fields).await?;
    let tag = tag(&call, &version, &selection);
    if tag.is_known(call.headers()) {
        return Ok(begin(StatusCode::NOT_MODIFIED, &tag).finish());
    }
    if selection.text.is_some() {
        return search(&call, &version, &writer, &selection, &tag).await;
    }
    let mut list = TitleList {
        app: call.shared_app().into_inner(),
        version,
        writer,
        from: TitlePosition::Skip(selection.skip),
        left: selection.limit.unwrap_or(i64::MAX),
        ready: VecDeque::new(),
        reading: None,
    };
    if *call.request().method() == Method::HEAD {
        return Ok(begin(StatusCode::OK, &tag).finish());
    }
    // The first titles are read before the response begins, so that a failure is still a 503.
    let first = list.read().await?;
    list.ready.push_back(Bytes::from_static(b"{\"data\":["));
    list.take(&first, true)?;
    Ok(begin(StatusCode::OK, &tag).body(list))
}

/// The titles that the text is the beginning or a misspelling of, the best first.
async fn search(
    call: &Call,
    version: &Arc<PublishedVersion>,
    writer: &TitleWriter,
    selection: &Selection,
    tag: &EntityTag,
) -> Result<HttpResponse, Error> {
    require_index(call, version).await?;
    let index = call.app().market.indexes.index(call.db(), version).await?;
    let number = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
    let (skip, limit) = (
        number(selection.skip),
        number(selection.limit.unwrap_or(DEFAULT_PAGE)),
    );
    let text = selection.text.as_deref().unwrap_or_default();
    let found = index.search(text, skip, limit);
    let titles: Vec<_> = found.into_iter().map(|title| writer.title(title)).collect();
    Ok(begin(StatusCode::OK, tag).json(Data { data: titles }))
}

fn begin(status: StatusCode, tag: &EntityTag) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")));
    // Whoever has it may keep it, and asks whether it is still so: `latest` moves.
    response.insert_header((CACHE_CONTROL, HeaderValue::from_static("private, no-cache")));
    if let Some(tag) = tag.header() {
        response.insert_header((ETAG, tag));
    }
    response
}

/// The tag of a list: a version never changes, so its number and the selection are all that the list depends on.
fn tag(call: &Call, version: &PublishedVersion, selection: &Selection) -> EntityTag {
    EntityTag::of(&format!(
        "{} {:?} {} {:?} {:?} {} {:?}",
        call.app().settings.public_url,
        version.library_id,
        version.number,
        selection.text,
        selection.fields,
        selection.skip,
        selection.limit
    ))
}

type Reading = Pin<Box<dyn Future<Output = Result<Vec<Title>, Failure>>>>;

/// A list on its way out: what one read brings is in memory, and the next is made when the connection has taken that.
struct TitleList {
    app: Arc<App>,
    version: Arc<PublishedVersion>,
    writer: TitleWriter,
    /// Where the next read begins.
    from: TitlePosition,
    /// Titles that are still to come, at most.
    left: i64,
    /// What is to be sent.
    ready: VecDeque<Bytes>,
    reading: Option<Reading>,
}

impl TitleList {
    /// How many titles the next read asks for.
    fn wanted(&self) -> i64 {
        self.left.min(TITLES_PER_READ)
    }

    fn read(&self) -> Reading {
        let (app, version) = (Arc::clone(&self.app), Arc::clone(&self.version));
        let (from, limit) = (self.from.clone(), self.wanted());
        Box::pin(async move {
            app.db
                .read_from_standby(async |db| read_titles(db, &version, &from, limit).await)
                .await
        })
    }

    /// Takes what was read: writes it, and notes where the next read begins. After the last title the list ends.
    fn take(&mut self, titles: &[Title], is_first: bool) -> Result<(), Failure> {
        let wanted = self.wanted();
        let mut text = Vec::with_capacity(titles.len() * 64);
        for (index, title) in titles.iter().enumerate() {
            if index > 0 || !is_first {
                text.push(b',');
            }
            serde_json::to_writer(&mut text, &self.writer.title(title)).map_err(Failure::internal)?;
        }
        let count = i64::try_from(titles.len()).unwrap_or(i64::MAX);
        self.left -= count;
        if let Some(last) = titles.last() {
            self.from = TitlePosition::After(last.key.clone());
        }
        if count < wanted || self.left == 0 {
            self.left = 0;
            text.extend_from_slice(b"]}");
        }
        self.ready.push_back(text.into());
        Ok(())
    }
}

impl MessageBody for TitleList {
    type Error = Failure;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failure>>> {
        let list = self.get_mut();
        if let Some(bytes) = list.ready.pop_front() {
            return Poll::Ready(Some(Ok(bytes)));
        }
        if list.left == 0 {
            return Poll::Ready(None);
        }
        let mut reading = list.reading.take().unwrap_or_else(|| list.read());
        let Poll::Ready(read) = reading.as_mut().poll(context) else {
            list.reading = Some(reading);
            return Poll::Pending;
        };
        let taken = read.and_then(|titles| list.take(&titles, false));
        match taken {
            Ok(()) => Poll::Ready(list.ready.pop_front().map(Ok)),
            Err(failure) => {
                list.left = 0;
                Poll::Ready(Some(Err(failure)))
            }
        }
    }
}
