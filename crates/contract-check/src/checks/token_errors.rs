//! Requests that `/token` must refuse, and its error responses (RFC 6749 s2.3, s3.2, s5.2).

use reqwest::Method;
use reqwest::header::ALLOW;
use secrecy::ExposeSecret;
use serde_json::json;

use super::expect::{allowed_characters, challenged, json_media_type, oauth_error, refused, status_in};
use crate::check::{Check, Level};
use crate::not_passed::{NotPassed, failed, require};
use crate::random::{random_id, random_secret};
use crate::session::Session;

/// A grant type that no partner supports.
const UNKNOWN_GRANT: &str = "urn:talentsoft-partner-check:no-such-grant";
/// A scope that no partner supports.
const UNKNOWN_SCOPE: &str = "talentsoft-partner-check-no-such-scope";

/// The checks.
pub const CHECKS: &[Check] = &[
    Check {
        id: "token.error.wrong-secret",
        level: Level::Required,
        rule: "R8, R12, R13",
        expects: "The response to a wrong secret in the body is 400 or 401 with error invalid_client.",
        why: "Anybody who does not know the secret is not Talentsoft.",
        fix: "Compare the whole secret in constant time, and return invalid_client if it differs.",
        run: |session| Box::pin(wrong_secret_in_body(session)),
    },
    Check {
        id: "token.error.wrong-secret-basic",
        level: Level::Required,
        rule: "R13, R75",
        expects: "The response to a wrong secret in HTTP Basic authentication is 401 with error invalid_client and WWW-Authenticate: Basic.",
        why: "The challenge tells a client that used the header which schemes are supported.",
        fix: "If the request had an Authorization header, return 401 with WWW-Authenticate: Basic realm=\"…\".",
        run: |session| Box::pin(wrong_secret_in_basic(session)),
    },
    Check {
        id: "token.error.unknown-client",
        level: Level::Required,
        rule: "R12, R13",
        expects: "The response to an unknown client_id is 400 or 401 with error invalid_client.",
        why: "If the response differs from the one to a wrong secret, it discloses which clients exist.",
        fix: "Treat an unknown client_id like a wrong secret.",
        run: |session| Box::pin(unknown_client(session)),
    },
    Check {
        id: "token.error.no-credentials",
        level: Level::Required,
        rule: "R8",
        expects: "client_credentials without credentials is refused, with error invalid_client or invalid_request.",
        why: "The grant is only for clients that authenticate.",
        fix: "Require client authentication for client_credentials.",
        run: |session| {
            Box::pin(async {
                let response = session
                    .post_token(&[("grant_type", "client_credentials")])
                    .await?;
                oauth_error(&response, &[400, 401], &["invalid_client", "invalid_request"])
            })
        },
    },
    Check {
        id: "token.error.no-grant-type",
        level: Level::Required,
        rule: "R12",
        expects: "The response to a request without grant_type is 400 with error invalid_request.",
        why: "The error code tells the client's developers that the request lacks a required parameter.",
        fix: "Return invalid_request if a required parameter is missing.",
        run: |session| Box::pin(no_grant_type(session)),
    },
    Check {
        id: "token.error.unknown-grant",
        level: Level::Required,
        rule: "R12, R17",
        expects: "The response to an unknown grant type is 400 with error unsupported_grant_type.",
        why: "This is how a client finds out that a partner does not support a grant, including the optional user grant.",
        fix: "Return unsupported_grant_type for every grant type that is not supported.",
        run: |session| Box::pin(unknown_grant(session)),
    },
    Check {
        id: "token.error.password-grant",
        level: Level::Required,
        rule: "R65",
        expects: "The password grant is refused.",
        why: "It makes users give their password to other applications, and RFC 9700 forbids it.",
        fix: "Disable the password grant.",
        run: |session| Box::pin(password_grant(session)),
    },
    Check {
        id: "token.error.repeated-parameter",
        level: Level::Required,
        rule: "R2",
        expects: "The response to a request with a repeated parameter is 400 with error invalid_request.",
        why: "If a proxy evaluates one of the values and the service the other, they act on different requests.",
        fix: "Refuse a form in which a name occurs more than once.",
        run: |session| {
            Box::pin(async {
                let form = session.credentials_with(&[("grant_type", "client_credentials")]);
                oauth_error(&*session.post_token(&form).await?, &[400], &["invalid_request"])
            })
        },
    },
    Check {
        id: "token.error.query",
        level: Level::Required,
        rule: "R6",
        expects: "Parameters in the URL are not used: a request with client_id only in the URL is refused.",
        why: "URLs are logged, and an endpoint that reads the client_id from the URL also reads the secret from it.",
        fix: "Read parameters from the body only, and preferably refuse a URL with credentials.",
        run: |session| Box::pin(query(session)),
    },
    Check {
        id: "token.error.two-methods",
        level: Level::Required,
        rule: "R4",
        expects: "The response to credentials in HTTP Basic authentication and in the body together is 400 with error invalid_request.",
        why: "If the two disagree, it is not clear which client is meant.",
        fix: "Refuse a request that uses more than one method of client authentication.",
        run: |session| Box::pin(two_methods(session)),
    },
    Check {
        id: "token.error.media-type",
        level: Level::Recommended,
        rule: "R3",
        expects: "The same parameters as JSON instead of a form are refused.",
        why: "A second parser is a second way to get around the validation of the form.",
        fix: "Return 415, or 400 with invalid_request, for any media type other than application/x-www-form-urlencoded.",
        run: |session| Box::pin(media_type(session)),
    },
    Check {
        id: "token.error.unknown-scope",
        level: Level::Recommended,
        rule: "R15",
        expects: "The response to an unknown scope is 400 with error invalid_scope, or it has a scope member without the unknown scope.",
        why: "A client has to know what its token gives access to.",
        fix: "Return invalid_scope, or return the scope that the token has.",
        run: |session| Box::pin(unknown_scope(session)),
    },
    Check {
        id: "token.error.get",
        level: Level::Required,
        rule: "R1, R75",
        expects: "The response to GET is 405 with Allow: POST.",
        why: "Token requests contain secrets, which a GET would put into the URL.",
        fix: "Serve only POST at /token, and return 405 with Allow for all other methods.",
        run: |session| Box::pin(get(session)),
    },
    Check {
        id: "token.error.content-type",
        level: Level::Required,
        rule: "R12",
        expects: "The media type of an error response is application/json.",
        why: "A client reads the error code from JSON.",
        fix: "Return all errors of /token as JSON, including those of a framework or a proxy.",
        run: |session| {
            Box::pin(async {
                let response = session
                    .post_token(&credentials_for(session, UNKNOWN_GRANT))
                    .await?;
                refused(&response)?;
                json_media_type(&response)
            })
        },
    },
    Check {
        id: "token.error.description",
        level: Level::Required,
        rule: "R14",
        expects: "error, error_description and error_uri have no quotes, backslashes, line breaks or non-ASCII characters, whatever the request contains.",
        why: "Clients write them to logs and headers, where such characters can inject content.",
        fix: "Return fixed texts that do not quote the request.",
        run: |session| Box::pin(description(session)),
    },
];

/// The client's credentials with another grant type.
fn credentials_for<'a>(session: &'a Session, grant_type: &'a str) -> [(&'a str, &'a str); 3] {
    let [_, client_id, client_secret] = session.credentials();
    [("grant_type", grant_type), client_id, client_secret]
}

async fn wrong_secret_in_body(session: &Session) -> Result<(), NotPassed> {
    let wrong_secret = random_secret();
    let [grant_type, client_id, _] = session.credentials();
    let form = [
        grant_type,
        client_id,
        ("client_secret", wrong_secret.expose_secret()),
    ];
    oauth_error(
        &*session.post_token(&form).await?,
        &[400, 401],
        &["invalid_client"],
    )
}

async fn wrong_secret_in_basic(session: &Session) -> Result<(), NotPassed> {
    let request = session
        .token_request(&[("grant_type", "client_credentials")])
        .basic(&session.plan.client_id, random_secret().expose_secret());
    let response = session.http.send(request).await?;
    oauth_error(&response, &[401], &["invalid_client"])?;
    challenged(&response, "Basic").map(drop)
}

async fn unknown_client(session: &Session) -> Result<(), NotPassed> {
    let (client_id, secret) = (random_id(), random_secret());
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client_id.as_str()),
        ("client_secret", secret.expose_secret()),
    ];
    oauth_error(
        &*session.post_token(&form).await?,
        &[400, 401],
        &["invalid_client"],
    )
}

async fn no_grant_type(session: &Session) -> Result<(), NotPassed> {
    let [_, client_id, client_secret] = session.credentials();
    let response = session.post_token(&[client_id, client_secret]).await?;
    oauth_error(&response, &[400], &["invalid_request"])
}

async fn unknown_grant(session: &Session) -> Result<(), NotPassed> {
    let response = session
        .post_token(&credentials_for(session, UNKNOWN_GRANT))
        .await?;
    oauth_error(&response, &[400], &["unsupported_grant_type"])
}

async fn password_grant(session: &Session) -> Result<(), NotPassed> {
    let password = random_secret();
    let [grant_type, client_id, client_secret] = credentials_for(session, "password");
    let form = [
        grant_type,
        client_id,
        client_secret,
        ("username", session.plan.user.as_str()),
        ("password", password.expose_secret()),
    ];
    let response = session.post_token(&form).await?;
    refused(&response)?;
    match response.error_code().as_deref() {
        // The code says that the password is wrong, so the server looked at it.
        Some("invalid_grant") => {
            failed("the grant is supported: the server verified the password (invalid_grant)")
        }
        _ => Ok(()),
    }
}

async fn query(session: &Session) -> Result<(), NotPassed> {
    session.token().await?;
    let encoded: String = url::form_urlencoded::byte_serialize(session.plan.client_id.as_bytes()).collect();
    let [grant_type, _, client_secret] = session.credentials();
    let request = session
        .request(Method::POST, &format!("/token?client_id={encoded}"))
        .form(&[grant_type, client_secret]);
    refused(&*session.http.send(request).await?)
}

async fn two_methods(session: &Session) -> Result<(), NotPassed> {
    let request = session
        .token_request(&session.credentials())
        .basic(&session.plan.client_id, session.plan.secret.expose_secret());
    oauth_error(&*session.http.send(request).await?, &[400], &["invalid_request"])
}

async fn media_type(session: &Session) -> Result<(), NotPassed> {
    let request = session.request(Method::POST, "/token").json(&json!({
        "grant_type": "client_credentials",
        "client_id": session.plan.client_id,
        "client_secret": session.plan.secret.expose_secret(),
    }));
    refused(&*session.http.send(request).await?)
}

async fn unknown_scope(session: &Session) -> Result<(), NotPassed> {
    session.token().await?;
    let form = session.credentials_with(&[("scope", UNKNOWN_SCOPE)]);
    let response = session.post_token(&form).await?;
    if response.access_token().is_none() {
        return oauth_error(&response, &[400], &["invalid_scope"]);
    }
    match response.string_member("scope") {
        None => failed("a token was issued, and the response does not say that its scope is different"),
        Some(scope) if scope.split(' ').any(|one| one == UNKNOWN_SCOPE) => {
            failed("a token with the unknown scope was issued")
        }
        Some(_) => Err(NotPassed::Noted(
            "the unknown scope was ignored, and the response has the actual scope".to_owned(),
        )),
    }
}

async fn get(session: &Session) -> Result<(), NotPassed> {
    let request = session
        .request(Method::GET, "/token?grant_type=client_credentials")
        .basic(&session.plan.client_id, session.plan.secret.expose_secret());
    let response = session.http.send(request).await?;
    refused(&response)?;
    status_in(&response, &[405])?;
    let allow = response.header(&ALLOW);
    require(allow.split(',').any(|method| method.trim() == "POST"), || {
        format!("Allow is {allow:?}, without POST")
    })
}

async fn description(session: &Session) -> Result<(), NotPassed> {
    let grant_type = "urn:\"\\\u{e9}\r\n<b>";
    let response = session.post_token(&credentials_for(session, grant_type)).await?;
    refused(&response)?;
    response.json()?;
    for name in ["error", "error_description", "error_uri"] {
        allowed_characters(name, &response.string_member(name).unwrap_or_default())?;
    }
    Ok(())
}
