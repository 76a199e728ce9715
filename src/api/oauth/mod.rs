//! The OAuth endpoints on the wire.

mod metadata;
mod presented;
mod respond;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use self::metadata::metadata;
use self::presented::{OAuthForm, client_authentication, required};
use self::respond::forbid_caching;
use crate::api::guard::{self, Guarded, Refusal, admit};
use crate::app::App;
use crate::clients::{CachedClient, ExpiresInFormat, Grant, Scope, ScopeSet};
use crate::oauth::credentials::authenticate;
use crate::oauth::grant::{self, Issued, PresentedClient};
use crate::oauth::introspection::{Requester, introspect};
use crate::oauth::revocation::revoke_own;
use crate::oauth::{Error, InvalidClient};
use crate::wire::form::Form;
use crate::wire::problem::Problem;
use crate::wire::request_log::RequestContext;

/// Registers the endpoints, those that are called most first: the router looks in this order.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource(guard::PATH)
                .get(guard::get_auth_check)
                .head(guard::get_auth_check),
        )
        .service(web::resource("/token").post(post_token))
        .service(web::resource("/connect/token").post(post_connect_token))
        .service(web::resource("/introspect").post(post_introspect))
        .service(web::resource("/revoke").post(post_revoke));
}

/// Registers the metadata.
pub fn configure_metadata(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/.well-known/oauth-authorization-server{path:.*}")
            .get(get_metadata)
            .head(get_metadata),
    );
}

/// `POST /token`: the Talentsoft dialect (contract s2.3): `token_type` in lower case, `expires_in` a string unless the
/// client is set to numbers.
async fn post_token(
    app: web::Data<App>,
    request: HttpRequest,
    form: OAuthForm,
) -> Result<HttpResponse, Error> {
    let issued = grant_token(&app, &request, &form.0).await?;
    let ttl = issued.ttl_seconds;
    Ok(token_response(&TokenBody {
        access_token: &issued.access_token,
        token_type: "bearer",
        expires_in: match issued.client.info.settings.expires_in_format {
            ExpiresInFormat::String => ExpiresIn::String(ttl.to_string()),
            ExpiresInFormat::Number => ExpiresIn::Number(ttl),
        },
        scope: None,
    }))
}

/// `POST /connect/token`: plain OAuth (RFC 6749 s5.1).
async fn post_connect_token(
    app: web::Data<App>,
    request: HttpRequest,
    form: OAuthForm,
) -> Result<HttpResponse, Error> {
    let issued = grant_token(&app, &request, &form.0).await?;
    Ok(token_response(&TokenBody {
        access_token: &issued.access_token,
        token_type: "Bearer",
        expires_in: ExpiresIn::Number(issued.ttl_seconds),
        scope: Some(issued.scopes),
    }))
}

#[derive(Serialize)]
struct TokenBody<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: ExpiresIn,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<ScopeSet>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ExpiresIn {
    String(String),
    Number(u32),
}

fn token_response(body: &TokenBody<'_>) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    forbid_caching(&mut response);
    response.json(body)
}

/// Either grant; its outcome goes to the metrics and, when refused, to the log line.
async fn grant_token(app: &App, request: &HttpRequest, form: &Form) -> Result<Issued, Error> {
    let trace = RequestContext::of(request);
    let grant = form
        .get("grant_type")
        .and_then(|text| Grant::ALL.into_iter().find(|grant| grant.as_str() == text));
    let result = match grant {
        Some(Grant::ClientCredentials) => grant_client_credentials(app, request, form).await,
        Some(Grant::JwtBearer) => grant_jwt_bearer(app, request, form).await,
        None if form.get("grant_type").is_none() => {
            Err(Error::InvalidRequest("The parameter grant_type is missing."))
        }
        None => Err(Error::UnsupportedGrantType),
    };
    let label = grant.map_or("none", Grant::short_name);
    app.metrics
        .count_token(label, result.as_ref().map_or_else(Error::reason, |_| "issued"));
    match &result {
        Ok(issued) => trace.note_client(&issued.client.info.client_id),
        Err(error) => error.note(&trace),
    }
    result
}

async fn grant_client_credentials(app: &App, request: &HttpRequest, form: &Form) -> Result<Issued, Error> {
    let credentials = match client_authentication(request, form, app)? {
        PresentedClient::Credentials(credentials) => Some(credentials),
        PresentedClient::Nothing | PresentedClient::ClientId(_) => None,
    };
    grant::client_credentials(app, credentials, form.get("scope")).await
}

async fn grant_jwt_bearer(app: &App, request: &HttpRequest, form: &Form) -> Result<Issued, Error> {
    let beside = client_authentication(request, form, app)?;
    let assertion = required(form, "assertion", "The parameter assertion is missing.")?;
    grant::jwt_bearer(app, assertion, beside, form.get("scope")).await
}

/// The client that a request to a protected OAuth endpoint proves to come from.
async fn authenticated_client(
    app: &App,
    request: &HttpRequest,
    form: &Form,
) -> Result<Arc<CachedClient>, Error> {
    match client_authentication(request, form, app)? {
        PresentedClient::Credentials(credentials) => authenticate(app, credentials).await,
        PresentedClient::Nothing | PresentedClient::ClientId(_) => {
            Err(Error::InvalidClient(InvalidClient::NoCredentials))
        }
    }
}

/// `POST /revoke` (RFC 7009).
async fn post_revoke(
    app: web::Data<App>,
    request: HttpRequest,
    form: OAuthForm,
) -> Result<HttpResponse, Error> {
    let revoke = async {
        let client = authenticated_client(&app, &request, &form.0).await?;
        let token = required(&form.0, "token", "The parameter token is missing.")?;
        revoke_own(&app, &client, token).await
    };
    revoke
        .await
        .inspect_err(|error| error.note(&RequestContext::of(&request)))?;
    let mut response = HttpResponse::Ok();
    forbid_caching(&mut response);
    Ok(response.finish())
}

/// `POST /introspect` (RFC 7662): a client asks with its credentials, anybody with a token of scope `introspect`.
async fn post_introspect(
    app: web::Data<App>,
    request: HttpRequest,
    form: OAuthForm,
) -> Result<HttpResponse, actix_web::Error> {
    let trace = RequestContext::of(&request);
    let is_bearer = request.headers().get(AUTHORIZATION).is_some_and(|value| {
        value
            .as_bytes()
            .get(..6)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"Bearer"))
    });
    let requester = if is_bearer {
        admit_bearer_alone(&app, &request, &trace, &form.0)
            .await
            .inspect_err(|refusal| refusal.note(&app, &trace))?;
        Requester::Bearer
    } else {
        let client = authenticated_client(&app, &request, &form.0).await;
        Requester::Client(client.inspect_err(|error| error.note(&trace))?)
    };
    let answer = async {
        let token = required(&form.0, "token", "The parameter token is missing.")?;
        introspect(&app, &requester, token).await
    };
    let answer = answer.await.inspect_err(|error| error.note(&trace))?;
    let mut response = HttpResponse::Ok();
    forbid_caching(&mut response);
    Ok(response.json(answer))
}

/// A bearer with scope `introspect` who shows nothing else (RFC 6749 s2.3, RFC 6750 s2).
async fn admit_bearer_alone(
    app: &web::Data<App>,
    request: &HttpRequest,
    trace: &RequestContext,
    form: &Form,
) -> Result<Guarded, Refusal> {
    const OTHER_WAYS: [&str; 4] = [
        "access_token",
        "client_assertion",
        "client_assertion_type",
        "client_secret",
    ];
    if OTHER_WAYS.into_iter().any(|name| form.get(name).is_some()) {
        return Err(Refusal::InvalidRequest(
            "Send an access token or client credentials, and in one way only.",
        ));
    }
    admit(app, request.head(), trace, Some(Scope::Introspect)).await
}

/// `GET /.well-known/oauth-authorization-server[/path]` (RFC 8414 s3): only at the path that belongs to the issuer.
async fn get_metadata(app: web::Data<App>, path: web::Path<String>) -> HttpResponse {
    let issuer = &app.service.issuer;
    let issuer_path = issuer
        .splitn(4, '/')
        .nth(3)
        .map_or_else(String::new, |path| format!("/{path}"));
    if *path != issuer_path {
        return Problem::of_status(StatusCode::NOT_FOUND).respond();
    }
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "max-age=3600"))
        .json(metadata(issuer))
}
