//! `X-Current-User`: who the call is made for (contract s3).

use std::rc::Rc;

use reqwest::header::HeaderName;

use super::expect::{refused, success};
use crate::check::{Check, Level};
use crate::http::Answer;
use crate::not_passed::{Otherwise, Verdict, require};
use crate::session::Session;

const CURRENT_USER: HeaderName = HeaderName::from_static("x-current-user");

/// The checks.
pub const CHECKS: &[Check] = &[
    Check {
        id: "current-user.application",
        level: Level::Required,
        rule: "contract s3",
        expects: "The application's token with X-Current-User acts for that user.",
        why: "Every call that a recruiter makes has the header, also where the partner does not offer the user grant.",
        mend: "Accept the header beside an application's token: the client is authenticated, and answers for it.",
        run: |session| {
            Box::pin(async {
                let answer = with_user(session, Holder::Application, &[&session.plan.user]).await?;
                success(&answer)
            })
        },
    },
    Check {
        id: "current-user.absent",
        level: Level::Required,
        rule: "contract s3",
        expects: "The application's token without the header acts as the application, or is 400 where the call needs a user.",
        why: "Talentsoft's nightly refresh is made by nobody in particular.",
        mend: "Do not demand the header on calls that only read.",
        run: |session| Box::pin(absent(session)),
    },
    Check {
        id: "current-user.same",
        level: Level::Required,
        rule: "contract s3",
        expects: "A user's token with that user in the header is let in.",
        why: "It is what every call of a recruiter looks like.",
        mend: "Compare the header with the email of the assertion.",
        run: |session| {
            Box::pin(async {
                let answer = with_user(session, Holder::User, &[&session.plan.user]).await?;
                success(&answer)
            })
        },
    },
    Check {
        id: "current-user.same-case",
        level: Level::Recommended,
        rule: "contract s3",
        expects: "The address in the header may differ in the case of its ASCII letters.",
        why: "One system keeps Jean.Dupont, the other jean.dupont, and both mean one person.",
        mend: "Compare addresses without regard to ASCII case.",
        run: |session| {
            Box::pin(async {
                let swapped = swapped_case(&session.plan.user);
                let answer = with_user(session, Holder::User, &[&swapped]).await?;
                success(&answer)
            })
        },
    },
    Check {
        id: "current-user.user-token-alone",
        level: Level::Recommended,
        rule: "contract s3",
        expects: "A user's token without the header is let in: the token names its user.",
        why: "The header says nothing that the token does not say.",
        mend: "Take the user from the token where the header is absent.",
        run: |session| {
            Box::pin(async {
                let answer = with_user(session, Holder::User, &[]).await?;
                success(&answer)
            })
        },
    },
    Check {
        id: "current-user.other",
        level: Level::Required,
        rule: "contract s3, R69",
        expects: "A user's token with another user in the header is 403.",
        why: "Who has a token for one user must not act as another.",
        mend: "Refuse with 403 where header and token disagree.",
        run: |session| Box::pin(other(session)),
    },
    Check {
        id: "current-user.twice",
        level: Level::Recommended,
        rule: "contract s3",
        expects: "Two such headers are 400.",
        why: "A proxy may look at the one and the service at the other.",
        mend: "Refuse more than one X-Current-User.",
        run: |session| Box::pin(malformed(session, &["jean.dupont@site", "somebody.else@site"])),
    },
    Check {
        id: "current-user.empty",
        level: Level::Recommended,
        rule: "contract s3",
        expects: "An empty header is 400.",
        why: "Nobody is no user; it is a fault of the caller that should show.",
        mend: "Refuse an empty X-Current-User.",
        run: |session| Box::pin(malformed(session, &[""])),
    },
    Check {
        id: "current-user.too-long",
        level: Level::Recommended,
        rule: "contract s3",
        expects: "An address over 254 bytes is 400.",
        why: "No address is that long, and a database column may not be.",
        mend: "Refuse an X-Current-User of more than 254 bytes.",
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
        expects: "An address with a control character (here a tab) is 400.",
        why: "It ends up in logs and pages.",
        mend: "Refuse control characters in X-Current-User.",
        run: |session| Box::pin(malformed(session, &["jean\tdupont@site"])),
    },
    Check {
        id: "current-user.no-at",
        level: Level::Recommended,
        rule: "contract s3",
        expects: "A text without @ is 400.",
        why: "It is no address, and belongs to no user.",
        mend: "Refuse an X-Current-User without @.",
        run: |session| Box::pin(malformed(session, &["jean.dupont"])),
    },
];

/// Whose token it is.
enum Holder {
    Application,
    User,
}

async fn with_user(session: &Session, holder: Holder, users: &[&str]) -> Result<Rc<Answer>, Otherwise> {
    let token = match holder {
        Holder::Application => session.token().await?,
        Holder::User => session.user_token().await?,
    };
    let mut request = session.protected_without_user().await?.bearer(&token);
    for user in users {
        request = request.header(CURRENT_USER, user);
    }
    session.caller.send(request).await
}

async fn absent(session: &Session) -> Verdict {
    let answer = with_user(session, Holder::Application, &[]).await?;
    if answer.status == 400 {
        return Err(Otherwise::Noted(
            "the call needs a user: Talentsoft's nightly refresh has none".to_owned(),
        ));
    }
    success(&answer)
}

async fn other(session: &Session) -> Verdict {
    let answer = with_user(session, Holder::User, &["somebody.else@site"]).await?;
    refused(&answer)?;
    match answer.status {
        403 => Ok(()),
        status => Err(Otherwise::Noted(format!(
            "it was refused, with {status} instead of 403"
        ))),
    }
}

async fn malformed(session: &Session, users: &[&str]) -> Verdict {
    let answer = with_user(session, Holder::Application, users).await?;
    refused(&answer)?;
    require(answer.status == 400, || {
        format!("it was answered {} instead of 400", answer.brief())
    })
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
