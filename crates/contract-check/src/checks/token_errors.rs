//! What `/token` refuses, and how it says so (RFC 6749 s2.3, s3.2, s5.2).

use reqwest::Method;
use reqwest::header::ALLOW;
use secrecy::ExposeSecret;
use serde_json::json;

use super::expect::{challenged, json_media_type, oauth_error, plain, refused};
use crate::check::{Check, Level};
use crate::not_passed::{Otherwise, Verdict, failed, require};
use crate::random::{fresh_id, wrong_secret};
use crate::session::Session;

/// A grant that nobody offers.
const NO_GRANT: &str = "urn:talentsoft-partner-check:no-such-grant";
/// A scope that nobody offers.
const NO_SCOPE: &str = "talentsoft-partner-check-no-such-scope";

/// The checks.
pub const CHECKS: &[Check] = &[
    Check {
        id: "token.error.wrong-secret",
        level: Level::Required,
        rule: "R8, R12, R13",
        expects: "A wrong secret in the body is 400 or 401 with error invalid_client.",
        why: "Who does not know the secret is not Talentsoft.",
        mend: "Compare the whole secret, in constant time, and answer invalid_client.",
        run: |session| Box::pin(wrong_secret_in_the_body(session)),
    },
    Check {
        id: "token.error.wrong-secret-basic",
        level: Level::Required,
        rule: "R13, R75",
        expects: "A wrong secret by Basic is 401 with error invalid_client and WWW-Authenticate: Basic.",
        why: "A client that used the header is told by the challenge which schemes are taken.",
        mend: "Answer 401 with WWW-Authenticate: Basic realm=\"…\" where the request had an Authorization header.",
        run: |session| Box::pin(wrong_secret_by_basic(session)),
    },
    Check {
        id: "token.error.unknown-client",
        level: Level::Required,
        rule: "R12, R13",
        expects: "An unknown client_id is 400 or 401 with error invalid_client.",
        why: "It must be refused, and like a wrong secret, so that nobody learns which clients exist.",
        mend: "Answer an unknown client like a wrong secret.",
        run: |session| Box::pin(unknown_client(session)),
    },
    Check {
        id: "token.error.no-credentials",
        level: Level::Required,
        rule: "R8",
        expects: "client_credentials without credentials are refused, with invalid_client or invalid_request.",
        why: "The grant is for clients that prove who they are.",
        mend: "Demand client authentication for client_credentials.",
        run: |session| {
            Box::pin(async {
                let answer = session
                    .post_token(&[("grant_type", "client_credentials")])
                    .await?;
                oauth_error(&answer, &[400, 401], &["invalid_client", "invalid_request"])
            })
        },
    },
    Check {
        id: "token.error.no-grant-type",
        level: Level::Required,
        rule: "R12",
        expects: "A request without grant_type is 400 with error invalid_request.",
        why: "A parameter that is missing is the request's fault, and the code says so to the client's developers.",
        mend: "Answer invalid_request where a required parameter is missing.",
        run: |session| Box::pin(no_grant_type(session)),
    },
    Check {
        id: "token.error.unknown-grant",
        level: Level::Required,
        rule: "R12, R17",
        expects: "A grant type that nobody knows is 400 with error unsupported_grant_type.",
        why: "It is how a client finds out that a partner does not offer a grant, the optional user grant too.",
        mend: "Answer unsupported_grant_type for every grant type that you do not offer.",
        run: |session| Box::pin(unknown_grant(session)),
    },
    Check {
        id: "token.error.password-grant",
        level: Level::Required,
        rule: "R65",
        expects: "The password grant is refused.",
        why: "It trains people to give their password away, and RFC 9700 forbids it.",
        mend: "Switch the password grant off.",
        run: |session| Box::pin(password_grant(session)),
    },
    Check {
        id: "token.error.repeated-parameter",
        level: Level::Required,
        rule: "R2",
        expects: "A parameter that stands twice is 400 with error invalid_request.",
        why: "Where two readers on the way choose different ones of the two, each believes another request.",
        mend: "Refuse a form in which any name stands twice.",
        run: |session| {
            Box::pin(async {
                let form = session.credentials_and(&[("grant_type", "client_credentials")]);
                oauth_error(&*session.post_token(&form).await?, &[400], &["invalid_request"])
            })
        },
    },
    Check {
        id: "token.error.query",
        level: Level::Required,
        rule: "R6",
        expects: "Parameters in the URL are not read: with client_id there, the request is refused.",
        why: "A URL ends up in logs; an endpoint that reads the client_id from it reads the secret from it too.",
        mend: "Read parameters from the body only, and best refuse a URL that has credentials.",
        run: |session| Box::pin(query(session)),
    },
    Check {
        id: "token.error.two-methods",
        level: Level::Required,
        rule: "R4",
        expects: "Credentials by Basic and in the body together are 400 with error invalid_request.",
        why: "Where two ways disagree, one of them was not meant.",
        mend: "Refuse a request that authenticates the client in more than one way.",
        run: |session| Box::pin(two_methods(session)),
    },
    Check {
        id: "token.error.media-type",
        level: Level::Recommended,
        rule: "R3",
        expects: "The parameters as JSON instead of a form are refused.",
        why: "What is read in two ways is checked in one of them only.",
        mend: "Answer 415, or 400 with invalid_request, to what is not application/x-www-form-urlencoded.",
        run: |session| Box::pin(media_type(session)),
    },
    Check {
        id: "token.error.unknown-scope",
        level: Level::Recommended,
        rule: "R15",
        expects: "A scope that nobody knows is 400 with error invalid_scope, or left out of the scope that is answered.",
        why: "A client must learn what its token is good for.",
        mend: "Answer invalid_scope, or say with scope what the token has.",
        run: |session| Box::pin(unknown_scope(session)),
    },
    Check {
        id: "token.error.get",
        level: Level::Required,
        rule: "R1, R75",
        expects: "GET is 405 with Allow: POST.",
        why: "Requests for tokens have secrets in them, and those of a GET would be in the URL.",
        mend: "Serve POST only at /token, and answer everything else with 405 and Allow.",
        run: |session| Box::pin(get(session)),
    },
    Check {
        id: "token.error.content-type",
        level: Level::Required,
        rule: "R12",
        expects: "The media type of an error is application/json.",
        why: "A client reads the code of the error from JSON.",
        mend: "Answer errors of /token as JSON too, also those that a framework or a proxy makes.",
        run: |session| {
            Box::pin(async {
                let answer = session.post_token(&session_with_grant(session, NO_GRANT)).await?;
                refused(&answer)?;
                json_media_type(&answer)
            })
        },
    },
    Check {
        id: "token.error.description",
        level: Level::Required,
        rule: "R14",
        expects: "error, error_description and error_uri hold no quotes, backslashes, line breaks or non-ASCII characters, whatever was sent.",
        why: "Clients put them into logs and headers, where such characters do harm.",
        mend: "Answer fixed texts, and nothing of the request.",
        run: |session| Box::pin(description(session)),
    },
];

fn session_with_grant<'a>(session: &'a Session, grant: &'a str) -> [(&'a str, &'a str); 3] {
    let [_, client_id, client_secret] = session.credentials();
    [("grant_type", grant), client_id, client_secret]
}

async fn wrong_secret_in_the_body(session: &Session) -> Verdict {
    let wrong = wrong_secret();
    let [grant, client_id, _] = session.credentials();
    let form = [grant, client_id, ("client_secret", wrong.expose_secret())];
    oauth_error(
        &*session.post_token(&form).await?,
        &[400, 401],
        &["invalid_client"],
    )
}

async fn wrong_secret_by_basic(session: &Session) -> Verdict {
    let request = session
        .token_request(&[("grant_type", "client_credentials")])
        .basic(&session.plan.client_id, wrong_secret().expose_secret());
    let answer = session.caller.send(request).await?;
    oauth_error(&answer, &[401], &["invalid_client"])?;
    challenged(&answer, "Basic").map(drop)
}

async fn unknown_client(session: &Session) -> Verdict {
    let (nobody, wrong) = (fresh_id(), wrong_secret());
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", nobody.as_str()),
        ("client_secret", wrong.expose_secret()),
    ];
    oauth_error(
        &*session.post_token(&form).await?,
        &[400, 401],
        &["invalid_client"],
    )
}

async fn no_grant_type(session: &Session) -> Verdict {
    let [_, client_id, client_secret] = session.credentials();
    let answer = session.post_token(&[client_id, client_secret]).await?;
    oauth_error(&answer, &[400], &["invalid_request"])
}

async fn unknown_grant(session: &Session) -> Verdict {
    let answer = session.post_token(&session_with_grant(session, NO_GRANT)).await?;
    oauth_error(&answer, &[400], &["unsupported_grant_type"])
}

async fn password_grant(session: &Session) -> Verdict {
    let password = wrong_secret();
    let [grant, client_id, client_secret] = session_with_grant(session, "password");
    let form = [
        grant,
        client_id,
        client_secret,
        ("username", session.plan.user.as_str()),
        ("password", password.expose_secret()),
    ];
    let answer = session.post_token(&form).await?;
    refused(&answer)?;
    match answer.error_code().as_deref() {
        // It looked at the user's password.
        Some("invalid_grant") => failed("the password was tried: the grant is offered (invalid_grant)"),
        _ => Ok(()),
    }
}

async fn query(session: &Session) -> Verdict {
    session.token().await?;
    let encoded: String = url::form_urlencoded::byte_serialize(session.plan.client_id.as_bytes()).collect();
    let [grant, _, client_secret] = session.credentials();
    let request = session
        .request(Method::POST, &format!("/token?client_id={encoded}"))
        .form(&[grant, client_secret]);
    refused(&*session.caller.send(request).await?)
}

async fn two_methods(session: &Session) -> Verdict {
    let request = session
        .token_request(&session.credentials())
        .basic(&session.plan.client_id, session.plan.secret.expose_secret());
    oauth_error(
        &*session.caller.send(request).await?,
        &[400],
        &["invalid_request"],
    )
}

async fn media_type(session: &Session) -> Verdict {
    let request = session.request(Method::POST, "/token").json(&json!({
        "grant_type": "client_credentials",
        "client_id": session.plan.client_id,
        "client_secret": session.plan.secret.expose_secret(),
    }));
    refused(&*session.caller.send(request).await?)
}

async fn unknown_scope(session: &Session) -> Verdict {
    session.token().await?;
    let form = session.credentials_and(&[("scope", NO_SCOPE)]);
    let answer = session.post_token(&form).await?;
    if answer.access_token().is_none() {
        return oauth_error(&answer, &[400], &["invalid_scope"]);
    }
    match answer.text_member("scope") {
        None => failed("a token came back, and the answer does not say that it has another scope"),
        Some(scope) if scope.split(' ').any(|one| one == NO_SCOPE) => {
            failed("a token with that scope came back")
        }
        Some(_) => Err(Otherwise::Noted(
            "the scope was ignored, and the answer says so".to_owned(),
        )),
    }
}

async fn get(session: &Session) -> Verdict {
    let request = session
        .request(Method::GET, "/token?grant_type=client_credentials")
        .basic(&session.plan.client_id, session.plan.secret.expose_secret());
    let answer = session.caller.send(request).await?;
    refused(&answer)?;
    require(answer.status == 405, || {
        format!("it was answered {} instead of 405", answer.brief())
    })?;
    let allow = answer.header(&ALLOW);
    require(allow.split(',').any(|method| method.trim() == "POST"), || {
        format!("Allow is {allow:?}, without POST")
    })
}

async fn description(session: &Session) -> Verdict {
    let grant = "urn:\"\\\u{e9}\r\n<b>";
    let answer = session.post_token(&session_with_grant(session, grant)).await?;
    refused(&answer)?;
    answer.json()?;
    for name in ["error", "error_description", "error_uri"] {
        plain(name, &answer.text_member(name).unwrap_or_default())?;
    }
    Ok(())
}
