//! The guard of the resource routes (RFC 6750): token, scope, current user; no I/O where client and revoked tokens are in
//! memory.

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::dev::{Payload, RequestHead};
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpRequest, web};

use crate::app::App;
use crate::clients::{CachedClient, Scope};
use crate::error::Failure;
use crate::ids::{ClientId, CustomerId};
use crate::oauth::limits::{RateLimitExceeded, RateLimitState};
use crate::oauth::token::{MalformedToken, Token};
use crate::oauth::{InvalidToken, TokenCheckError, check_against, check_token};
use crate::text::EmailAddress;
use crate::wire::request_log::RequestContext;

/// Why a call is not let in.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No token at all.
    #[error("This resource needs an access token: Authorization: Bearer <access_token>.")]
    NoToken,
    /// The token came in a way that is not offered, or more than once.
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// The token is not, or no longer, good: the wire does not say why.
    #[error("The access token is malformed, expired, revoked or of another service.")]
    InvalidToken(InvalidToken),
    /// The token is good, but not for this.
    #[error("The access token does not have the scope that this resource needs.")]
    InsufficientScope(Scope),
    /// X-Current-User is not one well-formed address.
    #[error("X-Current-User must be sent once, with one email address of at most 254 bytes.")]
    InvalidCurrentUser,
    /// X-Current-User is not the user of the token.
    #[error("X-Current-User is not the user that the access token was issued for.")]
    OtherUser,
    /// The client belongs to no customer, so it has no data here.
    #[error("This client belongs to no customer.")]
    NoCustomer,
    /// More requests than the client may make.
    #[error("This client makes more requests than it may.")]
    RateLimitExceeded(RateLimitExceeded),
    /// Ours.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl Refusal {
    /// A short name, for metrics and logs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoToken => "token_missing",
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidToken(InvalidToken::Malformed) => "token_malformed",
            Self::InvalidToken(InvalidToken::Expired) => "token_expired",
            Self::InvalidToken(InvalidToken::Revoked) => "token_revoked",
            Self::InvalidToken(InvalidToken::ClientDisabled) => "client_disabled",
            Self::InvalidToken(InvalidToken::ClientRevoked) => "client_tokens_revoked",
            Self::InsufficientScope(_) => "insufficient_scope",
            Self::InvalidCurrentUser => "current_user_invalid",
            Self::OtherUser => "current_user_other",
            Self::NoCustomer => "no_customer",
            Self::RateLimitExceeded(_) => "over_limit",
            Self::Failure(Failure::Unavailable(_)) => "unavailable",
            Self::Failure(Failure::Internal(_)) => "internal",
        }
    }
}

impl Refusal {
    /// Leaves in the metrics and in the request's log line why it was refused.
    pub fn note(&self, app: &App, trace: &RequestContext) {
        match self {
            Self::Failure(failure) => trace.note_failure(failure),
            other => trace.note_reason(other.reason()),
        }
        app.metrics.count_refusal(self.reason());
    }
}

impl From<TokenCheckError> for Refusal {
    fn from(invalid: TokenCheckError) -> Self {
        match invalid {
            TokenCheckError::Invalid(flaw) => Self::InvalidToken(flaw),
            TokenCheckError::Failure(failure) => Self::Failure(failure),
        }
    }
}

impl From<MalformedToken> for Refusal {
    fn from(_: MalformedToken) -> Self {
        Self::InvalidToken(InvalidToken::Malformed)
    }
}

/// A call that the guard let in.
#[derive(Clone, Debug)]
pub struct Guarded {
    /// The token.
    pub token: Token,
    /// The person for whom the call is made, by the rules of contract s3.
    pub current_user: Option<EmailAddress>,
    /// Where the client stands in its request limit, if it has one.
    pub standing: Option<RateLimitState>,
}

impl Guarded {
    /// The calling client.
    #[must_use]
    pub fn client_id(&self) -> &ClientId {
        &self.token.client_id
    }

    /// The customer whose data the call reaches.
    pub fn customer_id(&self) -> Result<CustomerId, Refusal> {
        self.token.customer_id.ok_or(Refusal::NoCustomer)
    }
}

/// A scope as a type, for [`Access`].
pub trait ScopeMarker: 'static {
    /// The scope it stands for.
    const SCOPE: Scope;
}

/// Proof that the call was let in with scope `S`. A route without one in its arguments is open to everybody.
pub struct Access<S: ScopeMarker> {
    /// The call.
    pub call: Guarded,
    scope: PhantomData<S>,
}

impl<S: ScopeMarker> std::ops::Deref for Access<S> {
    type Target = Guarded;

    fn deref(&self) -> &Guarded {
        &self.call
    }
}

impl<S: ScopeMarker> FromRequest for Access<S> {
    type Error = Refusal;
    type Future = AccessFuture<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let wrap = |call| Self {
            call,
            scope: PhantomData,
        };
        let Some(app) = request.app_data::<web::Data<App>>() else {
            let missing = Failure::internal("the application state is missing");
            return AccessFuture::Ready(ready(Err(missing.into())));
        };
        let trace = RequestContext::of(request);
        if let Some(result) = admit_at_once(app, request.head(), &trace, Some(S::SCOPE)) {
            let result = result.inspect_err(|refusal| refusal.note(app, &trace));
            return AccessFuture::Ready(ready(result.map(wrap)));
        }
        let (app, request) = (app.clone(), request.clone());
        AccessFuture::Waiting(Box::pin(async move {
            let result = admit(&app, request.head(), &trace, Some(S::SCOPE)).await;
            result.map(wrap).inspect_err(|refusal| refusal.note(&app, &trace))
        }))
    }
}

/// Ready at once where all is in memory; otherwise waits for the database.
pub enum AccessFuture<T> {
    /// Decided.
    Ready(Ready<Result<T, Refusal>>),
    /// Waiting for the database.
    Waiting(Pin<Box<dyn Future<Output = Result<T, Refusal>>>>),
}

impl<T> Future for AccessFuture<T> {
    type Output = Result<T, Refusal>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Ready(ready) => Pin::new(ready).poll(context),
            Self::Waiting(future) => future.as_mut().poll(context),
        }
    }
}

/// Checks a request: its token, then the scope if one is demanded, then the current user.
pub async fn admit(
    app: &web::Data<App>,
    request: &RequestHead,
    trace: &RequestContext,
    scope: Option<Scope>,
) -> Result<Guarded, Refusal> {
    if let Some(result) = admit_at_once(app, request, trace, scope) {
        return result;
    }
    let token = open_token(app, request, trace)?;
    let client = check_token(app, &token).await?;
    conclude(app, &request.headers, token, &client, scope)
}

/// The same where client and revoked tokens are in memory, without waiting; `None`: they are not, and nothing was counted.
#[must_use]
pub fn admit_at_once(
    app: &web::Data<App>,
    request: &RequestHead,
    trace: &RequestContext,
    scope: Option<Scope>,
) -> Option<Result<Guarded, Refusal>> {
    let token = match open_token(app, request, trace) {
        Ok(token) => token,
        Err(refusal) => return Some(Err(refusal)),
    };
    let revocation = app.revocations.recall(&token)?;
    let client = app.clients.peek(&token.client_id)?;
    if app.clients.claim_check(&client) {
        App::check_behind(app.clone().into_inner(), token.client_id.clone());
    }
    let checked = check_against(app, &token, revocation, Some(&client));
    Some(
        checked
            .map_err(Refusal::from)
            .and_then(|client| conclude(app, &request.headers, token, client, scope)),
    )
}

/// The token that a request presents; it says who calls, and nothing else yet.
fn open_token(app: &App, request: &RequestHead, trace: &RequestContext) -> Result<Token, Refusal> {
    let text = presented_token(request)?;
    let token = Token::open(text, &app.ring, &app.service.issuer)?;
    trace.note_client(&token.client_id);
    Ok(token)
}

/// What remains to be checked of a good token.
fn conclude(
    app: &App,
    headers: &HeaderMap,
    token: Token,
    client: &CachedClient,
    scope: Option<Scope>,
) -> Result<Guarded, Refusal> {
    let mut standing = None;
    if let Some(scope) = scope {
        if !token.scopes.contains(scope) || !client.info.settings.scopes.contains(scope) {
            return Err(Refusal::InsufficientScope(scope));
        }
        let per_second = client
            .info
            .settings
            .requests_per_second
            .and_then(|rate| u32::try_from(rate).ok());
        if let Some(per_second) = per_second.and_then(NonZeroU32::new) {
            let counted = app.limits.count_request(&token.client_id, scope, per_second);
            standing = Some(counted.map_err(Refusal::RateLimitExceeded)?);
        }
    }
    let current_user = current_user(headers, &token)?;
    let scopes = token.scopes.intersection(client.info.settings.scopes);
    Ok(Guarded {
        token: Token { scopes, ..token },
        current_user,
        standing,
    })
}

/// The token of the `Authorization` header (s2.1), the only way that is offered.
pub(super) fn presented_token(request: &RequestHead) -> Result<&str, Refusal> {
    if has_query_parameter(request.uri.query().unwrap_or_default(), "access_token") {
        return Err(Refusal::InvalidRequest(
            "Send the access token in the Authorization header, never in the URL.",
        ));
    }
    let mut values = request.headers.get_all(AUTHORIZATION);
    let value = values.next().ok_or(Refusal::NoToken)?;
    if values.next().is_some() {
        return Err(Refusal::InvalidRequest("Send one Authorization header only."));
    }
    // Not `to_str`, which looks at each byte: what no token consists of does not open anyway.
    let value =
        std::str::from_utf8(value.as_bytes()).map_err(|_| Refusal::InvalidToken(InvalidToken::Malformed))?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(Refusal::NoToken);
    }
    let token = token.trim_matches(' ');
    if token.is_empty() {
        return Err(Refusal::InvalidRequest(
            "The Authorization header has no access token after Bearer.",
        ));
    }
    Ok(token)
}

fn has_query_parameter(query: &str, name: &str) -> bool {
    !query.is_empty() && url::form_urlencoded::parse(query.as_bytes()).any(|(key, _)| key == name)
}

/// The header in which Talentsoft names the current user (contract s3).
const CURRENT_USER_HEADER: &str = "x-current-user";

/// The rules of contract s3.
fn current_user(headers: &HeaderMap, token: &Token) -> Result<Option<EmailAddress>, Refusal> {
    let mut values = headers.get_all(CURRENT_USER_HEADER);
    let named = match (values.next(), values.next()) {
        (None, _) => return Ok(token.user().cloned()),
        // A comma is what a proxy puts between two such headers.
        (Some(value), None) if value.as_bytes().contains(&b',') => None,
        (Some(value), None) => std::str::from_utf8(value.as_bytes())
            .ok()
            .and_then(|text| text.parse().ok()),
        (Some(_), Some(_)) => None,
    };
    let named: EmailAddress = named.ok_or(Refusal::InvalidCurrentUser)?;
    match token.user() {
        Some(user) if *user != named => Err(Refusal::OtherUser),
        Some(user) => Ok(Some(user.clone())),
        None => Ok(Some(named)),
    }
}

#[cfg(test)]
#[path = "bearer_tests.rs"]
mod tests;
