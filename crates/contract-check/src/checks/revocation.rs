//! `POST /revoke` (RFC 7009), where a partner offers it.

use std::time::Duration;

use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::time::sleep;

use super::expect::{is_missing, oauth_error, refused, success};
use crate::check::{Check, Level};
use crate::http::Fetched;
use crate::http::Request;
use crate::not_passed::{Otherwise, Verdict, failed, require, see};
use crate::random::wrong_secret;
use crate::session::Session;

/// How often a revoked token is tried until it is refused, and how long between: other instances must hear of it.
const TRIES: u32 = 6;
const BETWEEN_TRIES: Duration = Duration::from_millis(500);

/// The checks.
pub const CHECKS: &[Check] = &[
    Check {
        id: "revocation.offered",
        level: Level::Optional,
        rule: "R52",
        expects: "POST /revoke, or the revocation_endpoint of the metadata, takes a token.",
        why: "Talentsoft can end a token that it does not need any more, or that leaked.",
        mend: "Nothing has to be done: the contract does not ask for it.",
        run: |session| Box::pin(async { offered(session).await.map(drop) }),
    },
    Check {
        id: "revocation.effect",
        level: Level::Required,
        rule: "R54, R55",
        expects: "A revoked token is refused from then on.",
        why: "Who revokes a token relies on its being over.",
        mend: "Look revoked tokens up at every call, on every instance.",
        run: |session| Box::pin(effect(session)),
    },
    Check {
        id: "revocation.unknown-token",
        level: Level::Required,
        rule: "R54",
        expects: "A token that nobody issued is answered with 200 as well.",
        why: "What the client wants is so already; an error would only tell which tokens exist.",
        mend: "Answer 200 where the token is unknown, expired or revoked.",
        run: |session| {
            Box::pin(async {
                offered(session).await?;
                success(&*revoke(session, wrong_secret().expose_secret(), &[]).await?)
            })
        },
    },
    Check {
        id: "revocation.unknown-hint",
        level: Level::Required,
        rule: "R52",
        expects: "A token_type_hint that means nothing is ignored.",
        why: "The hint only helps to find the token.",
        mend: "Search all kinds of tokens, whatever the hint.",
        run: |session| {
            Box::pin(async {
                offered(session).await?;
                let token = session.own_token().await?;
                let hint = [("token_type_hint", "talentsoft-partner-check")];
                success(&*revoke(session, &token, &hint).await?)
            })
        },
    },
    Check {
        id: "revocation.no-token",
        level: Level::Required,
        rule: "R52",
        expects: "A request without token is 400 with error invalid_request.",
        why: "A required parameter is missing, and the client should not believe that a token is over.",
        mend: "Answer invalid_request where token is absent.",
        run: |session| {
            Box::pin(async {
                offered(session).await?;
                let request = endpoint(session).await?.form(&credentials(session));
                oauth_error(
                    &*session.caller.send(request).await?,
                    &[400],
                    &["invalid_request"],
                )
            })
        },
    },
    Check {
        id: "revocation.unauthenticated",
        level: Level::Required,
        rule: "R53",
        expects: "Without client credentials nothing is revoked: the request is refused, and the token stays good.",
        why: "Otherwise whoever sees a token can end it.",
        mend: "Authenticate the client before you look at the token.",
        run: |session| Box::pin(unauthenticated(session)),
    },
];

fn credentials(session: &Session) -> [(&str, &str); 2] {
    [
        ("client_id", session.plan.client_id.as_str()),
        ("client_secret", session.plan.secret.expose_secret()),
    ]
}

/// The endpoint that the metadata names, where it is at this origin; else `/revoke`.
async fn endpoint(session: &Session) -> Result<Request, Otherwise> {
    let metadata = session.metadata_answer().await;
    session.caller.take_exchanges();
    let named = metadata.ok().and_then(|answer| {
        let body: Value = answer.json().ok()?;
        let issuer = body.get("issuer").and_then(Value::as_str).unwrap_or_default();
        let endpoint = body.get("revocation_endpoint")?.as_str()?;
        let names = [issuer, session.plan.audience.as_str()];
        let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
        session.plan.url.path_of(endpoint, &names)
    });
    Ok(match named {
        Some(path) => Request::new(Method::POST, path),
        None => session.request(Method::POST, "/revoke"),
    })
}

async fn revoke(session: &Session, token: &str, more: &[(&str, &str)]) -> Fetched {
    let form = [&credentials(session)[..], &[("token", token)], more].concat();
    session.caller.send(endpoint(session).await?.form(&form)).await
}

/// Whether the endpoint is there.
async fn offered(session: &Session) -> Result<(), Otherwise> {
    session.token().await?;
    // Nobody has this token, so nothing is revoked.
    let answer = revoke(session, wrong_secret().expose_secret(), &[]).await?;
    if is_missing(&answer) {
        return Err(Otherwise::NotOffered(format!(
            "there is no revocation endpoint ({}), and the contract does not ask for one",
            answer.status
        )));
    }
    Ok(())
}

async fn effect(session: &Session) -> Verdict {
    offered(session).await?;
    let token = session.own_token().await?;
    let read = async || {
        let request = session.protected().await?.bearer(&token);
        session.caller.send(request).await
    };
    success(&*read().await?).map_err(|_| see("bearer.accepted"))?;
    let answer = revoke(session, &token, &[]).await?;
    require(answer.status == 200, || {
        format!("it was answered {} instead of 200", answer.brief())
    })?;
    for attempt in 1..=TRIES {
        if refused(&*read().await?).is_ok() {
            return Ok(());
        }
        if attempt < TRIES {
            sleep(BETWEEN_TRIES).await;
        }
    }
    failed("the token is still accepted")
}

async fn unauthenticated(session: &Session) -> Verdict {
    offered(session).await?;
    let token = session.own_token().await?;
    let request = endpoint(session).await?.form(&[("token", token.as_str())]);
    refused(&*session.caller.send(request).await?)?;
    let request = session.protected().await?.bearer(&token);
    let answer = session.caller.send(request).await?;
    require(answer.is_success(), || {
        "the request was refused, and the token is over all the same".to_owned()
    })
}
