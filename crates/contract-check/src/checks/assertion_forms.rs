//! Assertions that are malformed, or not protected by HMAC-SHA256 with the client's secret (RFC 7515, RFC 7519, RFC 8725).

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret;
use serde_json::json;

use super::assertion::{refuses, refuses_assertion};
use crate::assertion::{Assertion, UnsignedAssertion};
use crate::check::{Check, Level};
use crate::not_passed::{NotPassed, blocked_by};
use crate::random::random_secret;
use crate::session::Session;

/// The checks.
pub const CHECKS: &[Check] = &[
    Check {
        id: "assertion.alg-none",
        level: Level::Required,
        rule: "R41",
        expects: "An unsigned assertion is refused, in whichever case alg spells none.",
        why: "Anybody can write one: a server that accepts it gives access to anybody as any user.",
        fix: "Verify the MAC with HS256 whatever the header says, and refuse every other alg.",
        run: |session| Box::pin(alg_none(session)),
    },
    Check {
        id: "assertion.no-mac",
        level: Level::Required,
        rule: "R35",
        expects: "An assertion with an empty third part is refused, even if alg is HS256.",
        why: "It proves nothing.",
        fix: "Verify the MAC before evaluating anything else.",
        run: |session| {
            Box::pin(async {
                session.require_user_grant().await?;
                refuses_assertion(session, &session.assertion().serialize().without_mac()).await
            })
        },
    },
    Check {
        id: "assertion.other-key",
        level: Level::Required,
        rule: "R35",
        expects: "An assertion that is signed with another secret is refused.",
        why: "The MAC is the only proof that Talentsoft has issued the assertion.",
        fix: "Verify the MAC with the client's secrets.",
        run: |session| {
            Box::pin(async {
                session.require_user_grant().await?;
                let assertion = session
                    .assertion()
                    .sign(random_secret().expose_secret().as_bytes());
                refuses_assertion(session, &assertion).await
            })
        },
    },
    Check {
        id: "assertion.changed",
        level: Level::Required,
        rule: "R35",
        expects: "An assertion whose claims were changed after it was signed is refused.",
        why: "Otherwise anybody with one valid assertion can create one for any user.",
        fix: "Verify the MAC over the first two parts as they were received.",
        run: |session| Box::pin(changed(session)),
    },
    Check {
        id: "assertion.other-alg",
        level: Level::Required,
        rule: "R41, R42",
        expects: "An assertion signed with HS384 or HS512 is refused, even with the right secret.",
        why: "A key must be used with one algorithm only, which the token must not choose.",
        fix: "Accept only HS256 for this client.",
        run: |session| Box::pin(other_alg(session)),
    },
    Check {
        id: "assertion.alg-mismatch",
        level: Level::Required,
        rule: "R41",
        expects: "An assertion whose header says RS256 is refused, even with a valid HMAC.",
        why: "Confusion between algorithms is a common way to forge tokens.",
        fix: "Refuse a header whose alg is not that of the client.",
        run: |session| Box::pin(refuses(session, |assertion| assertion.header("alg", "RS256"))),
    },
    Check {
        id: "assertion.key-in-header",
        level: Level::Required,
        rule: "R48",
        expects: "An assertion that has its own key in the header parameter jwk is refused.",
        why: "Anybody can send a key of their own.",
        fix: "Ignore jwk, jku, x5c and x5u.",
        run: |session| Box::pin(key_in_header(session)),
    },
    Check {
        id: "assertion.truncated",
        level: Level::Required,
        rule: "R35, R45",
        expects: "An assertion whose MAC lacks its last eight bytes is refused.",
        why: "A shorter MAC is easier to guess.",
        fix: "Compare the whole MAC and its length.",
        run: |session| Box::pin(refuses_compact(session, |text| without_last(text, 11).to_owned())),
    },
    Check {
        id: "assertion.two-parts",
        level: Level::Required,
        rule: "R45",
        expects: "An assertion without its third part is refused.",
        why: "Header and claims alone prove nothing.",
        fix: "Require exactly three parts.",
        run: |session| {
            Box::pin(refuses_compact(session, |text| {
                text.rsplit_once('.').map_or(text, |(input, _)| input).to_owned()
            }))
        },
    },
    Check {
        id: "assertion.padded",
        level: Level::Required,
        rule: "R45",
        expects: "An assertion with base64 padding is refused.",
        why: "RFC 7515 has no padding; if one assertion can be written in two ways, it can be used twice although used ones are remembered.",
        fix: "Decode base64url strictly: without =, white space, + and /.",
        run: |session| Box::pin(refuses_compact(session, |text| format!("{text}="))),
    },
    Check {
        id: "assertion.claims-array",
        level: Level::Required,
        rule: "R36",
        expects: "An assertion whose claims are a JSON array is refused, and not with 5xx.",
        why: "A claims set is an object; a parser that accepts anything else may evaluate something that was not signed.",
        fix: "Refuse claims that are not a JSON object.",
        run: |session| {
            Box::pin(refuses_rewritten(session, |unsigned| {
                unsigned.claims = format!("[{}]", unsigned.claims);
            }))
        },
    },
    Check {
        id: "assertion.duplicate-claim",
        level: Level::Recommended,
        rule: "R46",
        expects: "An assertion with two email claims is refused.",
        why: "If two components evaluate different ones, they act for different users.",
        fix: "Refuse JSON in which a name occurs more than once.",
        run: |session| {
            Box::pin(refuses_rewritten(session, |unsigned| {
                unsigned.claims.insert_str(1, "\"email\":\"somebody.else@site\",");
            }))
        },
    },
    Check {
        id: "assertion.duplicate-header",
        level: Level::Recommended,
        rule: "R46",
        expects: "An assertion whose header has two alg parameters is refused.",
        why: "One component may evaluate HS256, another one none.",
        fix: "Refuse JSON in which a name occurs more than once.",
        run: |session| {
            Box::pin(refuses_rewritten(session, |unsigned| {
                unsigned.header.insert_str(1, "\"alg\":\"none\",");
            }))
        },
    },
    Check {
        id: "assertion.crit",
        level: Level::Required,
        rule: "R47",
        expects: "An assertion whose crit names an unknown extension is refused.",
        why: "crit lists extensions without which the assertion must not be accepted.",
        fix: "Refuse every header with crit, unless you implement all extensions that it lists.",
        run: |session| {
            Box::pin(refuses(session, |assertion| {
                assertion
                    .header("crit", json!(["talentsoft-partner-check"]))
                    .header("talentsoft-partner-check", true)
            }))
        },
    },
    Check {
        id: "assertion.other-type",
        level: Level::Recommended,
        rule: "R50",
        expects: "An assertion whose typ is at+jwt is refused.",
        why: "That is the type of access tokens, which are issued for another purpose.",
        fix: "Accept only typ JWT, or no typ.",
        run: |session| Box::pin(refuses(session, |assertion| assertion.header("typ", "at+jwt"))),
    },
    Check {
        id: "assertion.oversized",
        level: Level::Recommended,
        rule: "R51",
        expects: "An assertion of 32 KiB is refused, and not with 5xx.",
        why: "The server parses it before the client is authenticated.",
        fix: "Limit the length before decoding; 8 KiB is enough.",
        run: |session| {
            Box::pin(refuses(session, |assertion| {
                assertion.claim("padding", "x".repeat(24 * 1024))
            }))
        },
    },
    Check {
        id: "assertion.deep",
        level: Level::Recommended,
        rule: "R51",
        expects: "An assertion with JSON nested 2000 levels deep is refused, and not with 5xx.",
        why: "A recursive parser without a limit overflows the stack.",
        fix: "Limit the nesting of JSON; 8 levels are enough.",
        run: |session| {
            Box::pin(refuses_rewritten(session, |unsigned| {
                let deep = format!("\"deep\":{}{},", "[".repeat(2000), "]".repeat(2000));
                unsigned.claims.insert_str(1, &deep);
            }))
        },
    },
];

/// Every spelling of `none` in lower and upper case.
fn spellings_of_none() -> impl Iterator<Item = String> {
    (0..16_u32).map(|bits| {
        let letters = "none".chars().enumerate();
        letters
            .map(|(at, letter)| {
                if bits >> at & 1 == 1 {
                    letter.to_ascii_uppercase()
                } else {
                    letter
                }
            })
            .collect()
    })
}

async fn alg_none(session: &Session) -> Result<(), NotPassed> {
    session.require_user_grant().await?;
    for spelling in spellings_of_none() {
        let unsigned = session
            .assertion()
            .header("alg", spelling.as_str())
            .serialize()
            .without_mac();
        refuses_assertion(session, &unsigned)
            .await
            .map_err(|error| with_alg(error, &spelling))?;
    }
    Ok(())
}

/// Adds the algorithm to the reason of a failure.
fn with_alg(not_passed: NotPassed, alg: &str) -> NotPassed {
    match not_passed {
        NotPassed::Failed(reason) => NotPassed::Failed(format!("alg {alg}: {reason}")),
        other => other,
    }
}

async fn changed(session: &Session) -> Result<(), NotPassed> {
    session.require_user_grant().await?;
    let assertion = session.assertion();
    let valid = session.sign(&assertion);
    // The valid one is sent first, because a partner that caches verified MACs must not recognise it by its MAC alone.
    if session.send_assertion(&valid).await?.access_token().is_none() {
        return Err(blocked_by("assertion.accepted"));
    }
    let other = session.sign(&assertion.claim("email", "somebody.else@site"));
    let ((header, _, mac), (_, claims, _)) = (valid.parts(), other.parts());
    let changed = Assertion {
        compact: format!("{header}.{claims}.{mac}"),
        readable: other.readable.clone(),
    };
    refuses_assertion(session, &changed).await
}

async fn other_alg(session: &Session) -> Result<(), NotPassed> {
    session.require_user_grant().await?;
    let key = session.plan.secret.expose_secret().as_bytes();
    for (alg, algorithm) in [("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)] {
        let unsigned = session.assertion().header("alg", alg).serialize();
        refuses_assertion(session, &unsigned.sign(algorithm, key))
            .await
            .map_err(|error| with_alg(error, alg))?;
    }
    Ok(())
}

async fn key_in_header(session: &Session) -> Result<(), NotPassed> {
    session.require_user_grant().await?;
    let secret = random_secret();
    let key = json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode(secret.expose_secret()) });
    let assertion = session
        .assertion()
        .header("jwk", key)
        .sign(secret.expose_secret().as_bytes());
    refuses_assertion(session, &assertion).await
}

/// Expects that a valid assertion is refused after a change of its compact serialization.
async fn refuses_compact(session: &Session, change: impl FnOnce(&str) -> String) -> Result<(), NotPassed> {
    session.require_user_grant().await?;
    let assertion = session.sign(&session.assertion()).map_compact(change);
    refuses_assertion(session, &assertion).await
}

/// Expects that an assertion is refused whose JSON was changed before it was signed.
async fn refuses_rewritten(
    session: &Session,
    change: impl FnOnce(&mut UnsignedAssertion),
) -> Result<(), NotPassed> {
    session.require_user_grant().await?;
    let mut unsigned = session.assertion().serialize();
    change(&mut unsigned);
    let assertion = unsigned.sign(hmac::HMAC_SHA256, session.plan.secret.expose_secret().as_bytes());
    refuses_assertion(session, &assertion).await
}

/// A text without its last `count` characters, which must be ASCII.
fn without_last(text: &str, count: usize) -> &str {
    text.get(..text.len().saturating_sub(count)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_spelling_of_none_is_tried_once() {
        let spellings: BTreeSet<String> = spellings_of_none().collect();
        assert_eq!(spellings.len(), 16);
        assert!(
            spellings
                .iter()
                .all(|spelling| spelling.eq_ignore_ascii_case("none"))
        );
    }
}
