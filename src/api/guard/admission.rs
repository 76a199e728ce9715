//! The checks of the guard (RFC 6750): token, scope, request limit, current user; no I/O where the client and the revoked
//! tokens are in memory.

use std::borrow::Cow;
use std::pin::pin;

use actix_web::dev::RequestHead;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};

use super::dialect::Dialect;
use super::refusal::Refusal;
use crate::clients::{CachedClient, Entitlement, Entitlements, Quota, Scope, ScopeSet};
use crate::ids::{ClientId, CustomerId};
use crate::oauth::limits::{CountedRequest, RateLimitState, RequestLimit};
use crate::oauth::token::Token;
use crate::oauth::{AuthorizationServer, InvalidToken, check_against, check_token};
use crate::telemetry::trace::{self, Attribute, InSpan, Kind};
use crate::text::EmailAddress;
use crate::wire::query;
use crate::wire::rate_limit::RateLimit;
use crate::wire::request_context::RequestContext;

/// The caller of an admitted request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The access token; of its scopes, those that its client still has.
    pub token: Token,
    /// The person for whom the call is made, by the rules of contract s3.
    pub current_user: Option<EmailAddress>,
    /// What its client may do with market data beyond its scopes; nothing without scope `emsi_open`.
    pub entitlements: Entitlements,
    /// How many normalizations its client may make.
    pub quota: Option<Quota>,
}

impl Caller {
    /// The calling client.
    #[must_use]
    pub fn client_id(&self) -> &ClientId {
        &self.token.client_id
    }

    /// Refuses who does not have the entitlement.
    pub fn require(&self, entitlement: Entitlement) -> Result<(), Refusal> {
        if self.entitlements.contains(entitlement) {
            Ok(())
        } else {
            Err(Refusal::MissingEntitlement(entitlement))
        }
    }

    /// The customer whose data the call reaches.
    pub fn customer_id(&self) -> Result<CustomerId, Refusal> {
        self.token.customer_id.ok_or(Refusal::NoCustomer)
    }
}

/// The scope that a route demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequiredScope {
    /// The scope of the API: what it counts requests by, and what a refusal names.
    pub scope: Scope,
    /// Scopes that open the route as well.
    pub alternatives: &'static [Scope],
}

impl From<Scope> for RequiredScope {
    fn from(scope: Scope) -> Self {
        Self {
            scope,
            alternatives: &[],
        }
    }
}

impl RequiredScope {
    /// The scopes that will do.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        std::iter::once(self.scope).chain(self.alternatives.iter().copied())
    }

    /// Whether one of the scopes that will do is in both sets.
    fn is_met(self, token: ScopeSet, client: ScopeSet) -> bool {
        let held = token.intersection(client);
        self.iter().any(|scope| held.contains(scope))
    }
}

/// The scope of a route as a type: which tokens it admits, and in which dialect it refuses the others.
pub trait ScopeMarker: 'static {
    /// The scope that a token must have.
    const SCOPE: Scope;
    /// Scopes that will do as well.
    const ALTERNATIVES: &'static [Scope] = &[];
    /// How the routes of this scope refuse.
    type Dialect: Dialect;
}

/// Decides whether one request is admitted.
#[derive(Clone, Copy)]
pub struct Admission<'a> {
    /// Where tokens are checked and requests are counted.
    pub server: &'a AuthorizationServer,
    /// The request.
    pub request: &'a RequestHead,
    /// Where the client and its request limit are noted, for log and headers.
    pub context: &'a RequestContext,
    /// The scope that the token must have; `None`: any token will do, and no limit counts it.
    pub scope: Option<RequiredScope>,
}

impl Admission<'_> {
    /// Makes all checks, and asks the database for what is not in memory.
    pub async fn decide(self) -> Result<Caller, Refusal> {
        let span = trace::child("guard", Kind::Internal);
        let decided = InSpan::new(span.clone(), pin!(self.decide_in_span())).await;
        if let Some(span) = span {
            for attribute in self.attributes(&decided) {
                span.set(attribute);
            }
            span.end();
        }
        decided
    }

    async fn decide_in_span(self) -> Result<Caller, Refusal> {
        if let Some(decided) = self.decide_at_once() {
            return decided;
        }
        let token = self.open_token()?;
        let client = check_token(self.server, &token).await?;
        if let Some(limit) = self.request_limit(&token, &client)? {
            self.note_count(self.server.limits.requests.count(limit).await)?;
        }
        self.conclude(token, &client)
    }

    /// Makes all checks without waiting; `None`: the client or the revoked tokens are not in memory, or the request is to be
    /// counted together with other replicas. Then nothing was counted.
    #[must_use]
    pub fn decide_from_memory(self) -> Option<Result<Caller, Refusal>> {
        let stopwatch = trace::stopwatch();
        let decided = self.decide_at_once()?;
        if let Some(stopwatch) = stopwatch {
            let attributes: Vec<_> = self.attributes(&decided).collect();
            stopwatch.record("guard", Kind::Internal, &attributes);
        }
        Some(decided)
    }

    /// What the guard's span says: the scope that is demanded, and why it refuses if it does.
    fn attributes(self, decided: &Result<Caller, Refusal>) -> impl Iterator<Item = Attribute<'static>> {
        let scope = self
            .scope
            .map(|required| Attribute::Scope(required.scope.as_str()));
        let refused = decided.as_ref().err();
        scope
            .into_iter()
            .chain(refused.map(|refusal| Attribute::Reason(refusal.reason())))
    }

    fn decide_at_once(self) -> Option<Result<Caller, Refusal>> {
        let token = match self.open_token() {
            Ok(token) => token,
            Err(refusal) => return Some(Err(refusal)),
        };
        let revocation = self.server.revocations.find(&token)?;
        let client = self.server.clients.peek(&token.client_id)?;
        self.server.clients.revalidate_if_old(&client);
        let now = match self.server.now() {
            Ok(now) => now,
            Err(failure) => return Some(Err(failure.into())),
        };
        let checked = check_against(&token, revocation, Some(&client), now);
        let decided = checked.map_err(Refusal::from).and_then(|client| {
            if let Some(limit) = self.request_limit(&token, client)? {
                let Some(counted) = self.server.limits.requests.count_in_memory(limit) else {
                    return Ok(None);
                };
                self.note_count(counted)?;
            }
            Ok(Some(client))
        });
        let decided = decided.transpose()?;
        Some(decided.and_then(|client| self.conclude(token, client)))
    }

    /// The token that the request presents. It opens, which says who calls; whether it is still valid is not checked yet.
    fn open_token(self) -> Result<Token, Refusal> {
        let text = presented_token(self.request)?;
        let token = Token::open(text, &self.server.ring, self.server.settings.issuer.as_str())?;
        self.context.note_client(&token.client_id);
        Ok(token)
    }

    /// The limit that the request counts against, if there is one and the token has the scope.
    fn request_limit<'a>(
        self,
        token: &'a Token,
        client: &CachedClient,
    ) -> Result<Option<RequestLimit<'a>>, Refusal> {
        let settings = &client.info.settings;
        let Some(required) = self.scope else {
            return Ok(None);
        };
        if !required.is_met(token.scopes, settings.scopes) {
            return Err(Refusal::InsufficientScope(required));
        }
        Ok(settings.requests_per_second.map(|rate| RequestLimit {
            client_id: &token.client_id,
            scope: required.scope,
            per_second: rate.per_second(),
        }))
    }

    fn note_count(self, counted: CountedRequest) -> Result<(), Refusal> {
        let state = counted.map_err(Refusal::RateLimitExceeded)?;
        self.context.note_rate_limit(remaining(state));
        Ok(())
    }

    /// What remains to be checked of a valid token with the scope.
    fn conclude(self, token: Token, client: &CachedClient) -> Result<Caller, Refusal> {
        self.check_network(client)?;
        let current_user = current_user(&self.request.headers, &token)?;
        let settings = &client.info.settings;
        let scopes = token.scopes.intersection(settings.scopes);
        let entitlements = if scopes.contains(Scope::EmsiOpen) {
            settings.entitlements
        } else {
            Entitlements::default()
        };
        Ok(Caller {
            token: Token { scopes, ..token },
            current_user,
            entitlements,
            quota: settings.quota,
        })
    }

    /// Refuses a token with scope `admin`, where that is what the route demands, outside of its client's networks.
    fn check_network(self, client: &CachedClient) -> Result<(), Refusal> {
        let is_admin = self.scope.is_some_and(|required| required.scope == Scope::Admin);
        let networks = &client.info.settings.admin_networks;
        if is_admin && !networks.contain(self.context.peer().caller()) {
            return Err(Refusal::OtherNetwork);
        }
        Ok(())
    }
}

/// What is left of a client's request limit, for the response.
fn remaining(state: RateLimitState) -> RateLimit {
    RateLimit {
        name: "requests",
        quota: state.quota,
        window_seconds: 1,
        remaining: state.remaining,
        retry_after: None,
    }
}

/// The token of the `Authorization` header (s2.1), the only way that is offered.
pub(super) fn presented_token(request: &RequestHead) -> Result<&str, Refusal> {
    let query = request.uri.query().unwrap_or_default();
    if query::names(query).any(|name| name == "access_token") {
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

/// The header in which Talentsoft names the current user (contract s3).
const CURRENT_USER_HEADER: &str = "x-current-user";

/// The rules of contract s3.
fn current_user(headers: &HeaderMap, token: &Token) -> Result<Option<EmailAddress>, Refusal> {
    let mut values = headers.get_all(CURRENT_USER_HEADER);
    let named = match (values.next(), values.next()) {
        (None, _) => return Ok(token.user().cloned()),
        (Some(value), None) => header_text(value.as_bytes()).parse().ok(),
        (Some(_), Some(_)) => None,
    };
    let named: EmailAddress = named.ok_or(Refusal::InvalidCurrentUser)?;
    match token.user() {
        Some(user) if *user != named => Err(Refusal::OtherUser),
        Some(user) => Ok(Some(user.clone())),
        None => Ok(Some(named)),
    }
}

/// The text of a header field's value: UTF-8, or else Latin-1, in which .NET, axios and requests send what is in it. An
/// address in Latin-1 with a letter beyond ASCII is hardly ever valid UTF-8 (RFC 9110 s5.5 leaves it open).
fn header_text(value: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(value) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(value.iter().copied().map(char::from).collect()),
    }
}

#[cfg(test)]
#[path = "admission_tests.rs"]
mod tests;
