//! Everything that speaks HTTP to somebody: a wing for each dialect, the guard, and what they share.

pub mod admin;
pub mod call;
pub mod campaign_bodies;
pub mod catalogue;
pub mod console;
pub mod docs;
pub mod guard;
pub mod idempotency;
pub mod market;
pub mod oauth;
pub mod ops;
pub mod platform;
pub mod problems;
mod recording;
pub mod reply;
pub mod talentsoft;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use memchr::memchr3;

use guard::{Dialect, ProblemDetails};
pub use recording::record_refusals;

use crate::app::App;
use crate::wire::front::{Shortcut, Taken};

/// One dialect: which paths are its own, which routes are below them, and how it writes what no route answers.
pub struct Wing {
    /// Prefixes of whole path segments.
    paths: &'static [&'static str],
    /// Registers the routes.
    configure: fn(&mut web::ServiceConfig),
    /// Answers what is refused before a handler.
    unrouted: fn(StatusCode, Option<&'static str>) -> HttpResponse,
}

/// The wings. The router looks at their routes in this order, and paths with a pattern cost more than the others: those that
/// are called most come first.
const WINGS: &[Wing] = &[
    oauth::WING,
    talentsoft::WING,
    market::WING,
    platform::WING,
    admin::WING,
];

/// Registers every public route; the API document is held against this by a test.
pub fn configure(config: &mut web::ServiceConfig) {
    guard::configure(config);
    for wing in WINGS {
        below(config, wing.paths, wing.configure);
    }
    oauth::configure_metadata(config);
    guard::configure_prefix(config);
    docs::configure(config);
}

/// Registers routes of which all are below these paths, so that a request for another path passes them by. The router compares
/// it with each pattern by a regular expression otherwise, which costs several times what a check of a token does.
fn below(
    config: &mut web::ServiceConfig,
    paths: &'static [&'static str],
    configure: fn(&mut web::ServiceConfig),
) {
    let is_below = |path: &str| {
        let begins_with = |prefix: &&str| {
            let mut decoded = path_bytes(path).map(|(byte, _)| byte);
            path.starts_with(prefix)
                || path.contains('%') && prefix.bytes().all(|byte| decoded.next() == Some(byte))
        };
        paths.iter().any(begins_with)
    };
    let guard = actix_web::guard::fn_guard(move |context| is_below(context.head().uri.path()));
    config.service(web::scope("").guard(guard).configure(configure));
}

/// Answers without the router what is called most: a check of a token, and the endpoints that take a form.
#[must_use]
pub fn past_router(app: web::Data<App>) -> Shortcut {
    Box::new(move |request, context| {
        if let Some(endpoint) = oauth::Endpoint::of(request.head()) {
            let answer = endpoint.answer_unrouted(app.clone(), request, context.clone());
            return Taken::Answering(Box::pin(answer), endpoint.path());
        }
        let checked = guard::check_from_memory(&app.oauth, request.head(), context);
        Taken::at_once(request, checked)
    })
}

/// Answers what is refused at this path before a handler: in the dialect of the path's wing, and as problem details below none
/// of them.
#[must_use]
pub fn unrouted(path: &str, status: StatusCode, words: Option<&'static str>) -> HttpResponse {
    let usual = usual_spelling(path);
    let is_misspelt = status == StatusCode::NOT_FOUND && usual != path;
    let words = words.or(is_misspelt.then_some(MISSPELT));
    let is_below = |prefix: &&str| {
        usual
            .strip_prefix(*prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let wing = WINGS.iter().find(|wing| wing.paths.iter().any(is_below));
    wing.map_or(ProblemDetails::unrouted as fn(_, _) -> _, |wing| wing.unrouted)(status, words)
}

/// The segment behind which a subdomain and then an identifier of a person stands.
const PERSONAL: &[u8] = b"profiles";

/// As much of a path as the log may hold: without identifiers of people, whatever somebody wrote in their place, and however
/// the path is spelt: in other letters, percent-encoded, or with more slashes.
#[must_use]
pub fn logged_path(path: &str) -> &str {
    // Without one of these the segment cannot be there, and the paths that are called most have none of them.
    if memchr3(b'f', b'F', b'%', path.as_bytes()).is_none() {
        return path;
    }
    let (mut segment_begins, mut matched) = (true, 0);
    let mut kept = None;
    for (byte, end) in path_bytes(path) {
        let is_separator = matches!(byte, b'/' | b';');
        match kept {
            Some(_) if byte.is_ascii_alphanumeric() || byte == b'-' => kept = Some(end),
            Some(_) => break,
            None if is_separator => {
                kept = (matched == PERSONAL.len()).then_some(end);
                (segment_begins, matched) = (true, 0);
            }
            None => {
                let is_next = segment_begins && PERSONAL.get(matched) == Some(&byte.to_ascii_lowercase());
                (segment_begins, matched) = (is_next, if is_next { matched + 1 } else { 0 });
            }
        }
    }
    kept.and_then(|end| path.get(..end)).unwrap_or(path)
}

/// The bytes that a path stands for, each with where it ends in the path.
fn path_bytes(path: &str) -> impl Iterator<Item = (u8, usize)> {
    let digit = |at: usize| char::from(*path.as_bytes().get(at)?).to_digit(16);
    let mut end = 0;
    std::iter::from_fn(move || {
        let byte = *path.as_bytes().get(end)?;
        let encoded = digit(end + 1).zip(digit(end + 2)).filter(|_| byte == b'%');
        let decoded = encoded.and_then(|(high, low)| u8::try_from(16 * high + low).ok());
        end += if decoded.is_some() { 3 } else { 1 };
        Some((decoded.unwrap_or(byte), end))
    })
}

/// What is said of a path that nothing is at, and that no path here is written like.
const MISSPELT: &str = "There is nothing at this path. Paths here have lower-case letters, single slashes, and no slash at their \
                        end; /openapi.yaml lists them.";

/// A path as the ones here are written.
fn usual_spelling(path: &str) -> String {
    let mut usual = String::with_capacity(path.len());
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        usual.push('/');
        usual.push_str(&segment.to_ascii_lowercase());
    }
    usual
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logged_path_names_no_person() {
        for (path, logged) in [
            ("/platform/v1/profiles/acme", "/platform/v1/profiles/acme"),
            ("/platform/v1/profiles/acme/0000001", "/platform/v1/profiles/acme"),
            ("/platform/v1/Profiles/acme/a/b", "/platform/v1/Profiles/acme"),
            ("/profiles/acme/jane@uni.example", "/profiles/acme"),
            ("/profiles//jane", "/profiles/"),
            ("//profiles/acme/jane", "//profiles/acme"),
            ("/platform/v1//profiles/acme/jane", "/platform/v1//profiles/acme"),
            (
                "/platform/v1/%70rofiles/acme/jane",
                "/platform/v1/%70rofiles/acme",
            ),
            ("/profiles/ac%6De%2Fjane", "/profiles/ac%6De"),
            (
                "/platform%2fv1%2Fprofiles%2facme%2fjane",
                "/platform%2fv1%2Fprofiles%2facme",
            ),
            ("/profiles;x/acme/jane", "/profiles;x"),
            ("/profiles/acme\u{e9}/jane", "/profiles/acme"),
            ("/userprofiles/acme/a", "/userprofiles/acme/a"),
            ("/profiles%", "/profiles%"),
            ("/titles/meta", "/titles/meta"),
            ("/profiles", "/profiles"),
            ("", ""),
        ] {
            assert_eq!(logged_path(path), logged);
        }
    }
}
