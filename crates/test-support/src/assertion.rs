//! Assertions: valid ones, and ones with a single mistake.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use chrono::{DateTime, Utc};

use crate::{ISSUER, Registry, TestClient};

pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The contract's example (seed 003), signed with the six bytes `secret`.
pub const GOLDEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJjbGllbnRfaWQiLCJhdWQiOiJodHRwczovL2FwaS5zaXRlLmNvbSIsInN1YiI6IlRhbGVudFNvZnRNYXJrZXRQbGFjZSIsImV4cCI6MTUyMDE4MjEzMCwiaWF0IjoxNTIwMTgwOTMwLCJlbWFpbCI6ImplYW4uZHVwb250QHNpdGUiLCJuYW1lIjoiSmVhbiBEdXBvbnQifQ.PlwMiXNBMqi_GKfa-kN8BLm2zQ6mqMeqGaDRsShZOjA";

/// An unsigned assertion that a test can change.
#[derive(Clone)]
pub struct Assertion {
    pub header: Value,
    pub claims: Value,
}

/// What Talentsoft would send at this moment.
pub fn good(registry: &Registry, client: &TestClient) -> Assertion {
    good_at(registry.now(), client)
}

/// What Talentsoft would send then.
pub fn good_at(now: DateTime<Utc>, client: &TestClient) -> Assertion {
    Assertion {
        header: json!({ "alg": "HS256", "typ": "JWT" }),
        claims: claims(client.client_id.as_str(), ISSUER, now),
    }
}

/// Claims as Talentsoft sends them, good for 20 minutes.
pub fn claims(client_id: &str, audience: &str, now: DateTime<Utc>) -> Value {
    let now = now.timestamp();
    json!({
        "iss": client_id, "aud": audience, "sub": "TalentSoftMarketPlace", "exp": now + 1200, "iat": now,
        "email": "jean.dupont@site", "name": "Jean Dupont",
    })
}

/// The form in which an assertion is sent to `/token`.
pub fn form(assertion: &str) -> [(&str, &str); 2] {
    [("grant_type", GRANT_TYPE), ("assertion", assertion)]
}

impl Assertion {
    /// With one claim changed; `null` removes it.
    pub fn claim(mut self, name: &str, value: Value) -> Self {
        set(&mut self.claims, name, value);
        self
    }

    /// With one header parameter changed; `null` removes it.
    pub fn header(mut self, name: &str, value: Value) -> Self {
        set(&mut self.header, name, value);
        self
    }

    /// Compact form, HS256 whatever the header says.
    pub fn sign(&self, secret: &str) -> String {
        sign_parts(&self.header.to_string(), &self.claims.to_string(), secret)
    }
}

/// Compact form of any two texts.
pub fn sign_parts(header: &str, claims: &str, secret: &str) -> String {
    let input = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let key = EncodingKey::from_secret(secret.as_bytes());
    let mac = jsonwebtoken::crypto::sign(input.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{input}.{mac}")
}

fn set(object: &mut Value, name: &str, value: Value) {
    let members = object.as_object_mut().unwrap();
    if value.is_null() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), value);
    }
}
