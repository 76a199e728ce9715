//! `POST /token` for a user: the response to a valid assertion, and to what is sent with it or after it (contract s2.2;
//! RFC 7523).

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::expect::{
    json_media_type, no_refresh_token, no_store, oauth_error, pragma_no_cache, refused, token_issued,
};
use crate::assertion::{Assertion, AssertionBuilder};
use crate::check::{Check, Level};
use crate::not_passed::{NotPassed, blocked_by, failed, require};
use crate::random::{random_id, random_secret};
use crate::session::{JWT_BEARER, Session};

/// An hour in seconds, the unit of the times in an assertion.
pub const HOUR: i64 = 3600;

/// The checks.
pub const CHECKS: &[Check] = &[
    Check {
        id: "assertion.accepted",
        level: Level::Required,
        rule: "contract s2.2, R25, R37",
        expects: "A valid assertion gets a token without client credentials. A partner may leave out the grant; it then returns unsupported_grant_type.",
        why: "This is how Talentsoft calls on behalf of a recruiter.",
        fix: "Use the text of the secret as the HMAC key, neither hex- nor base64-decoded. Accept the API's base URL (--audience) as aud and the client_id as iss. The user of --user must exist on your side.",
        run: |session| Box::pin(accepted(session)),
    },
    Check {
        id: "assertion.response",
        level: Level::Required,
        rule: "contract s2.3, R9, R10",
        expects: "The response has the same form as the one to client_credentials: JSON with token_type bearer and expires_in, not to be cached.",
        why: "Talentsoft parses both responses with the same code.",
        fix: "Build the responses to both grants with the same function.",
        run: |session| Box::pin(response_form(session)),
    },
    Check {
        id: "assertion.no-refresh-token",
        level: Level::Recommended,
        rule: "R38",
        expects: "The response has no refresh_token.",
        why: "With one, the access of a recruiter could outlive Talentsoft's assertion.",
        fix: "Leave refresh_token out.",
        run: |session| {
            Box::pin(async {
                session.require_user_grant().await?;
                no_refresh_token(&session.user_token_response().await?.json()?)
            })
        },
    },
    Check {
        id: "assertion.dotless-domain",
        level: Level::Recommended,
        rule: "contract s2.2",
        expects: "An email address whose domain has no dot, such as jean.dupont@site, is accepted.",
        why: "The contract's example has such an address; a stricter validator refuses Talentsoft.",
        fix: "Require no more of an address than an @ with text on both sides.",
        run: |session| {
            Box::pin(accepts(session, |assertion| {
                assertion.claim("email", "jean.dupont@site")
            }))
        },
    },
    Check {
        id: "assertion.audience-list",
        level: Level::Required,
        rule: "R29",
        expects: "aud may be an array that contains your audience and others.",
        why: "RFC 7519 section 4.1.3 allows both forms, and libraries use either.",
        fix: "Accept aud as a string or as an array of strings.",
        run: |session| {
            Box::pin(accepts(session, |assertion| {
                let audience = session.plan.audience.clone();
                assertion.claim("aud", json!(["https://other.example", audience]))
            }))
        },
    },
    Check {
        id: "assertion.unknown-claim",
        level: Level::Required,
        rule: "R34",
        expects: "An unknown claim is ignored.",
        why: "Talentsoft may add claims without asking each partner.",
        fix: "Ignore unknown claims.",
        run: |session| {
            Box::pin(accepts(session, |assertion| {
                assertion.claim("talentsoft_partner_check", true)
            }))
        },
    },
    Check {
        id: "assertion.error",
        level: Level::Required,
        rule: "R37",
        expects: "The response to an invalid assertion is 400 with error invalid_grant, whatever is wrong with it.",
        why: "The code tells Talentsoft that the assertion was refused, and not the client.",
        fix: "Return 400 with invalid_grant for every invalid assertion.",
        run: |session| Box::pin(error(session)),
    },
    Check {
        id: "assertion.missing",
        level: Level::Required,
        rule: "R25",
        expects: "The response to the grant without an assertion is 400 with error invalid_request.",
        why: "A required parameter is missing.",
        fix: "Return invalid_request if assertion is absent or empty.",
        run: |session| {
            Box::pin(async {
                session.require_user_grant().await?;
                let response = session.post_token(&[("grant_type", JWT_BEARER)]).await?;
                oauth_error(&response, &[400], &["invalid_request"])
            })
        },
    },
    Check {
        id: "assertion.other-client-id",
        level: Level::Required,
        rule: "R26",
        expects: "An assertion is refused if the request has a client_id other than its iss.",
        why: "The request and the assertion name different clients.",
        fix: "If client_id is present, compare it with iss.",
        run: |session| {
            Box::pin(async {
                session.require_user_grant().await?;
                let other = random_id();
                refuses_with(session, &[("client_id", &other)]).await
            })
        },
    },
    Check {
        id: "assertion.wrong-secret-beside",
        level: Level::Required,
        rule: "R26",
        expects: "A valid assertion is refused if the request has a wrong client_secret.",
        why: "Client credentials are optional for this grant, but must be valid if they are present.",
        fix: "If a request with an assertion has client credentials, verify them too.",
        run: |session| {
            Box::pin(async {
                session.require_user_grant().await?;
                let wrong_secret = random_secret();
                let credentials = [
                    ("client_id", session.plan.client_id.as_str()),
                    ("client_secret", wrong_secret.expose_secret()),
                ];
                refuses_with(session, &credentials).await
            })
        },
    },
    Check {
        id: "assertion.reused",
        level: Level::Optional,
        rule: "contract s2.2, R38",
        expects: "An assertion without jti is accepted again until it expires.",
        why: "Talentsoft's assertions have no jti, and it may send one again after a timeout.",
        fix: "No fix is needed. Single use is stricter than the contract, and refuses a client that retries.",
        run: |session| Box::pin(reused(session)),
    },
    Check {
        id: "assertion.reused-jti",
        level: Level::Recommended,
        rule: "R33",
        expects: "An assertion with a jti is accepted only once.",
        why: "The jti exists to detect a second use, which may be that of an attacker.",
        fix: "Store each jti until its assertion expires.",
        run: |session| Box::pin(reused_jti(session)),
    },
];

/// Expects that a valid assertion is still accepted after a change.
async fn accepts(
    session: &Session,
    change: impl FnOnce(AssertionBuilder) -> AssertionBuilder,
) -> Result<(), NotPassed> {
    session.require_user_grant().await?;
    let assertion = session.sign(&change(session.assertion()));
    token_issued(&*session.send_assertion(&assertion).await?)
}

/// Expects that a valid assertion is refused after a change. It is signed with the client's secret after the change.
pub async fn refuses(
    session: &Session,
    change: impl FnOnce(AssertionBuilder) -> AssertionBuilder,
) -> Result<(), NotPassed> {
    session.require_user_grant().await?;
    let assertion = session.sign(&change(session.assertion()));
    refuses_assertion(session, &assertion).await
}

/// Expects that an assertion is refused.
pub async fn refuses_assertion(session: &Session, assertion: &Assertion) -> Result<(), NotPassed> {
    refused(&*session.send_assertion(assertion).await?)
}

/// Expects that a valid assertion is refused if the request has these parameters.
async fn refuses_with(session: &Session, parameters: &[(&str, &str)]) -> Result<(), NotPassed> {
    let assertion = session.sign(&session.assertion());
    refused(&*session.send_assertion_with(&assertion, parameters).await?)
}

async fn accepted(session: &Session) -> Result<(), NotPassed> {
    let response = session.user_token_response().await?;
    let Err(NotPassed::Failed(reason)) = token_issued(&response) else {
        return Ok(());
    };
    match accepted_key(session).await? {
        Some(key) => failed(format!(
            "{reason}; but an assertion was accepted whose key is {key}"
        )),
        None => failed(reason),
    }
}

/// The wrong key with which the partner verifies assertions, if it is one that implementations often derive.
async fn accepted_key(session: &Session) -> Result<Option<&'static str>, NotPassed> {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let secret = session.plan.secret.expose_secret();
    let digits: Vec<char> = secret.chars().collect();
    let bytes = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).ok());
    let keys = [
        (
            bytes.collect::<Option<Vec<u8>>>(),
            "the secret decoded from hex: use its text without decoding it",
        ),
        (
            STANDARD.decode(secret).ok(),
            "the secret decoded from base64: use its text without decoding it",
        ),
    ];
    for (key, description) in keys {
        if let Some(key) = key.filter(|key| !key.is_empty()) {
            let assertion = session.assertion().sign(&key);
            if session.send_assertion(&assertion).await?.access_token().is_some() {
                return Ok(Some(description));
            }
        }
    }
    Ok(None)
}

async fn response_form(session: &Session) -> Result<(), NotPassed> {
    session.require_user_grant().await?;
    let response = session.user_token_response().await?;
    json_media_type(&response)?;
    no_store(&response)?;
    pragma_no_cache(&response)?;
    let body = response.json()?;
    let is_bearer = body
        .get("token_type")
        .and_then(Value::as_str)
        .is_some_and(|text| text.eq_ignore_ascii_case("bearer"));
    require(is_bearer, || "token_type is not bearer".to_owned())?;
    let seconds = match body.get("expires_in") {
        Some(Value::String(text)) => text.parse::<u64>().ok(),
        Some(Value::Number(number)) => number.as_u64(),
        _ => None,
    };
    require(seconds.is_some_and(|seconds| seconds > 0), || {
        "expires_in is not a number of seconds".to_owned()
    })
}

async fn error(session: &Session) -> Result<(), NotPassed> {
    session.require_user_grant().await?;
    let malformed = Assertion {
        compact: "this.is.no-assertion".to_owned(),
        readable: "this.is.no-assertion".to_owned(),
    };
    let invalid = [
        session.sign(&session.assertion().shifted(-2 * HOUR)),
        session.sign(&session.assertion().claim("aud", "https://other.example")),
        session
            .assertion()
            .sign(random_secret().expose_secret().as_bytes()),
        malformed,
    ];
    for assertion in &invalid {
        let response = session.send_assertion(assertion).await?;
        // Other checks fail if the assertion is accepted or the server breaks; this one looks at refusals only.
        if response.access_token().is_none() && response.status < 500 {
            oauth_error(&response, &[400], &["invalid_grant"])?;
        }
    }
    Ok(())
}

async fn reused(session: &Session) -> Result<(), NotPassed> {
    session.require_user_grant().await?;
    let assertion = session.sign(&session.assertion());
    if session.send_assertion(&assertion).await?.access_token().is_none() {
        return Err(blocked_by("assertion.accepted"));
    }
    let second = session.send_assertion(&assertion).await?;
    if second.access_token().is_some() {
        return Ok(());
    }
    oauth_error(&second, &[400], &["invalid_grant"])?;
    Err(NotPassed::Noted(
        "an assertion is accepted only once: a client that retries with the same one is refused".to_owned(),
    ))
}

async fn reused_jti(session: &Session) -> Result<(), NotPassed> {
    session.require_user_grant().await?;
    let assertion = session.sign(&session.assertion().claim("jti", random_id()));
    if session.send_assertion(&assertion).await?.access_token().is_none() {
        return failed("the assertion was refused the first time");
    }
    refuses_assertion(session, &assertion).await
}
