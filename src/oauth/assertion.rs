//! The checks of an assertion (RFC 7523 s3, RFC 8725, contract s2.2): pure, one function each, in the order they are made.
//!
//! A request stops at the first check that fails; `assertion explain` makes them all. Rules in brackets are those of
//! `docs/CONFORMANCE.md`.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use strum::VariantArray;

use super::assertion_error::AssertionError;
use super::jws::Jws;
use super::token::{Holder, MAX_NAME_BYTES};
use crate::clients::{CachedClient, CachedSecret};
use crate::text::{EmailAddress, is_plain};

/// The only algorithm a client may use: its one key is an HMAC secret (R41, R42).
const ALGORITHM: &str = "HS256";
/// Longest `jti`, in bytes.
const MAX_JTI_BYTES: usize = 256;

/// What an assertion is checked against.
pub struct VerificationContext<'a> {
    /// The client that `iss` names.
    pub client: &'a CachedClient,
    /// Accepted audiences where the client has none of its own.
    pub default_audiences: &'a [String],
    /// The instant at which it is verified.
    pub now: DateTime<Utc>,
}

impl VerificationContext<'_> {
    /// The audiences that `aud` may name: the client's own, or else the defaults.
    #[must_use]
    pub fn audiences(&self) -> &[String] {
        let own = self.client.info.settings.audiences.as_slice();
        if own.is_empty() {
            self.default_audiences
        } else {
            own
        }
    }

    fn skew(&self) -> TimeDelta {
        self.client.info.settings.clock_skew_seconds.into()
    }

    fn max_ttl(&self) -> TimeDelta {
        self.client.info.settings.max_assertion_ttl_seconds.into()
    }
}

/// One check of a well-formed assertion of a known client. The checks are made in this order: the MAC before any claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, VariantArray)]
pub enum AssertionCheck {
    /// `typ` is absent or `JWT` (R50).
    Type,
    /// `alg` is the client's (R41, R42).
    Algorithm,
    /// No `crit`, no `b64` (R47).
    Critical,
    /// The MAC is of a live secret of this client (R35, R44, R49).
    Mac,
    /// `sub` is present (R28).
    Subject,
    /// `aud` contains an accepted audience, byte for byte (R29).
    Audience,
    /// `exp` is present, has not passed, and is not too far ahead (R30).
    Expiry,
    /// `nbf`, if present, has passed (R31).
    NotBefore,
    /// `iat`, if present, is neither ahead nor too old (R32).
    IssuedAt,
    /// `jti`, if present, is short enough to be stored (R33).
    JwtId,
    /// `email` names the user (contract s2.2).
    Email,
    /// `name`, if present, is a string (R34).
    Name,
}

impl AssertionCheck {
    /// Makes this check alone, whatever the others would say.
    pub fn run(self, jws: &Jws<'_>, context: &VerificationContext<'_>) -> Result<(), AssertionError> {
        match self {
            Self::Type => check_type(jws),
            Self::Algorithm => require(
                jws.header.get("alg").and_then(Value::as_str) == Some(ALGORITHM),
                AssertionError::Algorithm,
            ),
            Self::Critical => require(
                jws.header.get("crit").is_none() && jws.header.get("b64").is_none(),
                AssertionError::Critical,
            ),
            Self::Mac => require_secret(jws, context).map(|_| ()),
            Self::Subject => {
                let subject = jws.claims.get("sub").and_then(Value::as_str);
                require(
                    subject.is_some_and(|subject| !subject.is_empty()),
                    AssertionError::Subject,
                )
            }
            Self::Audience => check_audience(jws, context),
            Self::Expiry => check_expiry(jws, context),
            Self::NotBefore => match jws.claims.get("nbf") {
                None => Ok(()),
                Some(value) => {
                    let not_before = numeric_date(value).ok_or(AssertionError::NotYetValid)?;
                    require(
                        not_before <= context.now + context.skew(),
                        AssertionError::NotYetValid,
                    )
                }
            },
            Self::IssuedAt => check_issued_at(jws, context),
            Self::JwtId => jwt_id(jws).map(|_| ()),
            Self::Email => email(jws).map(|_| ()),
            Self::Name => name(jws).map(|_| ()),
        }
    }
}

/// What a valid assertion says.
pub struct VerifiedAssertion {
    /// The user it names.
    pub holder: Holder,
    /// `jti`, if present.
    pub jwt_id: Option<String>,
    /// `exp` plus the clock skew: from then on the assertion is refused as expired, so nobody need remember that it was used.
    pub refused_from: DateTime<Utc>,
    /// The secret that made the MAC.
    pub secret: Arc<CachedSecret>,
}

/// The `iss` of a well-formed assertion, which names the client whose keys are tried (R27, R49).
pub fn issuer<'a>(jws: &'a Jws<'_>) -> Result<&'a str, AssertionError> {
    jws.claims
        .get("iss")
        .and_then(Value::as_str)
        .ok_or(AssertionError::NoIssuer)
}

/// Makes all checks, up to the first that fails.
pub fn verify(jws: &Jws<'_>, context: &VerificationContext<'_>) -> Result<VerifiedAssertion, AssertionError> {
    let mut secret = None;
    for check in AssertionCheck::VARIANTS {
        if *check == AssertionCheck::Mac {
            secret = Some(require_secret(jws, context)?);
        } else {
            check.run(jws, context)?;
        }
    }
    Ok(VerifiedAssertion {
        holder: Holder::User {
            email: email(jws)?,
            name: name(jws)?,
        },
        jwt_id: jwt_id(jws)?,
        refused_from: expiry(jws)? + context.skew(),
        secret: secret.ok_or(AssertionError::Mac)?,
    })
}

/// The live secret of the client that made the MAC.
///
/// A disabled client has no live secrets: this is where its assertions are refused.
fn require_secret(
    jws: &Jws<'_>,
    context: &VerificationContext<'_>,
) -> Result<Arc<CachedSecret>, AssertionError> {
    find_secret(jws, context).ok_or(if context.client.info.is_enabled {
        AssertionError::Mac
    } else {
        AssertionError::UnknownIssuer
    })
}

/// The live secret of the client that made the MAC, if there is one. The secrets are tried one after the other; each comparison is in constant time.
pub(super) fn find_secret(jws: &Jws<'_>, context: &VerificationContext<'_>) -> Option<Arc<CachedSecret>> {
    let mut live = context.client.live_secrets(context.now);
    let found = live.find(|secret| {
        let key = secret.assertion_key.as_ref();
        key.is_some_and(|key| key.verify(jws.signing_input.as_bytes(), &jws.signature))
    });
    found.map(Arc::clone)
}

fn require(is_met: bool, otherwise: AssertionError) -> Result<(), AssertionError> {
    if is_met { Ok(()) } else { Err(otherwise) }
}

/// Other kinds of JWT say so in `typ` (RFC 8725 s3.11): `at+jwt`, `dpop+jwt`, `client-authentication+jwt`, …
fn check_type(jws: &Jws<'_>) -> Result<(), AssertionError> {
    match jws.header.get("typ") {
        None => Ok(()),
        Some(value) => {
            let is_jwt = value.as_str().is_some_and(|typ| typ.eq_ignore_ascii_case("JWT"));
            require(is_jwt, AssertionError::Type)
        }
    }
}

fn check_audience(jws: &Jws<'_>, context: &VerificationContext<'_>) -> Result<(), AssertionError> {
    let is_ours = |value: &Value| {
        value
            .as_str()
            .is_some_and(|aud| context.audiences().iter().any(|ours| ours == aud))
    };
    let is_met = match jws.claims.get("aud") {
        Some(Value::Array(values)) => values.iter().all(Value::is_string) && values.iter().any(is_ours),
        Some(value) => is_ours(value),
        None => false,
    };
    require(is_met, AssertionError::Audience)
}

fn expiry(jws: &Jws<'_>) -> Result<DateTime<Utc>, AssertionError> {
    jws.claims
        .get("exp")
        .and_then(numeric_date)
        .ok_or(AssertionError::NoExpiry)
}

fn check_expiry(jws: &Jws<'_>, context: &VerificationContext<'_>) -> Result<(), AssertionError> {
    let expiry = expiry(jws)?;
    require(context.now < expiry + context.skew(), AssertionError::Expired)?;
    require(
        expiry <= context.now + context.max_ttl() + context.skew(),
        AssertionError::TooLongLived,
    )?;
    let issued_at = jws.claims.get("iat").and_then(numeric_date);
    require(
        issued_at.is_none_or(|issued_at| expiry - issued_at <= context.max_ttl()),
        AssertionError::TooLongLived,
    )
}

fn check_issued_at(jws: &Jws<'_>, context: &VerificationContext<'_>) -> Result<(), AssertionError> {
    let Some(value) = jws.claims.get("iat") else {
        return Ok(());
    };
    let issued_at = numeric_date(value).ok_or(AssertionError::IssuedAt)?;
    let is_past = issued_at <= context.now + context.skew();
    let is_recent = context.now - issued_at <= context.max_ttl() + context.skew();
    require(is_past && is_recent, AssertionError::IssuedAt)
}

fn jwt_id(jws: &Jws<'_>) -> Result<Option<String>, AssertionError> {
    let Some(value) = jws.claims.get("jti") else {
        return Ok(None);
    };
    let text = value
        .as_str()
        .filter(|text| (1..=MAX_JTI_BYTES).contains(&text.len()))
        .ok_or(AssertionError::JwtId)?;
    Ok(Some(text.to_owned()))
}

fn email(jws: &Jws<'_>) -> Result<EmailAddress, AssertionError> {
    let text = jws
        .claims
        .get("email")
        .and_then(Value::as_str)
        .ok_or(AssertionError::Email)?;
    text.parse().map_err(|_| AssertionError::Email)
}

fn name(jws: &Jws<'_>) -> Result<Option<String>, AssertionError> {
    match jws.claims.get("name") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) if name.len() <= MAX_NAME_BYTES && is_plain(name) => Ok(Some(name.clone())),
        Some(_) => Err(AssertionError::Name),
    }
}

/// A NumericDate (RFC 7519 s2): a JSON number of seconds, fractions allowed, within the years that a clock can show (R36).
#[expect(
    clippy::cast_possible_truncation,
    reason = "within ±2.6e11 seconds after the check, so microseconds fit i64"
)]
pub(super) fn numeric_date(value: &Value) -> Option<DateTime<Utc>> {
    const YEAR_9999: f64 = 253_402_300_799.0;
    let seconds = value.as_number()?.as_f64()?;
    let micros = (seconds.abs() <= YEAR_9999).then_some((seconds * 1e6) as i64)?;
    DateTime::from_timestamp_micros(micros)
}

#[cfg(test)]
#[path = "assertion_fuzz_tests.rs"]
mod fuzz_tests;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::fuzz_tests::{AUDIENCES, NOW, SECRET, client, good_claims, sign};
    use super::*;

    const HEADER: &str = r#"{"alg":"HS256"}"#;

    /// Why an assertion with these claims is refused.
    fn why_not(client: &CachedClient, claims: &Value, secret: &[u8]) -> Option<AssertionError> {
        let audiences = AUDIENCES.map(str::to_owned);
        let context = VerificationContext {
            client,
            default_audiences: &audiences,
            now: DateTime::from_timestamp(NOW, 0).unwrap(),
        };
        let text = sign(HEADER, &claims.to_string(), secret);
        verify(&Jws::parse(&text).unwrap(), &context).err()
    }

    #[test]
    fn an_assertion_of_a_disabled_client_is_of_no_issuer() {
        let mut client = client();
        let wrong = b"another secret";
        assert_eq!(why_not(&client, &good_claims(), SECRET), None);
        assert_eq!(why_not(&client, &good_claims(), wrong), Some(AssertionError::Mac));
        client.info.is_enabled = false;
        for secret in [SECRET, wrong] {
            let reason = why_not(&client, &good_claims(), secret);
            assert_eq!(reason, Some(AssertionError::UnknownIssuer));
        }
    }

    #[test]
    fn every_instant_is_accepted_to_the_last_moment() {
        // Where the clock skew is 60 s, and an assertion may live an hour.
        let cases = [
            (json!({ "exp": NOW - 60 }), Some(AssertionError::Expired)),
            (json!({ "exp": NOW - 59 }), None),
            (json!({ "exp": NOW + 3660, "iat": NOW + 60 }), None),
            (
                json!({ "exp": NOW + 3661, "iat": null }),
                Some(AssertionError::TooLongLived),
            ),
            (json!({ "exp": NOW + 100, "iat": NOW - 3500 }), None),
            (
                json!({ "exp": NOW + 100, "iat": NOW - 3501 }),
                Some(AssertionError::TooLongLived),
            ),
            (
                json!({ "exp": NOW, "iat": NOW + 61 }),
                Some(AssertionError::IssuedAt),
            ),
            (json!({ "exp": NOW - 59, "iat": NOW - 3659 }), None),
            (json!({ "nbf": NOW + 60 }), None),
            (json!({ "nbf": NOW + 61 }), Some(AssertionError::NotYetValid)),
        ];
        for (changed, expected) in cases {
            let mut claims = good_claims();
            for (name, value) in changed.as_object().unwrap() {
                claims[name] = value.clone();
            }
            assert_eq!(why_not(&client(), &claims, SECRET), expected, "{changed}");
        }
    }

    #[test]
    fn numeric_dates_are_numbers_within_reason() {
        assert_eq!(
            numeric_date(&json!(1_520_182_130)).unwrap().timestamp(),
            1_520_182_130
        );
        assert_eq!(numeric_date(&json!(1.5)).unwrap().timestamp_micros(), 1_500_000);
        for bad in [
            json!("1520182130"),
            json!(null),
            json!(true),
            json!([1]),
            json!(1e300),
            json!(-1e13),
        ] {
            assert_eq!(numeric_date(&bad), None, "{bad}");
        }
    }
}
