//! `POST /token` as a user: what a good assertion gets, and what comes beside or after it (contract s2.2; RFC 7523).

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::expect::{json_media_type, no_store, oauth_error, pragma, refused, token_issued};
use crate::assertion::{Assertion, Forge};
use crate::check::{Check, Level};
use crate::not_passed::{Otherwise, Verdict, failed, require, see};
use crate::random::{fresh_id, wrong_secret};
use crate::session::{JWT_BEARER, Session};

/// An hour, in seconds.
pub const HOUR: i64 = 3600;

/// The checks.
pub const CHECKS: &[Check] = &[
    Check {
        id: "assertion.accepted",
        level: Level::Required,
        rule: "contract s2.2, R25, R37",
        expects: "A good assertion gets a token, without client credentials beside it.",
        why: "It is how Talentsoft calls for a recruiter. A partner may leave the grant out, and then answers unsupported_grant_type.",
        mend: "The HMAC key is the secret's text as it is, neither hex- nor base64-decoded; aud is the API's base URL (--audience), iss the client_id; the user of --user must be one that you accept.",
        run: |session| Box::pin(accepted(session)),
    },
    Check {
        id: "assertion.response",
        level: Level::Required,
        rule: "contract s2.3, R9, R10",
        expects: "The answer has the shape that client_credentials get: JSON, bearer, expires_in, not to be cached.",
        why: "Talentsoft reads both answers with the same code.",
        mend: "Answer both grants from the same function.",
        run: |session| Box::pin(response(session)),
    },
    Check {
        id: "assertion.no-refresh-token",
        level: Level::Recommended,
        rule: "R38",
        expects: "There is no refresh_token.",
        why: "It would let a recruiter's access outlive what Talentsoft asserted.",
        mend: "Leave refresh_token out.",
        run: |session| {
            Box::pin(async {
                session.require_user_grant().await?;
                let body = session.user_answer().await?.json()?;
                require(body.get("refresh_token").is_none_or(Value::is_null), || {
                    "there is a refresh_token".to_owned()
                })
            })
        },
    },
    Check {
        id: "assertion.dotless-domain",
        level: Level::Recommended,
        rule: "contract s2.2",
        expects: "An email address whose domain has no dot is accepted, as jean.dupont@site.",
        why: "The contract's own example has one; a validator that is stricter than that refuses Talentsoft.",
        mend: "Ask of an address no more than an @ with something on both sides.",
        run: |session| Box::pin(takes(session, |forge| forge.claim("email", "jean.dupont@site"))),
    },
    Check {
        id: "assertion.audience-list",
        level: Level::Required,
        rule: "R29",
        expects: "aud may be an array with your audience among others.",
        why: "RFC 7519 section 4.1.3 allows both forms, and libraries write either.",
        mend: "Read aud as a string or as an array of strings.",
        run: |session| {
            Box::pin(takes(session, |forge| {
                let audience = session.plan.audience.clone();
                forge.claim("aud", json!(["https://other.example", audience]))
            }))
        },
    },
    Check {
        id: "assertion.unknown-claim",
        level: Level::Required,
        rule: "R34",
        expects: "A claim that means nothing is ignored.",
        why: "Talentsoft may add claims without asking every partner.",
        mend: "Ignore claims that you do not know.",
        run: |session| {
            Box::pin(takes(session, |forge| {
                forge.claim("talentsoft_partner_check", true)
            }))
        },
    },
    Check {
        id: "assertion.error",
        level: Level::Required,
        rule: "R37",
        expects: "Whatever is wrong with an assertion, the answer is 400 with error invalid_grant.",
        why: "Talentsoft tells by the code that the assertion was refused, and not the client.",
        mend: "Map every failure of an assertion to 400 invalid_grant.",
        run: |session| Box::pin(error(session)),
    },
    Check {
        id: "assertion.missing",
        level: Level::Required,
        rule: "R25",
        expects: "The grant without an assertion is 400 with error invalid_request.",
        why: "A required parameter is missing.",
        mend: "Answer invalid_request where assertion is absent or empty.",
        run: |session| {
            Box::pin(async {
                session.require_user_grant().await?;
                let answer = session.post_token(&[("grant_type", JWT_BEARER)]).await?;
                oauth_error(&answer, &[400], &["invalid_request"])
            })
        },
    },
    Check {
        id: "assertion.other-client-id",
        level: Level::Required,
        rule: "R26",
        expects: "A client_id beside the assertion that is not its iss is refused.",
        why: "Request and assertion speak of different clients.",
        mend: "Where client_id is sent, compare it with iss.",
        run: |session| {
            Box::pin(async {
                session.require_user_grant().await?;
                let other = fresh_id();
                let assertion = session.sign(&session.forge());
                refused(
                    &*session
                        .present_beside(&assertion, &[("client_id", &other)])
                        .await?,
                )
            })
        },
    },
    Check {
        id: "assertion.wrong-secret-beside",
        level: Level::Required,
        rule: "R26",
        expects: "A wrong client_secret beside a good assertion is refused.",
        why: "Client credentials are optional there, but must be right if they are sent.",
        mend: "Where credentials come with an assertion, verify them too.",
        run: |session| {
            Box::pin(async {
                session.require_user_grant().await?;
                let wrong = wrong_secret();
                let beside = [
                    ("client_id", session.plan.client_id.as_str()),
                    ("client_secret", wrong.expose_secret()),
                ];
                let assertion = session.sign(&session.forge());
                refused(&*session.present_beside(&assertion, &beside).await?)
            })
        },
    },
    Check {
        id: "assertion.reused",
        level: Level::Optional,
        rule: "contract s2.2, R38",
        expects: "An assertion without jti may be sent again until it expires.",
        why: "Talentsoft's assertions have no jti, and it may send one again after a timeout.",
        mend: "Nothing has to be done; single use is stricter than the contract, and refuses a caller who tries again.",
        run: |session| Box::pin(reused(session)),
    },
    Check {
        id: "assertion.reused-jti",
        level: Level::Recommended,
        rule: "R33",
        expects: "An assertion with a jti is good once.",
        why: "jti is there to notice the second use, which may be a thief's.",
        mend: "Remember each jti until its assertion expires.",
        run: |session| Box::pin(reused_jti(session)),
    },
];

/// The assertion is accepted where only this differs.
pub async fn takes(session: &Session, change: impl FnOnce(Forge) -> Forge) -> Verdict {
    session.require_user_grant().await?;
    let assertion = session.sign(&change(session.forge()));
    token_issued(&*session.present(&assertion).await?)
}

/// The assertion is refused where only this differs; it is signed with the right secret.
pub async fn refuses(session: &Session, change: impl FnOnce(Forge) -> Forge) -> Verdict {
    session.require_user_grant().await?;
    let assertion = session.sign(&change(session.forge()));
    refuses_assertion(session, &assertion).await
}

/// This very assertion is refused.
pub async fn refuses_assertion(session: &Session, assertion: &Assertion) -> Verdict {
    refused(&*session.present(assertion).await?)
}

async fn accepted(session: &Session) -> Verdict {
    let answer = session.user_answer().await?;
    let Err(Otherwise::Failed(why)) = token_issued(&answer) else {
        return Ok(());
    };
    match misreading(session).await? {
        Some(reading) => failed(format!(
            "{why}; but one was accepted that was signed with {reading}"
        )),
        None => failed(why),
    }
}

/// What a partner that refuses a good assertion takes the secret for.
async fn misreading(session: &Session) -> Result<Option<&'static str>, Otherwise> {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let secret = session.plan.secret.expose_secret();
    let digits: Vec<char> = secret.chars().collect();
    let bytes = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).ok());
    let readings = [
        (
            bytes.collect::<Option<Vec<u8>>>(),
            "the secret decoded from hex: use its text as it is",
        ),
        (
            STANDARD.decode(secret).ok(),
            "the secret decoded from base64: use its text as it is",
        ),
    ];
    for (key, reading) in readings {
        if let Some(key) = key.filter(|key| !key.is_empty()) {
            let answer = session.present(&session.forge().sign(&key)).await?;
            if answer.access_token().is_some() {
                return Ok(Some(reading));
            }
        }
    }
    Ok(None)
}

async fn response(session: &Session) -> Verdict {
    session.require_user_grant().await?;
    let answer = session.user_answer().await?;
    json_media_type(&answer)?;
    no_store(&answer)?;
    pragma(&answer)?;
    let body = answer.json()?;
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
        "expires_in is no number of seconds".to_owned()
    })
}

async fn error(session: &Session) -> Verdict {
    session.require_user_grant().await?;
    let garbage = Assertion {
        text: "this.is.no-assertion".to_owned(),
        shown: "this.is.no-assertion".to_owned(),
    };
    let wrong = [
        session.sign(&session.forge().moved(-2 * HOUR)),
        session.sign(&session.forge().claim("aud", "https://other.example")),
        session.forge().sign(wrong_secret().expose_secret().as_bytes()),
        garbage,
    ];
    for assertion in &wrong {
        let answer = session.present(assertion).await?;
        // Whether it is refused is another check's concern.
        if answer.access_token().is_none() && answer.status < 500 {
            oauth_error(&answer, &[400], &["invalid_grant"])?;
        }
    }
    Ok(())
}

async fn reused(session: &Session) -> Verdict {
    session.require_user_grant().await?;
    let assertion = session.sign(&session.forge());
    if session.present(&assertion).await?.access_token().is_none() {
        return Err(see("assertion.accepted"));
    }
    let again = session.present(&assertion).await?;
    if again.access_token().is_some() {
        return Ok(());
    }
    oauth_error(&again, &[400], &["invalid_grant"])?;
    Err(Otherwise::Noted(
        "it is single-use: a caller who tries again with the same one is refused".to_owned(),
    ))
}

async fn reused_jti(session: &Session) -> Verdict {
    session.require_user_grant().await?;
    let assertion = session.sign(&session.forge().claim("jti", fresh_id()));
    if session.present(&assertion).await?.access_token().is_none() {
        return failed("it was refused the first time");
    }
    refuses_assertion(session, &assertion).await
}
