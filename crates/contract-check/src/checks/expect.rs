//! What several checks look for in an answer.

use std::rc::Rc;

use reqwest::header::{CACHE_CONTROL, PRAGMA, WWW_AUTHENTICATE};
use serde_json::Value;

use crate::http::{Answer, Challenge, of_scheme};
use crate::not_passed::{Otherwise, Verdict, failed, require};

/// 2xx.
pub fn success(answer: &Answer) -> Verdict {
    require(answer.is_success(), || {
        format!("it was answered {}", answer.brief())
    })
}

/// A token in a 200 with JSON.
pub fn token_issued(answer: &Answer) -> Verdict {
    require(answer.status == 200, || {
        format!("it was answered {} instead of 200", answer.brief())
    })?;
    let body = answer.json()?;
    match body.get("access_token") {
        Some(Value::String(token)) if !token.is_empty() => Ok(()),
        Some(_) => failed("access_token is no text, or empty"),
        None => failed("the JSON has no access_token"),
    }
}

/// No token and a status of 4xx, whatever the code.
pub fn refused(answer: &Answer) -> Verdict {
    if answer.access_token().is_some() {
        return failed(format!(
            "it was accepted: an access token came back with {}",
            answer.status
        ));
    }
    match answer.status {
        400..500 => Ok(()),
        500.. => failed(format!(
            "it was answered {}, as if it were a fault of the service and not of the request",
            answer.brief()
        )),
        _ => failed(format!("it was not refused, but answered {}", answer.brief())),
    }
}

/// An error of RFC 6749 s5.2 with one of these statuses and codes.
pub fn oauth_error(answer: &Answer, statuses: &[u16], codes: &[&str]) -> Verdict {
    refused(answer)?;
    let wanted = || {
        let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
        format!("{} with error {}", statuses.join(" or "), codes.join(" or "))
    };
    answer.json()?;
    let is_code = answer
        .error_code()
        .is_some_and(|code| codes.contains(&code.as_str()));
    require(is_code && statuses.contains(&answer.status), || {
        format!("it was answered {} instead of {}", answer.brief(), wanted())
    })
}

/// JSON by its media type.
pub fn json_media_type(answer: &Answer) -> Verdict {
    let media_type = answer.media_type();
    require(media_type == "application/json", || {
        format!("the media type is {}, not application/json", or_none(&media_type))
    })
}

/// `Cache-Control: no-store`.
pub fn no_store(answer: &Answer) -> Verdict {
    let value = answer.header(&CACHE_CONTROL).to_ascii_lowercase();
    let is_there = value.split(',').any(|directive| directive.trim() == "no-store");
    require(is_there, || format!("Cache-Control is {}", or_none(&value)))
}

/// `Pragma: no-cache`.
pub fn pragma(answer: &Answer) -> Verdict {
    let value = answer.header(&PRAGMA).to_ascii_lowercase();
    require(value.contains("no-cache"), || {
        format!("Pragma is {}", or_none(&value))
    })
}

/// 401 with a challenge of that scheme.
pub fn challenged(answer: &Answer, scheme: &str) -> Result<Challenge, Otherwise> {
    refused(answer)?;
    require(answer.status == 401, || {
        format!("it was answered {} instead of 401", answer.brief())
    })?;
    let value = answer.header(&WWW_AUTHENTICATE);
    of_scheme(&value, scheme).ok_or_else(|| {
        Otherwise::Failed(format!(
            "WWW-Authenticate is {}, without a {scheme} challenge",
            or_none(&value)
        ))
    })
}

/// Only characters that RFC 6749 s5.2 allows in `error` and `error_description`.
pub fn plain(name: &str, text: &str) -> Verdict {
    let is_plain = |c: char| matches!(c, '\x20'..='\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e');
    match text.chars().find(|c| !is_plain(*c)) {
        None => Ok(()),
        Some(c) => failed(format!(
            "{name} has the character {:?} (U+{:04X})",
            c,
            u32::from(c)
        )),
    }
}

/// The rows of a list: an array, or an object around one array.
pub fn rows(answer: &Answer) -> Result<Vec<Value>, Otherwise> {
    match answer.json()? {
        Value::Array(rows) => Ok(rows),
        Value::Object(members) => {
            let mut arrays = members.into_iter().filter_map(|(_, value)| match value {
                Value::Array(rows) => Some(rows),
                _ => None,
            });
            match (arrays.next(), arrays.next()) {
                (Some(rows), None) => Ok(rows),
                _ => failed("the JSON is no array, and no object with one array in it"),
            }
        }
        _ => failed("the JSON is no array"),
    }
}

/// A member that is text, or a number as text.
pub fn text_of(row: &Value, name: &str) -> Option<String> {
    match row.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A 404, 405 or 501: the call is not there.
pub fn is_missing(answer: &Rc<Answer>) -> bool {
    [404, 405, 501].contains(&answer.status)
}

fn or_none(value: &str) -> &str {
    if value.is_empty() { "absent" } else { value }
}
