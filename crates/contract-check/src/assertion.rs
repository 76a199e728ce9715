//! JWT assertions: valid ones as Talentsoft sends them, and others with one deliberate defect (RFC 7515 s7.1, contract s2.2).

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

/// The `sub` of all of Talentsoft's assertions.
const SUBJECT: &str = "TalentSoftMarketPlace";
/// Seconds between `iat` and `exp` in Talentsoft's assertions.
const LIFETIME_SECONDS: i64 = 1200;

/// The header and the claims of an assertion that is not signed yet.
#[derive(Clone)]
pub struct AssertionBuilder {
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

/// Who issues an assertion, for which audience and which user.
pub struct Parties<'a> {
    /// The `client_id`, which is the `iss`.
    pub client_id: &'a str,
    /// The `aud`.
    pub audience: &'a str,
    /// The user's `email`.
    pub user: &'a str,
}

impl AssertionBuilder {
    /// A valid assertion, issued at `issued_at` (Unix seconds).
    pub fn valid(parties: &Parties<'_>, issued_at: i64) -> Self {
        let object = |value| match value {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        Self {
            header: object(json!({ "alg": "HS256", "typ": "JWT" })),
            claims: object(json!({
                "iss": parties.client_id,
                "aud": parties.audience,
                "sub": SUBJECT,
                "exp": issued_at + LIFETIME_SECONDS,
                "iat": issued_at,
                "email": parties.user,
                "name": "Talentsoft Partner Check",
            })),
        }
    }

    /// Sets a header parameter.
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// Sets a claim.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Removes a claim.
    pub fn without_claim(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Moves `iat` and `exp` by `seconds`, into the past if they are negative.
    pub fn shifted(mut self, seconds: i64) -> Self {
        for name in ["iat", "exp"] {
            if let Some(at) = self.claims.get(name).and_then(Value::as_i64) {
                self.claims.insert(name.to_owned(), json!(at + seconds));
            }
        }
        self
    }

    /// The `iat`, in Unix seconds.
    pub fn issued_at(&self) -> i64 {
        self.claims.get("iat").and_then(Value::as_i64).unwrap_or_default()
    }

    /// Writes header and claims as JSON, so that a check can change the text.
    pub fn serialize(&self) -> UnsignedAssertion {
        UnsignedAssertion {
            header: Value::Object(self.header.clone()).to_string(),
            claims: Value::Object(self.claims.clone()).to_string(),
        }
    }

    /// Signs as Talentsoft does, with HMAC-SHA256, even if the header names another algorithm.
    pub fn sign(&self, key: &[u8]) -> Assertion {
        self.serialize().sign(hmac::HMAC_SHA256, key)
    }
}

/// The JSON texts of an assertion that is not signed yet.
pub struct UnsignedAssertion {
    /// The JOSE header, as JSON.
    pub header: String,
    /// The claims set, as JSON.
    pub claims: String,
}

impl UnsignedAssertion {
    /// Signs with the HMAC of `algorithm`.
    pub fn sign(&self, algorithm: hmac::Algorithm, key: &[u8]) -> Assertion {
        let input = self.signing_input();
        let mac = hmac::sign(&hmac::Key::new(algorithm, key), input.as_bytes());
        self.with_mac(&input, &URL_SAFE_NO_PAD.encode(mac))
    }

    /// Leaves the third part, the MAC, empty.
    pub fn without_mac(&self) -> Assertion {
        self.with_mac(&self.signing_input(), "")
    }

    fn signing_input(&self) -> String {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}", encode(&self.header), encode(&self.claims))
    }

    fn with_mac(&self, signing_input: &str, mac: &str) -> Assertion {
        Assertion {
            compact: format!("{signing_input}.{mac}"),
            readable: format!("{}.{}", self.header, self.claims),
        }
    }
}

/// An assertion to send.
#[derive(Clone)]
pub struct Assertion {
    /// The compact serialization, which is sent.
    pub compact: String,
    /// Header and claims as JSON, without the MAC, for the report.
    pub readable: String,
}

impl Assertion {
    /// Changes the compact serialization.
    pub fn map_compact(self, change: impl FnOnce(&str) -> String) -> Self {
        Self {
            compact: change(&self.compact),
            readable: self.readable,
        }
    }

    /// The three parts of the compact serialization, each still encoded; a missing part is empty.
    pub fn parts(&self) -> (&str, &str, &str) {
        let mut parts = self.compact.splitn(3, '.');
        let mut next = || parts.next().unwrap_or_default();
        (next(), next(), next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJjbGllbnRfaWQiLCJhdWQiOiJodHRwczovL2FwaS5zaXRlLmNvbSIsInN1YiI6IlRhbGVudFNvZnRNYXJrZXRQbGFjZSIsImV4cCI6MTUyMDE4MjEzMCwiaWF0IjoxNTIwMTgwOTMwLCJlbWFpbCI6ImplYW4uZHVwb250QHNpdGUiLCJuYW1lIjoiSmVhbiBEdXBvbnQifQ.PlwMiXNBMqi_GKfa-kN8BLm2zQ6mqMeqGaDRsShZOjA";

    #[test]
    fn the_example_of_the_contract_is_reproduced_exactly() {
        let unsigned = UnsignedAssertion {
            header: r#"{"alg":"HS256","typ":"JWT"}"#.to_owned(),
            claims: r#"{"iss":"client_id","aud":"https://api.site.com","sub":"TalentSoftMarketPlace","exp":1520182130,"iat":1520180930,"email":"jean.dupont@site","name":"Jean Dupont"}"#.to_owned(),
        };
        assert_eq!(unsigned.sign(hmac::HMAC_SHA256, b"secret").compact, EXAMPLE);
    }

    #[test]
    fn a_valid_assertion_has_the_claims_of_the_contracts_example() {
        let parties = Parties {
            client_id: "client_id",
            audience: "https://api.site.com",
            user: "jean.dupont@site",
        };
        let built = AssertionBuilder::valid(&parties, 1_520_180_930).claim("name", "Jean Dupont");
        let example = Assertion {
            compact: EXAMPLE.to_owned(),
            readable: String::new(),
        };
        let claims: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(example.parts().1).unwrap()).unwrap();
        assert_eq!(Value::Object(built.claims), claims);
    }
}
