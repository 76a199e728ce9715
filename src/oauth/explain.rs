//! Why an assertion is accepted or refused, check by check: for the partner's admins, never for the wire.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::assertion::{self, Check, Context, find_secret, issuer, numeric_date};
use super::assertion_error::AssertionError;
use super::error::Error;
use super::jws::{Jws, MAX_ASSERTION_BYTES};
use super::server::AuthorizationServer;
use super::{replay, store};
use crate::clients::{CachedClient, Grant};
use crate::ids::ClientId;

/// How one check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not: alone a reason to refuse.
    Fail,
    /// It could not be made because of an earlier failure.
    NotReached,
}

/// One check, how it went, and on what.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// What is checked.
    pub check: &'static str,
    /// The rule behind it, as numbered in `docs/CONFORMANCE.md`.
    pub rule: &'static str,
    /// How it went.
    pub verdict: Verdict,
    /// What was seen, and what would be right.
    pub seen: String,
}

/// Makes every check of an assertion at this moment, without burning it. Errors are ours only.
pub async fn explain(server: &AuthorizationServer, text: &str) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    let jws = match Jws::parse(text) {
        Ok(jws) => jws,
        Err(flaw) => {
            findings.push(finding("form", "R45 R46 R51", Err(&flaw), flaw.to_string()));
            findings.push(not_reached("iss", "R27 R49"));
            findings.extend(Check::ALL.map(|check| not_reached(label(check).0, label(check).1)));
            findings.push(not_reached("replay", "R33"));
            return Ok(findings);
        }
    };
    let size = format!(
        "{} bytes of at most {MAX_ASSERTION_BYTES}, 3 parts, both JSON objects",
        text.len()
    );
    findings.push(finding("form", "R45 R46 R51", Ok(()), size));
    let client = find_client(server, &jws, &mut findings).await?;
    let Some(client) = client else {
        findings.extend(Check::ALL.map(|check| not_reached(label(check).0, label(check).1)));
        findings.push(not_reached("replay", "R33"));
        return Ok(findings);
    };
    let context = Context {
        client: &client,
        default_audiences: &server.settings.default_audiences,
        now: server.clock.now(),
    };
    for check in Check::ALL {
        let (name, rule) = label(check);
        let result = check.run(&jws, &context);
        let flaw = result.as_ref().err();
        let seen = seen(check, &jws, &context);
        let seen = flaw.map_or(seen.clone(), |flaw| format!("{flaw}: {seen}"));
        findings.push(finding(name, rule, result.as_ref().copied(), seen));
    }
    findings.push(explain_replay(server, &jws, &context).await?);
    Ok(findings)
}

/// Whether all checks hold.
#[must_use]
pub fn is_accepted(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.verdict == Verdict::Pass)
}

async fn find_client(
    server: &AuthorizationServer,
    jws: &Jws<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Option<std::sync::Arc<CachedClient>>, Error> {
    const RULE: &str = "R27 R49";
    let client_id = match issuer(jws) {
        Ok(text) => text.parse::<ClientId>(),
        Err(flaw) => {
            findings.push(finding("iss", RULE, Err(&flaw), flaw.to_string()));
            return Ok(None);
        }
    };
    let client = match client_id {
        Ok(client_id) => server.clients.find(&client_id).await?,
        Err(_) => None,
    };
    let shown = shown(jws.claims.get("iss"));
    let Some(client) = client else {
        findings.push(finding(
            "iss",
            RULE,
            Err(&AssertionError::UnknownIssuer),
            format!("no client has the client_id {shown}"),
        ));
        return Ok(None);
    };
    let has_grant = client.info.settings.grants.contains(Grant::JwtBearer);
    let (result, state) = match (client.info.is_enabled, has_grant) {
        (true, true) => (Ok(()), "enabled, may use jwt_bearer"),
        (false, _) => (Err(&AssertionError::UnknownIssuer), "disabled"),
        (true, false) => (
            Err(&AssertionError::UnknownIssuer),
            "enabled, but may not use jwt_bearer",
        ),
    };
    findings.push(finding("iss", RULE, result, format!("client {shown}: {state}")));
    Ok(Some(client))
}

/// The name of a check and the rules behind it.
fn label(check: Check) -> (&'static str, &'static str) {
    match check {
        Check::Type => ("typ", "R50"),
        Check::Algorithm => ("alg", "R41 R42"),
        Check::Critical => ("crit", "R47"),
        Check::Mac => ("mac", "R35 R44 R49"),
        Check::Subject => ("sub", "R28"),
        Check::Audience => ("aud", "R29"),
        Check::Expiry => ("exp", "R30"),
        Check::NotBefore => ("nbf", "R31"),
        Check::IssuedAt => ("iat", "R32"),
        Check::JwtId => ("jti", "R33"),
        Check::Email => ("email", "contract s2.2"),
        Check::Name => ("name", "R34"),
    }
}

fn seen(check: Check, jws: &Jws<'_>, context: &Context<'_>) -> String {
    let settings = &context.client.info.settings;
    let skew = settings.clock_skew_seconds;
    let claim = |name: &str| shown(jws.claims.get(name));
    match check {
        Check::Type => format!("typ {}; JWT or none", shown(jws.header.get("typ"))),
        Check::Algorithm => format!("alg {}; HS256", shown(jws.header.get("alg"))),
        Check::Critical => format!(
            "crit {}, b64 {}; neither",
            shown(jws.header.get("crit")),
            shown(jws.header.get("b64"))
        ),
        Check::Mac => mac_seen(jws, context),
        Check::Subject => format!("sub {}", claim("sub")),
        Check::Audience => format!(
            "aud {}; accepted, byte for byte: {}",
            claim("aud"),
            context.audiences().join(", ")
        ),
        Check::Expiry => format!(
            "exp {}, {}; iat {}; skew {skew} s, longest life {} s",
            claim("exp"),
            distance(jws.claims.get("exp"), context.now),
            claim("iat"),
            settings.max_assertion_ttl_seconds,
        ),
        Check::NotBefore => format!(
            "nbf {}, {}; skew {skew} s",
            claim("nbf"),
            distance(jws.claims.get("nbf"), context.now)
        ),
        Check::IssuedAt => format!(
            "iat {}, {}; skew {skew} s",
            claim("iat"),
            distance(jws.claims.get("iat"), context.now)
        ),
        Check::JwtId => format!("jti {}", claim("jti")),
        Check::Email => format!("email {}", claim("email")),
        Check::Name => format!("name {}", claim("name")),
    }
}

fn mac_seen(jws: &Jws<'_>, context: &Context<'_>) -> String {
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
    context: &Context<'_>,
) -> Result<Finding, Error> {
    let policy = context.client.info.settings.replay_policy;
    let name = policy.as_str();
    let Ok(verified) = assertion::verify(jws, context) else {
        return Ok(not_reached("replay", "R33"));
    };
    let Some(fingerprint) = replay::fingerprint(policy, jws, &verified) else {
        return Ok(finding(
            "replay",
            "R33",
            Ok(()),
            format!("policy {name}: may be sent again until it expires"),
        ));
    };
    let client_id = &context.client.info.client_id;
    let used = server
        .db
        .run(async |connection| {
            Ok::<_, Error>(store::find_used_assertion(connection, client_id, &fingerprint).await?)
        })
        .await?;
    Ok(match used {
        None => finding(
            "replay",
            "R33",
            Ok(()),
            format!("policy {name}: single-use, not used yet"),
        ),
        Some(until) => {
            let seen = format!("policy {name}: single-use and used before; remembered until {until}");
            finding("replay", "R33", Err(&AssertionError::Replayed), seen)
        }
    })
}

fn finding(
    check: &'static str,
    rule: &'static str,
    result: Result<(), &AssertionError>,
    seen: String,
) -> Finding {
    let verdict = if result.is_ok() {
        Verdict::Pass
    } else {
        Verdict::Fail
    };
    Finding {
        check,
        rule,
        verdict,
        seen,
    }
}

fn not_reached(check: &'static str, rule: &'static str) -> Finding {
    Finding {
        check,
        rule,
        verdict: Verdict::NotReached,
        seen: String::new(),
    }
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
fn distance(value: Option<&Value>, now: DateTime<Utc>) -> String {
    match value.map(numeric_date) {
        None => "absent".to_owned(),
        Some(None) => "not a NumericDate".to_owned(),
        Some(Some(instant)) if instant > now => format!("{} s ahead", (instant - now).num_seconds()),
        Some(Some(instant)) => format!("{} s ago", (now - instant).num_seconds()),
    }
}
