//! What a request to an OAuth endpoint presents: a form, and a way of client authentication (RFC 6749 s2.3, s3.2).

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::dev::{Payload, RequestHead};
use actix_web::http::header::HeaderMap;
use zeroize::Zeroizing;

use super::basic::{self, Basic};
use super::error::Error;
use crate::app::App;
use crate::clients::CachedClient;
use crate::crypto::secret::PresentedSecret;
use crate::ids::ClientId;
use crate::oauth::credentials::{Credentials, authenticate};
use crate::oauth::grant::PresentedClient;
use crate::oauth::{AuthorizationServer, InvalidClient};
use crate::wire::body::{self, BodyError};
use crate::wire::content_type::ContentType;
use crate::wire::form::Form;
use crate::wire::query;
use crate::wire::request_context::RequestContext;

/// Longest body, in bytes.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Parameters that are secrets, or prove something: never in a URL (RFC 6749 s2.3.1).
const NEVER_IN_QUERY: &[&str] = &[
    "access_token",
    "assertion",
    "client_assertion",
    "client_id",
    "client_secret",
    "password",
    "refresh_token",
    "token",
];

/// A request to an OAuth endpoint, with its form.
pub(super) struct OAuthRequest<'a> {
    pub(super) app: &'a App,
    pub(super) head: &'a RequestHead,
    pub(super) context: &'a RequestContext,
    pub(super) form: Form<'a>,
}

/// Reads the body of a request, which is to be a form, and refuses a query that should not be there.
pub(super) async fn read_body(head: &RequestHead, payload: Payload) -> Result<Zeroizing<Vec<u8>>, Error> {
    check_query(head.uri.query().unwrap_or_default())?;
    check_media_type(&head.headers)?;
    Ok(body::read_text(&head.headers, payload, MAX_BODY_BYTES).await?)
}

impl OAuthRequest<'_> {
    pub(super) fn server(&self) -> &AuthorizationServer {
        &self.app.oauth
    }

    /// A parameter of the form; an empty one counts as omitted (RFC 6749 s3.2).
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.form.get(name)
    }

    /// A parameter that must be there; `missing` is what is answered otherwise.
    pub(super) fn required(&self, name: &str, missing: &'static str) -> Result<&str, Error> {
        self.parameter(name).ok_or(Error::InvalidRequest(missing))
    }

    /// Refuses scopes that are sent by another name than `scope`.
    pub(super) fn check_scope_is_readable(&self) -> Result<(), Error> {
        if self.form.names().any(resembles_scope) {
            return Err(Error::InvalidRequest(
                "Send the scopes in one parameter with the name scope, with spaces between.",
            ));
        }
        Ok(())
    }

    /// What the request presents of a client: nothing, an identifier alone, or credentials in one of the two ways.
    pub(super) fn client(&self) -> Result<PresentedClient, Error> {
        let presented = presented_client(&self.head.headers, &self.form, self.context.peer().caller())?;
        if let PresentedClient::Credentials(credentials) = &presented {
            self.context.note_claimed(&credentials.client_id);
            if self.app.clients.knows(&credentials.client_id) {
                self.context.note_client(&credentials.client_id);
            }
        }
        Ok(presented)
    }

    /// The client that the request proves to come from.
    pub(super) async fn authenticated_client(&self) -> Result<Arc<CachedClient>, Error> {
        self.authenticate(self.client()?).await
    }

    /// The client that was presented, if it is proved.
    pub(super) async fn authenticate(&self, presented: PresentedClient) -> Result<Arc<CachedClient>, Error> {
        match presented {
            PresentedClient::Credentials(credentials) => Ok(authenticate(self.server(), credentials).await?),
            PresentedClient::Nothing | PresentedClient::ClientId(_) => {
                Err(InvalidClient::NoCredentials.into())
            }
        }
    }
}

fn check_query(query: &str) -> Result<(), Error> {
    for name in query::names(query) {
        if NEVER_IN_QUERY.contains(&name.as_ref()) {
            return Err(Error::InvalidRequest(
                "Send credentials, assertions and tokens in the body, never in the URL.",
            ));
        }
        if name == "scope" || resembles_scope(&name) {
            return Err(Error::InvalidRequest(
                "Send scope in the body: parameters in the URL are not read.",
            ));
        }
    }
    Ok(())
}

/// Whether a name is one by which clients send scopes, but for `scope` itself: `scopes`, `scope[]`, `Scope`. Ignored like
/// other unknown parameters (RFC 6749 s3.2), it would leave a token with all scopes where fewer were asked for.
fn resembles_scope(name: &str) -> bool {
    let stem = name.split('[').next().unwrap_or_default().trim();
    name != "scope"
        && ["scope", "scopes"]
            .iter()
            .any(|known| stem.eq_ignore_ascii_case(known))
}

/// Form encoding, with no charset or UTF-8 (RFC 6749 appendix B).
fn check_media_type(headers: &HeaderMap) -> Result<(), Error> {
    const FORM: &str = "application/x-www-form-urlencoded";
    let content_type = ContentType::of(headers).filter(|content_type| content_type.is(FORM));
    let content_type = content_type.ok_or(BodyError::MediaType(FORM))?;
    Ok(content_type.check_charset()?)
}

/// The client authentication of a request: none, an identifier alone, or credentials by one of the two ways.
fn presented_client(
    headers: &HeaderMap,
    form: &Form<'_>,
    address: Option<IpAddr>,
) -> Result<PresentedClient, Error> {
    let basic = basic::credentials(headers)?;
    let post = form.get("client_secret");
    let has_client_assertion =
        form.get("client_assertion").is_some() || form.get("client_assertion_type").is_some();
    let ways = usize::from(basic.is_some()) + usize::from(post.is_some()) + usize::from(has_client_assertion);
    if ways > 1 {
        return Err(Error::InvalidRequest("Authenticate the client in one way only."));
    }
    if has_client_assertion {
        return Err(Error::from(InvalidClient::NoCredentials));
    }
    let client_id = form.get("client_id");
    let basic = match (basic, post, client_id) {
        (Some(basic), _, Some(client_id)) if basic.client_id != client_id => {
            return Err(Error::InvalidRequest(
                "The client_id in the body is not the one in the Authorization header.",
            ));
        }
        (Some(basic), ..) => basic,
        (None, Some(secret), Some(client_id)) => Basic {
            client_id: client_id.to_owned(),
            secret: secret.to_owned(),
            undecoded_secret: None,
        },
        (None, Some(_), None) => return Err(Error::InvalidRequest("The parameter client_id is missing.")),
        (None, None, Some(client_id)) => {
            let unknown = |_| Error::from(InvalidClient::Unknown);
            return Ok(PresentedClient::ClientId(client_id.parse().map_err(unknown)?));
        }
        (None, None, None) => return Ok(PresentedClient::Nothing),
    };
    let client_id: ClientId = basic
        .client_id
        .parse()
        .map_err(|_| Error::from(InvalidClient::Unknown))?;
    let undecoded_secret = basic
        .undecoded_secret
        .and_then(|secret| PresentedSecret::new(secret).ok());
    let secret = PresentedSecret::new(basic.secret).map_err(|_| Error::from(InvalidClient::WrongSecret))?;
    Ok(PresentedClient::Credentials(Credentials {
        client_id,
        secret,
        undecoded_secret,
        address,
    }))
}

#[cfg(test)]
#[path = "presented_tests.rs"]
mod tests;
