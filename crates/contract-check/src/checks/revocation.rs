//! `POST /revoke` (RFC 7009), if the partner offers it.

use std::rc::Rc;
use std::time::Duration;

use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::time::sleep;

use super::expect::{is_absent, oauth_error, refused, status_in, success};
use crate::check::{Check, Level};
use crate::http::{Request, Response};
use crate::not_passed::{NotPassed, blocked_by, failed, require};
use crate::random::random_secret;
use crate::session::Session;

/// How often a revoked token is tried before it counts as still valid. Other instances of the service may need some time
/// to learn of the revocation.
const ATTEMPTS: u32 = 6;
const PAUSE_BETWEEN_ATTEMPTS: Duration = Duration::from_millis(500);

/// The checks.
pub const CHECKS: &[Check] = &[
    Check {
        id: "revocation.offered",
        level: Level::Optional,
        rule: "R52",
        expects: "POST /revoke, or the revocation_endpoint of the metadata, accepts a token.",
        why: "Talentsoft can revoke a token that it no longer needs, or that has leaked.",
        fix: "No fix is needed, because the contract does not require it.",
        run: |session| Box::pin(offered(session)),
    },
    Check {
        id: "revocation.effect",
        level: Level::Required,
        rule: "R54, R55",
        expects: "A revoked token is refused from then on.",
        why: "A client that revokes a token relies on it being invalid.",
        fix: "Look up revoked tokens on every call, on every instance.",
        run: |session| Box::pin(effect(session)),
    },
    Check {
        id: "revocation.unknown-token",
        level: Level::Required,
        rule: "R54",
        expects: "The response to an unknown token is 200 as well.",
        why: "The token is already invalid, as the client wants; an error would only disclose which tokens exist.",
        fix: "Return 200 if the token is unknown, expired or revoked.",
        run: |session| {
            Box::pin(async {
                offered(session).await?;
                success(&*revoke(session, random_secret().expose_secret(), &[]).await?)
            })
        },
    },
    Check {
        id: "revocation.unknown-hint",
        level: Level::Required,
        rule: "R52",
        expects: "An unknown token_type_hint is ignored.",
        why: "The hint only helps to find the token.",
        fix: "Search all types of tokens, whatever the hint.",
        run: |session| {
            Box::pin(async {
                offered(session).await?;
                let token = session.separate_token().await?;
                let hint = [("token_type_hint", "talentsoft-partner-check")];
                success(&*revoke(session, &token, &hint).await?)
            })
        },
    },
    Check {
        id: "revocation.no-token",
        level: Level::Required,
        rule: "R52",
        expects: "The response to a request without token is 400 with error invalid_request.",
        why: "A required parameter is missing, and the client must not believe that a token was revoked.",
        fix: "Return invalid_request if token is absent.",
        run: |session| {
            Box::pin(async {
                offered(session).await?;
                let request = endpoint(session).await?.form(&credentials(session));
                oauth_error(&*session.http.send(request).await?, &[400], &["invalid_request"])
            })
        },
    },
    Check {
        id: "revocation.unauthenticated",
        level: Level::Required,
        rule: "R53",
        expects: "A request without client credentials is refused, and the token stays valid.",
        why: "Otherwise anybody who sees a token can revoke it.",
        fix: "Authenticate the client before looking at the token.",
        run: |session| Box::pin(unauthenticated(session)),
    },
];

fn credentials(session: &Session) -> [(&str, &str); 2] {
    [
        ("client_id", session.plan.client_id.as_str()),
        ("client_secret", session.plan.secret.expose_secret()),
    ]
}

/// A request to the endpoint in the metadata if it is at the origin of the API, otherwise to `/revoke`.
async fn endpoint(session: &Session) -> Result<Request, NotPassed> {
    let metadata = session.metadata_response().await;
    session.http.take_exchanges();
    let path = metadata.ok().and_then(|response| {
        let document: Value = response.json().ok()?;
        let issuer = document.get("issuer").and_then(Value::as_str).unwrap_or_default();
        let endpoint = document.get("revocation_endpoint")?.as_str()?;
        let public_urls: Vec<&str> = [issuer, session.plan.audience.as_str()]
            .into_iter()
            .filter(|url| !url.is_empty())
            .collect();
        session.plan.url.path_of(endpoint, &public_urls)
    });
    Ok(match path {
        Some(path) => Request::new(Method::POST, path),
        None => session.request(Method::POST, "/revoke"),
    })
}

async fn revoke(session: &Session, token: &str, more: &[(&str, &str)]) -> Result<Rc<Response>, NotPassed> {
    let form = [&credentials(session)[..], &[("token", token)], more].concat();
    session.http.send(endpoint(session).await?.form(&form)).await
}

/// The partner serves the endpoint. The token that the request revokes was never issued.
async fn offered(session: &Session) -> Result<(), NotPassed> {
    session.token().await?;
    let response = revoke(session, random_secret().expose_secret(), &[]).await?;
    if is_absent(&response) {
        return Err(NotPassed::NotOffered(format!(
            "there is no revocation endpoint ({}), which the contract allows",
            response.status
        )));
    }
    Ok(())
}

async fn effect(session: &Session) -> Result<(), NotPassed> {
    offered(session).await?;
    let token = session.separate_token().await?;
    let read = async || {
        let request = session.resource_request().await?.bearer(&token);
        session.http.send(request).await
    };
    success(&*read().await?).map_err(|_| blocked_by("bearer.accepted"))?;
    status_in(&*revoke(session, &token, &[]).await?, &[200])?;
    for attempt in 1..=ATTEMPTS {
        if refused(&*read().await?).is_ok() {
            return Ok(());
        }
        if attempt < ATTEMPTS {
            sleep(PAUSE_BETWEEN_ATTEMPTS).await;
        }
    }
    failed("the token is still accepted after it was revoked")
}

async fn unauthenticated(session: &Session) -> Result<(), NotPassed> {
    offered(session).await?;
    let token = session.separate_token().await?;
    let request = endpoint(session).await?.form(&[("token", token.as_str())]);
    refused(&*session.http.send(request).await?)?;
    let request = session.resource_request().await?.bearer(&token);
    let response = session.http.send(request).await?;
    require(response.is_success(), || {
        "the request was refused, but the token was revoked".to_owned()
    })
}
