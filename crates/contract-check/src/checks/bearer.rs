//! Access tokens in requests to the API (RFC 6750; contract s3).

use std::rc::Rc;

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use secrecy::ExposeSecret;

use super::expect::{allowed_characters, challenged, refused, status_in, success};
use crate::check::{Check, Level};
use crate::http::{Challenge, Response};
use crate::not_passed::{NotPassed, blocked_by, failed};
use crate::random::random_secret;
use crate::session::{RESOURCES, Session};

/// The checks.
pub const CHECKS: &[Check] = &[
    Check {
        id: "bearer.accepted",
        level: Level::Required,
        rule: "contract s3, R19",
        expects: "A token gives access to GET /videos/campaigns or GET /assessments/campaigns.",
        why: "This is what tokens are for: a partner serves at least one of the two.",
        fix: "Serve the call below the base URL given to Talentsoft, and accept Authorization: Bearer with a token from /token.",
        run: |session| Box::pin(accepted(session)),
    },
    Check {
        id: "bearer.scheme-case",
        level: Level::Required,
        rule: "R19",
        expects: "The scheme is accepted in any case: bearer, BEARER.",
        why: "token_type is bearer in lower case, and some clients use it as the scheme.",
        fix: "Compare the scheme without regard to case.",
        run: |session| Box::pin(scheme_case(session)),
    },
    Check {
        id: "bearer.no-token",
        level: Level::Required,
        rule: "R21, R75",
        expects: "The response to a request for campaigns without a token is 401 with WWW-Authenticate: Bearer.",
        why: "The API holds data of candidates and recruiters.",
        fix: "Require a token on every route of the API, and send the challenge with 401.",
        run: |session| Box::pin(no_token(session)),
    },
    Check {
        id: "bearer.no-token-no-error",
        level: Level::Recommended,
        rule: "R21",
        expects: "The challenge for a request without a token has no error.",
        why: "The request had no token that could be invalid.",
        fix: "If the request has no credentials, return only WWW-Authenticate: Bearer realm=\"…\".",
        run: |session| Box::pin(no_error(session)),
    },
    Check {
        id: "bearer.invalid-token",
        level: Level::Required,
        rule: "R21, R22",
        expects: "The response to an unknown token is 401 with WWW-Authenticate: Bearer.",
        why: "It tells Talentsoft to request a new token.",
        fix: "Return 401 with the challenge for every invalid token.",
        run: |session| {
            Box::pin(async { challenged(&*with_unknown_token(session).await?, "Bearer").map(drop) })
        },
    },
    Check {
        id: "bearer.invalid-token-error",
        level: Level::Recommended,
        rule: "R22",
        expects: "The challenge for an unknown token has error=\"invalid_token\".",
        why: "It tells the client that a new token will help.",
        fix: "Add error=\"invalid_token\" to the challenge.",
        run: |session| Box::pin(invalid_token_error(session)),
    },
    Check {
        id: "bearer.challenge",
        level: Level::Required,
        rule: "R23",
        expects: "A challenge has each parameter at most once, and error and error_description have only the characters that RFC 6750 allows.",
        why: "Parsers disagree about anything else.",
        fix: "Write each parameter once, with fixed texts.",
        run: |session| Box::pin(challenge(session)),
    },
    Check {
        id: "bearer.changed-token",
        level: Level::Required,
        rule: "R16, R22",
        expects: "A valid token with one character changed is refused.",
        why: "If a token can be changed, it can be made to name another client or user.",
        fix: "Look up or verify the whole token.",
        run: |session| Box::pin(changed_token(session)),
    },
    Check {
        id: "bearer.empty-token",
        level: Level::Required,
        rule: "R22",
        expects: "The response to Authorization: Bearer without a token is 400 or 401.",
        why: "Looking up an empty token must neither succeed nor cause an error of the server.",
        fix: "Treat it like a missing or malformed token.",
        run: |session| {
            Box::pin(async {
                let request = session.resource_request().await?.header(AUTHORIZATION, "Bearer");
                let response = session.http.send(request).await?;
                refused(&response)?;
                status_in(&response, &[400, 401])
            })
        },
    },
    Check {
        id: "bearer.long-token",
        level: Level::Recommended,
        rule: "R22",
        expects: "A token of 16 KiB is refused, and not with 5xx.",
        why: "Anybody can send one.",
        fix: "Limit the length of the header or of the token before looking it up.",
        run: |session| {
            Box::pin(async {
                let request = session.resource_request().await?;
                let token = "x".repeat(16 * 1024);
                refused(&*session.http.send(request.bearer(&token)).await?)
            })
        },
    },
    Check {
        id: "bearer.two-headers",
        level: Level::Recommended,
        rule: "R20",
        expects: "A request with two Authorization headers is refused.",
        why: "A proxy may evaluate one of them and the service the other.",
        fix: "Refuse a request with more than one Authorization header.",
        run: |session| Box::pin(two_headers(session)),
    },
    Check {
        id: "bearer.two-ways",
        level: Level::Recommended,
        rule: "R20",
        expects: "A request with a token in the header and another in the URL is refused.",
        why: "If the two disagree, it is not clear whose request it is.",
        fix: "Refuse a request whose URL has access_token.",
        run: |session| Box::pin(two_ways(session)),
    },
    Check {
        id: "bearer.query",
        level: Level::Recommended,
        rule: "R20, R24",
        expects: "A token in the URL alone is not accepted. (The check uses a token that it has requested for this purpose only.)",
        why: "URLs end up in logs, browser histories and Referer headers.",
        fix: "Accept tokens in the Authorization header only.",
        run: |session| {
            Box::pin(async {
                let token = session.separate_token().await?;
                let request = session.resource_request().await?;
                let query = format!("access_token={token}");
                refused(&*session.http.send(request.query(&query)).await?)
            })
        },
    },
];

async fn accepted(session: &Session) -> Result<(), NotPassed> {
    let response = session.find_resource().await?;
    if response.status == 404 {
        return failed("both /videos/campaigns and /assessments/campaigns are 404");
    }
    success(&response)
}

async fn scheme_case(session: &Session) -> Result<(), NotPassed> {
    let token = session.token().await?;
    for scheme in ["bearer", "BEARER"] {
        let request = session.resource_request().await?.authorization(scheme, &token);
        success(&*session.http.send(request).await?)?;
    }
    Ok(())
}

async fn no_token(session: &Session) -> Result<(), NotPassed> {
    session.resource_request().await?;
    for path in RESOURCES {
        let response = session.http.send(session.request(Method::GET, path)).await?;
        if response.status != 404 {
            challenged(&response, "Bearer")?;
        }
    }
    Ok(())
}

async fn no_error(session: &Session) -> Result<(), NotPassed> {
    let response = session.http.send(session.resource_request().await?).await?;
    let challenge = bearer_challenge(&response, "bearer.no-token")?;
    match challenge.get("error") {
        None => Ok(()),
        Some(error) => failed(format!("error is {error} in the challenge")),
    }
}

/// The response to a request with a token that was never issued.
async fn with_unknown_token(session: &Session) -> Result<Rc<Response>, NotPassed> {
    let request = session.resource_request().await?;
    let token = random_secret();
    session.http.send(request.bearer(token.expose_secret())).await
}

/// The Bearer challenge of a response. If there is none, the check `id` reports it.
fn bearer_challenge(response: &Response, id: &str) -> Result<Challenge, NotPassed> {
    Challenge::find(&response.header(&WWW_AUTHENTICATE), "Bearer").ok_or_else(|| blocked_by(id))
}

async fn invalid_token_error(session: &Session) -> Result<(), NotPassed> {
    let response = with_unknown_token(session).await?;
    let challenge = bearer_challenge(&response, "bearer.invalid-token")?;
    match challenge.get("error") {
        Some("invalid_token") => Ok(()),
        other => failed(format!("error is {} in the challenge", other.unwrap_or("absent"))),
    }
}

async fn challenge(session: &Session) -> Result<(), NotPassed> {
    let response = with_unknown_token(session).await?;
    let challenge = bearer_challenge(&response, "bearer.invalid-token")?;
    if let Some(name) = challenge.repeated_parameter() {
        return failed(format!("{name} occurs more than once in the challenge"));
    }
    for name in ["error", "error_description"] {
        allowed_characters(name, challenge.get(name).unwrap_or_default())?;
    }
    Ok(())
}

async fn changed_token(session: &Session) -> Result<(), NotPassed> {
    let token = session.token().await?;
    // The last character of base64url may have bits that are ignored, so the one in the middle is changed.
    let middle = token.chars().count() / 2;
    let changed: String = token
        .chars()
        .enumerate()
        .map(|(at, c)| match c {
            'A' if at == middle => 'B',
            _ if at == middle => 'A',
            other => other,
        })
        .collect();
    let request = session.resource_request().await?.bearer(&changed);
    refused(&*session.http.send(request).await?)
}

async fn two_headers(session: &Session) -> Result<(), NotPassed> {
    let token = session.token().await?;
    let other = random_secret();
    let request = session
        .resource_request()
        .await?
        .bearer(&token)
        .bearer(other.expose_secret());
    refused(&*session.http.send(request).await?)
}

async fn two_ways(session: &Session) -> Result<(), NotPassed> {
    let token = session.token().await?;
    let query = format!("access_token={}", random_secret().expose_secret());
    let request = session.resource_request().await?.query(&query).bearer(&token);
    let response = session.http.send(request).await?;
    if response.is_success() {
        return failed("the token in the URL was ignored");
    }
    refused(&response)
}
