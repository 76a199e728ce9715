//! The checks of an assertion that was refused, to be recorded: with what each looked at, and without what the assertion says.
//!
//! A claim may hold a name, an address, or a secret that went astray. So of what stands in the assertion only this is told: the
//! kinds and lengths of values, how far instants are from the refusal, well-known names, the host that an audience names, and
//! the beginning of an `iss` that nobody has.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;
use strum::VariantArray;
use url::Url;

use super::assertion::{self, AssertionCheck, VerificationContext};
use super::assertion_error::AssertionError;
use super::explain::{
    CheckReport, FORM_RULE, ISSUER_RULE, distance, label, mac_seen, not_made, not_reached, report,
    report_client,
};
use super::jws::Jws;
use super::server::AuthorizationServer;
use crate::clients::CachedClient;
use crate::ids::ClientId;

/// Values of `typ` that are shown as they are.
const KNOWN_TYPES: &[&str] = &["JWT", "at+jwt", "dpop+jwt", "client-authentication+jwt", "JOSE"];
/// Values of `alg` that are shown as they are (RFC 7518 s3.1, RFC 8037).
const KNOWN_ALGORITHMS: &[&str] = &[
    "none", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256",
    "PS384", "PS512", "EdDSA",
];
/// Most audiences that are shown of one assertion.
const MOST_AUDIENCES: usize = 3;

/// An assertion that was refused.
pub struct RefusedAssertion<'a> {
    /// The assertion, as [`Error::assertion`](super::Error::assertion) has it.
    pub text: &'a str,
    /// Why, as [`Error::reason`](super::Error::reason) says.
    pub reason: &'static str,
    /// When, by the clock that it was checked by.
    pub refused_at: DateTime<Utc>,
}

/// Makes every check once more, as at the time of the refusal, from memory and without I/O.
#[must_use]
pub fn explain_refused(server: &AuthorizationServer, refused: &RefusedAssertion<'_>) -> Vec<CheckReport> {
    let jws = match Jws::parse(refused.text) {
        Ok(jws) => jws,
        Err(error) => {
            let form = report("form", FORM_RULE, Err(&error), form_words(&error));
            let others = [not_reached("iss", ISSUER_RULE)];
            return [form].into_iter().chain(others).chain(not_made()).collect();
        }
    };
    let size = format!("{} bytes, 3 parts, both JSON objects", refused.text.len());
    let mut reports = vec![report("form", FORM_RULE, Ok(()), size)];
    let (iss, client) = find_client(server, &jws, refused.reason);
    reports.push(iss);
    let Some(client) = client else {
        reports.extend(not_made());
        return reports;
    };
    let context = VerificationContext {
        client: &client,
        default_audiences: &server.settings.default_audiences,
        now: refused.refused_at,
    };
    reports.extend(AssertionCheck::VARIANTS.iter().map(|check| {
        let (name, rule) = label(*check);
        let result = check.run(&jws, &context);
        let seen = seen(*check, &jws, &context);
        let seen = match &result {
            Ok(()) => seen,
            Err(error) => format!("{error}: {seen}"),
        };
        report(name, rule, result.as_ref().copied(), seen)
    }));
    reports.push(replay(refused.reason, &context));
    reports
}

/// What is wrong with the form, without a word of the assertion.
fn form_words(error: &AssertionError) -> String {
    match error {
        AssertionError::Json(part, _) => format!("the {part} is no valid JSON object"),
        // It was cut.
        AssertionError::TooLong(_) => "too long".to_owned(),
        other => other.to_string(),
    }
}

fn find_client(
    server: &AuthorizationServer,
    jws: &Jws<'_>,
    reason: &str,
) -> (CheckReport, Option<Arc<CachedClient>>) {
    let unknown = |words: String| {
        let error = AssertionError::UnknownIssuer;
        (report("iss", ISSUER_RULE, Err(&error), words), None)
    };
    let client_id: ClientId = match assertion::issuer(jws).map(str::parse) {
        Err(error) => return (report("iss", ISSUER_RULE, Err(&error), error.to_string()), None),
        Ok(Err(_)) => return unknown("iss is not of the form of a client_id".to_owned()),
        Ok(Ok(client_id)) => client_id,
    };
    // Whoever was refused for its assertion was found a moment ago, so it is in memory, unless it has just changed.
    let Some(client) = server.clients.peek(&client_id) else {
        if reason == AssertionError::UnknownIssuer.reason() {
            return unknown(format!("no client has the client_id {}", client_id.beginning()));
        }
        return (not_reached("iss", ISSUER_RULE), None);
    };
    (report_client(&client, client_id.as_str()), Some(client))
}

/// Whether it was used before, which the refusal itself says.
fn replay(reason: &str, context: &VerificationContext<'_>) -> CheckReport {
    let policy: &str = context.client.info.settings.replay_policy.into();
    if reason == AssertionError::Replayed.reason() {
        let seen = format!("policy {policy}: single-use and used before");
        report("replay", "R33", Err(&AssertionError::Replayed), seen)
    } else {
        not_reached("replay", "R33")
    }
}

fn seen(check: AssertionCheck, jws: &Jws<'_>, context: &VerificationContext<'_>) -> String {
    let settings = &context.client.info.settings;
    let skew = settings.clock_skew_seconds.get();
    let claim = |name: &str| jws.claims.get(name);
    let is_there = |name: &str| {
        if jws.header.get(name).is_some() {
            "present"
        } else {
            "absent"
        }
    };
    match check {
        AssertionCheck::Type => format!("typ {}; JWT or none", known(jws.header.get("typ"), KNOWN_TYPES)),
        AssertionCheck::Algorithm => {
            format!("alg {}; HS256", known(jws.header.get("alg"), KNOWN_ALGORITHMS))
        }
        AssertionCheck::Critical => format!("crit {}, b64 {}; neither", is_there("crit"), is_there("b64")),
        AssertionCheck::Mac => mac_seen(jws, context),
        AssertionCheck::Audience => format!(
            "aud {}; accepted, byte for byte: {}",
            audiences(claim("aud"), context.audiences()),
            context.audiences().join(", ")
        ),
        AssertionCheck::Expiry => format!(
            "exp {}; iat {}; skew {skew} s, longest life {} s",
            distance(claim("exp"), context.now),
            distance(claim("iat"), context.now),
            settings.max_assertion_ttl_seconds.get(),
        ),
        AssertionCheck::NotBefore => format!("nbf {}; skew {skew} s", distance(claim("nbf"), context.now)),
        AssertionCheck::IssuedAt => format!("iat {}; skew {skew} s", distance(claim("iat"), context.now)),
        AssertionCheck::Subject => format!("sub {}", kind(claim("sub"))),
        AssertionCheck::JwtId => format!("jti {}", kind(claim("jti"))),
        AssertionCheck::Email => format!("email {}", kind(claim("email"))),
        AssertionCheck::Name => format!("name {}", kind(claim("name"))),
    }
}

/// What a value is, without the value.
fn kind(value: Option<&Value>) -> String {
    match value {
        None => "absent".to_owned(),
        Some(Value::Null) => "null".to_owned(),
        Some(Value::Bool(_)) => "a boolean".to_owned(),
        Some(Value::Number(_)) => "a number".to_owned(),
        Some(Value::String(text)) => format!("a string of {} bytes", text.len()),
        Some(Value::Array(_)) => "a list".to_owned(),
        Some(Value::Object(_)) => "an object".to_owned(),
    }
}

/// A value that is one of `names`, in any case of letters; of another only what it is.
fn known(value: Option<&Value>, names: &[&str]) -> String {
    let text = value.and_then(Value::as_str).unwrap_or_default();
    let is_named = names.iter().any(|name| text.eq_ignore_ascii_case(name));
    if is_named { text.to_owned() } else { kind(value) }
}

/// The audiences of an assertion, some of them where there are many.
fn audiences(value: Option<&Value>, accepted: &[String]) -> String {
    match value {
        Some(Value::String(text)) => audience(text, accepted),
        Some(Value::Array(values)) => {
            let shown = values.iter().take(MOST_AUDIENCES).map(|value| match value {
                Value::String(text) => audience(text, accepted),
                other => kind(Some(other)),
            });
            format!("[{}]", shown.collect::<Vec<_>>().join(", "))
        }
        other => kind(other),
    }
}

/// An audience: whole where it is accepted, otherwise the origin of a URL (RFC 6454), and how it misses an accepted one that is
/// all but the same.
fn audience(text: &str, accepted: &[String]) -> String {
    if accepted.iter().any(|ours| ours == text) {
        return text.to_owned();
    }
    let alike = |text: &str| text.trim().trim_end_matches('/').to_ascii_lowercase();
    let origin = Url::parse(text)
        .ok()
        .filter(|url| url.scheme().starts_with("http"));
    let shown = match &origin {
        Some(url) if url.path() == "/" && url.query().is_none() => url.origin().ascii_serialization(),
        Some(url) => format!("{}/…", url.origin().ascii_serialization()),
        None => format!("a string of {} bytes", text.len()),
    };
    if accepted.iter().any(|ours| alike(ours) == alike(text)) {
        format!("{shown} (an accepted one but for case, spaces, or slashes at the end)")
    } else {
        shown
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_value_is_says_nothing_of_it() {
        for (value, expected) in [
            (None, "absent"),
            (Some(json!(null)), "null"),
            (Some(json!("jean")), "a string of 4 bytes"),
            (Some(json!("")), "a string of 0 bytes"),
            (Some(json!(4711)), "a number"),
            (Some(json!(true)), "a boolean"),
            (Some(json!(["x"])), "a list"),
            (Some(json!({ "x": 1 })), "an object"),
        ] {
            assert_eq!(kind(value.as_ref()), expected);
        }
        assert_eq!(known(Some(&json!("hs512")), KNOWN_ALGORITHMS), "hs512");
        assert_eq!(
            known(Some(&json!("secret")), KNOWN_ALGORITHMS),
            "a string of 6 bytes"
        );
        assert_eq!(known(None, KNOWN_ALGORITHMS), "absent");
    }

    #[test]
    fn of_an_audience_that_is_not_accepted_the_origin_is_told() {
        let accepted = ["https://api.partner.example/eu".to_owned()];
        for (text, expected) in [
            ("https://api.partner.example/eu", "https://api.partner.example/eu"),
            (
                "https://api.partner.example/EU/",
                "https://api.partner.example/… (an accepted one but for case, spaces, or slashes at the end)",
            ),
            ("https://other.example", "https://other.example"),
            (
                "https://jean:secret@other.example/secret?secret#secret",
                "https://other.example/…",
            ),
            ("https://other.example?secret", "https://other.example/…"),
            ("mailto:jean.dupont@site", "a string of 23 bytes"),
            ("jean.dupont@site", "a string of 16 bytes"),
        ] {
            assert_eq!(audience(text, &accepted), expected, "{text}");
        }
        let many = json!(["https://a.example", 1, "b", "c"]);
        assert_eq!(
            audiences(Some(&many), &accepted),
            "[https://a.example, a number, a string of 1 bytes]"
        );
    }
}
