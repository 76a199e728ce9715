//! How an access token is presented, and refused (RFC 6750; contract s3).

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use secrecy::ExposeSecret;

use super::expect::{challenged, plain, refused, success};
use crate::check::{Check, Level};
use crate::http::of_scheme;
use crate::not_passed::{Otherwise, Verdict, failed, require, see};
use crate::random::wrong_secret;
use crate::session::{RESOURCES, Session};

/// The checks.
pub const CHECKS: &[Check] = &[
    Check {
        id: "bearer.accepted",
        level: Level::Required,
        rule: "contract s3, R19",
        expects: "A token opens GET /videos/campaigns or GET /assessments/campaigns.",
        why: "It is what tokens are for: a partner serves one of the two at least.",
        mend: "Serve the call at the base URL given to Talentsoft, and accept Authorization: Bearer with the token that /token gave out.",
        run: |session| Box::pin(accepted(session)),
    },
    Check {
        id: "bearer.scheme-case",
        level: Level::Required,
        rule: "R19",
        expects: "The scheme is accepted in any case: bearer, BEARER.",
        why: "token_type says bearer in lower case, and clients write what it says.",
        mend: "Compare the scheme without regard to case.",
        run: |session| Box::pin(scheme_case(session)),
    },
    Check {
        id: "bearer.no-token",
        level: Level::Required,
        rule: "R21, R75",
        expects: "A list of campaigns without a token is 401 with WWW-Authenticate: Bearer.",
        why: "The data behind it is of candidates and recruiters.",
        mend: "Guard every route of the API, and send the challenge with the 401.",
        run: |session| Box::pin(no_token(session)),
    },
    Check {
        id: "bearer.no-token-no-error",
        level: Level::Recommended,
        rule: "R21",
        expects: "The challenge for a call without a token has no error.",
        why: "Nothing was wrong with a token: there was none.",
        mend: "Answer WWW-Authenticate: Bearer realm=\"…\" alone where no credentials came.",
        run: |session| Box::pin(no_error(session)),
    },
    Check {
        id: "bearer.invalid-token",
        level: Level::Required,
        rule: "R21, R22",
        expects: "A token that nobody issued is 401 with WWW-Authenticate: Bearer.",
        why: "Talentsoft tells by it that it needs a new token.",
        mend: "Answer 401 with the challenge to every token that is not good.",
        run: |session| {
            Box::pin(async {
                let request = session.protected().await?.bearer(wrong_secret().expose_secret());
                challenged(&*session.caller.send(request).await?, "Bearer").map(drop)
            })
        },
    },
    Check {
        id: "bearer.invalid-token-error",
        level: Level::Recommended,
        rule: "R22",
        expects: "The challenge for such a token has error=\"invalid_token\".",
        why: "It tells the caller that another token helps.",
        mend: "Add error=\"invalid_token\" to the challenge.",
        run: |session| Box::pin(invalid_token_error(session)),
    },
    Check {
        id: "bearer.challenge",
        level: Level::Required,
        rule: "R23",
        expects: "A challenge has each parameter once, and in error and error_description plain characters only.",
        why: "Readers of a header disagree about anything else.",
        mend: "Write each parameter once, and fixed texts.",
        run: |session| Box::pin(challenge(session)),
    },
    Check {
        id: "bearer.changed-token",
        level: Level::Required,
        rule: "R16, R22",
        expects: "A good token with one character changed is refused.",
        why: "A token that may be changed can be made to say something else.",
        mend: "Look up or verify the whole token.",
        run: |session| Box::pin(changed_token(session)),
    },
    Check {
        id: "bearer.empty-token",
        level: Level::Required,
        rule: "R22",
        expects: "Authorization: Bearer with nothing behind it is 400 or 401.",
        why: "A lookup of the empty token must not find anything, nor fail.",
        mend: "Treat it like a missing or a malformed token.",
        run: |session| {
            Box::pin(async {
                let request = session.protected().await?.header(AUTHORIZATION, "Bearer");
                let answer = session.caller.send(request).await?;
                refused(&answer)?;
                require([400, 401].contains(&answer.status), || {
                    format!("it was answered {} instead of 400 or 401", answer.brief())
                })
            })
        },
    },
    Check {
        id: "bearer.long-token",
        level: Level::Recommended,
        rule: "R22",
        expects: "A token of 16 KiB is refused, and not with 5xx.",
        why: "Everybody can send one.",
        mend: "Limit the length of the header, or of the token, before you look it up.",
        run: |session| {
            Box::pin(async {
                let request = session.protected().await?.bearer(&"x".repeat(16 * 1024));
                refused(&*session.caller.send(request).await?)
            })
        },
    },
    Check {
        id: "bearer.two-headers",
        level: Level::Recommended,
        rule: "R20",
        expects: "Two Authorization headers are refused.",
        why: "A proxy may look at the one and the service at the other.",
        mend: "Refuse a request with more than one Authorization header.",
        run: |session| Box::pin(two_headers(session)),
    },
    Check {
        id: "bearer.two-ways",
        level: Level::Recommended,
        rule: "R20",
        expects: "A token in the header and another in the URL are refused together.",
        why: "Where two ways disagree, one of them was not meant.",
        mend: "Refuse a request whose URL has access_token.",
        run: |session| Box::pin(two_ways(session)),
    },
    Check {
        id: "bearer.query",
        level: Level::Recommended,
        rule: "R20, R24",
        expects: "A token in the URL alone is not accepted. (One is sent that was made for this and is used nowhere else.)",
        why: "URLs end up in logs, histories and Referer headers.",
        mend: "Take tokens from the Authorization header only.",
        run: |session| {
            Box::pin(async {
                let token = session.own_token().await?;
                let request = session
                    .protected_with_query(&format!("access_token={token}"))
                    .await?;
                refused(&*session.caller.send(request).await?)
            })
        },
    },
];

async fn accepted(session: &Session) -> Verdict {
    let answer = session.find_resource().await?;
    if answer.status == 404 {
        return failed("neither /videos/campaigns nor /assessments/campaigns is there (404)");
    }
    success(&answer)
}

async fn scheme_case(session: &Session) -> Verdict {
    let token = session.token().await?;
    for scheme in ["bearer", "BEARER"] {
        let request = session.protected().await?.authorization(scheme, &token);
        success(&*session.caller.send(request).await?)?;
    }
    Ok(())
}

async fn no_token(session: &Session) -> Verdict {
    session.protected().await?;
    for path in RESOURCES {
        let answer = session.caller.send(session.request(Method::GET, path)).await?;
        if answer.status != 404 {
            challenged(&answer, "Bearer")?;
        }
    }
    Ok(())
}

async fn no_error(session: &Session) -> Verdict {
    let answer = session.caller.send(session.protected().await?).await?;
    let Some(challenge) = of_scheme(&answer.header(&WWW_AUTHENTICATE), "Bearer") else {
        return Err(see("bearer.no-token"));
    };
    match challenge.get("error") {
        None => Ok(()),
        Some(error) => failed(format!("the challenge says error={error}")),
    }
}

async fn invalid_token_error(session: &Session) -> Verdict {
    let request = session.protected().await?.bearer(wrong_secret().expose_secret());
    let answer = session.caller.send(request).await?;
    let Some(challenge) = of_scheme(&answer.header(&WWW_AUTHENTICATE), "Bearer") else {
        return Err(see("bearer.invalid-token"));
    };
    match challenge.get("error") {
        Some("invalid_token") => Ok(()),
        other => failed(format!("error is {}", other.unwrap_or("absent"))),
    }
}

async fn challenge(session: &Session) -> Verdict {
    let request = session.protected().await?.bearer(wrong_secret().expose_secret());
    let answer = session.caller.send(request).await?;
    let Some(challenge) = of_scheme(&answer.header(&WWW_AUTHENTICATE), "Bearer") else {
        return Err(see("bearer.invalid-token"));
    };
    if let Some(name) = challenge.repeated() {
        return failed(format!("{name} stands twice"));
    }
    for name in ["error", "error_description"] {
        plain(name, challenge.get(name).unwrap_or_default())?;
    }
    Ok(())
}

async fn changed_token(session: &Session) -> Verdict {
    let token = session.token().await?;
    // In the middle: the last character of base64url may hold bits that mean nothing.
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
    let request = session.protected().await?.bearer(&changed);
    let answer = session.caller.send(request).await?;
    refused(&answer)
}

async fn two_headers(session: &Session) -> Verdict {
    let token = session.token().await?;
    let other = wrong_secret();
    let request = session
        .protected()
        .await?
        .bearer(&token)
        .bearer(other.expose_secret());
    refused(&*session.caller.send(request).await?)
}

async fn two_ways(session: &Session) -> Verdict {
    let token = session.token().await?;
    let query = format!("access_token={}", wrong_secret().expose_secret());
    let request = session.protected_with_query(&query).await?.bearer(&token);
    let answer = session.caller.send(request).await?;
    if answer.is_success() {
        return failed("the token in the URL was not noticed");
    }
    match refused(&answer) {
        Err(Otherwise::Failed(why)) => failed(why),
        other => other,
    }
}
