//! HTTP Basic (RFC 7617) as client authentication: both halves are form-encoded before base64 (RFC 6749 s2.3.1).

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::error::Error;
use crate::oauth::InvalidClient;
use crate::wire::form::decode;

/// The two halves of HTTP Basic.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Basic {
    pub(super) client_id: String,
    pub(super) secret: String,
    /// The secret as it stands in the header, where that is something else: what a client means that does not form-encode.
    pub(super) undecoded_secret: Option<String>,
}

/// The credentials in `Authorization: Basic`, if there are any.
///
/// Only Basic is client authentication. A header of another scheme, such as the bearer token that a client sends with all its
/// requests, an empty one and Basic without credentials say nothing about the client.
pub(super) fn credentials(headers: &HeaderMap) -> Result<Option<Basic>, Error> {
    let mut values = headers.get_all(AUTHORIZATION).filter_map(encoded);
    let Some(encoded) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Error::InvalidRequest(
            "Send one Authorization header with the scheme Basic only.",
        ));
    }
    let decoded = STANDARD.decode(encoded).map(Zeroizing::new);
    let decoded = decoded.map_err(|_| Error::from(InvalidClient::NoCredentials))?;
    let mut halves = decoded.splitn(2, |byte| *byte == b':');
    match (halves.next(), halves.next()) {
        (Some([]), Some([])) => Ok(None),
        (Some(client_id), Some(secret)) => halves_decoded(client_id, secret).map(Some),
        _ => Err(InvalidClient::NoCredentials.into()),
    }
}

/// What follows the scheme; `None` where that is not Basic, or nothing follows.
fn encoded(value: &HeaderValue) -> Option<&[u8]> {
    const SCHEME: &[u8] = b"Basic";
    let (scheme, rest) = value.as_bytes().split_at_checked(SCHEME.len())?;
    let encoded = rest.trim_ascii();
    let is_basic = scheme.eq_ignore_ascii_case(SCHEME) && rest.starts_with(b" ");
    (is_basic && !encoded.is_empty()).then_some(encoded)
}

fn halves_decoded(client_id: &[u8], secret: &[u8]) -> Result<Basic, Error> {
    let not_encoded = |_| Error::from(InvalidClient::NotFormEncoded);
    let text = |half| str::from_utf8(half).map_err(|_| Error::from(InvalidClient::NotFormEncoded));
    let client_id = decode(text(client_id)?).map_err(not_encoded)?.into_owned();
    let raw = text(secret)?;
    let secret = decode(raw).map_err(not_encoded)?.into_owned();
    let undecoded_secret = (raw != secret).then(|| raw.to_owned());
    Ok(Basic {
        client_id,
        secret,
        undecoded_secret,
    })
}
