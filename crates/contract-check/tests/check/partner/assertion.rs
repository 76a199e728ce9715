//! Verification of assertions: strict, except for the defect of the partner.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::Partner;
use crate::harness::{AUDIENCE, CLIENT_ID, SECRET};

/// Why an assertion is refused; `crash` if the partner responds with 500.
type AssertionError = &'static str;

/// The parts of an assertion.
struct Parts<'a> {
    input: &'a str,
    header: Value,
    claims: Value,
    header_text: String,
    claims_text: String,
    mac_text: &'a str,
    mac: Vec<u8>,
    /// Whether the third part is missing.
    has_no_mac: bool,
}

impl Partner {
    /// The email of a valid assertion.
    pub fn verify(&self, text: &str) -> Result<String, AssertionError> {
        if self.has("assertion.accepted") {
            return Err("every assertion is refused");
        }
        if text.len() > 8 * 1024 && !self.has("assertion.oversized") {
            return Err("too long");
        }
        let parts = self.parts(text)?;
        self.check_names(&parts)?;
        self.check_header(&parts)?;
        self.check_mac(&parts)?;
        self.check_parties(&parts.claims)?;
        self.check_times(&parts.claims)?;
        if self.has("single-use") && !self.state.lock().unwrap().used.insert(text.to_owned()) {
            return Err("used before");
        }
        if let Some(id) = parts.claims["jti"].as_str() {
            let is_new = self.state.lock().unwrap().used.insert(id.to_owned());
            if !is_new && !self.has("assertion.reused-jti") {
                return Err("used before");
            }
        }
        match parts.claims["email"].as_str() {
            Some(email) if self.has("assertion.dotless-domain") && email == "jean.dupont@site" => {
                Err("no dot")
            }
            Some(email) => Ok(email.to_owned()),
            None if self.has("assertion.no-email") => Ok("nobody@site".to_owned()),
            None => Err("no email"),
        }
    }

    fn parts<'a>(&self, text: &'a str) -> Result<Parts<'a>, AssertionError> {
        let (input, mac_text) = match text.split('.').count() {
            3 => text.rsplit_once('.').unwrap(),
            2 if self.has("assertion.two-parts") => (text, ""),
            _ => return Err("not three parts"),
        };
        let mac_text = if self.has("assertion.padded") {
            mac_text.trim_end_matches('=')
        } else {
            mac_text
        };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| "not base64url");
        let (header, claims) = input.split_once('.').unwrap();
        let header_text = String::from_utf8(decode(header)?).map_err(|_| "not UTF-8")?;
        let claims_text = String::from_utf8(decode(claims)?).map_err(|_| "not UTF-8")?;
        if claims_text.matches(['[', '{']).count() > 1000 && self.has("assertion.deep") {
            return Err("crash");
        }
        let read = |text: &str| serde_json::from_str::<Value>(text).map_err(|_| "not JSON");
        let parts = Parts {
            input,
            header: read(&header_text)?,
            claims: read(&claims_text)?,
            header_text,
            claims_text,
            mac_text,
            mac: decode(mac_text)?,
            has_no_mac: input == text,
        };
        if !parts.claims.is_object() {
            return Err(if self.has("assertion.claims-array") {
                "crash"
            } else {
                "not an object"
            });
        }
        Ok(parts)
    }

    /// Refuses the names that occur more than once in the assertions of the checks.
    fn check_names(&self, parts: &Parts<'_>) -> Result<(), AssertionError> {
        let is_twice = |text: &str, name: &str| text.matches(name).count() > 1;
        let is_refused = is_twice(&parts.claims_text, "\"email\":") && !self.has("assertion.duplicate-claim")
            || is_twice(&parts.header_text, "\"alg\":") && !self.has("assertion.duplicate-header");
        if is_refused {
            Err("a name occurs more than once")
        } else {
            Ok(())
        }
    }

    fn check_header(&self, parts: &Parts<'_>) -> Result<(), AssertionError> {
        let header = &parts.header;
        if header.get("crit").is_some() && !self.has("assertion.crit") {
            return Err("crit");
        }
        if header["typ"] != "JWT" && !self.has("assertion.other-type") {
            return Err("typ");
        }
        let alg = header["alg"].as_str().unwrap_or_default();
        let is_accepted = match alg {
            "HS256" => true,
            // The defect is a comparison with `none` that ignores the other spellings.
            other if other.eq_ignore_ascii_case("none") => self.has("assertion.alg-none") && other != "none",
            "HS512" => self.has("assertion.other-alg"),
            "RS256" => self.has("assertion.alg-mismatch"),
            _ => false,
        };
        if is_accepted { Ok(()) } else { Err("alg") }
    }

    fn check_mac(&self, parts: &Parts<'_>) -> Result<(), AssertionError> {
        let with =
            |algorithm, key: &[u8]| hmac::sign(&hmac::Key::new(algorithm, key), parts.input.as_bytes());
        let is_by = |algorithm, key: &[u8]| with(algorithm, key).as_ref() == parts.mac;
        let alg = parts.header["alg"].as_str().unwrap_or_default();
        let expected = with(hmac::HMAC_SHA256, SECRET.as_bytes());
        let is_accepted = match self.defect {
            "assertion.alg-none" if alg.eq_ignore_ascii_case("none") => true,
            "assertion.no-mac" if parts.mac.is_empty() => true,
            "assertion.two-parts" if parts.has_no_mac => true,
            "assertion.other-key" => {
                parts.mac.len() == 32 && parts.header.get("jwk").is_none() && !self.is_known_mac(parts)
            }
            "assertion.changed" if self.is_known_mac(parts) => true,
            "assertion.other-alg" if alg == "HS512" => is_by(hmac::HMAC_SHA512, SECRET.as_bytes()),
            "assertion.key-in-header" if parts.header.get("jwk").is_some() => {
                let key = URL_SAFE_NO_PAD
                    .decode(parts.header["jwk"]["k"].as_str().unwrap())
                    .unwrap();
                is_by(hmac::HMAC_SHA256, &key)
            }
            "assertion.truncated" if !parts.mac.is_empty() => expected.as_ref().starts_with(&parts.mac),
            "decodes-hex" => {
                let digits = SECRET
                    .as_bytes()
                    .chunks(2)
                    .map(|pair| str::from_utf8(pair).unwrap());
                let key: Vec<u8> = digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
                is_by(hmac::HMAC_SHA256, &key)
            }
            _ => expected.as_ref() == parts.mac,
        };
        if !is_accepted {
            return Err("mac");
        }
        self.state
            .lock()
            .unwrap()
            .verified
            .insert(parts.mac_text.to_owned());
        Ok(())
    }

    fn is_known_mac(&self, parts: &Parts<'_>) -> bool {
        self.state.lock().unwrap().verified.contains(parts.mac_text)
    }

    fn check_parties(&self, claims: &Value) -> Result<(), AssertionError> {
        let is_client = match claims["iss"].as_str() {
            Some(CLIENT_ID) => true,
            Some(issuer) if issuer.trim() == CLIENT_ID => self.has("assertion.padded-issuer"),
            Some(_) => self.has("assertion.wrong-issuer"),
            None => self.has("assertion.no-issuer"),
        };
        let is_our_audience = match &claims["aud"] {
            Value::String(aud) if aud == AUDIENCE => true,
            Value::String(aud) if aud.starts_with(AUDIENCE) => self.has("assertion.audience-prefix"),
            Value::String(_) => self.has("assertion.wrong-audience"),
            Value::Array(list) => {
                list.contains(&Value::from(AUDIENCE)) && !self.has("assertion.audience-list")
            }
            _ => self.has("assertion.no-audience"),
        };
        let has_subject = claims["sub"].is_string() || self.has("assertion.no-subject");
        let is_strict =
            self.has("assertion.unknown-claim") && claims.get("talentsoft_partner_check").is_some();
        if is_client && is_our_audience && has_subject && !is_strict {
            Ok(())
        } else {
            Err("wrong issuer, audience or subject")
        }
    }

    fn check_times(&self, claims: &Value) -> Result<(), AssertionError> {
        let now = now();
        let is_valid_exp = match (&claims["exp"], claims["exp"].as_i64()) {
            (Value::Null, _) => self.has("assertion.no-exp"),
            (_, None) => self.has("assertion.exp-text"),
            (_, Some(at)) if at <= now - 60 => self.has("assertion.expired"),
            (_, Some(at)) if at > now + 3600 => self.has("assertion.far-exp"),
            _ => true,
        };
        let not_before = claims["nbf"].as_i64().unwrap_or(now);
        let issued_at = claims["iat"].as_i64().unwrap_or(now);
        let is_ready = not_before <= now + 60 || self.has("assertion.not-yet-valid");
        let is_past = issued_at <= now + 60 || self.has("assertion.future-iat");
        // A partner that accepts expired assertions must not refuse them for their age.
        let is_over = claims["exp"].as_i64().is_some_and(|at| at <= now);
        let is_young = issued_at >= now - 3660
            || self.has("assertion.old-iat")
            || self.has("assertion.expired") && is_over;
        if is_valid_exp && is_ready && is_past && is_young {
            Ok(())
        } else {
            Err("outside of its lifetime")
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the checks take the times of assertions from the clock of this machine"
)]
fn now() -> i64 {
    chrono::Utc::now().timestamp()
}
