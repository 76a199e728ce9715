//! `GET /clients/{client_id}/live` and `GET /market/live`: say when something has changed about a client's secrets, or about
//! imports and versions of market data (server-sent events).
//!
//! An event has no content: the page reads itself again. A stream does not keep its session alive, ends when that does or the
//! service goes down, and by itself after some minutes, after which the browser asks again.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, RETRY_AFTER};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};
use console_pages::paths;
use futures_util::stream;
use parking_lot::Mutex;
use tokio::time::{Instant, sleep};

use super::clients::client_id;
use super::{Error, Viewer, Visit, page};
use crate::clients;
use crate::ids::ClientId;
use crate::market::{imports, publishing};
use crate::wire::draining::Draining;
use crate::wire::etag::EntityTag;
use crate::wire::refused::Refused;

/// How often it is looked whether something has changed.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// How long a stream lasts.
const LASTS: Duration = Duration::from_mins(5);
/// Looks between two comments, which show a connection that is gone.
const LOOKS_PER_COMMENT: u32 = 7;
/// Most streams of one session.
const MAX_STREAMS: usize = 3;

/// Registers the routes.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            page(paths::CLIENT_LIVE)
                .get(get_client_live)
                .head(get_client_live),
        )
        .service(
            page(paths::MARKET_LIVE)
                .get(get_market_live)
                .head(get_market_live),
        );
}

/// The streams that are open, by session.
#[derive(Clone, Default)]
pub struct Streams(Arc<Mutex<HashMap<String, usize>>>);

impl Streams {
    /// A place for one more stream of a session; `None` where it has as many as it may.
    fn open(&self, session: String) -> Option<OpenStream> {
        let mut open = self.0.lock();
        let count = open.entry(session.clone()).or_default();
        if *count >= MAX_STREAMS {
            return None;
        }
        *count += 1;
        Some(OpenStream {
            streams: self.clone(),
            session,
        })
    }
}

/// A stream that is open, until it is dropped.
struct OpenStream {
    streams: Streams,
    session: String,
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut open = self.streams.0.lock();
        if let Some(count) = open.get_mut(&self.session) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.session);
            }
        }
    }
}

/// What is followed.
enum Subject {
    /// The secrets of a client.
    Client(ClientId),
    /// Imports of market data, and versions.
    Market,
}

/// `GET /clients/{client_id}/live`
async fn get_client_live(visit: Visit<Viewer>, path: web::Path<String>) -> Result<HttpResponse, Error> {
    let client_id = client_id(&path)?;
    follow(visit, Subject::Client(client_id)).await
}

/// `GET /market/live`
async fn get_market_live(visit: Visit<Viewer>) -> Result<HttpResponse, Error> {
    follow(visit, Subject::Market).await
}

/// A stream of events about a subject.
async fn follow(visit: Visit<Viewer>, subject: Subject) -> Result<HttpResponse, Error> {
    let session = format!("{:?}", visit.session().hash);
    let seen = subject.look(&visit).await?;
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((HeaderName::from_static("x-accel-buffering"), "no"));
    // A stream that nobody is sent would be followed to its end, and keep its connection as long.
    if visit.request().method() == Method::HEAD {
        return Ok(answer.finish());
    }
    let Some(open) = visit.console().streams.open(session) else {
        let mut response = HttpResponse::build(StatusCode::TOO_MANY_REQUESTS).finish();
        response.headers_mut().insert(RETRY_AFTER, 30.into());
        return Err(Refused::because("console_streams").mark(response).into());
    };
    let draining = visit.request().app_data::<web::Data<Draining>>();
    let following = Following {
        draining: draining
            .map(|draining| draining.get_ref().clone())
            .unwrap_or_default(),
        visit,
        subject,
        seen,
        until: Instant::now() + LASTS,
        looks: 0,
        _open: open,
    };
    let events = stream::unfold(following, next);
    Ok(answer.streaming(events))
}

struct Following {
    draining: Draining,
    visit: Visit<Viewer>,
    subject: Subject,
    seen: EntityTag,
    until: Instant,
    looks: u32,
    _open: OpenStream,
}

/// The next event or comment; `None` where the stream ends.
async fn next(mut following: Following) -> Option<(Result<Bytes, Infallible>, Following)> {
    if following.looks == 0 {
        following.looks = 1;
        return Some((Ok(Bytes::from_static(b"retry: 5000\n\n")), following));
    }
    loop {
        sleep(LOOK_INTERVAL).await;
        let is_over = following.draining.has_begun() || Instant::now() >= following.until;
        if is_over || !following.visit.is_still_open().await {
            return None;
        }
        // While the database is away nothing is known to have changed.
        if let Ok(seen) = following.subject.look(&following.visit).await
            && seen != following.seen
        {
            following.seen = seen;
            return Some((Ok(Bytes::from_static(b"event: changed\ndata:\n\n")), following));
        }
        following.looks += 1;
        if following.looks.is_multiple_of(LOOKS_PER_COMMENT) {
            return Some((Ok(Bytes::from_static(b":\n\n")), following));
        }
    }
}

impl Subject {
    /// What can be seen of it, as a tag.
    async fn look(&self, visit: &Visit<Viewer>) -> Result<EntityTag, Error> {
        match self {
            Self::Client(client_id) => look_at_secrets(visit, client_id).await,
            Self::Market => look_at_market(visit).await,
        }
    }
}

async fn look_at_secrets(visit: &Visit<Viewer>, client_id: &ClientId) -> Result<EntityTag, Error> {
    let act = visit.act();
    let secrets = visit
        .read(async |db| clients::list_secrets(db, &act, client_id).await)
        .await?;
    let described: Vec<String> = secrets
        .iter()
        .map(|secret| format!("{} {} {:?}", secret.secret_id, secret.state, secret.last_used_at))
        .collect();
    Ok(EntityTag::of(&described.join("\n")))
}

async fn look_at_market(visit: &Visit<Viewer>) -> Result<EntityTag, Error> {
    let (imports, versions) = visit
        .read(async |db| {
            let imports = imports::list(db).await?;
            Ok::<_, Error>((imports, publishing::list_versions(db).await?))
        })
        .await?;
    let imports = imports.iter().map(|import| {
        let (phase, file, done) = (import.phase, import.file, import.done_bytes);
        format!(
            "{} {phase:?} {file} {done} {}",
            import.import_id, import.total_bytes
        )
    });
    let versions = versions.iter().map(|version| {
        // A draft that is composed anew has its number again.
        let (owner, number) = (version.customer_id, version.version);
        format!("{owner:?} {number} {:?} {}", version.status, version.created_at)
    });
    let described: Vec<String> = imports.chain(versions).collect();
    Ok(EntityTag::of(&described.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_three_streams_at_once() {
        let streams = Streams::default();
        let mut open: Vec<_> = (0..MAX_STREAMS).map(|_| streams.open("a".to_owned())).collect();
        assert!(open.iter().all(Option::is_some));
        assert!(streams.open("a".to_owned()).is_none());
        assert!(streams.open("b".to_owned()).is_some());
        open.pop();
        assert!(streams.open("a".to_owned()).is_some());
        drop(open);
        assert!(streams.0.lock().is_empty());
    }
}
