//! `X-Current-User`, the user on whose behalf a call is made (contract s3).

use std::rc::Rc;

use super::expect::{refused, status_in, success};
use crate::check::{Check, Level};
use crate::http::{CURRENT_USER, Response};
use crate::not_passed::NotPassed;
use crate::session::Session;

/// The checks.
pub const CHECKS: &[Check] = &[
    Check {
        id: "current-user.application",
        level: Level::Required,
        rule: "contract s3",
        expects: "A request with the application's token and X-Current-User is accepted for that user.",
        why: "Every call on behalf of a recruiter has the header, even if the partner does not offer the user grant.",
        fix: "Accept the header with an application's token: the client is authenticated, and is responsible for the user that it names.",
        run: |session| {
            Box::pin(async {
                let response = call(session, TokenHolder::Application, &[&session.plan.user]).await?;
                success(&response)
            })
        },
    },
    Check {
        id: "current-user.absent",
        level: Level::Required,
        rule: "contract s3",
        expects: "A request with the application's token and without the header is accepted for the application, or is 400 if the call requires a user.",
        why: "Talentsoft's nightly refresh is not made on behalf of a user.",
        fix: "Do not require the header on calls that only read.",
        run: |session| Box::pin(absent(session)),
    },
    Check {
        id: "current-user.same",
        level: Level::Required,
        rule: "contract s3",
        expects: "A request with a user's token and the same user in the header is accepted.",
        why: "Every call of a recruiter looks like this.",
        fix: "Compare the header with the email of the assertion.",
        run: |session| {
            Box::pin(async {
                let response = call(session, TokenHolder::User, &[&session.plan.user]).await?;
                success(&response)
            })
        },
    },
    Check {
        id: "current-user.same-case",
        level: Level::Recommended,
        rule: "contract s3",
        expects: "The address in the header may differ from that of the token in the case of its ASCII letters.",
        why: "One system may store Jean.Dupont and another jean.dupont for the same person.",
        fix: "Compare addresses without regard to ASCII case.",
        run: |session| {
            Box::pin(async {
                let swapped = swapped_case(&session.plan.user);
                let response = call(session, TokenHolder::User, &[&swapped]).await?;
                success(&response)
            })
        },
    },
    Check {
        id: "current-user.user-token-alone",
        level: Level::Recommended,
        rule: "contract s3",
        expects: "A request with a user's token and without the header is accepted: the token names its user.",
        why: "The header adds nothing to what the token says.",
        fix: "If the header is absent, use the user of the token.",
        run: |session| {
            Box::pin(async {
                let response = call(session, TokenHolder::User, &[]).await?;
                success(&response)
            })
        },
    },
    Check {
        id: "current-user.other",
        level: Level::Required,
        rule: "contract s3, R69",
        expects: "The response to a user's token with another user in the header is 403.",
        why: "A token for one user must not give access as another user.",
        fix: "Return 403 if header and token name different users.",
        run: |session| Box::pin(other(session)),
    },
    Check {
        id: "current-user.twice",
        level: Level::Recommended,
        rule: "contract s3",
        expects: "The response to two such headers is 400.",
        why: "A proxy may evaluate one of them and the service the other.",
        fix: "Refuse more than one X-Current-User.",
        run: |session| Box::pin(malformed(session, &["jean.dupont@site", "somebody.else@site"])),
    },
    Check {
        id: "current-user.empty",
        level: Level::Recommended,
        rule: "contract s3",
        expects: "The response to an empty header is 400.",
        why: "An empty address is not a user; a client that sends one has an error, which should be reported.",
        fix: "Refuse an empty X-Current-User.",
        run: |session| Box::pin(malformed(session, &[""])),
    },
    Check {
        id: "current-user.too-long",
        level: Level::Recommended,
        rule: "contract s3",
        expects: "The response to an address of more than 254 bytes is 400.",
        why: "No address is that long, and a database column may be too short for it.",
        fix: "Refuse an X-Current-User of more than 254 bytes.",
        run: |session| {
            Box::pin(async {
                let long = format!("{}@site", "x".repeat(300));
                malformed(session, &[&long]).await
            })
        },
    },
    Check {
        id: "current-user.control-character",
        level: Level::Recommended,
        rule: "contract s3",
        expects: "The response to an address with a control character (here a tab) is 400.",
        why: "The address ends up in logs and pages.",
        fix: "Refuse control characters in X-Current-User.",
        run: |session| Box::pin(malformed(session, &["jean\tdupont@site"])),
    },
    Check {
        id: "current-user.no-at",
        level: Level::Recommended,
        rule: "contract s3",
        expects: "The response to a value without @ is 400.",
        why: "It is not an email address, so that it belongs to no user.",
        fix: "Refuse an X-Current-User without @.",
        run: |session| Box::pin(malformed(session, &["jean.dupont"])),
    },
];

/// For whom a token was issued.
enum TokenHolder {
    Application,
    User,
}

/// Reads a resource with a token of `holder` and one header for each of `users`.
async fn call(session: &Session, holder: TokenHolder, users: &[&str]) -> Result<Rc<Response>, NotPassed> {
    let token = match holder {
        TokenHolder::Application => session.token().await?,
        TokenHolder::User => session.user_token().await?,
    };
    let mut request = session.resource_request_without_user().await?.bearer(&token);
    for user in users {
        request = request.header(CURRENT_USER, user);
    }
    session.http.send(request).await
}

async fn absent(session: &Session) -> Result<(), NotPassed> {
    let response = call(session, TokenHolder::Application, &[]).await?;
    if response.status == 400 {
        return Err(NotPassed::Noted(
            "the call requires a user, but Talentsoft's nightly refresh has none".to_owned(),
        ));
    }
    success(&response)
}

async fn other(session: &Session) -> Result<(), NotPassed> {
    let response = call(session, TokenHolder::User, &["somebody.else@site"]).await?;
    refused(&response)?;
    match response.status {
        403 => Ok(()),
        status => Err(NotPassed::Noted(format!(
            "the request was refused with {status} instead of 403"
        ))),
    }
}

async fn malformed(session: &Session, users: &[&str]) -> Result<(), NotPassed> {
    let response = call(session, TokenHolder::Application, users).await?;
    refused(&response)?;
    status_in(&response, &[400])
}

fn swapped_case(text: &str) -> String {
    let swap = |c: char| {
        if c.is_ascii_lowercase() {
            c.to_ascii_uppercase()
        } else {
            c.to_ascii_lowercase()
        }
    };
    text.chars().map(swap).collect()
}
