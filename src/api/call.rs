//! The guarded call: the one argument of every handler of a guarded route.
//!
//! It says who calls, on whose data and when. The guard decides before anything else of the
//! request is read. A handler takes it, reads what it needs, and returns a [`Reply`](super::reply::Reply) or its wing's
//! error; log, metrics and headers are the front's.

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::{FromRequest, HttpRequest, web};
use aws_lc_rs::digest;
use chrono::{DateTime, SubsecRound, Utc};
use serde::de::DeserializeOwned;
use sqlx::PgConnection;

use super::guard::{Admission, Caller, Refusal, RefusedIn, RequiredScope, ScopeMarker};
use crate::app::App;
use crate::audit::{Act, Actor};
use crate::db::{Db, PgTransaction};
use crate::error::Failure;
use crate::ids::CustomerId;
use crate::text::json_error;
use crate::wire::body::{self, BodyError, JsonTypes};
use crate::wire::request_context::RequestContext;

/// The longest path of a member that is repeated to the caller.
const MAX_PATH_BYTES: usize = 100;

/// SHA-256 of a body.
pub type BodyDigest = [u8; 32];

/// A call that the guard has admitted by a token with scope `S`. A route whose handler takes none is open to everybody.
pub struct Call<S: ScopeMarker> {
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    scope: PhantomData<S>,
}

impl<S: ScopeMarker> Call<S> {
    /// The application.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The application, for an answer that outlives its handler.
    #[must_use]
    pub fn shared_app(&self) -> web::Data<App> {
        self.app.clone()
    }

    /// The database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.app.db
    }

    /// Who calls.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The customer whose data the call reaches, where the route is about one customer's.
    pub fn customer_id(&self) -> Result<CustomerId, Refusal> {
        self.caller.customer_id()
    }

    /// The present instant, to the precision of the database.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.app.clock.now().trunc_subsecs(6)
    }

    /// Who acts, when, and on whose data: on its customer's where the client belongs to one, otherwise on everybody's.
    #[must_use]
    pub fn act(&self) -> Act {
        Act {
            actor: Actor::Client(self.caller.client_id().clone()),
            now: self.now(),
            customer_id: self.caller.token.customer_id,
            address: Some(RequestContext::of(&self.request).peer().nearest()),
        }
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> &HttpRequest {
        &self.request
    }

    /// Its header fields.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// Its query, without the question mark.
    #[must_use]
    pub fn query(&self) -> &str {
        self.request.query_string()
    }

    /// Reads from the database on one connection.
    pub async fn read<T, E: From<Failure>>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.app.db.read(work).await
    }

    /// Reads what was acknowledged, from a standby where one has kept up. `work` may run twice.
    pub async fn read_from_standby<T, E: From<Failure>>(
        &self,
        work: impl AsyncFnMut(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.app.db.read_from_standby(work).await
    }

    /// Changes the database in one statement, which is a transaction of its own: to begin and to commit one would be two
    /// questions to the database more.
    pub async fn change_in_one_statement<T, E: From<Failure>>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.app.db.change(work).await
    }

    /// Changes the database in one transaction; what that enqueued for webhooks is delivered at once.
    pub async fn change<T, E: From<Failure>>(
        &self,
        work: impl AsyncFnOnce(&mut PgTransaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        change(&self.app, work).await
    }
}

/// Changes the database in one transaction; what that enqueued for webhooks is delivered at once.
pub async fn change<T, E: From<Failure>>(
    app: &App,
    work: impl AsyncFnOnce(&mut PgTransaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let changed = app.db.transaction(work).await?;
    app.webhooks.wake();
    Ok(changed)
}

impl<S: ScopeMarker> FromRequest for Call<S> {
    type Error = RefusedIn<S::Dialect>;
    type Future = CallFuture<Self, Self::Error>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(app) = request.app_data::<web::Data<App>>().cloned() else {
            let missing = Failure::internal("the application state is missing");
            return CallFuture::Ready(ready(Err(Refusal::from(missing).into())));
        };
        let request = request.clone();
        let context = RequestContext::of(&request);
        let decided = admission::<S>(&app, &request, &context).decide_from_memory();
        let call = |app, request, caller| Self {
            app,
            request,
            caller,
            scope: PhantomData,
        };
        if let Some(decided) = decided {
            let decided = decided.map(|caller| call(app, request, caller));
            return CallFuture::Ready(ready(decided.map_err(RefusedIn::from)));
        }
        CallFuture::Waiting(Box::pin(async move {
            let caller = admission::<S>(&app, &request, &context).decide().await?;
            Ok(call(app, request, caller))
        }))
    }
}

fn admission<'a, S: ScopeMarker>(
    app: &'a App,
    request: &'a HttpRequest,
    context: &'a RequestContext,
) -> Admission<'a> {
    Admission {
        server: &app.oauth,
        request: request.head(),
        context,
        scope: Some(RequiredScope {
            scope: S::SCOPE,
            alternatives: S::ALTERNATIVES,
        }),
    }
}

/// Ready at once where all is in memory; otherwise waits for the database.
pub enum CallFuture<T, E> {
    /// Decided.
    Ready(Ready<Result<T, E>>),
    /// Waiting for the database.
    Waiting(Pin<Box<dyn Future<Output = Result<T, E>>>>),
}

impl<T, E> Future for CallFuture<T, E> {
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Ready(ready) => Pin::new(ready).poll(context),
            Self::Waiting(future) => future.as_mut().poll(context),
        }
    }
}

/// Why a JSON body is refused.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// The body cannot be read.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The body is not JSON, or not of the form that the route takes.
    #[error("the body is not valid: {0}")]
    Invalid(String),
}

/// The object that a JSON body of at most `max_bytes` is, and its digest.
pub async fn read_json<T: DeserializeOwned>(
    headers: &HeaderMap,
    payload: web::Payload,
    max_bytes: usize,
) -> Result<(T, BodyDigest), JsonError> {
    read_json_as(headers, payload, max_bytes, body::JSON).await
}

/// The same, of a body that may be of these media types.
pub async fn read_json_as<T: DeserializeOwned>(
    headers: &HeaderMap,
    payload: web::Payload,
    max_bytes: usize,
    types: JsonTypes,
) -> Result<(T, BodyDigest), JsonError> {
    let bytes = body::read_json_as(headers, payload.into_inner(), max_bytes, types).await?;
    Ok((parse_object(&bytes)?, digest_of(&bytes)))
}

/// The same, of a body that need not be there: without one, the default.
pub async fn read_json_or_nothing<T: DeserializeOwned + Default>(
    headers: &HeaderMap,
    payload: web::Payload,
    max_bytes: usize,
) -> Result<(T, BodyDigest), JsonError> {
    let bytes = body::read_json_or_nothing(headers, payload.into_inner(), max_bytes).await?;
    let object = match bytes.as_slice() {
        [] => T::default(),
        bytes => parse_object(bytes)?,
    };
    Ok((object, digest_of(&bytes)))
}

/// The object that a JSON body of at most `max_bytes` is, without its digest: for what is not remembered by idempotency
/// keys, because it changes nothing.
pub async fn read_question<T: DeserializeOwned>(
    headers: &HeaderMap,
    payload: web::Payload,
    max_bytes: usize,
) -> Result<T, JsonError> {
    let bytes = body::read_json(headers, payload.into_inner(), max_bytes).await?;
    parse_object(&bytes)
}

/// Parses the object that a body is.
fn parse_object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    // A derived `Deserialize` would also take an array of the members.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(JsonError::Invalid("it must be a JSON object".to_owned()));
    }
    // What is right has no path to be named, and keeping one costs as much as parsing.
    serde_json::from_slice(bytes).or_else(|_| parse_json(bytes))
}

/// Parses JSON; what is wrong with a member is said with its path.
fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let words = json_error(error.inner());
        // The path of the whole is a dot. Of a member that is unknown the words themselves have the name.
        let is_named = error.inner().is_data()
            && path != "."
            && path.len() <= MAX_PATH_BYTES
            && !words.contains(&format!("`{path}`"));
        JsonError::Invalid(if is_named {
            format!("{path}: {words}")
        } else {
            words
        })
    })?;
    deserializer
        .end()
        .map_err(|error| JsonError::Invalid(json_error(&error)))?;
    Ok(value)
}

/// The digest of a body that is read but ignored.
pub async fn read_nothing(
    headers: &HeaderMap,
    payload: web::Payload,
    max_bytes: usize,
) -> Result<BodyDigest, BodyError> {
    let bytes = body::read(headers, payload.into_inner(), max_bytes).await?;
    Ok(digest_of(&bytes))
}

/// The digest of a body.
#[must_use]
pub fn digest_of(bytes: &[u8]) -> BodyDigest {
    digest_bytes(&digest::digest(&digest::SHA256, bytes))
}

/// A SHA-256 digest as bytes.
#[must_use]
pub fn digest_bytes(digest: &digest::Digest) -> BodyDigest {
    let mut bytes = [0; 32];
    for (to, from) in bytes.iter_mut().zip(digest.as_ref()) {
        *to = *from;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[expect(dead_code, reason = "only whether it can be read matters")]
        count: u32,
        #[serde(default)]
        #[expect(dead_code, reason = "only whether it can be read matters")]
        names: Vec<String>,
    }

    #[test]
    fn what_is_wrong_with_json_is_said_with_the_name_of_the_member() {
        for (json, expected) in [
            (
                r#"{"count":"x"}"#,
                "count: invalid type: string \"x\", expected u32",
            ),
            (
                r#"{"count":1,"names":["a",2]}"#,
                "names[1]: invalid type: integer `2`",
            ),
            ("{}", "missing field `count`"),
            (r#"{"count":1,"other":2}"#, "unknown field `other`"),
            (r#"{"count":1"#, "EOF while parsing"),
            (r#"{"count":1} x"#, "trailing characters"),
        ] {
            let error = parse_json::<Body>(json.as_bytes()).unwrap_err().to_string();
            let words = error.strip_prefix("the body is not valid: ").unwrap();
            assert!(words.starts_with(expected), "{json}: {words}");
        }
    }
}
