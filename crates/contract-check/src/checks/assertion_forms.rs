//! Assertions that are not well formed, or protected in another way than agreed (RFC 7515, RFC 7519, RFC 8725).

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret;
use serde_json::json;

use super::assertion::{refuses, refuses_assertion};
use super::expect::refused;
use crate::assertion::{Assertion, Texts};
use crate::check::{Check, Level};
use crate::not_passed::{Otherwise, Verdict, see};
use crate::random::wrong_secret;
use crate::session::Session;

/// The checks.
pub const CHECKS: &[Check] = &[
    Check {
        id: "assertion.alg-none",
        level: Level::Required,
        rule: "R41",
        expects: "An unsigned assertion is refused, however alg spells none.",
        why: "Anybody can write one: who accepts it lets everybody in as anybody.",
        mend: "Verify with HS256 whatever the header says, and refuse every other alg.",
        run: |session| Box::pin(alg_none(session)),
    },
    Check {
        id: "assertion.no-mac",
        level: Level::Required,
        rule: "R35",
        expects: "An assertion whose third part is empty is refused, also where alg says HS256.",
        why: "It proves nothing.",
        mend: "Verify the MAC before you believe anything else.",
        run: |session| {
            Box::pin(async {
                session.require_user_grant().await?;
                refuses_assertion(session, &session.forge().texts().unsigned()).await
            })
        },
    },
    Check {
        id: "assertion.other-key",
        level: Level::Required,
        rule: "R35",
        expects: "An assertion that was signed with another secret is refused.",
        why: "The MAC is the only proof that it is from Talentsoft.",
        mend: "Verify the MAC with the client's secrets.",
        run: |session| {
            Box::pin(async {
                session.require_user_grant().await?;
                let assertion = session.forge().sign(wrong_secret().expose_secret().as_bytes());
                refuses_assertion(session, &assertion).await
            })
        },
    },
    Check {
        id: "assertion.changed",
        level: Level::Required,
        rule: "R35",
        expects: "An assertion is refused whose claims were changed after it was signed.",
        why: "Who holds one good assertion could make one for every other user.",
        mend: "Verify the MAC over the two first parts as they were received.",
        run: |session| Box::pin(changed(session)),
    },
    Check {
        id: "assertion.other-alg",
        level: Level::Required,
        rule: "R41, R42",
        expects: "An assertion by HS384 or HS512 is refused, also with the right secret.",
        why: "One key is for one algorithm; the token does not choose it.",
        mend: "Allow HS256 alone for this client.",
        run: |session| Box::pin(other_alg(session)),
    },
    Check {
        id: "assertion.alg-mismatch",
        level: Level::Required,
        rule: "R41",
        expects: "An assertion whose header says RS256 is refused, whatever its MAC.",
        why: "Confusing the two is the classic way to forge one.",
        mend: "Refuse a header whose alg is not the client's.",
        run: |session| Box::pin(refuses(session, |forge| forge.header("alg", "RS256"))),
    },
    Check {
        id: "assertion.key-in-header",
        level: Level::Required,
        rule: "R48",
        expects: "An assertion is refused that brings the key it was signed with in jwk.",
        why: "Everybody can bring a key of their own.",
        mend: "Ignore jwk, jku, x5c and x5u.",
        run: |session| Box::pin(key_in_header(session)),
    },
    Check {
        id: "assertion.truncated",
        level: Level::Required,
        rule: "R35, R45",
        expects: "An assertion whose MAC lost its last eight bytes is refused.",
        why: "A shorter MAC is easier to guess.",
        mend: "Compare the whole MAC, and its length.",
        run: |session| Box::pin(reshaped(session, |text| cut(text, 11).to_owned())),
    },
    Check {
        id: "assertion.two-parts",
        level: Level::Required,
        rule: "R45",
        expects: "An assertion without its third part is refused.",
        why: "Header and claims alone prove nothing.",
        mend: "Demand exactly three parts.",
        run: |session| {
            Box::pin(reshaped(session, |text| {
                text.rsplit_once('.').map_or(text, |(input, _)| input).to_owned()
            }))
        },
    },
    Check {
        id: "assertion.padded",
        level: Level::Required,
        rule: "R45",
        expects: "An assertion with base64 padding is refused.",
        why: "RFC 7515 writes base64url without; two spellings of one assertion get around a list of used ones.",
        mend: "Read base64url strictly: no =, no white space, no + and /.",
        run: |session| Box::pin(reshaped(session, |text| format!("{text}="))),
    },
    Check {
        id: "assertion.claims-array",
        level: Level::Required,
        rule: "R36",
        expects: "An assertion whose claims are a JSON array is refused, and not with 5xx.",
        why: "A claims set is an object; what is read as anything else is not what was signed for.",
        mend: "Refuse claims that are no JSON object.",
        run: |session| {
            Box::pin(retold(session, |texts| {
                texts.claims = format!("[{}]", texts.claims);
            }))
        },
    },
    Check {
        id: "assertion.duplicate-claim",
        level: Level::Recommended,
        rule: "R46",
        expects: "An assertion is refused in which email stands twice.",
        why: "Where two readers choose different ones of the two, each believes another user.",
        mend: "Refuse JSON in which a name stands twice.",
        run: |session| {
            Box::pin(retold(session, |texts| {
                texts.claims.insert_str(1, "\"email\":\"somebody.else@site\",");
            }))
        },
    },
    Check {
        id: "assertion.duplicate-header",
        level: Level::Recommended,
        rule: "R46",
        expects: "An assertion is refused in whose header alg stands twice.",
        why: "One reader sees HS256, the other none.",
        mend: "Refuse JSON in which a name stands twice.",
        run: |session| {
            Box::pin(retold(session, |texts| {
                texts.header.insert_str(1, "\"alg\":\"none\",");
            }))
        },
    },
    Check {
        id: "assertion.crit",
        level: Level::Required,
        rule: "R47",
        expects: "An assertion whose crit names an extension that you do not know is refused.",
        why: "crit says that who does not understand the extension must not accept the rest.",
        mend: "Refuse every header with crit, unless you implement all that it names.",
        run: |session| {
            Box::pin(refuses(session, |forge| {
                forge
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
        why: "It is an access token, made for another purpose.",
        mend: "Accept typ JWT, or none.",
        run: |session| Box::pin(refuses(session, |forge| forge.header("typ", "at+jwt"))),
    },
    Check {
        id: "assertion.oversized",
        level: Level::Recommended,
        rule: "R51",
        expects: "An assertion of 32 KiB is refused, and not with 5xx.",
        why: "It is read before anybody has proved anything.",
        mend: "Limit the length before you decode; 8 KiB are plenty.",
        run: |session| {
            Box::pin(refuses(session, |forge| {
                forge.claim("padding", "x".repeat(24 * 1024))
            }))
        },
    },
    Check {
        id: "assertion.deep",
        level: Level::Recommended,
        rule: "R51",
        expects: "An assertion with JSON of 2000 levels is refused, and not with 5xx.",
        why: "A reader that follows brackets without end runs out of stack.",
        mend: "Limit the depth of JSON; 8 levels are plenty.",
        run: |session| {
            Box::pin(retold(session, |texts| {
                let deep = format!("\"deep\":{}{},", "[".repeat(2000), "]".repeat(2000));
                texts.claims.insert_str(1, &deep);
            }))
        },
    },
];

/// Every spelling of `none`.
fn spellings() -> impl Iterator<Item = String> {
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

async fn alg_none(session: &Session) -> Verdict {
    session.require_user_grant().await?;
    for spelling in spellings() {
        let unsigned = session
            .forge()
            .header("alg", spelling.as_str())
            .texts()
            .unsigned();
        refuses_assertion(session, &unsigned)
            .await
            .map_err(|otherwise| with_subject(otherwise, &format!("alg {spelling}")))?;
    }
    Ok(())
}

fn with_subject(otherwise: Otherwise, subject: &str) -> Otherwise {
    match otherwise {
        Otherwise::Failed(why) => Otherwise::Failed(format!("{subject}: {why}")),
        other => other,
    }
}

async fn changed(session: &Session) -> Verdict {
    session.require_user_grant().await?;
    let forge = session.forge();
    let good = session.sign(&forge);
    // A partner that remembers what it verified must not know it by its MAC alone.
    if session.present(&good).await?.access_token().is_none() {
        return Err(see("assertion.accepted"));
    }
    let other = session.sign(&forge.claim("email", "somebody.else@site"));
    let ([header, _, mac], [_, claims, _]) = (good.parts(), other.parts());
    let changed = Assertion {
        text: format!("{header}.{claims}.{mac}"),
        shown: other.shown.clone(),
    };
    refuses_assertion(session, &changed).await
}

async fn other_alg(session: &Session) -> Verdict {
    session.require_user_grant().await?;
    for (name, algorithm) in [("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)] {
        let assertion = session.sign_by(&session.forge().header("alg", name), algorithm);
        refuses_assertion(session, &assertion)
            .await
            .map_err(|otherwise| with_subject(otherwise, name))?;
    }
    Ok(())
}

async fn key_in_header(session: &Session) -> Verdict {
    session.require_user_grant().await?;
    let own = wrong_secret();
    let key = json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode(own.expose_secret()) });
    let assertion = session
        .forge()
        .header("jwk", key)
        .sign(own.expose_secret().as_bytes());
    refuses_assertion(session, &assertion).await
}

/// A good assertion whose compact form is changed is refused.
async fn reshaped(session: &Session, change: impl FnOnce(&str) -> String) -> Verdict {
    session.require_user_grant().await?;
    let assertion = session.sign(&session.forge()).map(change);
    refused(&*session.present(&assertion).await?)
}

/// An assertion is refused whose texts were changed before it was signed.
async fn retold(session: &Session, change: impl FnOnce(&mut Texts)) -> Verdict {
    session.require_user_grant().await?;
    let mut texts = session.forge().texts();
    change(&mut texts);
    let assertion = texts.sign(hmac::HMAC_SHA256, session.plan.secret.expose_secret().as_bytes());
    refuses_assertion(session, &assertion).await
}

/// `text` without its last characters, all of which are ASCII.
fn cut(text: &str, characters: usize) -> &str {
    text.get(..text.len().saturating_sub(characters))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn none_is_spelt_in_all_ways() {
        let spellings: BTreeSet<String> = spellings().collect();
        assert_eq!(spellings.len(), 16);
        assert!(
            spellings
                .iter()
                .all(|spelling| spelling.eq_ignore_ascii_case("none"))
        );
    }
}
