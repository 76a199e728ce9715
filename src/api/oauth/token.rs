//! The token endpoints: `POST /token` as Talentsoft sends it, and `POST /connect/token` as the RFCs write it.

use actix_web::HttpResponse;
use serde::Serialize;
use strum::VariantArray;

use super::error::{Error, forbid_caching};
use super::presented::OAuthRequest;
use crate::clients::{ExpiresInFormat, Grant, ScopeSet};
use crate::oauth::grant::{self, IssuedToken, PresentedAssertion, PresentedClient};

/// `POST /token`: the Talentsoft dialect (contract s2.3): `token_type` in lower case, `expires_in` a string unless the
/// client is set to numbers.
pub(super) async fn post_token(request: &OAuthRequest<'_>) -> Result<HttpResponse, Error> {
    let issued = issue(request).await?;
    let ttl = issued.ttl_seconds;
    Ok(respond(&TokenBody {
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
pub(super) async fn post_connect_token(request: &OAuthRequest<'_>) -> Result<HttpResponse, Error> {
    let issued = issue(request).await?;
    Ok(respond(&TokenBody {
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

fn respond(body: &TokenBody<'_>) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    forbid_caching(&mut response);
    response.json(body)
}

/// A token by the grant that the request names.
async fn issue(request: &OAuthRequest<'_>) -> Result<IssuedToken, Error> {
    request.check_scope_is_readable()?;
    let name = request.parameter("grant_type");
    let grant = Grant::VARIANTS
        .iter()
        .copied()
        .find(|grant| Some(grant.grant_type()) == name);
    request
        .context
        .note_grant(grant.map_or("none", Grant::short_name));
    let issued = match grant {
        Some(Grant::ClientCredentials) => client_credentials(request).await?,
        Some(Grant::JwtBearer) => jwt_bearer(request).await?,
        None if name.is_none() => {
            return Err(Error::InvalidRequest("The parameter grant_type is missing."));
        }
        None => return Err(Error::UnsupportedGrantType),
    };
    request.context.note_client(&issued.client.info.client_id);
    Ok(issued)
}

async fn client_credentials(request: &OAuthRequest<'_>) -> Result<IssuedToken, Error> {
    let credentials = match request.client()? {
        PresentedClient::Credentials(credentials) => Some(credentials),
        PresentedClient::Nothing | PresentedClient::ClientId(_) => None,
    };
    let scope = request.parameter("scope");
    Ok(grant::client_credentials(request.server(), credentials, scope).await?)
}

async fn jwt_bearer(request: &OAuthRequest<'_>) -> Result<IssuedToken, Error> {
    let client = request.client()?;
    let assertion = request.required("assertion", "The parameter assertion is missing.")?;
    let scope = request.parameter("scope");
    let assertion = PresentedAssertion {
        text: assertion,
        address: request.context.peer().caller(),
    };
    Ok(grant::jwt_bearer(request.server(), assertion, client, scope).await?)
}
