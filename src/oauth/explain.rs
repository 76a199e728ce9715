//! Why an assertion is accepted or refused, check by check: for the partner's admins, never for the wire.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use strum::VariantArray;

use super::assertion::{self, AssertionCheck, VerificationContext, find_secret, issuer, numeric_date};
use super::assertion_error::AssertionError;
use super::error::Error;
use super::jws::{Jws, MAX_ASSERTION_BYTES};
use super::server::AuthorizationServer;
use super::{replay, store};
use crate::clients::{CachedClient, Grant, Scope};
use crate::ids::ClientId;

/// The rules of the form.
pub(super) const FORM_RULE: &str = "R45 R46 R51";
/// The rules of `iss`.
pub(super) const ISSUER_RULE: &str = "R27 R49";

/// The result of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AssertionCheckResult {
    /// The assertion meets it.
    Pass,
    /// The assertion fails it, which alone is a reason to refuse.
    Fail,
    /// It could not be made because of an earlier failure.
    NotReached,
}

/// One check with its result, and the values that it was made on.
#[derive(Debug, Serialize)]
pub struct CheckReport {
    /// What is checked.
    pub check: &'static str,
    /// The rule behind it, as numbered in `docs/CONFORMANCE.md`.
    pub rule: &'static str,
    /// Its result.
    pub verdict: AssertionCheckResult,
    /// The values in the assertion, and what they must be.
    pub seen: String,
}

/// Makes every check of an assertion as a token request would at this moment, but does not use it up.
///
/// # Errors
/// Only failures of the service; what is wrong with the assertion is in the reports.
pub async fn explain(server: &AuthorizationServer, text: &str) -> Result<Vec<CheckReport>, Error> {
    let mut reports = Vec::new();
    let jws = match Jws::parse(text) {
        Ok(jws) => jws,
        Err(error) => {
            reports.push(report("form", FORM_RULE, Err(&error), error.to_string()));
            reports.push(not_reached("iss", ISSUER_RULE));
            reports.extend(not_made());
            return Ok(reports);
        }
    };
    let size = format!(
        "{} bytes of at most {MAX_ASSERTION_BYTES}, 3 parts, both JSON objects",
        text.len()
    );
    reports.push(report("form", FORM_RULE, Ok(()), size));
    let client = find_client(server, &jws, &mut reports).await?;
    let Some(client) = client else {
        reports.extend(not_made());
        return Ok(reports);
    };
    let context = VerificationContext {
        client: &client,
        default_audiences: &server.settings.default_audiences,
        now: server.clock.now(),
    };
    for check in AssertionCheck::VARIANTS.iter().copied() {
        let (name, rule) = label(check);
        let result = check.run(&jws, &context);
        let error = result.as_ref().err();
        let seen = seen(check, &jws, &context);
        let seen = error.map_or(seen.clone(), |error| format!("{error}: {seen}"));
        reports.push(report(name, rule, result.as_ref().copied(), seen));
    }
    reports.push(explain_replay(server, &jws, &context).await?);
    Ok(reports)
}

/// Whether all checks hold.
#[must_use]
pub fn is_accepted(reports: &[CheckReport]) -> bool {
    reports
        .iter()
        .all(|report| report.verdict == AssertionCheckResult::Pass)
}

async fn find_client(
    server: &AuthorizationServer,
    jws: &Jws<'_>,
    reports: &mut Vec<CheckReport>,
) -> Result<Option<std::sync::Arc<CachedClient>>, Error> {
    let client_id = match issuer(jws) {
        Ok(text) => text.parse::<ClientId>(),
        Err(error) => {
            reports.push(report("iss", ISSUER_RULE, Err(&error), error.to_string()));
            return Ok(None);
        }
    };
    let client = match client_id {
        Ok(client_id) => server.clients.find(&client_id).await?,
        Err(_) => None,
    };
    let shown = shown(jws.claims.get("iss"));
    let Some(client) = client else {
        reports.push(report(
            "iss",
            ISSUER_RULE,
            Err(&AssertionError::UnknownIssuer),
            format!("no client has the client_id {shown}"),
        ));
        return Ok(None);
    };
    reports.push(report_client(&client, &shown));
    Ok(Some(client))
}

/// Whether the client that `iss` names may use assertions.
pub(super) fn report_client(client: &CachedClient, shown: &str) -> CheckReport {
    let settings = &client.info.settings;
    if settings.scopes.contains(Scope::Admin) {
        let error = AssertionError::AdminClient;
        return report(
            "iss",
            ISSUER_RULE,
            Err(&error),
            format!("client {shown}: {error}"),
        );
    }
    let has_grant = settings.grants.contains(Grant::JwtBearer);
    let (result, state) = match (client.info.is_enabled, has_grant) {
        (true, true) => (Ok(()), "enabled, may use jwt_bearer"),
        (false, _) => (Err(&AssertionError::UnknownIssuer), "disabled"),
        (true, false) => (
            Err(&AssertionError::UnknownIssuer),
            "enabled, but may not use jwt_bearer",
        ),
    };
    report("iss", ISSUER_RULE, result, format!("client {shown}: {state}"))
}

/// The name of a check and the rules behind it.
pub(super) fn label(check: AssertionCheck) -> (&'static str, &'static str) {
    match check {
        AssertionCheck::Type => ("typ", "R50"),
        AssertionCheck::Algorithm => ("alg", "R41 R42"),
        AssertionCheck::Critical => ("crit", "R47"),
        AssertionCheck::Mac => ("mac", "R35 R44 R49"),
        AssertionCheck::Subject => ("sub", "R28"),
        AssertionCheck::Audience => ("aud", "R29"),
        AssertionCheck::Expiry => ("exp", "R30"),
        AssertionCheck::NotBefore => ("nbf", "R31"),
        AssertionCheck::IssuedAt => ("iat", "R32"),
        AssertionCheck::JwtId => ("jti", "R33"),
        AssertionCheck::Email => ("email", "contract s2.2"),
        AssertionCheck::Name => ("name", "R34"),
    }
}

fn seen(check: AssertionCheck, jws: &Jws<'_>, context: &VerificationContext<'_>) -> String {
    let settings = &context.client.info.settings;
    let skew = settings.clock_skew_seconds.get();
    let claim = |name: &str| shown(jws.claims.get(name));
    match check {
        AssertionCheck::Type => format!("typ {}; JWT or none", shown(jws.header.get("typ"))),
        AssertionCheck::Algorithm => format!("alg {}; HS256", shown(jws.header.get("alg"))),
        AssertionCheck::Critical => format!(
            "crit {}, b64 {}; neither",
            shown(jws.header.get("crit")),
            shown(jws.header.get("b64"))
        ),
        AssertionCheck::Mac => mac_seen(jws, context),
        AssertionCheck::Subject => format!("sub {}", claim("sub")),
        AssertionCheck::Audience => format!(
            "aud {}; accepted, byte for byte: {}",
            claim("aud"),
            context.audiences().join(", ")
        ),
        AssertionCheck::Expiry => format!(
            "exp {}, {}; iat {}; skew {skew} s, longest life {} s",
            claim("exp"),
            distance(jws.claims.get("exp"), context.now),
            claim("iat"),
            settings.max_assertion_ttl_seconds.get(),
        ),
        AssertionCheck::NotBefore => format!(
            "nbf {}, {}; skew {skew} s",
            claim("nbf"),
            distance(jws.claims.get("nbf"), context.now)
        ),
        AssertionCheck::IssuedAt => format!(
            "iat {}, {}; skew {skew} s",
            claim("iat"),
            distance(jws.claims.get("iat"), context.now)
        ),
        AssertionCheck::JwtId => format!("jti {}", claim("jti")),
        AssertionCheck::Email => format!("email {}", claim("email")),
        AssertionCheck::Name => format!("name {}", claim("name")),
    }
}

pub(super) fn mac_seen(jws: &Jws<'_>, context: &VerificationContext<'_>) -> String {
    if let Some(secret) = find_secret(jws, context) {
        return format!("made with secret {}", secret.secret_id);
    }
    let tried: Vec<String> = context
        .client
        .live_secrets(context.now)
        .map(|secret| match &secret.assertion_key {
            Some(_) => secret.secret_id.to_string(),
            None => format!(
                "{} (kept as a hash only: cannot check assertions)",
                secret.secret_id
            ),
        })
        .collect();
    if tried.is_empty() {
        "the client has no live secret".to_owned()
    } else {
        format!("tried {}", tried.join(", "))
    }
}

async fn explain_replay(
    server: &AuthorizationServer,
    jws: &Jws<'_>,
    context: &VerificationContext<'_>,
) -> Result<CheckReport, Error> {
    let policy = context.client.info.settings.replay_policy;
    let name: &str = policy.into();
    let Ok(verified) = assertion::verify(jws, context) else {
        return Ok(not_reached("replay", "R33"));
    };
    let Some(fingerprint) = replay::fingerprint(policy, jws, &verified) else {
        return Ok(report(
            "replay",
            "R33",
            Ok(()),
            format!("policy {name}: may be sent again until it expires"),
        ));
    };
    let client_id = &context.client.info.client_id;
    let used = server
        .db
        .read(async |connection| {
            Ok::<_, Error>(store::find_used_assertion(connection, client_id, &fingerprint).await?)
        })
        .await?;
    Ok(match used {
        None => report(
            "replay",
            "R33",
            Ok(()),
            format!("policy {name}: single-use, not used yet"),
        ),
        Some(until) => {
            let seen = format!("policy {name}: single-use and used before; remembered until {until}");
            report("replay", "R33", Err(&AssertionError::Replayed), seen)
        }
    })
}

pub(super) fn report(
    check: &'static str,
    rule: &'static str,
    result: Result<(), &AssertionError>,
    seen: String,
) -> CheckReport {
    let verdict = if result.is_ok() {
        AssertionCheckResult::Pass
    } else {
        AssertionCheckResult::Fail
    };
    CheckReport {
        check,
        rule,
        verdict,
        seen,
    }
}

pub(super) fn not_reached(check: &'static str, rule: &'static str) -> CheckReport {
    CheckReport {
        check,
        rule,
        verdict: AssertionCheckResult::NotReached,
        seen: String::new(),
    }
}

/// All checks that need a client, none of which could be made.
pub(super) fn not_made() -> impl Iterator<Item = CheckReport> {
    let labels = AssertionCheck::VARIANTS.iter().copied().map(label);
    labels
        .chain([("replay", "R33")])
        .map(|(check, rule)| not_reached(check, rule))
}

/// A value as JSON, shortened; `absent` where there is none.
fn shown(value: Option<&Value>) -> String {
    const MOST_CHARS: usize = 200;
    let text = value.map_or_else(|| "absent".to_owned(), Value::to_string);
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// How far an instant is from now.
pub(super) fn distance(value: Option<&Value>, now: DateTime<Utc>) -> String {
    match value.map(numeric_date) {
        None => "absent".to_owned(),
        Some(None) => "not a NumericDate".to_owned(),
        Some(Some(instant)) if instant > now => format!("{} s ahead", (instant - now).num_seconds()),
        Some(Some(instant)) => format!("{} s ago", (now - instant).num_seconds()),
    }
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
