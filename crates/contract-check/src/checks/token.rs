//! `POST /token` as an application, and the shape of what it answers (contract s2.1, s2.3; RFC 6749 s4.4, s5.1).

use std::rc::Rc;

use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::Value;

use super::expect::{json_media_type, no_store, pragma, success, token_issued};
use crate::check::{Check, Level};
use crate::clock::now;
use crate::http::Answer;
use crate::http::FORM;
use crate::not_passed::{Otherwise, Verdict, failed, require, see};
use crate::session::Session;

/// The checks.
pub const CHECKS: &[Check] = &[
    Check {
        id: "token.tls",
        level: Level::Required,
        rule: "R1",
        expects: "The endpoint is reached by https.",
        why: "The secret and every token pass there; without TLS anybody on the way can read them.",
        mend: "Give Talentsoft an https URL: put a proxy with a certificate in front, or let the service speak TLS.",
        run: |session| Box::pin(async { tls(session) }),
    },
    Check {
        id: "token.form.issued",
        level: Level::Required,
        rule: "contract s2.1, R6, R9",
        expects: "client_credentials with client_id and client_secret in the body are answered with 200 and JSON with an access_token.",
        why: "It is how Talentsoft gets in; nothing else works without it.",
        mend: "Serve POST /token below the URL given to Talentsoft, read the form, and register the pair of client_id and secret that Talentsoft gave out.",
        run: |session| Box::pin(async { token_issued(&*session.token_answer().await?) }),
    },
    Check {
        id: "token.form.charset",
        level: Level::Recommended,
        rule: "R3",
        expects: "The same with ; charset=utf-8 behind the media type gets a token too.",
        why: "Many HTTP clients add it by themselves.",
        mend: "Compare the media type without its parameters.",
        run: |session| Box::pin(charset(session)),
    },
    Check {
        id: "token.form.unknown-parameter",
        level: Level::Required,
        rule: "R2",
        expects: "A parameter that means nothing is ignored.",
        why: "Clients may send parameters of extensions; refusing them breaks a client that was updated.",
        mend: "Read the parameters you know, and no others.",
        run: |session| Box::pin(tolerated(session, &[("talentsoft_partner_check", "1")])),
    },
    Check {
        id: "token.form.empty-parameter",
        level: Level::Required,
        rule: "R2",
        expects: "A parameter without a value counts as omitted: an empty scope is no scope.",
        why: "RFC 6749 section 3.2 says so, and clients rely on it when a setting is empty.",
        mend: "Drop parameters with an empty value before you look at them.",
        run: |session| Box::pin(tolerated(session, &[("scope", "")])),
    },
    Check {
        id: "token.basic.issued",
        level: Level::Required,
        rule: "contract s2.1, R5",
        expects: "client_credentials with the credentials by HTTP Basic get a token too.",
        why: "RFC 6749 section 2.3.1 makes Basic the way that every server with client secrets supports.",
        mend: "Read the Authorization header of scheme Basic where the body has no client_secret.",
        run: |session| {
            Box::pin(async {
                session.token().await?;
                token_issued(&*session.basic_answer().await?)
            })
        },
    },
    Check {
        id: "token.basic.escapes",
        level: Level::Required,
        rule: "R5",
        expects: "Client id and secret are form-decoded after base64: written as %xx they mean the same.",
        why: "A secret with a plus, a colon or a percent sign works only if both sides encode as RFC 6749 section 2.3.1 says.",
        mend: "Split at the first colon, then decode %xx and + in both halves.",
        run: |session| Box::pin(basic_escapes(session)),
    },
    Check {
        id: "token.response.content-type",
        level: Level::Required,
        rule: "R9",
        expects: "The media type of the token response is application/json.",
        why: "A client that looks at the media type does not read anything else.",
        mend: "Set Content-Type: application/json on the response of /token.",
        run: |session| Box::pin(async { json_media_type(&*issued(session).await?) }),
    },
    Check {
        id: "token.response.token-type",
        level: Level::Required,
        rule: "contract s2.3, R9, R11",
        expects: "token_type is bearer, in any case.",
        why: "A client must not use a token whose type it does not understand.",
        mend: "Answer \"token_type\":\"bearer\".",
        run: |session| Box::pin(token_type(session)),
    },
    Check {
        id: "token.response.token-type-case",
        level: Level::Recommended,
        rule: "contract s2.3",
        expects: "token_type is written in lower case, as in the contract's example.",
        why: "The case should not matter, but Talentsoft's own example has it so.",
        mend: "Write bearer in lower case at /token.",
        run: |session| Box::pin(token_type_case(session)),
    },
    Check {
        id: "token.response.token-syntax",
        level: Level::Required,
        rule: "R19",
        expects: "The token consists of letters, digits and -._~+/ with = at its end only.",
        why: "No other characters can be sent in an Authorization header of scheme Bearer.",
        mend: "Encode the token, for example as base64url.",
        run: |session| Box::pin(token_syntax(session)),
    },
    Check {
        id: "token.response.token-length",
        level: Level::Recommended,
        rule: "R16",
        expects: "The token is long enough to hold 128 random bits.",
        why: "A token that can be guessed lets anybody in.",
        mend: "Make tokens from at least 160 bits of a cryptographic random generator.",
        run: |session| Box::pin(token_length(session)),
    },
    Check {
        id: "token.response.expires-in",
        level: Level::Required,
        rule: "contract s2.3, R9",
        expects: "expires_in says for how many seconds the token is good, as a string of digits or as a number.",
        why: "Without it Talentsoft does not know when to ask again, and its calls fail when the token is over.",
        mend: "Answer \"expires_in\":\"3600\", or the life that your tokens have.",
        run: |session| Box::pin(async { lifetime(&*issued(session).await?).map(drop) }),
    },
    Check {
        id: "token.response.expires-in-string",
        level: Level::Recommended,
        rule: "contract s2.3",
        expects: "expires_in is a string, as in the contract's example.",
        why: "RFC 6749 has a number, but Talentsoft's own example has a string: a strict reader of the one refuses the other.",
        mend: "Write expires_in in quotes at the endpoint that Talentsoft calls.",
        run: |session| Box::pin(expires_in_string(session)),
    },
    Check {
        id: "token.response.lifetime",
        level: Level::Recommended,
        rule: "R24",
        expects: "A token lives for an hour at most.",
        why: "Whoever gets hold of a bearer token can use it until it expires.",
        mend: "Let tokens live for 3600 seconds at most.",
        run: |session| Box::pin(short_lived(session)),
    },
    Check {
        id: "token.response.no-refresh-token",
        level: Level::Recommended,
        rule: "R8",
        expects: "There is no refresh_token.",
        why: "A client that can always ask with its secret needs none; it is one more thing to lose.",
        mend: "Leave refresh_token out of the answer to client_credentials.",
        run: |session| Box::pin(no_refresh_token(session)),
    },
    Check {
        id: "token.response.no-store",
        level: Level::Required,
        rule: "R10",
        expects: "The response has Cache-Control: no-store.",
        why: "A cache on the way must not keep a token, nor give it to somebody else.",
        mend: "Set Cache-Control: no-store on every response of /token.",
        run: |session| Box::pin(async { no_store(&*issued(session).await?) }),
    },
    Check {
        id: "token.response.pragma",
        level: Level::Required,
        rule: "R10",
        expects: "The response has Pragma: no-cache.",
        why: "It says the same to caches that know HTTP/1.0 only; RFC 6749 section 5.1 asks for both.",
        mend: "Set Pragma: no-cache on every response of /token.",
        run: |session| Box::pin(async { pragma(&*issued(session).await?) }),
    },
    Check {
        id: "token.response.clock",
        level: Level::Recommended,
        rule: "R75",
        expects: "The response has a Date within a minute of this machine's clock.",
        why: "Assertions are good for minutes: where the clocks differ, good ones are refused.",
        mend: "Keep the clocks of partner and caller right by NTP, and send Date.",
        run: |session| Box::pin(clock(session)),
    },
];

fn tls(session: &Session) -> Verdict {
    let url = &session.plan.url;
    if url.is_https() {
        Ok(())
    } else if url.is_on_this_machine() {
        Err(Otherwise::Noted(
            "plain http, which is not judged on this machine".to_owned(),
        ))
    } else {
        failed("the URL is plain http: secret and tokens can be read on the way")
    }
}

/// The answer that a token came with.
async fn issued(session: &Session) -> Result<Rc<Answer>, Otherwise> {
    session.token().await?;
    let answer = session.token_answer().await?;
    Ok(answer)
}

async fn member(session: &Session, name: &str) -> Result<Option<Value>, Otherwise> {
    Ok(issued(session).await?.json()?.get(name).cloned())
}

async fn charset(session: &Session) -> Verdict {
    session.token().await?;
    let request = session
        .request(Method::POST, "/token")
        .form_as(&format!("{FORM}; charset=utf-8"), &session.credentials());
    success(&*session.caller.send(request).await?)
}

async fn tolerated(session: &Session, more: &[(&str, &str)]) -> Verdict {
    session.token().await?;
    let form = [&session.credentials(), more].concat();
    token_issued(&*session.post_token(&form).await?)
}

async fn basic_escapes(session: &Session) -> Verdict {
    let answer = session.basic_answer().await;
    if !answer.is_ok_and(|answer| answer.access_token().is_some()) {
        return Err(see("token.basic.issued"));
    }
    session.caller.take_exchanges();
    let request = session
        .token_request(&[("grant_type", "client_credentials")])
        .basic_escaped(&session.plan.client_id, session.plan.secret.expose_secret());
    token_issued(&*session.caller.send(request).await?)
}

async fn token_type(session: &Session) -> Verdict {
    let value = member(session, "token_type").await?;
    let is_bearer = value
        .as_ref()
        .and_then(Value::as_str)
        .is_some_and(|text| text.eq_ignore_ascii_case("bearer"));
    require(is_bearer, || {
        format!("token_type is {}", value.unwrap_or(Value::Null))
    })
}

async fn token_type_case(session: &Session) -> Verdict {
    match member(session, "token_type")
        .await?
        .as_ref()
        .and_then(Value::as_str)
    {
        Some("bearer") => Ok(()),
        Some(text) if text.eq_ignore_ascii_case("bearer") => failed(format!("token_type is {text}")),
        _ => Err(see("token.response.token-type")),
    }
}

async fn token_syntax(session: &Session) -> Verdict {
    let token = session.token().await?;
    session.token_answer().await?;
    let body = token.trim_end_matches('=');
    let is_b64 = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
    require(!body.is_empty() && body.chars().all(is_b64), || {
        "the token holds a character that Authorization: Bearer cannot carry".to_owned()
    })
}

async fn token_length(session: &Session) -> Verdict {
    let token = session.token().await?;
    session.token_answer().await?;
    let bits_of_one = if token.chars().all(|c| c.is_ascii_digit()) {
        3
    } else if token.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
        4
    } else {
        6
    };
    let bits = token.len() * bits_of_one;
    require(bits >= 128, || {
        format!(
            "it has {} characters, which hold {bits} bits at most",
            token.len()
        )
    })
}

/// `expires_in`, in seconds.
fn lifetime(answer: &Answer) -> Result<u64, Otherwise> {
    let body = answer.json()?;
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

async fn expires_in_string(session: &Session) -> Verdict {
    let answer = issued(session).await?;
    if lifetime(&answer).is_err() {
        return Err(see("token.response.expires-in"));
    }
    let value = answer.json()?.get("expires_in").cloned().unwrap_or(Value::Null);
    require(value.is_string(), || {
        format!("expires_in is the number {value}, as RFC 6749 has it")
    })
}

async fn short_lived(session: &Session) -> Verdict {
    match lifetime(&*issued(session).await?) {
        Ok(seconds) => require(seconds <= 3600, || format!("it lives for {seconds} seconds")),
        Err(_) => Err(see("token.response.expires-in")),
    }
}

async fn no_refresh_token(session: &Session) -> Verdict {
    let value = member(session, "refresh_token").await?;
    require(value.is_none_or(|value| value.is_null()), || {
        "there is a refresh_token".to_owned()
    })
}

async fn clock(session: &Session) -> Verdict {
    session.token().await?;
    // A fresh answer: that of the first token may be a minute old.
    let answer = session.post_token(&session.credentials()).await?;
    let Some(date) = answer.date() else {
        return failed("there is no Date, or it cannot be read");
    };
    let seconds = (date - now()).num_seconds();
    require(seconds.abs() <= 60, || {
        let which = if seconds > 0 { "ahead of" } else { "behind" };
        format!("the partner's clock is {} s {which} this one", seconds.abs())
    })
}
