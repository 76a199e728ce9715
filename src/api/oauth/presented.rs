//! What a request to an OAuth endpoint presents: a form, and a way of client authentication (RFC 6749 s2.3, s3.2).

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpRequest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::app::App;
use crate::crypto::secret::PresentedSecret;
use crate::ids::ClientId;
use crate::oauth::credentials::Credentials;
use crate::oauth::grant::PresentedClient;
use crate::oauth::{Error, InvalidClient};
use crate::wire::body::{self, BodyError};
use crate::wire::form::{Form, FormError, decode};
use crate::wire::peer::client_address;
use crate::wire::request_log::RequestContext;

/// Longest body, in bytes.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// Parameters that are secrets, or prove something: never in a URL (RFC 6749 s2.3.1).
const NEVER_IN_QUERY: [&str; 8] = [
    "access_token",
    "assertion",
    "client_assertion",
    "client_id",
    "client_secret",
    "password",
    "refresh_token",
    "token",
];

/// The form of a request to an OAuth endpoint.
pub struct OAuthForm(pub Form);

impl From<FormError> for Error {
    fn from(error: FormError) -> Self {
        Self::InvalidRequest(match error {
            FormError::Malformed => "The body is not valid form encoding in UTF-8.",
            FormError::Repeated => "A parameter is sent more than once.",
            FormError::TooMany => "The body has too many parameters.",
        })
    }
}

impl From<BodyError> for Error {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::BodyTooLarge,
            BodyError::TooSlow => Self::BodyTooSlow,
            BodyError::Unreadable => Self::InvalidRequest("The body could not be read."),
            BodyError::MediaType(_) => Self::UnsupportedMediaType,
        }
    }
}

impl FromRequest for OAuthForm {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let precheck = check_query(request.query_string()).and_then(|()| check_media_type(request.headers()));
        let trace = RequestContext::of(request);
        let payload = payload.take();
        Box::pin(async move {
            let read = async {
                precheck?;
                let body = body::read(payload, MAX_BODY_BYTES).await?;
                Ok(Self(Form::parse(&body)?))
            };
            read.await.inspect_err(|error: &Error| error.note(&trace))
        })
    }
}

fn check_query(query: &str) -> Result<(), Error> {
    let is_exposed = !query.is_empty()
        && url::form_urlencoded::parse(query.as_bytes())
            .any(|(name, _)| NEVER_IN_QUERY.contains(&name.as_ref()));
    if is_exposed {
        return Err(Error::InvalidRequest(
            "Send credentials, assertions and tokens in the body, never in the URL.",
        ));
    }
    Ok(())
}

/// Form encoding, with no charset or UTF-8 (RFC 6749 appendix B).
fn check_media_type(headers: &HeaderMap) -> Result<(), Error> {
    if body::is_media_type(headers, "application/x-www-form-urlencoded") {
        Ok(())
    } else {
        Err(Error::UnsupportedMediaType)
    }
}

/// The client authentication of a request: none, an identifier alone, or credentials by one of the two ways.
pub fn client_authentication(
    request: &HttpRequest,
    form: &Form,
    app: &App,
) -> Result<PresentedClient, Error> {
    let basic = basic_credentials(request.headers())?;
    let post = form.get("client_secret");
    let has_client_assertion =
        form.get("client_assertion").is_some() || form.get("client_assertion_type").is_some();
    let ways = usize::from(basic.is_some()) + usize::from(post.is_some()) + usize::from(has_client_assertion);
    if ways > 1 {
        return Err(Error::InvalidRequest("Authenticate the client in one way only."));
    }
    if has_client_assertion {
        return Err(Error::InvalidClient(InvalidClient::NoCredentials));
    }
    let client_id = form.get("client_id");
    let (client_id, secret) = match (basic, post, client_id) {
        (Some((basic_id, _)), _, Some(client_id)) if basic_id != client_id => {
            return Err(Error::InvalidRequest(
                "The client_id in the body is not the one in the Authorization header.",
            ));
        }
        (Some(basic), ..) => basic,
        (None, Some(secret), Some(client_id)) => (client_id.to_owned(), secret.to_owned()),
        (None, Some(_), None) => return Err(Error::InvalidRequest("The parameter client_id is missing.")),
        (None, None, Some(client_id)) => {
            let unknown = |_| Error::InvalidClient(InvalidClient::Unknown);
            return Ok(PresentedClient::ClientId(client_id.parse().map_err(unknown)?));
        }
        (None, None, None) => return Ok(PresentedClient::Nothing),
    };
    let client_id: ClientId = client_id
        .parse()
        .map_err(|_| Error::InvalidClient(InvalidClient::Unknown))?;
    let trace = RequestContext::of(request);
    trace.note_claimed(&client_id);
    if app.clients.knows(&client_id) {
        trace.note_client(&client_id);
    }
    let secret =
        PresentedSecret::new(secret).map_err(|_| Error::InvalidClient(InvalidClient::WrongSecret))?;
    let address = client_address(request.head(), &app.service.trusted_proxies);
    Ok(PresentedClient::Credentials(Credentials {
        client_id,
        secret,
        address,
    }))
}

/// HTTP Basic: both halves are form-encoded before base64 (s2.3.1).
fn basic_credentials(headers: &HeaderMap) -> Result<Option<(String, String)>, Error> {
    let mut values = headers.get_all(AUTHORIZATION);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Error::InvalidRequest("Send one Authorization header only."));
    }
    let parse = || {
        let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("Basic") {
            return None;
        }
        let decoded = Zeroizing::new(STANDARD.decode(encoded.trim_matches(' ')).ok()?);
        let mut halves = decoded.splitn(2, |byte| *byte == b':');
        Some((decode(halves.next()?).ok()?, decode(halves.next()?).ok()?))
    };
    parse()
        .map(Some)
        .ok_or(Error::InvalidClient(InvalidClient::NoCredentials))
}

/// A parameter that must be there.
pub fn required<'a>(form: &'a Form, name: &str, missing: &'static str) -> Result<&'a str, Error> {
    form.get(name).ok_or(Error::InvalidRequest(missing))
}

#[cfg(test)]
#[path = "presented_tests.rs"]
mod tests;
