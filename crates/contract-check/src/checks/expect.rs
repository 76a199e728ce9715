//! What the checks expect of responses: functions that fail with the reason if a response is different.

use reqwest::header::{CACHE_CONTROL, PRAGMA, WWW_AUTHENTICATE};
use serde_json::Value;

use crate::http::{Challenge, Response};
use crate::not_passed::{NotPassed, failed, require};

/// Expects one of `statuses`.
pub fn status_in(response: &Response, statuses: &[u16]) -> Result<(), NotPassed> {
    require(statuses.contains(&response.status), || {
        format!(
            "the response was {} instead of {}",
            response.summary(),
            or(statuses)
        )
    })
}

/// Expects a status of 2xx.
pub fn success(response: &Response) -> Result<(), NotPassed> {
    require(response.is_success(), || {
        format!("the response was {}", response.summary())
    })
}

/// Expects 200 and JSON with an access token.
pub fn token_issued(response: &Response) -> Result<(), NotPassed> {
    status_in(response, &[200])?;
    let body = response.json()?;
    match body.get("access_token") {
        Some(Value::String(token)) if !token.is_empty() => Ok(()),
        Some(_) => failed("access_token is empty or not a string"),
        None => failed("the JSON has no access_token"),
    }
}

/// Expects a status of 4xx and no token, whatever the error code.
pub fn refused(response: &Response) -> Result<(), NotPassed> {
    if response.access_token().is_some() {
        return failed(format!(
            "the request was accepted: the response was {} with an access token",
            response.status
        ));
    }
    match response.status {
        400..500 => Ok(()),
        500.. => failed(format!(
            "the response was {}, which reports an error of the server instead of the request",
            response.summary()
        )),
        _ => failed(format!(
            "the request was not refused: the response was {}",
            response.summary()
        )),
    }
}

/// Expects an error response of RFC 6749 s5.2 with one of these statuses and one of these codes.
pub fn oauth_error(response: &Response, statuses: &[u16], codes: &[&str]) -> Result<(), NotPassed> {
    refused(response)?;
    response.json()?;
    let has_code = response
        .error_code()
        .is_some_and(|code| codes.contains(&code.as_str()));
    require(has_code && statuses.contains(&response.status), || {
        format!(
            "the response was {} instead of {} with error {}",
            response.summary(),
            or(statuses),
            or(codes)
        )
    })
}

/// Expects `application/json`.
pub fn json_media_type(response: &Response) -> Result<(), NotPassed> {
    let media_type = response.media_type();
    require(media_type == "application/json", || {
        format!(
            "the media type is {} instead of application/json",
            or_absent(&media_type)
        )
    })
}

/// Expects `Cache-Control: no-store`.
pub fn no_store(response: &Response) -> Result<(), NotPassed> {
    let value = response.header(&CACHE_CONTROL).to_ascii_lowercase();
    let has_directive = value.split(',').any(|directive| directive.trim() == "no-store");
    require(has_directive, || {
        format!("Cache-Control is {}", or_absent(&value))
    })
}

/// Expects `Pragma: no-cache`.
pub fn pragma_no_cache(response: &Response) -> Result<(), NotPassed> {
    let value = response.header(&PRAGMA).to_ascii_lowercase();
    require(value.contains("no-cache"), || {
        format!("Pragma is {}", or_absent(&value))
    })
}

/// Expects that there is no `refresh_token`.
pub fn no_refresh_token(body: &Value) -> Result<(), NotPassed> {
    require(body.get("refresh_token").is_none_or(Value::is_null), || {
        "the response has a refresh_token".to_owned()
    })
}

/// Expects 401 with a challenge of a scheme, which is returned.
pub fn challenged(response: &Response, scheme: &str) -> Result<Challenge, NotPassed> {
    refused(response)?;
    status_in(response, &[401])?;
    let value = response.header(&WWW_AUTHENTICATE);
    Challenge::find(&value, scheme).ok_or_else(|| {
        NotPassed::Failed(format!(
            "WWW-Authenticate is {}, without a {scheme} challenge",
            or_absent(&value)
        ))
    })
}

/// Expects that the value of `name` has only the characters that RFC 6749 s5.2 allows in `error` and
/// `error_description`.
pub fn allowed_characters(name: &str, value: &str) -> Result<(), NotPassed> {
    let is_allowed = |c: char| matches!(c, '\x20'..='\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e');
    match value.chars().find(|c| !is_allowed(*c)) {
        None => Ok(()),
        Some(c) => failed(format!(
            "{name} contains the character {:?} (U+{:04X})",
            c,
            u32::from(c)
        )),
    }
}

/// The rows of a list in the body, which is an array, or an object with exactly one array.
pub fn rows(response: &Response) -> Result<Vec<Value>, NotPassed> {
    match response.json()? {
        Value::Array(rows) => Ok(rows),
        Value::Object(members) => {
            let mut arrays = members.into_iter().filter_map(|(_, value)| match value {
                Value::Array(rows) => Some(rows),
                _ => None,
            });
            match (arrays.next(), arrays.next()) {
                (Some(rows), None) => Ok(rows),
                _ => failed("the JSON is neither an array nor an object with exactly one array"),
            }
        }
        _ => failed("the JSON is not an array"),
    }
}

/// A member of a row that is a string and not empty, or a number, which is written as text.
pub fn text_member(row: &Value, name: &str) -> Option<String> {
    match row.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether the endpoint does not serve this method at this path: 404, 405 or 501.
pub fn is_absent(response: &Response) -> bool {
    [404, 405, 501].contains(&response.status)
}

fn or(alternatives: &[impl ToString]) -> String {
    let alternatives: Vec<String> = alternatives.iter().map(ToString::to_string).collect();
    alternatives.join(" or ")
}

fn or_absent(value: &str) -> &str {
    if value.is_empty() { "absent" } else { value }
}
