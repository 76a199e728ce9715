//! `POST /token` for the application, and the token response (contract s2.1, s2.3; RFC 6749 s4.4, s5.1).

use std::rc::Rc;

use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::Value;

use super::expect::{json_media_type, no_refresh_token, no_store, pragma_no_cache, success, token_issued};
use crate::check::{Check, Level};
use crate::clock::now;
use crate::http::{FORM, Response};
use crate::not_passed::{NotPassed, blocked_by, failed, require};
use crate::session::Session;

/// The checks.
pub const CHECKS: &[Check] = &[
    Check {
        id: "token.tls",
        level: Level::Required,
        rule: "R1",
        expects: "The base URL is https.",
        why: "Without TLS, anybody on the network path can read the secret and all tokens.",
        fix: "Give Talentsoft an https URL: put a proxy with a certificate in front of the service, or configure TLS in the service.",
        run: |session| Box::pin(async { tls(session) }),
    },
    Check {
        id: "token.form.issued",
        level: Level::Required,
        rule: "contract s2.1, R6, R9",
        expects: "The response to client_credentials with client_id and client_secret in the body is 200 and JSON with an access_token.",
        why: "This is how Talentsoft authenticates; nothing else works without it.",
        fix: "Serve POST /token below the base URL given to Talentsoft, read the form, and register the client_id and the secret that Talentsoft has assigned.",
        run: |session| Box::pin(async { token_issued(&*session.token_response().await?) }),
    },
    Check {
        id: "token.form.charset",
        level: Level::Recommended,
        rule: "R3",
        expects: "The same request with ; charset=utf-8 after the media type gets a token too.",
        why: "Many HTTP clients add the parameter by default.",
        fix: "Ignore the parameters of the media type when comparing it.",
        run: |session| Box::pin(charset(session)),
    },
    Check {
        id: "token.form.unknown-parameter",
        level: Level::Required,
        rule: "R2",
        expects: "An unknown parameter is ignored.",
        why: "Clients may send parameters of extensions; a server that refuses them breaks whenever a client is updated.",
        fix: "Read the known parameters and ignore all others.",
        run: |session| Box::pin(accepts_parameters(session, &[("talentsoft_partner_check", "1")])),
    },
    Check {
        id: "token.form.empty-parameter",
        level: Level::Required,
        rule: "R2",
        expects: "A parameter with an empty value is treated as omitted: an empty scope is no scope.",
        why: "RFC 6749 section 3.2 requires it, and clients rely on it if a setting is empty.",
        fix: "Remove parameters with an empty value before evaluating the form.",
        run: |session| Box::pin(accepts_parameters(session, &[("scope", "")])),
    },
    Check {
        id: "token.basic.issued",
        level: Level::Required,
        rule: "contract s2.1, R5",
        expects: "client_credentials with the credentials in HTTP Basic authentication gets a token too.",
        why: "RFC 6749 section 2.3.1 requires every server that issues client secrets to support HTTP Basic.",
        fix: "If the body has no client_secret, read the credentials from the Authorization header.",
        run: |session| {
            Box::pin(async {
                session.token().await?;
                token_issued(&*session.basic_token_response().await?)
            })
        },
    },
    Check {
        id: "token.basic.escapes",
        level: Level::Required,
        rule: "R5",
        expects: "The client_id and the secret in HTTP Basic are form-decoded after base64: they are accepted with every byte written as %xx.",
        why: "A secret with a plus, a colon or a percent sign works only if client and server encode it as RFC 6749 section 2.3.1 says.",
        fix: "Split the decoded value at the first colon, then decode %xx and + in both parts.",
        run: |session| Box::pin(basic_escapes(session)),
    },
    Check {
        id: "token.response.content-type",
        level: Level::Required,
        rule: "R9",
        expects: "The media type of the token response is application/json.",
        why: "A client may refuse to parse a response of another media type.",
        fix: "Set Content-Type: application/json on the responses of /token.",
        run: |session| Box::pin(async { json_media_type(&*token_response(session).await?) }),
    },
    Check {
        id: "token.response.token-type",
        level: Level::Required,
        rule: "contract s2.3, R9, R11",
        expects: "token_type is bearer, in any case.",
        why: "A client must not use a token of a type that it does not know.",
        fix: "Return \"token_type\":\"bearer\".",
        run: |session| Box::pin(token_type(session)),
    },
    Check {
        id: "token.response.token-type-case",
        level: Level::Recommended,
        rule: "contract s2.3",
        expects: "token_type is in lower case, as in the contract's example.",
        why: "The value is case-insensitive, but a client written after the example may compare it exactly.",
        fix: "Return token_type in lower case from /token.",
        run: |session| Box::pin(token_type_case(session)),
    },
    Check {
        id: "token.response.token-syntax",
        level: Level::Required,
        rule: "R19",
        expects: "The token consists of letters, digits and -._~+/ only, with = at its end only.",
        why: "No other characters are allowed in an Authorization header of the scheme Bearer.",
        fix: "Encode the token, for example as base64url.",
        run: |session| Box::pin(token_syntax(session)),
    },
    Check {
        id: "token.response.token-length",
        level: Level::Recommended,
        rule: "R16",
        expects: "The token is long enough for 128 random bits.",
        why: "A token that can be guessed gives access to anybody.",
        fix: "Create tokens from at least 160 bits of a cryptographic random number generator.",
        run: |session| Box::pin(token_length(session)),
    },
    Check {
        id: "token.response.expires-in",
        level: Level::Required,
        rule: "contract s2.3, R9",
        expects: "expires_in is the lifetime of the token in seconds, as a string of digits or as a number.",
        why: "Without it Talentsoft does not know when to request a new token, and its calls fail once the token has expired.",
        fix: "Return \"expires_in\":\"3600\", or the actual lifetime of the token.",
        run: |session| Box::pin(async { lifetime(&*token_response(session).await?).map(drop) }),
    },
    Check {
        id: "token.response.expires-in-string",
        level: Level::Recommended,
        rule: "contract s2.3",
        expects: "expires_in is a string, as in the contract's example.",
        why: "RFC 6749 has a number, but the contract's example has a string: a strict parser of one refuses the other.",
        fix: "Return expires_in in quotes from the endpoint that Talentsoft calls.",
        run: |session| Box::pin(expires_in_string(session)),
    },
    Check {
        id: "token.response.lifetime",
        level: Level::Recommended,
        rule: "R24",
        expects: "The token expires after an hour at most.",
        why: "A stolen bearer token can be used until it expires.",
        fix: "Limit the lifetime of tokens to 3600 seconds.",
        run: |session| Box::pin(short_lifetime(session)),
    },
    Check {
        id: "token.response.no-refresh-token",
        level: Level::Recommended,
        rule: "R8",
        expects: "The response has no refresh_token.",
        why: "A client that can always authenticate with its secret does not need one, and it is one more secret that can leak.",
        fix: "Leave refresh_token out of the response to client_credentials.",
        run: |session| Box::pin(async { no_refresh_token(&token_response(session).await?.json()?) }),
    },
    Check {
        id: "token.response.no-store",
        level: Level::Required,
        rule: "R10",
        expects: "The response has Cache-Control: no-store.",
        why: "A cache must not store a token or return it to another client.",
        fix: "Set Cache-Control: no-store on every response of /token.",
        run: |session| Box::pin(async { no_store(&*token_response(session).await?) }),
    },
    Check {
        id: "token.response.pragma",
        level: Level::Required,
        rule: "R10",
        expects: "The response has Pragma: no-cache.",
        why: "RFC 6749 section 5.1 requires it in addition to Cache-Control, for caches that support only HTTP/1.0.",
        fix: "Set Pragma: no-cache on every response of /token.",
        run: |session| Box::pin(async { pragma_no_cache(&*token_response(session).await?) }),
    },
    Check {
        id: "token.response.clock",
        level: Level::Recommended,
        rule: "R75",
        expects: "The response has a Date that differs from this machine's clock by less than a minute.",
        why: "Assertions are valid for some minutes: if the clocks differ, valid ones are refused.",
        fix: "Synchronise the clocks of both sides, for example by NTP, and send Date.",
        run: |session| Box::pin(clock(session)),
    },
];

fn tls(session: &Session) -> Result<(), NotPassed> {
    let url = &session.plan.url;
    if url.is_https() {
        Ok(())
    } else if url.is_loopback() {
        Err(NotPassed::Noted(
            "the URL is plain http, which is acceptable on this machine only".to_owned(),
        ))
    } else {
        failed("the URL is plain http: the secret and all tokens are sent unencrypted")
    }
}

/// The response that the shared token came with.
async fn token_response(session: &Session) -> Result<Rc<Response>, NotPassed> {
    session.token().await?;
    session.token_response().await
}

async fn member(session: &Session, name: &str) -> Result<Option<Value>, NotPassed> {
    Ok(token_response(session).await?.json()?.get(name).cloned())
}

async fn charset(session: &Session) -> Result<(), NotPassed> {
    session.token().await?;
    let request = session
        .request(Method::POST, "/token")
        .form_as(&format!("{FORM}; charset=utf-8"), &session.credentials());
    success(&*session.http.send(request).await?)
}

async fn accepts_parameters(session: &Session, more: &[(&str, &str)]) -> Result<(), NotPassed> {
    session.token().await?;
    let form = [&session.credentials(), more].concat();
    token_issued(&*session.post_token(&form).await?)
}

async fn basic_escapes(session: &Session) -> Result<(), NotPassed> {
    let response = session.basic_token_response().await;
    if !response.is_ok_and(|response| response.access_token().is_some()) {
        return Err(blocked_by("token.basic.issued"));
    }
    session.http.take_exchanges();
    let request = session
        .token_request(&[("grant_type", "client_credentials")])
        .basic_percent_encoded(&session.plan.client_id, session.plan.secret.expose_secret());
    token_issued(&*session.http.send(request).await?)
}

async fn token_type(session: &Session) -> Result<(), NotPassed> {
    let value = member(session, "token_type").await?;
    let is_bearer = value
        .as_ref()
        .and_then(Value::as_str)
        .is_some_and(|text| text.eq_ignore_ascii_case("bearer"));
    require(is_bearer, || {
        format!("token_type is {}", value.unwrap_or(Value::Null))
    })
}

async fn token_type_case(session: &Session) -> Result<(), NotPassed> {
    match member(session, "token_type")
        .await?
        .as_ref()
        .and_then(Value::as_str)
    {
        Some("bearer") => Ok(()),
        Some(text) if text.eq_ignore_ascii_case("bearer") => failed(format!("token_type is {text}")),
        _ => Err(blocked_by("token.response.token-type")),
    }
}

async fn token_syntax(session: &Session) -> Result<(), NotPassed> {
    let token = session.token().await?;
    session.token_response().await?;
    let body = token.trim_end_matches('=');
    let is_b64 = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
    require(!body.is_empty() && body.chars().all(is_b64), || {
        "the token has a character that is not allowed in Authorization: Bearer".to_owned()
    })
}

async fn token_length(session: &Session) -> Result<(), NotPassed> {
    let token = session.token().await?;
    session.token_response().await?;
    let bits_per_character = if token.chars().all(|c| c.is_ascii_digit()) {
        3
    } else if token.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
        4
    } else {
        6
    };
    let bits = token.len() * bits_per_character;
    require(bits >= 128, || {
        format!(
            "the token has {} characters, which can hold {bits} bits at most",
            token.len()
        )
    })
}

/// `expires_in`, in seconds.
fn lifetime(response: &Response) -> Result<u64, NotPassed> {
    let body = response.json()?;
    let value = body.get("expires_in").cloned().unwrap_or(Value::Null);
    let seconds = match &value {
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        Value::Number(number) => number.as_u64(),
        _ => None,
    };
    match seconds {
        Some(seconds) if seconds > 0 => Ok(seconds),
        _ => failed(format!("expires_in is {value}")),
    }
}

async fn expires_in_string(session: &Session) -> Result<(), NotPassed> {
    let response = token_response(session).await?;
    if lifetime(&response).is_err() {
        return Err(blocked_by("token.response.expires-in"));
    }
    let value = response.json()?.get("expires_in").cloned().unwrap_or(Value::Null);
    require(value.is_string(), || {
        format!("expires_in is the number {value}, as in RFC 6749")
    })
}

async fn short_lifetime(session: &Session) -> Result<(), NotPassed> {
    match lifetime(&*token_response(session).await?) {
        Ok(seconds) => require(seconds <= 3600, || {
            format!("the token is valid for {seconds} seconds")
        }),
        Err(_) => Err(blocked_by("token.response.expires-in")),
    }
}

async fn clock(session: &Session) -> Result<(), NotPassed> {
    session.token().await?;
    // The shared response may be a minute old.
    let response = session.post_token(&session.credentials()).await?;
    let Some(date) = response.date() else {
        return failed("Date is absent or malformed");
    };
    let seconds = (date - now()).num_seconds();
    require(seconds.abs() <= 60, || {
        let direction = if seconds > 0 { "ahead of" } else { "behind" };
        format!(
            "the partner's clock is {} s {direction} this machine's clock",
            seconds.abs()
        )
    })
}
